"""The one list of methods, by family. Reading it does not import torch; asking for a method does."""

import importlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selftaught.core import Method
    from selftaught.methods.aae import AAE
    from selftaught.methods.amdim import AMDIM
    from selftaught.methods.autoencoder import Autoencoder
    from selftaught.methods.barlow_twins import BarlowTwins
    from selftaught.methods.bert import BERT
    from selftaught.methods.bigan import BiGAN
    from selftaught.methods.byol import BYOL
    from selftaught.methods.cluster_fit import ClusterFit
    from selftaught.methods.cmc import CMC
    from selftaught.methods.colorization import Colorization
    from selftaught.methods.cpc_images import CPCImages
    from selftaught.methods.cpc_speech import CPCSpeech
    from selftaught.methods.deep_infomax import DeepInfoMax
    from selftaught.methods.deepcluster import DeepCluster
    from selftaught.methods.deepercluster import DeeperCluster
    from selftaught.methods.dgi import DGI
    from selftaught.methods.dino import DINO
    from selftaught.methods.distillation import Distillation
    from selftaught.methods.dpc import DPC
    from selftaught.methods.future_frames import FutureFrames
    from selftaught.methods.gan import GAN
    from selftaught.methods.i_jepa import IJEPA
    from selftaught.methods.inpainting import Inpainting
    from selftaught.methods.instdisc import InstDisc
    from selftaught.methods.jigsaw import Jigsaw
    from selftaught.methods.lejepa import LeJEPA
    from selftaught.methods.local_aggregation import LocalAggregation
    from selftaught.methods.made import MADE
    from selftaught.methods.mae import MAE
    from selftaught.methods.moco import MoCo
    from selftaught.methods.pirl import PIRL
    from selftaught.methods.pixelcnn import PixelCNN
    from selftaught.methods.pixelrnn import PixelRNN
    from selftaught.methods.relative_position import RelativePosition
    from selftaught.methods.rotation import Rotation
    from selftaught.methods.simclr import SimCLR
    from selftaught.methods.simreg import SimReg
    from selftaught.methods.simsiam import SimSiam
    from selftaught.methods.split_brain import SplitBrain
    from selftaught.methods.svg_lp import SVGLP
    from selftaught.methods.swav import SwAV
    from selftaught.methods.vae import VAE
    from selftaught.methods.vicreg import VICReg
    from selftaught.methods.video_colorization import VideoColorization
    from selftaught.methods.vq_vae import VQVAE

__all__ = [
    "AAE",
    "AMDIM",
    "BERT",
    "BYOL",
    "CMC",
    "DGI",
    "DINO",
    "DPC",
    "GAN",
    "IJEPA",
    "MADE",
    "MAE",
    "METHODS",
    "PIRL",
    "SVGLP",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "BarlowTwins",
    "BiGAN",
    "CPCImages",
    "CPCSpeech",
    "ClusterFit",
    "Colorization",
    "DeepCluster",
    "DeepInfoMax",
    "DeeperCluster",
    "Distillation",
    "FutureFrames",
    "Inpainting",
    "InstDisc",
    "Jigsaw",
    "LeJEPA",
    "LocalAggregation",
    "MethodEntry",
    "MoCo",
    "PixelCNN",
    "PixelRNN",
    "RelativePosition",
    "Rotation",
    "SimCLR",
    "SimReg",
    "SimSiam",
    "SplitBrain",
    "SwAV",
    "VICReg",
    "VideoColorization",
    "find_method",
]


@dataclass(frozen=True)
class MethodEntry:
    """What can be said of a method without loading it.

    Args:
        name: its file, and what the command line calls it.
        class_name: the paper's own spelling.
        family: which idea it belongs to.
        kind: the data it takes.
        architecture: joint embedding, predictive, latent-variable predictive or autoregressive.
        loss_measured_in: output or representation.
        against_collapse: what stops the energy from being low everywhere.
        paper: authors and year.
        url: where the paper stands.
        choose: which data and means it suits.
        published: what was reported of it, with the source; empty where nothing comparable is known.
        samples_from: what new images are made of: "latents", and then `Method.pictures` has `samples`; "codes", and
            then it is an `ImageCoder`, which needs a prior over them; empty where it makes no new images.

    Example:
        >>> from selftaught.methods import METHODS
        >>> METHODS["simclr"].paper
        'Chen et al. 2020'
    """

    name: str
    class_name: str
    family: str
    kind: str
    architecture: str
    loss_measured_in: str
    against_collapse: str
    paper: str
    url: str
    choose: str = ""
    published: str = ""
    samples_from: str = ""


_LIST = tomllib.loads(Path(__file__).with_name("methods.toml").read_text(encoding="utf-8"))
METHODS: dict[str, MethodEntry] = {name: MethodEntry(name=name, **fields) for name, fields in _LIST.items()}

_FILES = {entry.class_name: entry.name for entry in METHODS.values()}


def __getattr__(name: str) -> Any:
    if name in _FILES:
        return getattr(importlib.import_module(f"selftaught.methods.{_FILES[name]}"), name)
    raise AttributeError(f"module 'selftaught.methods' has no attribute '{name}'")


def find_method(name: str) -> "type[Method[Any]]":
    """The class of a method by the name that the command line uses.

    Raises:
        UserError: there is no such method; says which is nearest.

    Example:
        >>> from selftaught.methods import find_method
        >>> find_method("simclr").__name__
        'SimCLR'
    """
    if name not in METHODS:
        from selftaught.core import unknown_name

        raise unknown_name("method", name, METHODS)
    return __getattr__(METHODS[name].class_name)
