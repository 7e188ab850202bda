"""Measuring one encoder, beside its two controls: features are read once, and everything else is done on them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from selftaught.core import Encoder, Preparation, Source, Track, silent
from selftaught.evaluation.again import labelled_vectors
from selftaught.evaluation.beyond_vectors import measure_beyond_vectors
from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.choosing import DEFAULT_PROTOCOLS
from selftaught.evaluation.clustering import silhouettes
from selftaught.evaluation.conclusions import conclude
from selftaught.evaluation.duplicates import Duplicates, find_duplicates
from selftaught.evaluation.evaluation import NETWORKS, Evaluation
from selftaught.evaluation.exactness import check_finite
from selftaught.evaluation.fine_tuning import FineTuning, tuned_difference
from selftaught.evaluation.labels_alone import LabelsAlone, labels_alone_sentence
from selftaught.evaluation.protocols import evaluate_vectors
from selftaught.evaluation.scores import Protocols
from selftaught.evaluation.splitting import split_rows
from selftaught.evaluation.target_scores import TargetScores, score_target
from selftaught.evaluation.targets import Target
from selftaught.evaluation.trends import Trend
from selftaught.evaluation.verdicts import decisive
from selftaught.evaluation.viewing import view_figures
from selftaught.evaluation.without_labels import MOST_ITEMS, LabelFree, label_free
from selftaught.extraction import RawInput, extract_each

__all__ = ["evaluate_encoder"]


def evaluate_encoder(
    encoder: Encoder,
    start_encoder: Encoder,
    preprocessing: Preparation,
    train_source: Source,
    test_source: Source | None = None,
    *,
    device: torch.device | None = None,
    precision: torch.dtype = torch.float32,
    seed: int = 0,
    protocols: Collection[str] = DEFAULT_PROTOCOLS,
    targets: Sequence[Target] = (),
    start_name: str = "random start",
    raw_input: nn.Module | None = None,
    find_same: Callable[[Source, Source], Duplicates | None] | None = None,
    split_by: str | None = None,
    make_views: Any = None,
    projections: Mapping[str, nn.Module] = MappingProxyType({}),
    fresh: Encoder | None = None,
    heads: Mapping[str, nn.Module] = MappingProxyType({}),
    tune_labels: Collection[str] = BUDGETS,
    trend: Trend | None = None,
    steps: int | None = None,
    stopped: str | None = None,
    track: Track = silent,
) -> Evaluation:
    """Measure an encoder, the same encoder before pre-training, and the raw input, on the same labels.

    Args:
        encoder: to be judged; left as it was.
        start_encoder: what pre-training started from.
        preprocessing: from raw items to what both take.
        train_source: items that probes learn from.
        test_source: items they are tested on; a fifth of the others if None.
        device: where the encoders work; the CPU if None.
        precision: of the encoders' arithmetic.
        seed: of split, draws and intervals.
        protocols: what to measure: names of `PROTOCOLS`. "energy" and "own_task" are the run's, and not measured here.
        targets: columns to be told beside the classes; see `read_target`.
        start_name: what the verdict calls `start_encoder`.
        raw_input: the control that has learned nothing, from what an encoder takes; the pixels of images if None.
        find_same: finds near-duplicates in the training and the test items themselves; the raw input is compared if
            None, or if it returns None.
        split_by: see `split_rows`.
        make_views: the run's view maker, which "views" needs.
        projections: what the method put behind its encoder, which "keeps" looks at, for "encoder" and "random_start".
        fresh: the network at random start, for "supervised" and the control of "fine_tune"; `start_encoder` if None.
        heads: see `measure_beyond_vectors`.
        tune_labels: see `measure_beyond_vectors`.
        trend: whether training was still improving when it ended, for the verdict.
        steps: how many training took, for the verdict.
        stopped: the collapse that training was stopped for, for the verdict.
        track: shows progress.

    Returns:
        All figures; without labels those that need none.

    Raises:
        UserError: an encoder gives vectors that are not finite.

    Example:
        >>> import torch
        >>> from selftaught.data import open_images
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation import evaluate_encoder
        >>> source = open_images(torch.zeros(6, 1, 16, 16, dtype=torch.uint8)).train
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> found = evaluate_encoder(SmallResNet(channels=1), SmallResNet(channels=1), prepare, source)
        >>> found.as_json()["outcome"], found.label_free["encoder"].collapsed
        ('collapsed', True)
    """
    device = torch.device("cpu") if device is None else device
    place = device if device.type == "cuda" else torch.device("cpu")  # Apple's GPU has no float64

    def read(networks: Sequence[nn.Module], source: Source) -> list[Tensor]:
        vectors = extract_each(networks, preprocessing, source, device=device, precision=precision, track=track)
        for name, each in zip(NETWORKS, vectors, strict=False):
            check_finite(each, f"vectors of {NETWORKS[name]}")
        return [each.to(place) for each in vectors]

    rows = split_rows(train_source, test_source, seed=seed, split_by=split_by)
    networks = [encoder, start_encoder, RawInput() if raw_input is None else raw_input]
    nouns, notes = train_source.nouns, list[str]()
    if isinstance(rows, str) and not targets:
        few = np.sort(np.random.default_rng(seed).permutation(len(train_source))[:MOST_ITEMS])
        trains = read(networks[:2], train_source.take(few))
        tests = None
    else:
        trains = read(networks, train_source)
        apart = any(each.apart for each in targets) or (not isinstance(rows, str) and rows.apart)
        tests = read(networks, test_source) if test_source is not None and apart else None
    found: dict[str, Protocols] = {}
    duplicates, shown = None, trains[0]
    learned = trains
    if not isinstance(rows, str):
        learned, tested = labelled_vectors(trains, tests, rows)
        shown = tested[0]
        for (name, what), train, test in zip(NETWORKS.items(), learned, tested, strict=True):
            found[name] = evaluate_vectors(
                *(train, torch.from_numpy(rows.train_labels).to(place)),
                *(test, torch.from_numpy(rows.test_labels).to(place)),
                seed=seed,
                protocols=protocols,
                what=what,
                track=track,
            )
        near = found["raw_input"].near
        if near is not None and find_same is not None:
            held = test_source if test_source is not None and rows.apart else train_source
            duplicates = find_same(train_source.take(rows.train), held.take(rows.test))
        if near is not None and duplicates is None:
            duplicates = find_duplicates(learned[2], tested[2], near.rows[:, 0].to(place))
        notes += [*rows.notes, *(f"{name}: {reason}" for name, reason in found["encoder"].missing.items())]
        notes += [sentence for sentence in [duplicates.sentence(nouns) if duplicates else ""] if sentence]
    figures = _figures(learned, networks[:2], train_source, protocols, make_views, notes, device, seed, track)
    if figures and figures["encoder"].collapsed:
        notes.append(f"the encoder has collapsed: it gives all {nouns[1]} nearly the same vector")
    beyond = measure_beyond_vectors(
        {"encoder": encoder, "random_start": start_encoder},
        dict(zip(NETWORKS, learned, strict=False)),
        preprocessing,
        train_source,
        test_source,
        None if isinstance(rows, str) else rows,
        protocols=protocols,
        projections=projections,
        fresh=start_encoder if fresh is None else fresh,
        heads=heads,
        tune_labels=tune_labels,
        device=device,
        precision=precision,
        seed=seed,
        notes=notes,
        track=track,
    )
    alone, tuned = (beyond["encoder"].get(name) for name in ("supervised", "fine_tune"))
    told = {each.name: _told(each, trains, tests, tuple(protocols), seed) for each in targets}
    gain = tuned_difference(tuned) if isinstance(tuned, FineTuning) else None
    if gain is not None or (found and decisive(found["encoder"])):  # else the verdict itself rests on the columns
        notes += [said for each in told.values() if (said := each.sentence(start_name))]
    conclusion = conclude(
        (found["encoder"], found["random_start"], found["raw_input"]) if found else None,
        (figures["encoder"], figures["random_start"]) if figures else None,
        reason=rows if isinstance(rows, str) else "",
        targets=tuple(told.values()),
        alone=labels_alone_sentence(found.get("encoder"), alone if isinstance(alone, LabelsAlone) else None),
        tuned=gain,
        trend=trend,
        steps=steps,
        stopped=stopped,
        start_name=start_name,
        nouns=nouns,
    )
    others = 0 if test_source is None else len(test_source)
    return Evaluation(
        protocols=found,
        label_free=figures,
        conclusion=conclusion,
        train_items=len(train_source) if isinstance(rows, str) else len(rows.train),
        test_items=others if isinstance(rows, str) else len(rows.test),
        rows=None if isinstance(rows, str) else rows,
        test_vectors=shown.cpu(),
        notes=tuple(notes),
        seed=seed,
        asked=tuple(protocols),
        duplicates=duplicates,
        targets=told,
        beyond=beyond,
    )


def _told(
    target: Target, trains: Sequence[Tensor], tests: Sequence[Tensor] | None, asked: tuple[str, ...], seed: int
) -> TargetScores:
    learned, tested = labelled_vectors(trains, tests, target)
    scores = {
        name: score_target(target, train, test, protocols=asked, seed=seed)
        for name, train, test in zip(NETWORKS, learned, tested, strict=True)
    }
    return TargetScores(target=target, by_network=scores)


def _figures(
    vectors: Sequence[Tensor],
    encoders: Sequence[nn.Module],
    source: Source,
    protocols: Collection[str],
    make_views: Any,
    notes: list[str],
    device: torch.device,
    seed: int,
    track: Track,
) -> dict[str, LabelFree]:
    if "label_free" not in protocols and "views" not in protocols:
        return {}
    names = list(NETWORKS)[:2]
    figures = {name: label_free(each, seed=seed) for name, each in zip(names, vectors, strict=False)}
    if "label_free" in protocols:
        figures = {
            name: replace(figures[name], silhouettes=silhouettes(each, seed=seed))
            for name, each in zip(names, vectors, strict=False)
        }
    if "views" in protocols:
        seen = None
        if make_views is not None and not source.in_one_batch:
            seen = view_figures(encoders, make_views, source, device=device, seed=seed, track=track)
        if seen is None:
            notes.append("alignment and LiDAR: the run's view maker gives no several views of an item")
        for name, (near, rank) in zip(names, seen or (), strict=False):
            figures[name] = replace(figures[name], alignment=near, lidar=rank)
    return figures
