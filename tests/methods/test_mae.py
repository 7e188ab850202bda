"""MAE: the paper's loss on hidden patches alone, an encoder that meets nothing else, and wrong versions of both."""

from operator import attrgetter

import pytest
import torch
from descent import descend
from oracles import reconstruction as oracle
from torch.nn import functional as F

from selftaught.core import MaskedImages, Step, UserError, patchify, unpatchify
from selftaught.encoders import SmallResNet, VisionTransformer, encoder_weights
from selftaught.methods import MAE
from selftaught.objectives import normalised_patches, patch_error

PIXELS, KEPT, PATCHES = 2, 16, 64


def build(kind=MAE):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = VisionTransformer(image_size=16)
        encoder.network.blocks = encoder.network.blocks[:1]  # enough to tell right from wrong
        return kind(encoder, decoder_width=16, decoder_depth=1, decoder_heads=2).double()


def views(count=4, seed=0):
    example = MaskedImages.example(count, torch.Generator().manual_seed(seed))
    return example.to(torch.device("cpu"), torch.float64)


def with_other_hidden_pixels(asked):
    return asked.filled(torch.full_like(asked.hidden_patches, 3.0))


class Watched:
    """How many rows go through the encoder's blocks, and what comes out of them."""

    def __init__(self, method):
        self.lengths, self.outputs = [], []
        self.handle = method.encoder.network.blocks.register_forward_hook(self._see)

    def _see(self, _module, inputs, output):
        self.lengths.append(inputs[0].shape[1])
        self.outputs.append(output.detach())


def oracle_errors(method, asked):
    guesses = method.decoder(method.encoder.visible(asked.images, asked.keep), asked.keep, asked.hidden).tolist()
    rows = zip(guesses, asked.images.tolist(), asked.hidden.tolist(), strict=True)
    return [oracle.hidden_error(guess, image, hidden, PIXELS) for guess, image, hidden in rows]


def accepts(kind):
    """Whether three steps have the paper's loss, and the encoder meets visible patches and no hidden pixel."""
    method = build(kind)
    watched = Watched(method)
    for turn in range(3):
        asked = views(seed=turn)
        expected = oracle_errors(method, asked)
        watched.lengths.clear()
        step = method.step(asked)
        if watched.lengths != [KEPT] or abs(step.loss.item() - sum(expected) / len(expected)) > 1e-10:
            return False
        if not torch.allclose(method.energy(asked), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10):
            return False
        watched.outputs.clear()
        method.step(asked), method.step(with_other_hidden_pixels(asked))
        if not torch.equal(*watched.outputs):
            return False
        descend(method, step)
    return True


class MaskTokensThroughTheEncoder(MAE):
    def _guess(self, asked):
        blank = asked.filled(torch.zeros_like(asked.hidden_patches))
        everything = torch.arange(PATCHES).expand(len(asked), -1)
        seen = self.encoder.visible(blank.images, everything)
        mine = seen.gather(1, asked.keep[:, :, None].expand(-1, -1, seen.shape[2]))
        return self.decoder(mine, asked.keep, asked.hidden)


class EncoderSeesEverything(MAE):
    def _guess(self, asked):
        seen = self.encoder.local(asked.images)
        mine = seen.gather(1, asked.keep[:, :, None].expand(-1, -1, seen.shape[2]))
        return self.decoder(mine, asked.keep, asked.hidden)


class EncoderSeesTheHidden(MAE):
    def _guess(self, asked):
        return self.decoder(self.encoder.visible(asked.images, asked.hidden[:, :KEPT]), asked.keep, asked.hidden)


class LossEverywhere(MAE):
    def _errors(self, asked):
        every = torch.cat([asked.keep, asked.hidden], 1)
        guess = self.decoder(self.encoder.visible(asked.images, asked.keep), asked.keep, every)
        target = normalised_patches(patchify(asked.images, PIXELS))
        return patch_error(guess, target.gather(1, every[:, :, None].expand_as(guess)))


class UnnormalisedTarget(MAE):
    def _errors(self, asked):
        return patch_error(self._guess(asked), asked.hidden_patches)


class LossOnVisiblePatches(MAE):
    def _errors(self, asked):
        return super()._errors(MaskedImages(asked.index, asked.images, asked.hidden, asked.keep))


class PlacesMixedUp(MAE):
    def _guess(self, asked):
        return self.decoder(self.encoder.visible(asked.images, asked.keep), asked.keep, asked.hidden.flip(1))


class EnergyInPixels(MAE):
    def energy(self, asked):
        return patch_error(self._guess(asked), asked.hidden_patches)


class SummedLoss(MAE):
    def step(self, asked):
        return Step({"reconstruction": self._errors(asked).sum()})


def test_it_is_accepted():
    assert accepts(MAE)


@pytest.mark.parametrize(
    "wrong",
    [
        MaskTokensThroughTheEncoder,
        EncoderSeesEverything,
        EncoderSeesTheHidden,
        LossEverywhere,
        UnnormalisedTarget,
        LossOnVisiblePatches,
        PlacesMixedUp,
        EnergyInPixels,
        SummedLoss,
    ],
)
def test_a_wrong_version_is_rejected(wrong):
    assert not accepts(wrong)


def test_visible_patches_have_no_part_in_the_loss_but_through_the_encoder():
    method, asked = build(), views()
    images = asked.images.clone().requires_grad_(True)
    asked = MaskedImages(asked.index, images, asked.keep, asked.hidden)
    fixed = method._guess(asked).detach()
    (gradient,) = torch.autograd.grad(patch_error(fixed, normalised_patches(asked.hidden_patches)).sum(), images)
    patches = patchify(gradient, PIXELS)
    assert (patches.gather(1, asked.keep[:, :, None].expand(-1, -1, 12)) == 0).all()
    assert (patches.gather(1, asked.hidden[:, :, None].expand(-1, -1, 12)) != 0).any(2).all()


def test_it_learns_which_patches_belong():
    """Four patches: the row tells which two may stand there, and what is seen tells which of the two does."""
    method = build().float()
    optimiser = torch.optim.AdamW(method.parameters(), lr=3e-3)
    four = torch.randn(4, 12, generator=torch.Generator().manual_seed(5))

    def patterns(seed):
        asked = MaskedImages.example(32, torch.Generator().manual_seed(seed))
        which = 2 * (torch.arange(8) % 2) + (torch.arange(32) % 2)[:, None]  # (32, 8): of each row of patches
        patches = four[which].repeat_interleave(8, 1)
        return MaskedImages(asked.index, unpatchify(patches, 3), asked.keep, asked.hidden)

    for turn in range(60):
        optimiser.zero_grad()
        method.step(patterns(turn)).loss.backward()
        optimiser.step()
    method.eval()
    true = method.energy(patterns(2000))
    assert true.mean() < 0.6  # 11/12 is what one guess for all patches reaches
    for kind, wrong in patterns(2000).mismatched().items():
        assert (method.energy(wrong) > true).float().mean() > 0.8, kind


def test_pictures_are_the_image_with_holes_and_with_guesses():
    method, asked = build(), views()
    shown = method.pictures(asked)
    patches = {name: patchify(picture, PIXELS) for name, picture in shown.items()}
    for name in ("visible", "filled"):
        for row in range(len(asked)):
            keep = asked.keep[row]
            assert torch.equal(patches[name][row, keep], patches["original"][row, keep])
    hidden = asked.hidden[:, :, None].expand(-1, -1, 12)
    assert (patches["visible"].gather(1, hidden) == 0).all()
    filled = normalised_patches(asked.filled(patches["filled"].gather(1, hidden)).hidden_patches)
    guess = method._guess(asked)
    torch.testing.assert_close(
        filled, F.normalize(guess - guess.mean(2, keepdim=True), dim=2) * 11**0.5, atol=1e-3, rtol=0
    )
    torch.testing.assert_close(
        patches["filled"].gather(1, hidden).mean(2) - asked.hidden_patches.mean(2),
        guess.mean(2) * (asked.hidden_patches.var(2) + 1e-6).sqrt(),
    )
    assert torch.equal(shown["original"], asked.images)
    assert not any(picture.requires_grad for picture in shown.values())


def test_what_is_kept_is_the_encoder_without_the_decoder():
    method = build()
    kept = {f"encoder.network.{name}" for name in encoder_weights(method.encoder)}
    assert kept == {name for name in method.state_dict() if not name.startswith("decoder.")}


def test_the_encoder_decides_the_patches_of_the_views():
    (name, where), method = next(iter(MAE.view_arguments.items())), build()
    maker = MAE.view_maker(image_size=16, **{name: attrgetter(where)(method)})
    assert maker(torch.zeros(2, 3, 20, 20)).patch_pixels == PIXELS == attrgetter(where)(method)


def test_an_encoder_without_patches_is_refused():
    with pytest.raises(UserError, match=r"that can see some patches alone, such as small_vit .* got SmallResNet"):
        MAE(SmallResNet(image_size=16))


def test_views_with_other_patches_are_refused():
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(2, 16, generator=generator).argsort(1)
    coarse = MaskedImages(torch.arange(2), torch.randn(2, 3, 16, 16).double(), order[:, :4], order[:, 4:])
    for ask in (build().step, build().energy, build().pictures):
        with pytest.raises(
            UserError, match="expected patches of 2 pixels, as the encoder's, got views with patches of 4"
        ):
            ask(coarse)
