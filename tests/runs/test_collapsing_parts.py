"""What only a method knows of its collapse: latents, codes, clusters, samples, and the size of embeddings."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from collapsing import Small, train_and_look

from selftaught.methods import GAN, VAE, VQVAE, BiGAN, DeepCluster, LeJEPA, SwAV, VICReg
from selftaught.runs.watch_settings import WatchSettings
from selftaught.training import Collapsed

TWICE_AN_EPOCH = WatchSettings(watch_every=0.5)
SIZES = {"hidden_width": 128, "embedding_width": 64}
FEW_CROPS = {"small_crops": 2, "small_crop_size": 12}
SMALL_GAN = {"latent_width": 16, "generator_width": 8}


class EveryItemTheSame(Small):
    def forward(self, items):
        return 0 * super().forward(items) + 1


class FourLatents(GAN):
    """Whatever latents it is given, its generator gets one of four."""

    def step(self, views):
        four = views.latents[:4].repeat(len(views) // 4, 1)
        return super().step(replace(views, latents=four))


class WithoutEqualShares(SwAV):
    """The codes of an item are its own scores, sharpened, whatever those of the others are."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.codes.forward = lambda scores, prototypes: (scores / self.codes.epsilon).softmax(-1)


def vae(**options):
    return VAE(Small(), latent_width=16, decoder_width=8, importance_samples=1, **options)


def vq_vae(**options):
    return VQVAE(Small(), code_width=16, decoder_width=8, **options)


def swav(kind):
    return kind(Small(), **SIZES, prototypes=50, freeze_prototypes=0.0)


def deepcluster(encoder):
    return DeepCluster(encoder, items=1024, clusters=20, pca_width=16)


def invariance_alone(kind):
    none = {"variance_weight": 0.0, "covariance_weight": 0.0} if kind is VICReg else {"gaussianity_weight": 0.0}
    return kind(Small(), **SIZES, **none)


PIXELS = {"noise_width": 16, "dequantised": True}
PAIRS = {"noise_width": 16, "two_parts": True}
COLLAPSING = {
    "a likelihood so flat that the KL alone counts": ("posterior collapse", lambda: vae(pixel_deviation=20), PIXELS),
    "512 codes, none ever revived": ("unused codes", lambda: vq_vae(codes=512), {}),
    "one vector for all": ("empty clusters", lambda: deepcluster(EveryItemTheSame()), {}),
    "no equal shares": ("empty clusters", lambda: swav(WithoutEqualShares), FEW_CROPS),
    "four latents": ("mode collapse", lambda: FourLatents(Small(), **SMALL_GAN), {"noise_width": 16}),
    "VICReg's invariance alone": ("shrinking embeddings", lambda: invariance_alone(VICReg), None),
    "LeJEPA's prediction alone": ("shrinking embeddings", lambda: invariance_alone(LeJEPA), None),
}


@pytest.mark.parametrize("how", COLLAPSING)
def test_the_alarm_names_the_symptom_within_the_epoch(how: str, tmp_path: Path) -> None:
    symptom, build, views = COLLAPSING[how]
    torch.manual_seed(0)
    looks = train_and_look(build(), tmp_path, epochs=1, watch=TWICE_AN_EPOCH, views=views, learning_rate=1e-3)
    assert looks[-1].symptom == symptom
    assert [look.message for look in looks if look.message and look.message.startswith(f"{symptom} at step")]


def test_directions_stay_spread_while_embeddings_shrink(tmp_path: Path) -> None:
    torch.manual_seed(0)
    looks = train_and_look(invariance_alone(VICReg), tmp_path, epochs=1, watch=TWICE_AN_EPOCH, learning_rate=1e-3)
    assert looks[-1].figures["embedding_spread"] > looks[0].figures["embedding_spread"]
    assert looks[-1].figures["embedding_rank"] > looks[0].figures["embedding_rank"]


def test_such_a_run_is_stopped_where_that_is_asked_for(tmp_path: Path) -> None:
    torch.manual_seed(0)
    watch = WatchSettings(watch_every=0.5, on_collapse="stop")
    with pytest.raises(Collapsed, match=r"^mode collapse at step 8 .* the nearest other by 0\.0%"):
        train_and_look(FourLatents(Small(), **SMALL_GAN), tmp_path, epochs=1, watch=watch, views={"noise_width": 16})


HEALTHY = {
    "VAE": (vae, PIXELS),
    "VQ-VAE": (lambda: vq_vae(codes=64, revive_below=0.1), {}),
    "DeepCluster": (lambda: deepcluster(Small()), {}),
    "SwAV": (lambda: swav(SwAV), FEW_CROPS),
    "GAN": (lambda: GAN(Small(), **SMALL_GAN), {"noise_width": 16}),
    "BiGAN": (lambda: BiGAN(Small(), **SMALL_GAN, discriminator_width=16), PAIRS),
    "VICReg": (lambda: VICReg(Small(), **SIZES), None),
    "LeJEPA": (lambda: LeJEPA(Small(), **SIZES), None),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_raises_none_of_these_alarms(name: str, tmp_path: Path) -> None:
    build, views = HEALTHY[name]
    torch.manual_seed(0)
    looks = train_and_look(build(), tmp_path, epochs=1, watch=TWICE_AN_EPOCH, views=views, learning_rate=1e-3)
    assert [look.symptom for look in looks] == [None] * 3
