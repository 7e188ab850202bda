"""What stands on the page, as plain arrays and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from selftaught.core import UserError

__all__ = ["EmbeddingMap", "Neighbours", "Picture", "ReportContents", "ViewExample"]

Picture = UInt8[np.ndarray, "_ _ _"]  # height, width, channels; of more than three channels the first three are shown
_MOST_ON_A_MAP = 65_535  # rows are numbered in two bytes


@dataclass(frozen=True)
class ViewExample:
    """One item and the views that the method was given of it.

    Args:
        shown: by caption, pictures or words: the item as it stands in the data, what the view maker made of it.
    """

    shown: Mapping[str, Picture | str]


@dataclass(frozen=True, kw_only=True)
class EmbeddingMap:
    """Items placed in the plane so that neighbours among the encoder's vectors stay neighbours.

    Args:
        positions: the places by the encoder's vectors, in any unit; see `project`.
        labels: the class number of every item, or None where the data has no labels.
        classes: the classes' names, by number.
        pictures: a small picture of every item, or none at all.
        projected: the places by the vectors behind the projection head, where there is one.
        columns: what else to colour by, by name: one number or word an item.
        names: what each item is called in the data: a path, a row number; or none at all.
        words: every item in words, or none at all.
        near: the rows of each item's nearest neighbours, nearest first; see `all_neighbours`.
        sounds: by row, recordings as WAV files.
        links: pairs of rows that the data themselves join, such as a graph's nodes by its edges.

    Raises:
        UserError: something is not there of every item, or there are more than 65,535 items.
    """

    positions: Float[np.ndarray, "n 2"]
    labels: Int[np.ndarray, " n"] | None = None
    classes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    projected: Float[np.ndarray, "n 2"] | None = None
    columns: Mapping[str, Shaped[np.ndarray, " n"]] = field(default_factory=dict[str, np.ndarray])
    names: Sequence[str] = ()
    words: Sequence[str] = ()
    near: Int[np.ndarray, "n k"] | None = None
    sounds: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    links: Int[np.ndarray, "pairs 2"] | None = None

    def __post_init__(self) -> None:
        count = len(self.positions)
        if self.pictures and len(self.pictures) != count:
            raise UserError(f"expected a picture of each of {count} items, got {len(self.pictures)}")
        for what, several in (("names", self.names), ("words", self.words)):
            if several and len(several) != count:
                raise UserError(f"expected {what} of each of {count} items, got {len(several)}")
        if count > _MOST_ON_A_MAP:
            raise UserError(
                f"expected at most {_MOST_ON_A_MAP:,} items on a map, got {count:,}: see selftaught explore"
            )


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """A few items, and those that lie nearest to them in the eyes of one or several encoders.

    Args:
        queries: the rows of the items asked about.
        found: by encoder ("This encoder", "Random start", ...), the rows of each query's neighbours, nearest first;
            see `nearest_neighbours`.
        pictures: by row, every query and every neighbour as a picture or in words.
        labels: the class number of every item of the data, or None where it has no labels.
        classes: the classes' names, by number.
    """

    queries: Int[np.ndarray, " q"]
    found: Mapping[str, Int[np.ndarray, "q _"]]
    pictures: Mapping[int, Picture | str]
    labels: Int[np.ndarray, " n"] | None = None
    classes: Sequence[str] = ()

    def __post_init__(self) -> None:
        rows = set(self.queries.tolist()).union(*(each.ravel().tolist() for each in self.found.values()))
        missing = sorted(rows - self.pictures.keys())
        if missing:
            raise UserError(f"expected a picture of every row shown, none came for {missing[:5]}")


@dataclass(frozen=True, kw_only=True)
class ReportContents:
    """Everything that `write_report` puts on the page; what is empty or None is left out of it.

    Args:
        title: what the page is about, as in "SimCLR on fashion-mnist-10k".
        verdict: the sentence that stands first and large; the evaluation's own where None.
        evaluation: the object that `selftaught evaluate --json` prints, or None before an evaluation.
        metrics: the rows of metrics.csv, numbers or their text.
        looks: the rows of watch.csv, numbers or their text.
        watched: what run.json says of the looks: which items, and every alarm.
        views: items beside their views.
        view_lead: what one sees there.
        made: what the method makes, by name: one picture each, such as a grid of samples.
        through_training: what it made of the same latents, by the number of steps done: one picture each.
        view_notes: sentences on the views, such as which operations these channels leave out.
        map: the map of the embeddings.
        neighbours: nearest neighbours of a few items.
        similarities: by encoder, the cosines between first views of a few items (lines) and second ones (columns).
        spectra: by encoder, the variances of the vectors along their principal directions, the largest first.
        summary: the facts that everybody wants, as text with units: data, encoder, parameters, machine, time taken.
        facts: run.json: every resolved value, versions, seed, machine.
        skipped: each image that could not be read, and why.
        notes: further sentences for the reader.
        command: the command that repeats the run.
        nouns: what one item is called, and several.
        raw_input: what the control "raw_input" is.
        paper: title and address of the method's paper.
        start_name: what the control "random_start" was, where it was not random.

    Example:
        >>> from selftaught.report import ReportContents
        >>> ReportContents(title="SimCLR on holiday photos").headline
        'Trained, and not evaluated yet.'
    """

    title: str
    verdict: str | None = None
    evaluation: Mapping[str, Any] | None = None
    metrics: Sequence[Mapping[str, Any]] = ()
    looks: Sequence[Mapping[str, Any]] = ()
    watched: Mapping[str, Any] = field(default_factory=dict[str, Any])
    views: Sequence[ViewExample] = ()
    view_lead: str = ""
    made: Mapping[str, Picture] = field(default_factory=dict[str, Picture])
    through_training: Mapping[str, Picture] = field(default_factory=dict[str, Picture])
    view_notes: Sequence[str] = ()
    map: EmbeddingMap | None = None
    neighbours: Neighbours | None = None
    similarities: Mapping[str, Float[np.ndarray, "_n _n"]] = field(default_factory=dict[str, np.ndarray])
    spectra: Mapping[str, Float[np.ndarray, " _"]] = field(default_factory=dict[str, np.ndarray])
    summary: Mapping[str, str] = field(default_factory=dict[str, str])
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    skipped: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    command: str = ""
    paper: tuple[str, str] | None = None
    start_name: str = "Random start"
    nouns: tuple[str, str] = ("image", "images")
    raw_input: str = "the pixels themselves"

    @property
    def headline(self) -> str:
        """The sentence that stands first on the page."""
        if self.verdict is not None:
            return self.verdict
        return self.evaluation["verdict"] if self.evaluation else "Trained, and not evaluated yet."
