"""Views as people look at them: pictures and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from selftaught.core import (
    BlockMaskedImages,
    ClipsWithLatents,
    ColouredClips,
    CorruptedGraph,
    FutureClips,
    HoledImages,
    MaskedImages,
    MaskedText,
    PixelsWithLatents,
    Preparation,
    Recordings,
    Views,
    patchify,
    unpatchify,
)
from selftaught.data import ImageSource
from selftaught.encoders import GraphPreprocessing, Preprocessing, TextPreprocessing, VideoPreprocessing
from selftaught.parts.word_pieces import pieces, special_tokens
from selftaught.report import Picture, ViewExample, choose_queries, to_pictures
from selftaught.runs.kinds.audio import wave_picture
from selftaught.runs.kinds.images import ImageKind
from selftaught.runs.kinds.video import film_strip
from selftaught.views import Draws

__all__ = ["DrawnViews", "draw_views", "sample_views"]

_EXAMPLES = 6
_MOST_FEATURES = 12  # of a node, by name
_Shown = Sequence[Picture | str]


@final
@dataclass(frozen=True)
class DrawnViews:
    """What a method is asked, as it can be looked at.

    Args:
        lead: what one sees, in a sentence or two; empty where nothing can be drawn.
        columns: by caption, a picture or words for each item.

    Example:
        >>> from selftaught.runs.drawing import DrawnViews
        >>> DrawnViews("Two words.", {"first": ["a"], "second": ["b"]}).examples()[0].shown
        {'first': 'a', 'second': 'b'}
    """

    lead: str = ""
    columns: Mapping[str, _Shown] | None = None

    def examples(self) -> list[ViewExample]:
        """The same by item."""
        columns = self.columns or {}
        rows = zip(*columns.values(), strict=True)
        return [ViewExample(dict(zip(columns, row, strict=True))) for row in rows]


def sample_views(
    items: Any, make_views: Any, preparation: Preparation, seed: int, count: int = _EXAMPLES
) -> DrawnViews:
    """A few items beside the views that a method would be given of them.

    Args:
        items: what a step takes a batch of.
        make_views: the view maker.
        preparation: of the encoder.
        seed: of the choice and of the views.
        count: how many items.

    Example:
        >>> import numpy as np
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.drawing import sample_views
        >>> from selftaught.data import open_images
        >>> from selftaught.views import TwoViews
        >>> images = open_images(np.zeros((4, 12, 12), np.uint8)).train
        >>> preprocessing = Preprocessing(12, 1, (0.5,), (0.5,))
        >>> drawn = sample_views(images, TwoViews(image_size=12, channels=1), preprocessing, seed=0)
        >>> list(drawn.columns)
        ['original', 'view 1', 'view 2']
    """
    rows = choose_queries(len(items), min(count, len(items)), seed=seed)
    views = make_views(items.batch(rows), index=torch.from_numpy(rows), draws=Draws.at(seed, "sample", batch=len(rows)))
    drawn = draw_views(views, preparation)
    if drawn.columns and isinstance(items, ImageSource):
        return replace(drawn, columns={"original": ImageKind().show(items, rows), **drawn.columns})
    return drawn


def draw_views(views: Views, preparation: Preparation) -> DrawnViews:
    """What a batch asks, in pictures or in words; nothing for views of one's own that hold no images.

    Args:
        views: of a few items.
        preparation: of the encoder, which says how the views were normalised and tokens are spelt.

    Example:
        >>> import torch
        >>> from selftaught.core import MultiView
        >>> from selftaught.encoders import Preprocessing
        >>> from selftaught.runs.drawing import draw_views
        >>> seen = Preprocessing(16, 3, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        >>> list(draw_views(MultiView.example(2, torch.Generator()), seen).columns)
        ['view 1', 'view 2']
    """
    if isinstance(views, MaskedText):
        return _text(views, cast("TextPreprocessing", preparation))
    if isinstance(views, Recordings):
        return _recordings(views)
    if isinstance(views, FutureClips | ClipsWithLatents):
        lead = "The frames of each clip that are seen, beside those after them, which are to be drawn."
        seen = cast("VideoPreprocessing", preparation)
        return DrawnViews(lead, {"seen": _strips(views.past, seen), "to be drawn": _strips(views.future, seen)})
    if isinstance(views, ColouredClips):
        return _coloured_clips(views, cast("VideoPreprocessing", preparation))
    if isinstance(views, CorruptedGraph):
        return _graph(views, cast("GraphPreprocessing", preparation))
    if not isinstance(preparation, Preprocessing):
        return DrawnViews()
    if isinstance(views, MaskedImages):
        return _masked_images(views, preparation)
    if isinstance(views, HoledImages):
        return _holed_images(views, preparation)
    if isinstance(views, PixelsWithLatents):
        columns = {"seen": views.images, "to be explained": views.normalised(views.pixels)}
        shown = {name: _pictures(images, preparation) for name, images in columns.items()}
        return DrawnViews("Each image as the network sees it, and as its values are to be explained.", shown)
    if isinstance(views, BlockMaskedImages):
        return _blocks(views, preparation)
    return _images(views, preparation)


def _images(views: Views, seen: Preprocessing) -> DrawnViews:
    """Every field that holds images, or shuffled tiles of them."""
    found: dict[str, Tensor] = {}
    for field in fields(views):
        value, name = getattr(views, field.name), field.name.replace("_", " ")
        if isinstance(value, tuple):
            several = name.removesuffix("s") if name in ("views", "parts") else name
            found |= {f"{several} {place}": each for place, each in enumerate(cast("tuple[Any, ...]", value), 1)}
        elif isinstance(value, Tensor) and value.is_floating_point() and value.ndim >= 4:
            found[name] = value
    pictures = {name: _tiled(each) if each.ndim == 5 else each for name, each in found.items() if each.ndim >= 4}
    columns = {name: _pictures(each, seen) for name, each in pictures.items()}
    return DrawnViews("Each image beside what was made of it for one step.", columns) if columns else DrawnViews()


def _pictures(images: Float[Tensor, "n c h w"], seen: Preprocessing) -> list[Picture]:
    """Back in 0..255; of a part of the channels each by itself, side by side, stretched to what it spans."""
    if images.shape[1] == seen.channels:
        return to_pictures(images, mean=seen.mean, standard_deviation=seen.standard_deviation)
    low, high = images.amin((0, 2, 3), keepdim=True), images.amax((0, 2, 3), keepdim=True)
    beside = ((images - low) / (high - low).clamp(min=1e-9)).unbind(1)
    return to_pictures(torch.cat(beside, 2)[:, None], mean=[0.0], standard_deviation=[1.0])


def _tiled(tiles: Float[Tensor, "n tiles c s s"]) -> Float[Tensor, "n c h w"]:
    """Tiles laid out in a square, with a dark line of one pixel between."""
    side = round(tiles.shape[1] ** 0.5)
    framed = torch.nn.functional.pad(tiles, (0, 1, 0, 1), value=float(tiles.min()))
    rows = [torch.cat(row.unbind(1), 3) for row in framed[:, : side * side].split(side, 1)]
    return torch.cat(rows, 2)


def _masked_images(views: MaskedImages, seen: Preprocessing) -> DrawnViews:
    grey = MaskedImages(views.index, torch.zeros_like(views.images), views.keep, views.hidden)
    columns = {
        "seen": _pictures(views.filled(grey.hidden_patches).images, seen),
        "to be guessed": _pictures(grey.filled(views.hidden_patches).images, seen),
    }
    return DrawnViews("Each image beside the patches that the encoder sees and those that are to be guessed.", columns)


def _holed_images(views: HoledImages, seen: Preprocessing) -> DrawnViews:
    hidden = views.images.masked_fill(~views.mask, 0.0)
    columns = {"seen": _pictures(views.seen, seen), "to be filled in": _pictures(hidden, seen)}
    return DrawnViews("Each image with a hole, beside what is to be filled in.", columns)


def _blocks(views: BlockMaskedImages, seen: Preprocessing) -> DrawnViews:
    patches = patchify(views.images, views.patch_pixels)
    columns: dict[str, _Shown] = {}
    for name, places in {"seen": views.context, "to be told": views.blocks.flatten(1)}.items():
        shown = torch.zeros(patches.shape[:2]).to(patches).scatter(1, places, 1.0)[:, :, None]
        columns[name] = _pictures(unpatchify(patches * shown, views.images.shape[1]), seen)
    return DrawnViews("Each image beside what the encoder sees and the blocks that are to be told from it.", columns)


def _text(views: MaskedText, seen: TextPreprocessing) -> DrawnViews:
    special = special_tokens(seen.tokenizer)
    read: list[str] = []
    asked: list[str] = []
    for tokens, length, first, targets, count, follows in zip(
        views.tokens.tolist(),
        views.lengths.tolist(),
        views.first_lengths.tolist(),
        views.targets.tolist(),
        views.target_counts.tolist(),
        views.is_next.tolist(),
        strict=True,
    ):
        halves = (tokens[1 : first - 1], tokens[first : length - 1])  # without [CLS] and [SEP]
        shown = [["▢" if token == special.mask else token for token in half] for half in halves]
        read.append(" / ".join(_spelt(half, seen.tokenizer) for half in shown))
        hidden = ", ".join(pieces(seen.tokenizer, targets[:count]))
        asked.append(f"{hidden}; the second part {'follows' if follows else 'does not follow'} the first")
    lead = (
        "Two parts of text, a stroke between them, with some words hidden or replaced, beside what the method has to "
        "say: the words in their order, and whether the second part follows the first."
    )
    return DrawnViews(lead, {"read": read, "asked": asked})


def _spelt(tokens: Sequence[int | str], tokenizer: str) -> str:
    """Words, their pieces joined; what is no number stands for itself."""
    words = [token if isinstance(token, str) else pieces(tokenizer, [token])[0] for token in tokens]
    return " ".join(words).replace(" ##", "")


def _recordings(views: Recordings) -> DrawnViews:
    waves = [
        wave_picture(samples[:length].numpy())
        for samples, length in zip(views.samples.cpu(), views.lengths.tolist(), strict=True)
    ]
    lead = "What is read from left to right: at each place, the context so far says what comes next."
    return DrawnViews(lead, {"segment": waves})


def _strips(clips: Float[Tensor, "n t 3 h w"], seen: VideoPreprocessing) -> list[Picture]:
    """The frames of each clip side by side."""
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    return [film_strip(np.stack(to_pictures(frames, **statistics))) for frames in clips]


def _coloured_clips(views: ColouredClips, seen: VideoPreprocessing) -> DrawnViews:
    """The colours of the palette as these clips show them: the mean of the places that each stands for."""
    n, t, grid = views.colours.shape[:3]
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    frames = np.stack([to_pictures(clip, **statistics) for clip in views.frames])
    numbers = views.colours.flatten().cpu().numpy()
    side = frames.shape[2] // grid
    cells = frames[:, :, : grid * side, : grid * side].reshape(n, t, grid, side, grid, side, 3).mean((3, 5))
    found = np.stack([np.bincount(numbers, cells[..., channel].ravel()) for channel in range(3)], 1)
    means = found / np.maximum(np.bincount(numbers), 1)[:, None]
    painted = means[numbers].reshape(n, t, grid, grid, 3).astype(np.uint8).repeat(side, 2).repeat(side, 3)
    lead = (
        "The frames of each clip, of which the last is to be coloured like the others, beside the few colours that "
        "stand for theirs. The encoder sees the frames without colours."
    )
    return DrawnViews(lead, {"frames": list(map(film_strip, frames)), "colours": list(map(film_strip, painted))})


def _graph(views: CorruptedGraph, seen: GraphPreprocessing) -> DrawnViews:
    def features(node: int) -> str:
        present = views.features[node].nonzero()[:, 0].tolist()
        more = ", …" if len(present) > _MOST_FEATURES else ""
        return "features " + ", ".join(map(str, present[:_MOST_FEATURES])) + more

    edges_in = np.bincount(views.edge_index[1].cpu().numpy(), minlength=len(views.features))
    nodes = views.rows[:_EXAMPLES].tolist()
    lead = (
        "Nodes of the graph, beside the same places of the corrupted graph: the edges stay, and each node gets the "
        f"features of another. Features by number, of {seen.features:,}."
    )
    columns = {
        "in the graph": [f"node {node}, degree {edges_in[node]:,}: {features(node)}" for node in nodes],
        "corrupted": [f"{features(other)} of node {other}" for other in views.permutation[nodes].tolist()],
    }
    return DrawnViews(lead, columns)
