"""The penalty R1 against slopes by finite differences, and wrong penalties that the same check rejects."""

from functools import partial

import pytest
import torch
from games import draws, play, same
from oracles import adversarial as oracle

from selftaught.core import UserError
from selftaught.methods import BiGAN
from selftaught.objectives import gradient_penalty
from selftaught.parts import Discriminator
from selftaught.testing import ExampleEncoder, check_method
from selftaught.training.compiling import compiled

SMALL = {"latent_width": 3, "generator_width": 4, "discriminator_width": 4}


def judge(**settings):
    torch.manual_seed(0)
    network = Discriminator(channels=1, image_size=8, latent_width=3, width=2, joint_width=4, **settings).double()
    generator = torch.Generator().manual_seed(1)
    return network, *(torch.randn(5, *shape, generator=generator).double() for shape in ((1, 8, 8), (3,)))


@torch.no_grad()
def differences(network, images, codes, width=1e-6):
    """The slope of every item's logit along every number of its image and its code, by central differences."""
    both = torch.cat([images.flatten(1), codes], 1)

    def logits(numbers):
        return network(numbers[:, : -codes.shape[1]].view_as(images), numbers[:, -codes.shape[1] :])

    nudges = width * torch.eye(both.shape[1]).double()
    return torch.stack([(logits(both + each) - logits(both - each)) / (2 * width) for each in nudges], 1).tolist()


def accepts(penalty):
    """Whether a penalty of slopes is the oracle's, to 1e-10, also for slopes in several parts."""
    for seed, shape in enumerate([(1, 3), (4, 2), (5, 1, 3, 3)]):
        slopes = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()
        codes = torch.randn(shape[0], 2, generator=torch.Generator().manual_seed(seed + 9)).double()
        joined = torch.cat([slopes.flatten(1), codes], 1)
        if abs(penalty(slopes, codes).item() - oracle.gradient_penalty(joined.tolist())) > 1e-10:
            return False
    return True


def without_the_half(*slopes):
    return 2 * gradient_penalty(*slopes)


def summed_over_items(*slopes):
    return len(slopes[0]) * gradient_penalty(*slopes)


def mean_over_numbers(*slopes):
    return torch.cat([each.flatten(1) for each in slopes], 1).square().mean() / 2


def lengths_not_squared(*slopes):
    return torch.cat([each.flatten(1) for each in slopes], 1).norm(dim=1).mean() / 2


def one_centred(*slopes):
    return (torch.cat([each.flatten(1) for each in slopes], 1).norm(dim=1) - 1).square().mean() / 2


def of_images_alone(*slopes):
    return gradient_penalty(slopes[0])


WRONG = [without_the_half, summed_over_items, mean_over_numbers, lengths_not_squared, one_centred, of_images_alone]


def test_the_penalty_is_accepted():
    assert accepts(gradient_penalty)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_penalty_is_rejected(wrong):
    assert not accepts(wrong)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_a_discriminators_penalty_is_of_its_slopes_at_images_and_codes(spectral_norm):
    network, images, codes = judge(spectral_norm=spectral_norm)
    expected = 10 * oracle.gradient_penalty(differences(network, images, codes))
    assert expected > 1e-4
    assert network.penalty(images, codes, weight=10).item() == pytest.approx(expected, rel=1e-6)


def test_its_gradient_for_the_weights_is_that_of_its_value():
    network, images, codes = judge(spectral_norm=False)
    weight, width = network.joint[0].weight, 1e-5
    (slopes,) = torch.autograd.grad(network.penalty(images, codes, weight=10), [weight])
    for row, column in ((0, 0), (1, 5), (3, 2)):
        ends = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[row, column] += sign * width
            ends.append(network.penalty(images, codes, weight=10).item())
            with torch.no_grad():
                weight[row, column] -= sign * width
        assert slopes[row, column].item() == pytest.approx((ends[0] - ends[1]) / (2 * width), rel=1e-4, abs=1e-9)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # torch.compile itself looks there
def test_with_compiled_networks_it_and_its_gradient_are_the_same():
    views = draws()
    plain, fast = play(BiGAN, **SMALL, penalty_weight=10), play(BiGAN, **SMALL, penalty_weight=10)
    plain.step(views).loss.backward()
    with compiled(fast, backend="aot_eager"):
        fast.step(views).loss.backward()
    slopes = [
        torch.cat([weight.grad.flatten() for weight in each.discriminator.parameters()]) for each in (plain, fast)
    ]
    torch.testing.assert_close(*slopes, rtol=1e-9, atol=1e-12)


def test_generator_and_encoder_get_no_gradient_from_it():
    plain, steep = play(BiGAN, **SMALL), play(BiGAN, **SMALL, penalty_weight=10)
    views = draws()
    slopes = []
    for method in (plain, steep):
        method.step(views).loss.backward()
        slopes.append({name: [each.grad for each in weights] for name, weights in method.players().items()})
    pairs = zip(*(each["encoder_and_generator"] for each in slopes), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    judges = zip(*(each["discriminator"] for each in slopes), strict=True)
    assert not all(same(a, b) for a, b in judges)


def test_the_discriminators_loss_holds_it_and_the_step_shows_it():
    plain, steep, views = play(BiGAN, **SMALL), play(BiGAN, **SMALL, penalty_weight=10), draws()
    codes = steep.head(steep.encoder(views.images)).detach()
    expected = steep.discriminator.penalty(views.images, codes, weight=10)
    first, second = plain.step(views), steep.step(views)
    assert same(second.losses["discriminator"] - first.losses["discriminator"], expected)
    assert same(second.metrics["weighted_penalty"], expected)
    assert "weighted_penalty" not in first.metrics


def test_under_autocast_it_is_computed_in_full_precision():
    network, images, codes = judge(spectral_norm=False)
    network, images, codes = network.float(), images.float(), codes.float()
    plain = network.penalty(images, codes, weight=10)
    with torch.autocast("cpu", torch.bfloat16):
        half = network.penalty(images, codes.bfloat16().float(), weight=10)
        rounded = network.penalty(images, codes, weight=10)
    assert half.dtype == torch.float32
    assert torch.equal(rounded, plain)


def test_it_can_be_asked_where_no_gradient_is_wanted():
    network, images, codes = judge(spectral_norm=False)
    with torch.no_grad():
        asked = network.penalty(images, codes, weight=1)
    assert not asked.requires_grad
    assert torch.equal(asked, network.penalty(images, codes, weight=1).detach())


def test_a_weight_below_0_is_refused():
    network, images, codes = judge()
    with pytest.raises(UserError, match="penalty_weight: expected at least 0, got -1"):
        network.penalty(images, codes, weight=-1)


def sized():
    encoder = ExampleEncoder()
    encoder.channels, encoder.image_size = 3, 16
    return encoder


def test_with_it_the_method_keeps_every_law_two_processes_among_them():
    check_method(partial(BiGAN, generator_width=4, discriminator_width=4, penalty_weight=1), encoder=sized)
