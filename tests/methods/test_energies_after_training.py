"""What generative methods have learned of handwritten digits: others' halves, codes and parts cost more than their own.

GAN and BiGAN are not here: so short a game teaches their energies nothing, see the boards of the results.
"""

import pytest
import torch
from torch.nn import functional as F

from selftaught.data import open_images
from selftaught.encoders import SmallResNet
from selftaught.evaluation import energy_areas
from selftaught.methods import find_method
from selftaught.views import Draws

LEAST = {
    "autoencoder": (60, {"halves of two images": 0.8, "seen of another image": 0.95, "noise over the image": 0.95}),
    "vae": (100, {"halves of two images": 0.7}),
    "aae": (100, {"halves of two images": 0.65, "another image's code": 0.9}),
    "vq_vae": (200, {"halves of two images": 0.6, "seen of another image": 0.7, "noise over the image": 0.95}),
}


def digits():
    """1,500 images to learn from, and 297 others, of 16 pixels."""
    from sklearn.datasets import load_digits

    pixels = torch.from_numpy(load_digits().images)[:, None].float() * (255 / 16)
    large = F.interpolate(pixels, (16, 16), mode="bilinear").round().byte()
    return open_images(large[:1500]).train, open_images(large[1500:]).train


def areas(name, steps):
    """The areas under the ROC curves on others' images before the first step, and after so many."""
    kind, (own, others) = find_method(name), digits()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        method = kind(SmallResNet(channels=1, image_size=16, features=8))
    seen = {"image_size": 16, "channels": 1, "mean": (0.3,), "standard_deviation": (0.35,)}
    make_views = kind.view_maker(**seen, **kind.view_settings)
    before = energy_areas(method.eval(), make_views, others)
    optimiser, generator = torch.optim.AdamW(method.train().parameters(), lr=1e-3), torch.Generator().manual_seed(0)
    for turn in range(steps):
        rows = torch.randint(len(own), (64,), generator=generator).numpy()
        step = method.step(make_views(own.batch(rows), draws=Draws.at(0, "train", turn, batch=64)))
        optimiser.zero_grad()
        step.loss.backward()
        optimiser.step()
        method.after_step(step, turn / steps)
    return before, energy_areas(method.eval(), make_views, others)


@pytest.mark.parametrize("name", LEAST)
def test_energy_tells_true_items_from_mismatched_ones(name):
    steps, least = LEAST[name]
    before, after = areas(name, steps)
    assert set(after) == set(least)
    for mismatch, area in least.items():
        assert after[mismatch] > area, (mismatch, after)
    assert sum(after.values()) > sum(before.values())
