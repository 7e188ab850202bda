"""`sample`: new images from a run whose method makes such, of random latents or of codes drawn from a prior."""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from selftaught.core import Source, Track, UserError, silent
from selftaught.encoders import Preprocessing, read_weights
from selftaught.extraction import extract_each, reading
from selftaught.methods import METHODS
from selftaught.parts import CodePrior, ImageCoder, LevelHistograms
from selftaught.report import Picture, to_pictures
from selftaught.runs.asking_methods import rebuilt_methods
from selftaught.runs.embedding import check_table, open_parts
from selftaught.runs.folder import write_aside
from selftaught.runs.judging_samples import judge_samples
from selftaught.runs.opening import Run, open_run
from selftaught.runs.picturing import picture_grid
from selftaught.runs.rebuilding import views_of
from selftaught.runs.sample_strip import DRAWN_TOGETHER, images_of_latents
from selftaught.training import bits_per_code, fit_code_prior, resolve_device
from selftaught.views import Draws

__all__ = ["Sampled", "sample"]

_FEWEST = 20  # images, of which a tenth are held out, twice
_SHAPE: dict[str, int] = {"features": 64, "blocks": 6, "head_width": 128}


@final
@dataclass(frozen=True, kw_only=True)
class Sampled:
    """New images.

    Args:
        pictures: one an image, (height, width, channels) in 0..255.
        file: all of them on one.
        prior: what is known of the prior over codes: `bits_per_code` on images held out, beside that of a
            `histogram` of each place and of `equal_chance`; None where no prior was needed.
        compared: how they lie among true images, see `runs.judging_samples`; None where nobody asked.

    Example:
        >>> from pathlib import Path
        >>> from selftaught.runs import Sampled
        >>> Sampled(pictures=[], file=Path("samples.png")).prior is None
        True
    """

    pictures: Sequence[Picture]
    file: Path
    prior: Mapping[str, Any] | None = None
    compared: Mapping[str, Any] | None = None


def sample(
    run: str | Path | Run,
    data: Any = None,
    out: str | Path | None = None,
    *,
    count: int = 100,
    against: Any = None,
    judge: str | Path | Run | None = None,
    label: str | None = None,
    prior_epochs: int = 30,
    refit: bool = False,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    strict: bool = False,
    tell: Callable[[str], object] = len,
    track: Track = silent,
) -> Sampled:
    """Draw new images from a run's method, and write them as one picture.

    Of a method that makes images of codes, as a VQ-VAE does, a prior over grids of codes is fitted to the codes of
    `data` first, and kept in the run's folder. A tenth of the images chooses the epoch; the second part of the data, or
    another tenth where they come in one, says how good the prior is.

    Args:
        run: of a method that makes new images.
        data: images, as for `pretrain`; only for a prior that has not been fitted yet.
        out: a file that ends in .png; None for `samples.png` in the run's folder, which is written anew.
        count: how many images, at least 1.
        against: true images to compare them with, as for `evaluate`: what is missing of these?
        judge: whose vectors say what is near: an encoder, as `find_rival` takes one; None compares pixels.
        label: the column of the true images' classes; None for the usual one.
        prior_epochs: passes over the codes.
        refit: fit the prior anew.
        device: auto, cpu, cuda or mps.
        seed: of the images and of the prior.
        overwrite: replace the file.
        strict: stop at an item that cannot be read, instead of leaving it out.
        tell: is told what was found in the data; nobody is by default.
        track: who watches.

    Raises:
        UserError: the method makes no new images, a prior is needed and there are no data, or there is nothing to
            compare with.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from selftaught.runs import pretrain, sample
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 16, 16), dtype=np.uint8)
        >>> settings = {"epochs": 1, "batch_size": 4, "generator_width": 8}
        >>> run = pretrain("gan", images, tempfile.mkdtemp(), settings=settings)
        >>> drawn = sample(run, count=3)
        >>> drawn.file.name, [each.shape for each in drawn.pictures]
        ('samples.png', [(16, 16, 1), (16, 16, 1), (16, 16, 1)])
    """
    opened = open_run(run)
    if against is None and not (judge is None and label is None):
        raise UserError("judge and label: expected true images to compare with, too: against")
    source_of_samples = _source_of_samples(opened)
    if count < 1 or prior_epochs < 1:
        raise UserError(f"expected at least 1 image and 1 epoch, got {count} and {prior_epochs}")
    file = check_table(out or opened.folder.samples, overwrite=overwrite or out is None, suffixes=(".png",))
    methods, seen, chosen = rebuilt_methods(opened), opened.encoder().preprocessing, resolve_device(device)
    make_views = views_of(opened.record, seen)
    if methods is None or make_views is None or not isinstance(seen, Preprocessing):
        raise UserError(f"the method of {opened.path} cannot be rebuilt from its folder: it has views of one's own")
    method, figures = methods["trained"], None
    if source_of_samples == "latents":
        images = images_of_latents(method, make_views, seen, count, seed=seed, device=chosen, track=track)
    elif isinstance(method, ImageCoder):
        prior, figures = _kept_prior(opened, method)
        if prior is None or refit:
            if data is None:
                given = opened.record.data.given
                raise UserError(
                    f"missing --data: images of {opened.record.method} are made of codes, and which there are is "
                    f"learned from images{'' if given is None else f', such as --data {given}, which the run saw'}"
                )
            parts = open_parts(
                opened.encoder(), data, str(opened.path), options={}, label=None, strict=strict, tell=tell, track=track
            )
            grids = {name: _codes(method, seen, part, chosen, track) for name, part in parts.items()}
            prior, figures = _fitted(grids, len(method.codebook.rows), prior_epochs, seed, chosen, track)
            _keep_prior(opened, prior, figures)
        images = _of_codes(method, prior, _side(method, seen), count, seed=seed, device=chosen, track=track)
    else:
        raise UserError(f"expected {opened.record.method} to turn images into codes and back, it does not")
    pictures = to_pictures(images, mean=seen.mean, standard_deviation=seen.standard_deviation)
    _write_picture(file, pictures)
    compared = None
    if against is not None:
        how: dict[str, Any] = {"label": label, "seed": seed, "strict": strict, "tell": tell, "track": track}
        compared = judge_samples(pictures, opened, against, judge=judge, device=chosen, **how)
    return Sampled(pictures=pictures, file=file, prior=figures, compared=compared)


def _source_of_samples(opened: Run) -> str:
    name = opened.record.method
    found = METHODS[name].samples_from if name in METHODS else ""
    if not found:
        those = ", ".join(entry.name for entry in METHODS.values() if entry.samples_from)
        raise UserError(f"{opened.path} is a run of {name}, which makes no new images: expected one of {those}")
    return found


def _of_codes(
    method: ImageCoder, prior: CodePrior, side: int, count: int, *, seed: int, device: torch.device, track: Track
) -> Float[Tensor, "n c h w"]:
    made: list[Tensor] = []
    with reading(_module(method), device), reading(prior, device):
        for start in track(range(0, count, DRAWN_TOGETHER), "drawing images"):
            here = min(DRAWN_TOGETHER, count - start)
            uniforms = Draws.at(seed, "samples", start, batch=here).uniform(0.0, 1.0, side, side)
            made.append(method.decode_codes(prior.sample(uniforms.to(device))[0]).float().cpu())
    return torch.cat(made)


@final
class _Coding(nn.Module):
    """The codes of images, as numbers in one row."""

    def __init__(self, method: ImageCoder) -> None:
        super().__init__()
        self.method = method

    def forward(self, images: Float[Tensor, "n c h w"]) -> Int[Tensor, "n places"]:
        return self.method.codes(images).flatten(1)


def _codes(
    method: ImageCoder, seen: Preprocessing, source: Source, device: torch.device, track: Track
) -> Int[Tensor, "n side side"]:
    (found,) = extract_each([_Coding(method)], seen, source, device=device, track=track)
    side = math.isqrt(found.shape[1])
    return found.long().view(-1, side, side)


def _side(method: ImageCoder, seen: Preprocessing) -> int:
    with reading(_module(method), torch.device("cpu")):
        return method.codes(torch.zeros(1, seen.channels, seen.image_size, seen.image_size)).shape[1]


def _fitted(
    grids: Mapping[str, Int[Tensor, "n h w"]], codes: int, epochs: int, seed: int, device: torch.device, track: Track
) -> tuple[CodePrior, dict[str, Any]]:
    """A prior, and how many bits it needs of grids that neither moved it nor chose its epoch."""
    own, *other = grids.values()
    if len(own) < _FEWEST:
        raise UserError(f"expected at least {_FEWEST} images to learn their codes from, got {len(own)}")
    own, tenth = own[np.random.default_rng(seed).permutation(len(own))], len(own) // 10
    test, own = (other[0], own) if other else (own[:tenth], own[tenth:])
    choosing, learned = own[:tenth], own[tenth:]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        prior = CodePrior(codes, **_SHAPE)
    bits = fit_code_prior(prior, learned, choosing, epochs=epochs, device=device, seed=seed, track=track)
    histograms = LevelHistograms(learned[0].numel(), levels=codes)
    histograms.see(learned[:, None])
    return prior, {
        "bits_per_code": bits_per_code(prior, test, device=device),
        "histogram_bits_per_code": float(histograms.bits_per_dimension(test[:, None])),
        "equal_chance_bits_per_code": math.log2(codes),
        "held_out": len(test),
        "learned": len(learned),
        "epochs": epochs,
        "best_epoch": bits.index(min(bits)) + 1,
        "codes": codes,
        "codes_in_use": len(learned.unique()),
    }


def _keep_prior(opened: Run, prior: CodePrior, figures: Mapping[str, Any]) -> None:
    from safetensors.torch import save

    folder = opened.folder.prior
    folder.mkdir(exist_ok=True)
    aside = folder / "model.safetensors.partial"
    aside.write_bytes(save({name: each.detach().cpu().contiguous() for name, each in prior.state_dict().items()}))
    os.replace(aside, folder / "model.safetensors")
    described = {"steps_of_the_run": opened.record.steps, "prior": _SHAPE, "found": dict(figures)}
    write_aside(folder / "config.json", json.dumps(described, indent=2) + "\n")


def _kept_prior(opened: Run, method: ImageCoder) -> tuple[CodePrior | None, dict[str, Any] | None]:
    """The prior that was fitted to what the run is now, if there is one."""
    folder = opened.folder.prior
    if not (folder / "config.json").is_file():
        return None, None
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if described["steps_of_the_run"] != opened.record.steps:
        return None, None  # the run went on since
    prior = CodePrior(len(method.codebook.rows), **described["prior"])
    prior.load_state_dict(read_weights(folder / "model.safetensors"))
    return prior, described["found"]


def _write_picture(file: Path, pictures: Sequence[Picture]) -> None:
    from PIL import Image

    aside = file.with_name(file.name + ".partial")
    try:
        Image.fromarray(picture_grid(pictures)).save(aside, "PNG", optimize=True)
        os.replace(aside, file)
    finally:
        aside.unlink(missing_ok=True)


def _module(method: ImageCoder) -> nn.Module:
    if not isinstance(method, nn.Module):
        raise UserError(f"expected a method that is a torch module, got {type(method).__name__}")
    return method
