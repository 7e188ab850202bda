"""An evaluation's figures as lines of text."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["further_lines", "mean", "percent"]


def further_lines(measured: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """A line for every protocol that is not in the table, this encoder's figures first.

    Args:
        measured: the object that `--json` prints.
        names: what the controls are called.

    Example:
        >>> from selftaught.cli.further_lines import further_lines
        >>> protocols = {"clustering": {"accuracy": 0.5, "nmi": 0.25, "ari": 0.125}}
        >>> further_lines({"protocols": protocols, "controls": {}}, {})
        ['k-means, this encoder: accuracy 50.0, NMI 0.25, ARI 0.12']
    """
    every = {"this encoder": measured["protocols"]}
    every |= {names[name]: control for name, control in measured["controls"].items() if name in names}
    if "against" in names:
        every |= {names["against"]: measured["against"]["protocols"] or {}}
    lines: list[str] = []
    for name, protocols in every.items():
        lines += [f"labels a class, {name}: {said}"] if (said := _curve(protocols)) else []
    for name, protocols in every.items():
        lines += [f"train/test gap, {name}: {said}"] if (said := _gap(protocols)) else []
    for name, protocols in every.items():
        if found := protocols.get("clustering"):
            accuracy = f"accuracy {percent(found['accuracy'])}"
            lines.append(f"k-means, {name}: {accuracy}, NMI {found['nmi']:.2f}, ARI {found['ari']:.2f}")
    for name, protocols in every.items():
        if found := protocols.get("retrieval"):
            recalls = ", ".join(f"recall@{k} {percent(found[f'recall@{k}'])}" for k in (1, 5, 10))
            lines.append(f"retrieval, {name}: {recalls}, mAP {percent(found['map'])}")
    theirs = (measured.get("against") or {}).get("targets", {})
    for column, ours in measured.get("targets", {}).items():
        target = ours | ({"against": theirs[column]} if column in theirs else {})
        for network, name in {"encoder": "this encoder", **names}.items():
            if network not in target:
                continue
            found = target[network]
            if "r2" in found:
                explained = f"R2 {found['r2']:.3f}{_interval(found['r2_interval'])}"
                lines.append(f"{column}, {name}: {explained}, mean absolute error {found['mae']:.4g}")
            elif "map" in found:
                lines.append(f"{column}, {name}: mAP {percent(found['map'])}{_interval(found['map_interval'], 100)}")
            else:
                lines.append(f"{column}, {name}: {_classes(found)}")
    for protocol, words in _BEYOND.items():
        told = {name: words(protocols[protocol]) for name, protocols in every.items() if protocol in protocols}
        lines += [f"{protocol.replace('_', ' ')}, {name}: {said}" for name, said in told.items()]
    if found := measured["protocols"].get("fine_tune"):
        rival = every.get(names.get("against", ""), {}).get("fine_tune", {}).get("from_encoder", {})
        for budget, ours in found["from_encoder"].items():
            scratch = mean(found["from_scratch"][budget])
            kept = measured.get("rules", {}).get("fine_tune_from", 0)
            start = f"layer {kept} of the head" if kept else "the encoder"
            told = f"{mean(ours)} from {start}, {scratch} from scratch"
            told += f", {mean(rival[budget])} from {names['against']}" if budget in rival else ""
            lines.append(f"fine-tuned with {_labels(budget)}: {told}")
    for network, found in measured.get("label_free", {}).items():
        name = "this encoder" if network == "encoder" else names.get(network, network.replace("_", " "))
        lines.append(f"without labels, {name}: {_label_free(found)}")
    if found := measured.get("cost"):
        lines.append(_cost(found))
    return lines


def _label_free(found: Mapping[str, Any]) -> str:
    parts = [f"RankMe {found['rankme']:.1f} of {found['width']:,}"]
    parts += [f"{words} {found[name]:.2f}" for name, words in _LABEL_FREE.items() if found.get(name) is not None]
    parts += [f"{name} {percent(found[name])} %" for name in ("flat", "dead") if found.get(name) is not None]
    scores = found.get("silhouettes") or {}
    best = max(scores, key=lambda clusters: scores[clusters], default=None)
    parts += [] if best is None else [f"silhouette {scores[best]:.2f} with {best} clusters"]
    return ", ".join(parts) + ("; collapsed" if found["collapsed"] else "")


_LABEL_FREE = {"alpha_req": "alpha-ReQ", "lidar": "LiDAR", "alignment": "alignment", "uniformity": "uniformity"}


def _interval(ends: Sequence[float] | None, times: int = 1) -> str:
    if ends is None:
        return ""
    low, high = (times * end for end in ends)
    return f" ({low:.1f} to {high:.1f})" if times > 1 else f" ({low:.3f} to {high:.3f})"


def _curve(protocols: Mapping[str, Any]) -> str:
    return ", ".join(f"{mean(each)} with {count}" for count, each in protocols.get("label_curve", {}).items())


def _gap(protocols: Mapping[str, Any]) -> str:
    """What a probe on all labels loses from the items that it was fitted to, to others."""
    found = protocols.get("linear", {}).get("all", {})
    learned = found.get("on_training_items")
    if learned is None:
        return ""
    gap = f"{100 * (learned - found['mean']):+.1f} points"
    return f"{gap}, from {percent(learned)} on the items that a probe learned from to {percent(found['mean'])}"


def _classes(found: Mapping[str, Any]) -> str:
    parts = [] if found["knn"]["accuracy"] is None else [f"kNN {percent(found['knn']['accuracy'])}"]
    linear = [f"{mean(each)} with {budget}" for budget, each in found["linear"].items() if each["mean"] is not None]
    parts += [f"linear {', '.join(linear)}"] if linear else []
    parts += [f"labels a class {curve}"] if (curve := _curve(found)) else []
    return "; ".join(parts) or "not measured"


def _corruptions(found: Mapping[str, Any]) -> str:
    means = {name: statistics.fmean(each["probe"]) for name, each in found["corruptions"].items()}
    worst = min(means, key=lambda name: means[name])
    clean, changed, drift = found["clean"]["probe"], found["mean"]["probe"], found["mean"]["drift"]
    least = f"least under {worst.replace('_', ' ')}, {percent(means[worst])}"
    return f"probe {percent(clean)} unchanged, {percent(changed)} corrupted, {least}; drift {drift:.2f}"


def _attack(found: Mapping[str, Any]) -> str:
    radii = ", ".join(f"{255 * each['radius']:.3g}" for each in found["radii"])
    of_probe = ", ".join(percent(each["probe"]) for each in found["radii"])
    of_encoder = ", ".join(percent(each["encoder"]["probe"]) for each in found["radii"])
    clean = percent(found["clean"]["probe"])
    return f"probe {clean} unchanged; {of_probe} within {radii} of 255; {of_encoder} without labels"


def _spurious_cue(found: Mapping[str, Any]) -> str:
    clean, tinted, broken, misled = (percent(found[name]) for name in ("clean", "tinted", "broken", "misled"))
    return f"{clean} without a tint, {tinted} with it, {broken} where it is broken, which misled {misled}"


def _keeps(found: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {percent(each['encoder'])}"
        + ("" if each["projection"] is None else f" (projection {percent(each['projection'])})")
        for name, each in found["changes"].items()
    ]
    return ", ".join(parts)


def _dense(found: Mapping[str, Any]) -> str:
    classes, objects = found["segmentation"], found["localisation"]
    return (
        f"mIoU {percent(classes['mean_iou'])} of {percent(classes['ceiling'])} possible, box IoU "
        f"{percent(objects['box_iou'])} of {percent(objects['ceiling'])}, located {percent(objects['located'])}, "
        f"pointed {percent(objects['pointed'])}"
    )


def _dense_fine_tune(found: Mapping[str, Any]) -> str:
    classes, objects = found["segmentation"], found["localisation"]
    return (
        f"mIoU {percent(classes['mean_iou'])}, background alone {percent(classes['background_only'])}, box IoU "
        f"{percent(objects['box_iou'])}, located {percent(objects['located'])}, pointed {percent(objects['pointed'])}, "
        f"by a learning rate of {found['rate']:g}"
    )


def _propagation(found: Mapping[str, Any]) -> str:
    by_likeness = {**found["copied"], "labels that stay": found["staying"], "possible": found["ceiling"]}
    return "; ".join(
        f"{name}: J {percent(each['region_similarity'])}, PCK {percent(each['correct_points'])}"
        for name, each in by_likeness.items()
    )


_BEYOND: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "corruptions": _corruptions,
    "attack": _attack,
    "spurious_cue": _spurious_cue,
    "keeps": _keeps,
    "dense": _dense,
    "dense_fine_tune": _dense_fine_tune,
    "propagation": _propagation,
}


def _labels(budget: str) -> str:
    return "all labels" if budget == "all" else f"{budget.replace('%', ' %')} of the labels"


def _cost(cost: Mapping[str, Any]) -> str:
    words = {
        "items_per_second": ("", " items/s"),
        "cores": ("", " core" if cost["cores"] == 1 else " cores"),
        "core_seconds": ("at most ", " core-seconds"),
    }
    parts = [f"{before}{cost[name]:,.0f}{after}" for name, (before, after) in words.items() if cost[name] is not None]
    parts += [] if cost["peak_bytes"] is None else [f"{cost['peak_bytes'] / 1e9:.1f} GB of memory"]
    gain = cost["knn_gain_per_minute"]
    parts += [] if gain is None else [f"{100 * gain:+.1f} points of kNN over the start a minute"]
    return ", ".join([f"training took {cost['seconds']:,.0f} s", *parts])


def mean(figure: Mapping[str, Any]) -> str:
    """A mean and its spread in per cent.

    Example:
        >>> from selftaught.cli.further_lines import mean
        >>> mean({"mean": 0.75, "std": 0.01})
        '75.0 ± 1.0'
    """
    spread = figure.get("std")
    return percent(figure["mean"]) + ("" if spread is None else f" ± {100 * spread:.1f}")


def percent(accuracy: float | None) -> str:
    """A share in per cent.

    Example:
        >>> from selftaught.cli.further_lines import percent
        >>> percent(0.125), percent(None)
        ('12.5', '-')
    """
    return "-" if accuracy is None else f"{100 * accuracy:.1f}"
