"""What vectors that are read once cannot tell: each network is asked again about changed items, or trained on."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.attack import measure_attack
from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.dense_fine_tuning import fine_tune_dense_use
from selftaught.evaluation.dense_use import measure_dense_use
from selftaught.evaluation.fine_tuning import FINE_TUNING_BUDGETS, fine_tune
from selftaught.evaluation.kept_changes import LEAST_ITEMS, measure_kept_changes
from selftaught.evaluation.labels_alone import train_on_labels_alone
from selftaught.evaluation.propagation import measure_propagation
from selftaught.evaluation.robustness import measure_corruptions
from selftaught.evaluation.splitting import LabelledRows
from selftaught.evaluation.spurious_cue import measure_spurious_cue

__all__ = ["HasAnswers", "HasFigures", "measure_beyond_vectors"]

_NEED_LABELS = ("corruptions", "attack", "spurious_cue", "supervised", "fine_tune")


@runtime_checkable
class HasAnswers(Protocol):
    """What one protocol found of every test item."""

    @property
    def answers(self) -> Mapping[str, Shaped[Tensor, "_draws _items"]]:
        """By figure, what each item adds to its mean, a line a draw."""
        ...


@runtime_checkable
class HasFigures(Protocol):
    """What one protocol found."""

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, names and sentences."""
        ...


def measure_beyond_vectors(
    encoders: Mapping[str, Encoder],
    vectors: Mapping[str, Float[Tensor, "n _"]],
    preparation: Preparation,
    train_source: Source,
    test_source: Source | None,
    rows: LabelledRows | None,
    *,
    protocols: Collection[str],
    projections: Mapping[str, nn.Module],
    fresh: Encoder | None,
    heads: Mapping[str, nn.Module] = MappingProxyType({}),
    tune_labels: Collection[str] = BUDGETS,
    device: torch.device,
    precision: torch.dtype,
    seed: int,
    notes: list[str],
    track: Track = silent,
) -> dict[str, dict[str, HasFigures]]:
    """Measure what was asked for of all protocols that read the items anew, look at made ones, or train.

    Args:
        encoders: by network, "encoder" first; left as they were.
        vectors: of the training rows, by network.
        preparation: from raw items to what the encoders take.
        train_source: items that `rows.train` counts.
        test_source: items that `rows.test` counts, where they stand apart.
        rows: which items are labelled; None without labels.
        protocols: names, others among them.
        projections: what a method put behind its encoder, by network.
        fresh: what labels alone, and the control of fine-tuning, start from; without it neither is measured.
        heads: what fine-tuning puts between "encoder", or the fresh one as "random_start", and the classifier.
        tune_labels: the budgets of labels that "supervised" and "fine_tune" train on; the latter on those it has.
        device: where the encoders work.
        precision: of their arithmetic.
        seed: of everything random.
        notes: what could not be measured is added, in sentences.
        track: shows progress.

    Returns:
        By network and protocol. Fine-tuning, which has its own control, and labels alone stand with the first network.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.beyond_vectors import measure_beyond_vectors
        >>> source, encoder, notes = open_images(torch.rand(6, 1, 16, 16)).train, SmallResNet(channels=1), []
        >>> measure_beyond_vectors(
        ...     {"encoder": encoder}, {}, Preprocessing(16, 1, (0.5,), (0.5,)), source, None, None,
        ...     protocols=("keeps",), projections={}, fresh=encoder, device=torch.device("cpu"),
        ...     precision=torch.float32, seed=0, notes=notes,
        ... )
        {'encoder': {}}
        >>> notes
        ['keeps: not measured, for it needs 10 images, and there are 6']
    """
    shared: dict[str, Any] = {"device": device, "seed": seed, "track": track}
    found: dict[str, dict[str, HasFigures]] = {name: {} for name in encoders}

    def each(protocol: str, measure: Callable[[str], HasFigures]) -> None:
        if protocol in protocols:
            found.update({name: found[name] | {protocol: measure(name)} for name in encoders})

    unlabelled = [name for name in _NEED_LABELS if name in protocols and rows is None]
    if unlabelled:
        notes.append(f"{', '.join(unlabelled)}: not measured, for there are no labels")
    learned = train_source
    if rows is not None:
        learned = train_source.take(rows.train)
        tested = (test_source if test_source is not None and rows.apart else train_source).take(rows.test)
        labels, truth = (torch.from_numpy(some) for some in (rows.train_labels, rows.test_labels))
        with_labels = (preparation, learned, labels, tested, truth)

        def as_read(name: str) -> tuple[nn.Module, Preparation, Tensor, Tensor, Source, Tensor]:
            read = vectors[name]
            return encoders[name], preparation, read, labels.to(read.device), tested, truth

        each("corruptions", lambda name: measure_corruptions(*as_read(name), precision=precision, **shared))
        each("attack", lambda name: measure_attack(*as_read(name), **shared))
        each(
            "spurious_cue",
            lambda name: measure_spurious_cue(encoders[name], *with_labels, precision=precision, **shared),
        )
        first = next(iter(encoders))
        if "supervised" in protocols and fresh is not None:
            found[first]["supervised"] = train_on_labels_alone(
                *(fresh, *with_labels),
                budgets=[name for name in BUDGETS if name in tune_labels],
                precision=precision,
                **shared,
            )
        if "fine_tune" in protocols:
            found[first]["fine_tune"] = fine_tune(
                *(encoders[first], fresh, *with_labels),
                head=heads.get("encoder"),
                fresh_head=heads.get("random_start"),
                budgets=[name for name in FINE_TUNING_BUDGETS if name in tune_labels],
                precision=precision,
                **shared,
            )
    if "keeps" in protocols and len(learned) < LEAST_ITEMS:
        notes.append(f"keeps: not measured, for it needs {LEAST_ITEMS} images, and there are {len(learned)}")
    else:
        each(
            "keeps",
            lambda name: measure_kept_changes(
                encoders[name], projections.get(name), preparation, learned, precision=precision, **shared
            ),
        )
    each("dense", lambda name: measure_dense_use(encoders[name], preparation, precision=precision, **shared))
    each(
        "dense_fine_tune",
        lambda name: fine_tune_dense_use(encoders[name], preparation, precision=precision, **shared),
    )
    following: dict[str, Any] = {"device": device, "precision": precision, "seed": seed}
    each("propagation", lambda name: measure_propagation(encoders[name], preparation, **following))
    return found
