"""timm's networks: their stems, their widths, and their own key names in what is saved."""

import pytest
import timm
import torch
from torch import nn

from selftaught.core import UserError
from selftaught.encoders import (
    EncoderSpec,
    Preprocessing,
    TimmEncoder,
    TimmResNet,
    build_encoder,
    encoder_names,
    save_encoder,
)


@pytest.mark.parametrize("name", ["resnet10t", "convnext_atto", "vit_tiny_patch16_224", "mobilenetv3_small_050"])
@pytest.mark.parametrize(("channels", "image_size"), [(1, 28), (3, 96), (5, 64)])
def test_any_channels_and_size(name, channels, image_size):
    encoder = TimmEncoder(name, channels=channels, image_size=image_size).eval()
    images = torch.randn(2, channels, image_size, image_size, generator=torch.Generator().manual_seed(0))
    vectors = encoder(images)
    assert vectors.shape == (2, encoder.width)
    changed = images.clone()
    changed[:, -1] += 1  # the last channel is looked at
    assert not torch.allclose(encoder(changed), vectors)


def test_the_small_stem_of_a_resnet_keeps_the_size_and_is_explicit():
    small, published = (TimmEncoder("resnet18", image_size=32, stem=stem) for stem in ("small", "timm"))
    small.eval(), published.eval()
    conv = small.network.conv1
    assert (conv.kernel_size, conv.stride, conv.padding) == ((3, 3), (1, 1), (1, 1))
    assert isinstance(small.network.maxpool, nn.Identity)
    assert small.network.forward_features(torch.zeros(1, 3, 32, 32)).shape[-2:] == (4, 4)
    assert published.network.forward_features(torch.zeros(1, 3, 32, 32)).shape[-2:] == (1, 1)
    assert published.network.conv1.kernel_size == (7, 7)


@pytest.mark.parametrize(
    ("name", "image_size", "stem"),
    [("resnet18", 64, "small"), ("resnet18", 65, "timm"), ("mobilenetv3_small_050", 32, "timm")],
)
def test_auto_takes_the_small_stem_up_to_64_pixels_where_one_is_known(name, image_size, stem):
    assert TimmEncoder(name, image_size=image_size).stem == stem


def test_a_small_stem_that_nobody_knows_is_refused():
    with pytest.raises(UserError, match="no small-image stem for 'mobilenetv3_small_050'"):
        TimmEncoder("mobilenetv3_small_050", image_size=32, stem="small")


def test_an_unknown_name_says_which_is_nearest():
    for make in (lambda: TimmEncoder("resnet81"), lambda: build_encoder("resnet81", channels=3, image_size=32)):
        with pytest.raises(UserError, match="unknown encoder 'resnet81': did you mean 'resnet18'"):
            make()


def test_every_name_that_is_listed_is_one_that_timm_makes():
    names = encoder_names()
    own = {"small_resnet", "small_vit", "pixel_cnn", "row_lstm", "diagonal_bilstm", "masked_perceptron"}
    assert names[:2] == ["small_resnet", "small_vit"]
    assert set(names[: len(own)]) == own
    assert set(names[len(own) :]) == set(timm.list_models())


@pytest.mark.parametrize("name", ["resnet10t", "vit_tiny_patch16_224", "mobilenetv3_small_050"])
@pytest.mark.parametrize("channels", [1, 3])
def test_timm_itself_loads_what_was_saved(name, channels, tmp_path):
    torch.manual_seed(0)
    encoder = TimmEncoder(name, channels=channels, image_size=224, stem="timm")
    images = torch.randn(2, channels, 224, 224)
    encoder(images)  # moves the running statistics, which must be saved as well
    save_encoder(encoder, Preprocessing(224, channels, (0.5,) * channels, (0.2,) * channels), tmp_path)
    theirs = timm.create_model(
        name, num_classes=0, in_chans=channels, checkpoint_path=str(tmp_path / "model.safetensors")
    )
    assert torch.equal(theirs.eval()(images), encoder.eval()(images))


@pytest.mark.parametrize(
    ("name", "stem"),
    [("small_resnet", "auto"), ("resnet10t", "timm"), ("resnet10t", "small"), ("convnext_atto", "auto")],
)
def test_a_spec_builds_the_same_network(name, stem):
    encoder = build_encoder(name, channels=2, image_size=32, stem=stem)
    spec = EncoderSpec.of(encoder)
    again = build_encoder(spec.name, channels=spec.channels, image_size=spec.image_size, stem=spec.stem)
    assert EncoderSpec.of(again) == spec
    shapes = {key: tensor.shape for key, tensor in encoder.state_dict().items()}
    assert {key: tensor.shape for key, tensor in again.state_dict().items()} == shapes


@pytest.mark.parametrize(("name", "size"), [("resnet10t", 32), ("resnet10t", 96), ("resnet18", 28)])
def test_a_resnet_has_the_maps_that_its_vector_is_pooled_from(name, size):
    torch.manual_seed(0)
    encoder = build_encoder(name, channels=3, image_size=size).eval()
    assert isinstance(encoder, TimmResNet)
    assert EncoderSpec.of(encoder).name == name
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        maps, local, vectors = encoder.stages(images), encoder.local(images), encoder(images)
    assert [tuple(each.shape[1:]) for each in maps] == list(encoder.stage_shapes)
    torch.testing.assert_close(local.mean(1), vectors)
    torch.testing.assert_close(local[:, 1], maps[-1][:, :, 0, 1], msg="row by row")
    assert (local.amax(1) - vectors).abs().max() > 1e-2, "the largest value is another vector"
    plain = TimmEncoder(name, image_size=size).eval()
    plain.network.load_state_dict(encoder.network.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(plain(images), vectors)
    with pytest.raises(UserError, match="expected a residual network of timm, such as resnet18, got 'convnext_atto'"):
        TimmResNet("convnext_atto", image_size=32)
