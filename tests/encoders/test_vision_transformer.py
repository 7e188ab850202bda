"""Vision transformers: timm's own numbers, timm's key names, and hidden patches that stay hidden."""

import pytest
import timm
import torch

from selftaught.core import PatchEncoder, UserError, patchify, unpatchify
from selftaught.encoders import (
    EncoderSpec,
    Preprocessing,
    TimmEncoder,
    VisionTransformer,
    build_encoder,
    is_plain_transformer,
    load_encoder,
    save_encoder,
)

NAMES = ["small_vit", "vit_tiny_patch16_224", "vit_wee_patch16_reg1_gap_256"]


def built(name="small_vit", image_size=32, **options):
    torch.manual_seed(0)
    return VisionTransformer(name, image_size=image_size, **options).eval().double()


def images(n=2, size=32, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, channels, size, size, generator=generator, dtype=torch.float64)


def some(n, patches, kept):
    return torch.rand(n, patches, generator=torch.Generator().manual_seed(1)).argsort(1)[:, :kept]


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_compute_what_timm_computes(name):
    encoder, items = built(name), images()
    with torch.no_grad():
        theirs = encoder.network.forward_features(items)[:, encoder.network.num_prefix_tokens :]
        torch.testing.assert_close(encoder.local(items), encoder.network.fc_norm(theirs), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(encoder(items), encoder.network(items), rtol=0, atol=0)


def test_small_vit_is_the_mean_of_its_patches():
    encoder, items = built(), images()
    torch.testing.assert_close(encoder(items), encoder.local(items).mean(1))
    assert (encoder.width, encoder.patches, encoder.patch_pixels) == (192, 64, 4)
    assert len(encoder.network.blocks) == 6
    assert encoder.network.blocks[0].attn.num_heads == 3


@pytest.mark.parametrize("name", NAMES)
def test_all_patches_in_any_order_are_the_local_vectors(name):
    encoder, items = built(name), images()
    order = some(2, encoder.patches, encoder.patches)
    with torch.no_grad():
        expected = encoder.local(items).gather(1, order[:, :, None].expand(-1, -1, encoder.width))
        torch.testing.assert_close(encoder.visible(items, order), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_hidden_pixels_change_nothing_and_visible_ones_do(name):
    encoder, items = built(name), images()
    keep = some(2, encoder.patches, 16)
    seen = torch.zeros(2, encoder.patches, 1, dtype=torch.bool).scatter(1, keep[:, :, None], value=True)
    mine, noise = (patchify(each, encoder.patch_pixels) for each in (items, images(seed=7)))
    other_hidden = unpatchify(torch.where(seen, mine, float("nan") * noise), 3)
    other_visible = unpatchify(torch.where(seen, noise, mine), 3)
    with torch.no_grad():
        expected = encoder.visible(items, keep)
        found = encoder.visible(other_hidden.nan_to_num(1e3), keep)
        assert torch.equal(found, expected)
        assert not torch.isclose(encoder.visible(other_visible, keep), expected).any(2).all()


@pytest.mark.parametrize(("channels", "size", "pixels"), [(1, 28, 4), (3, 32, 4), (5, 64, 8), (3, 96, 16)])
def test_any_channels_and_size(channels, size, pixels):
    encoder = built(image_size=size, channels=channels)
    assert encoder.patch_pixels == pixels
    assert encoder.local(images(2, size, channels)).shape == (2, (size // pixels) ** 2, 192)
    changed = images(2, size, channels)
    changed[:, :, -1, -1] += 5  # the last pixel is looked at
    assert not torch.allclose(encoder(changed), encoder(images(2, size, channels)))


@pytest.mark.parametrize(
    ("name", "size"), [("small_vit", 28), ("vit_tiny_patch16_224", 32), ("vit_tiny_patch16_224", 96)]
)
def test_it_is_rebuilt_from_its_folder(name, size, tmp_path):
    encoder = build_encoder(name, channels=2, image_size=size)
    assert isinstance(encoder, PatchEncoder)
    spec = EncoderSpec.of(encoder)
    again = build_encoder(spec.name, channels=spec.channels, image_size=spec.image_size, stem=spec.stem)
    assert EncoderSpec.of(again) == spec
    save_encoder(encoder, Preprocessing(size, 2, (0.5,) * 2, (0.2,) * 2), tmp_path)
    raw = torch.randint(256, (2, 2, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    loaded = load_encoder(tmp_path)
    assert torch.equal(loaded(raw), encoder.eval()(loaded.preprocessing(_batch(raw))))


def _batch(raw):
    from selftaught.core import ImageBatch

    return ImageBatch.of(raw)


def test_timm_itself_loads_what_was_saved(tmp_path):
    encoder = VisionTransformer("vit_tiny_patch16_224", image_size=224, stem="timm")
    save_encoder(encoder, Preprocessing(224, 3, (0.5,) * 3, (0.2,) * 3), tmp_path)
    file = str(tmp_path / "model.safetensors")
    theirs = timm.create_model("vit_tiny_patch16_224", num_classes=0, checkpoint_path=file)
    items = images(1, 224).float()
    assert torch.equal(theirs.eval()(items), encoder.eval()(items))


def test_build_encoder_gives_what_timm_encoder_gave():
    torch.manual_seed(0)
    ours = build_encoder("vit_tiny_patch16_224", channels=3, image_size=32)
    torch.manual_seed(0)
    theirs = TimmEncoder("vit_tiny_patch16_224", image_size=32)
    items = images().float()
    assert torch.equal(ours.eval()(items), theirs.eval()(items))


def test_which_networks_are_plain():
    assert all(is_plain_transformer(name) for name in NAMES[1:])
    for name in ("resnet18", "vit_base_patch16_siglip_224", "vit_base_mci_224", "swin_tiny_patch4_window7_224", "none"):
        assert not is_plain_transformer(name)


def test_plain_networks_pool_without_weights_and_take_patches_one_by_one():
    small = [name for name in timm.list_models("vit_*") if is_plain_transformer(name)]
    small = [name for name in small if any(size in name for size in ("tiny", "wee", "xsmall", "small_patch32"))]
    assert len(small) >= 6
    for name in small:
        with torch.device("meta"):
            network = timm.create_model(name, num_classes=0)
        assert network.attn_pool is None
        assert network.patch_embed.proj.kernel_size == network.patch_embed.proj.stride


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match="no small-image stem for 'vit_tiny_patch16_224': its trained weights"):
        VisionTransformer("vit_tiny_patch16_224", image_size=32, stem="small", pretrained=True)
    with pytest.raises(UserError, match="timm has no trained weights for 'small_vit'"):
        VisionTransformer(image_size=32, pretrained=True)
    with pytest.raises(UserError, match="expected 'small_vit' or a plain vision transformer of timm, got 'resnet18'"):
        VisionTransformer("resnet18", image_size=32)
    with pytest.raises(UserError, match="expected images that patches of 16 pixels tile, got 100 pixels"):
        built("vit_tiny_patch16_224", 100).visible(images(1, 100), torch.zeros(1, 1, dtype=torch.long))
