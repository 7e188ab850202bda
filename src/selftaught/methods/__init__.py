"""The one list of methods, by family. Reading it does not import torch; asking for a method does."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selftaught.core import Method
    from selftaught.methods.barlow_twins import BarlowTwins
    from selftaught.methods.bert import BERT
    from selftaught.methods.bigan import BiGAN
    from selftaught.methods.byol import BYOL
    from selftaught.methods.cmc import CMC
    from selftaught.methods.cpc_speech import CPCSpeech
    from selftaught.methods.deepcluster import DeepCluster
    from selftaught.methods.dgi import DGI
    from selftaught.methods.dino import DINO
    from selftaught.methods.gan import GAN
    from selftaught.methods.instdisc import InstDisc
    from selftaught.methods.lejepa import LeJEPA
    from selftaught.methods.mae import MAE
    from selftaught.methods.moco import MoCo
    from selftaught.methods.pirl import PIRL
    from selftaught.methods.simclr import SimCLR
    from selftaught.methods.simsiam import SimSiam
    from selftaught.methods.swav import SwAV
    from selftaught.methods.vicreg import VICReg

__all__ = [
    "BERT",
    "BYOL",
    "CMC",
    "DGI",
    "DINO",
    "GAN",
    "MAE",
    "METHODS",
    "PIRL",
    "BarlowTwins",
    "BiGAN",
    "CPCSpeech",
    "DeepCluster",
    "InstDisc",
    "LeJEPA",
    "MethodEntry",
    "MoCo",
    "SimCLR",
    "SimSiam",
    "SwAV",
    "VICReg",
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


METHODS: dict[str, MethodEntry] = {
    entry.name: entry
    for entry in (
        # Joint embedding, contrastive
        MethodEntry(
            name="simclr",
            class_name="SimCLR",
            family="contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: the other items of the batch",
            paper="Chen et al. 2020",
            url="https://arxiv.org/abs/2002.05709",
        ),
        MethodEntry(
            name="instdisc",
            class_name="InstDisc",
            family="contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: a memory bank of all items",
            paper="Wu et al. 2018",
            url="https://arxiv.org/abs/1805.01978",
        ),
        MethodEntry(
            name="cmc",
            class_name="CMC",
            family="contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: a memory bank of all items for each group of channels",
            paper="Tian et al. 2019",
            url="https://arxiv.org/abs/1906.05849",
        ),
        MethodEntry(
            name="moco",
            class_name="MoCo",
            family="contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: a queue of past embeddings",
            paper="He et al. 2019",
            url="https://arxiv.org/abs/1911.05722",
        ),
        MethodEntry(
            name="pirl",
            class_name="PIRL",
            family="contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: a memory bank of all items",
            paper="Misra and van der Maaten 2019",
            url="https://arxiv.org/abs/1912.01991",
        ),
        MethodEntry(
            name="dgi",
            class_name="DGI",
            family="contrastive",
            kind="graph",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="negatives: the nodes of a corrupted graph",
            paper="Velickovic et al. 2018",
            url="https://arxiv.org/abs/1809.10341",
        ),
        MethodEntry(
            name="cpc_speech",
            class_name="CPCSpeech",
            family="contrastive",
            kind="audio",
            architecture="predictive",
            loss_measured_in="representation",
            against_collapse="negatives: the other frames of the batch",
            paper="van den Oord et al. 2018",
            url="https://arxiv.org/abs/1807.03748",
        ),
        # Joint embedding, no negatives
        MethodEntry(
            name="byol",
            class_name="BYOL",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="a slow teacher and a predictor",
            paper="Grill et al. 2020",
            url="https://arxiv.org/abs/2006.07733",
        ),
        MethodEntry(
            name="dino",
            class_name="DINO",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="a slow teacher, whose outputs are centred and sharpened",
            paper="Caron et al. 2021",
            url="https://arxiv.org/abs/2104.14294",
        ),
        MethodEntry(
            name="simsiam",
            class_name="SimSiam",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="a stopped gradient and a predictor",
            paper="Chen and He 2020",
            url="https://arxiv.org/abs/2011.10566",
        ),
        MethodEntry(
            name="barlow_twins",
            class_name="BarlowTwins",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="decorrelated features: over a batch, each goes with itself in the other view alone",
            paper="Zbontar et al. 2021",
            url="https://arxiv.org/abs/2103.03230",
        ),
        MethodEntry(
            name="vicreg",
            class_name="VICReg",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="every feature's variance kept above a bound, and its covariance with others near zero",
            paper="Bardes et al. 2021",
            url="https://arxiv.org/abs/2105.04906",
        ),
        MethodEntry(
            name="lejepa",
            class_name="LeJEPA",
            family="non-contrastive",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="a test, along random directions, that the embeddings are Gaussian and isotropic",
            paper="Balestriero and LeCun 2025",
            url="https://arxiv.org/abs/2511.08544",
        ),
        # Clusters of the whole data set as classes
        MethodEntry(
            name="deepcluster",
            class_name="DeepCluster",
            family="clustering",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="whitening before k-means, empty clusters split, all clusters drawn equally often",
            paper="Caron et al. 2018",
            url="https://arxiv.org/abs/1807.05520",
        ),
        MethodEntry(
            name="swav",
            class_name="SwAV",
            family="clustering",
            kind="images",
            architecture="joint embedding",
            loss_measured_in="representation",
            against_collapse="Sinkhorn: every prototype gets as much of the batch as any other",
            paper="Caron et al. 2020",
            url="https://arxiv.org/abs/2006.09882",
        ),
        # Masked: what was hidden, from what may be seen
        MethodEntry(
            name="mae",
            class_name="MAE",
            family="masked modelling",
            kind="images",
            architecture="predictive",
            loss_measured_in="output",
            against_collapse="the pixels of hidden patches are given",
            paper="He et al. 2021",
            url="https://arxiv.org/abs/2111.06377",
        ),
        MethodEntry(
            name="bert",
            class_name="BERT",
            family="masked modelling",
            kind="text",
            architecture="predictive",
            loss_measured_in="output",
            against_collapse="the hidden tokens are given, and their likelihood is normalised",
            paper="Devlin et al. 2018",
            url="https://arxiv.org/abs/1810.04805",
        ),
        # Adversarial
        MethodEntry(
            name="gan",
            class_name="GAN",
            family="adversarial",
            kind="images",
            architecture="latent-variable predictive",
            loss_measured_in="output",
            against_collapse="an adversary: a generator makes what else would have low energy",
            paper="Goodfellow et al. 2014",
            url="https://arxiv.org/abs/1406.2661",
        ),
        MethodEntry(
            name="bigan",
            class_name="BiGAN",
            family="adversarial",
            kind="images",
            architecture="latent-variable predictive",
            loss_measured_in="output",
            against_collapse="an adversary that sees images with their codes",
            paper="Donahue et al. 2016",
            url="https://arxiv.org/abs/1605.09782",
        ),
    )
}

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
