"""From codes to images of every size, and from images and codes to logits, each item by itself."""

import pytest
import torch
from torch import nn

from selftaught.core import UserError, process_rank
from selftaught.parts import BatchNorm, Discriminator, Generator, SpectralNorm, extremes_of, image_shape
from selftaught.testing import ExampleEncoder, in_processes


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [8, 9, 15, 16, 28, 33, 64])
def test_images_come_in_the_size_that_is_asked_for(size, channels):
    latents = torch.randn(2, 5)
    made = Generator(5, channels=channels, image_size=size, width=2)(latents)
    assert made.shape == (2, channels, size, size)
    judge = Discriminator(channels=channels, image_size=size, latent_width=5, width=2, joint_width=4)
    assert judge(made, latents).shape == (2,)
    assert Discriminator(channels=channels, image_size=size, width=2, joint_width=4)(made).shape == (2,)


def reach(generator):
    """The values of an endlessly dark and an endlessly bright image, in each channel."""
    generator.end.weight.data.zero_()
    found = []
    for bias in (-99.0, 99.0):
        generator.end.bias.data.fill_(bias)
        found.append(generator(torch.randn(3, 5)).amax((0, 2, 3)).tolist())
    return found


def test_images_lie_in_the_range_of_the_true_ones_seen_so_far():
    generator = Generator(5, channels=2, image_size=8, width=2)
    assert reach(generator) == [[-1.0, -1.0], [1.0, 1.0]]
    generator.see(torch.tensor([[-0.5, 2.0], [0.5, 3.0]]))
    assert reach(generator) == [[-0.5, 2.0], [0.5, 3.0]]
    generator.see(torch.tensor([[-0.25, 1.0], [4.0, 2.5]]))
    assert reach(generator) == [[-0.5, 1.0], [4.0, 3.0]]


def told(rank_of):
    generator = Generator(5, channels=1, image_size=8, width=2)
    generator.see(torch.tensor([[-1.0 - rank_of()], [2.0 - rank_of()]]))
    return torch.stack([generator.lowest, generator.highest])


def test_processes_share_the_range():
    for bounds in in_processes(told, process_rank):
        assert bounds.tolist() == [[-2.0], [2.0]]


def test_extremes_are_those_of_each_channel_without_gradient():
    images = torch.arange(16.0).view(2, 2, 2, 2).requires_grad_()
    found = extremes_of(images)
    assert found.tolist() == [[0.0, 4.0], [11.0, 15.0]]
    assert not found.requires_grad


def test_a_generators_norms_see_the_whole_batch():
    generator = Generator(5, channels=1, image_size=28, width=2)
    norms = [module for module in generator.modules() if isinstance(module, BatchNorm)]
    assert [norm.width for norm in norms] == [16, 8, 4, 2]
    assert {norm.groups for norm in norms} == {1}
    assert not [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]


def test_in_eval_mode_an_image_depends_on_its_code_alone():
    generator, latents = Generator(5, channels=1, image_size=28, width=2).eval(), torch.randn(6, 5)
    torch.testing.assert_close(generator(latents[2:3]), generator(latents)[2:3])


def test_a_logit_depends_on_its_item_alone_in_training_too():
    judge = Discriminator(channels=1, image_size=28, latent_width=5, width=2)
    images, codes = torch.randn(6, 1, 28, 28), torch.randn(6, 5)
    torch.testing.assert_close(judge(images[2:3], codes[2:3]), judge(images, codes)[2:3])


def test_a_logit_feels_image_and_code():
    judge = Discriminator(channels=1, image_size=28, latent_width=5, width=4)
    images, codes = torch.randn(6, 1, 28, 28), torch.randn(6, 5)
    logits = judge(images, codes)
    assert (judge(images.roll(1, 0), codes) != logits).all()
    assert (judge(images, codes.roll(1, 0)) != logits).all()


def test_spectral_norm_can_be_left_out():
    normed, plain = (Discriminator(channels=1, image_size=28, width=2, spectral_norm=on) for on in (True, False))
    assert len([module for module in normed.modules() if isinstance(module, SpectralNorm)]) == 6
    assert not [module for module in plain.modules() if isinstance(module, SpectralNorm)]
    before = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    plain.follow()
    assert all(torch.equal(tensor, before[name]) for name, tensor in plain.state_dict().items())


def test_images_that_are_too_small_are_refused():
    with pytest.raises(UserError, match="at least 8 pixels to generate, got 7"):
        Generator(5, channels=1, image_size=7)
    with pytest.raises(UserError, match="at least 8 pixels to tell apart, got 7"):
        Discriminator(channels=1, image_size=7)


def test_an_encoder_that_does_not_say_its_images_is_refused():
    encoder = ExampleEncoder()
    with pytest.raises(UserError, match="`channels` and `image_size` what it takes, got ExampleEncoder"):
        image_shape(encoder)
    encoder.channels, encoder.image_size = 2, 24
    assert image_shape(encoder) == (2, 24)
