"""What was reached of what was set, every measure in one table: results/bench.json, and the table of docs/results.md.

`make bench` measures first; this gathers. A measure that was not run stands as missing. Ratios are of measurements of
one run of one script, which says what the peer was, its version, its command and how the repeats spread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from record import RESULTS, origin, read, spread, write

__all__ = ["MEASURES", "Measure", "gathered", "reached_text"]

Document = Mapping[str, Any]
ORIGIN = ("command", "commit", "date", "machine", "versions")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One row: what is measured, what must be reached, and where it stands.

    Args:
        title: what is measured.
        goal: what must be reached.
        most: the goal is a limit from above, not from below.
        file: the document in results/.
        read: the figure's spread, of that document; None where the document has no such figure yet.
        unit: behind the figure.
    """

    title: str
    goal: float
    file: str
    read: Callable[[Document], Mapping[str, Any] | None]
    most: bool = False
    unit: str = ""


def _contestant(name: str, beside: str) -> Callable[[Document], Mapping[str, Any]]:
    def read(document: Document) -> Mapping[str, Any]:
        rates = {one["name"]: one["images_per_second"]["values"] for one in document["contestants"]}
        return spread([our / peer for our, peer in zip(rates[name], rates[beside], strict=True)])

    return read


def _step(name: str, figure: str) -> Callable[[Document], Mapping[str, Any]]:
    return lambda document: document["steps"][name][figure]


def _views(image_size: int) -> Callable[[Document], Mapping[str, Any] | None]:
    def read(document: Document) -> Mapping[str, Any] | None:
        size = next((one for one in document["sizes"] if one["image_size"] == image_size), None)
        if size is None:
            return None
        return spread([our / peer for our, peer in zip(size["ours"]["values"], size["peer"]["values"], strict=True)])

    return read


def _contrastive(views: int, form: str) -> Callable[[Document], Mapping[str, Any]]:
    return lambda document: next(one for one in document["sizes"] if one["form"] == form and one["views"] == views)


def _pieces_memory(document: Document) -> Mapping[str, Any]:
    return spread([one / 1024 for one in _contrastive(65_536, "pieces")(document)["extra_mebibytes"]["values"]])


def _pieces_time(document: Document) -> Mapping[str, Any]:
    ours, dense = (_contrastive(8_192, form)(document)["seconds"]["values"] for form in ("pieces", "dense"))
    return spread([our / other for our, other in zip(ours, dense, strict=True)])


def _neighbours(form: str) -> Callable[[Document], Mapping[str, Any]]:
    return lambda document: next(one for one in document["forms"] if one["form"] == form)["times_as_fast"]


def _knn(data: str) -> Callable[[Document], Mapping[str, Any] | None]:
    return lambda document: document["accuracies"].get(data, {}).get("ours")


def _growth(document: Document) -> Mapping[str, Any]:
    rates = [one["images_per_second"]["values"] for one in document["sizes"]]
    return spread([small / large for small, large in zip(rates[0], rates[-1], strict=True)])


MEASURES = (
    Measure(
        title="SimCLR's step, ResNet-18, beside lightly's float32",
        goal=3.3,
        file="speed_against_lightly.json",
        read=_contestant("selftaught", "lightly"),
        unit="x",
    ),
    Measure(
        title="the same beside lightly's bf16-mixed",
        goal=1.4,
        file="speed_against_lightly.json",
        read=_contestant("selftaught", "lightly-bf16"),
        unit="x",
    ),
    Measure(
        title="SimCLR's step, ResNet-18, of its encoder's speed alone",
        goal=0.95,
        file="steps.json",
        read=_step("SimCLR, ResNet-18", "share_of_encoder"),
    ),
    Measure(
        title="the same with the small ResNet",
        goal=0.85,
        file="steps.json",
        read=_step("SimCLR, small ResNet", "share_of_encoder"),
    ),
    Measure(
        title="two views of 32 pixels, beside lightly's transform",
        goal=30,
        file="views.json",
        read=_views(32),
        unit="x",
    ),
    Measure(title="of 224 pixels, from decoded images", goal=3, file="views.json", read=_views(224), unit="x"),
    Measure(
        title="of 224 pixels, from a folder of JPEG files",
        goal=1.5,
        file="photographs.json",
        read=lambda document: document["times_as_fast"]["files"],
        unit="x",
    ),
    Measure(
        title="the same with the cache",
        goal=3,
        file="photographs.json",
        read=lambda document: document["times_as_fast"]["cache"],
        unit="x",
    ),
    Measure(
        title="NT-Xent of 65,536 views, extra memory",
        goal=1,
        most=True,
        file="contrastive_chunks.json",
        read=_pieces_memory,
        unit=" GiB",
    ),
    Measure(
        title="NT-Xent of 8,192 views, time of the dense form's",
        goal=1,
        most=True,
        file="contrastive_chunks.json",
        read=_pieces_time,
        unit="x",
    ),
    Measure(
        title="MoCo's step, time of SimCLR's",
        goal=1.35,
        most=True,
        file="steps.json",
        read=_step("MoCo, small ResNet", "times_simclr"),
        unit="x",
    ),
    Measure(
        title="BYOL's step, time of SimCLR's",
        goal=1.35,
        most=True,
        file="steps.json",
        read=_step("BYOL, small ResNet", "times_simclr"),
        unit="x",
    ),
    Measure(
        title="exact neighbours beside scikit-learn, vectors spread out",
        goal=2.5,
        file="nearest.json",
        read=_neighbours("spread out"),
        unit="x",
    ),
    Measure(title="the same, in clusters", goal=2.5, file="nearest.json", read=_neighbours("clusters"), unit="x"),
    Measure(
        title="extraction, of the forward pass's speed",
        goal=0.9,
        file="steps.json",
        read=lambda document: document["extraction"],
    ),
    Measure(title="kNN after five minutes, CIFAR-10", goal=0.58, file="learning_per_minute.json", read=_knn("cifar10")),
    Measure(
        title="kNN after five minutes, Fashion-MNIST",
        goal=0.86,
        file="learning_per_minute.json",
        read=_knn("fashion-mnist"),
    ),
    Measure(
        title="time for an image, a million of them beside 10,000",
        goal=1.1,
        most=True,
        file="growth.json",
        read=_growth,
        unit="x",
    ),
    Measure(
        title="memory with a million images, without mapped pages",
        goal=2,
        most=True,
        file="growth.json",
        read=lambda document: document["sizes"][-1]["own_gib"],
        unit=" GiB",
    ),
    Measure(
        title="share of a run that looks at its encoder take",
        goal=0.05,
        most=True,
        file="watching_cost.json",
        read=lambda document: document["share_of_time"],
    ),
)


def gathered() -> dict[str, Any]:
    """Every measure with what was reached, and the documents it comes from."""
    documents = {measure.file: read(RESULTS / measure.file) for measure in MEASURES}
    rows: list[dict[str, Any]] = []
    for measure in MEASURES:
        document = documents[measure.file]
        reached = measure.read(document) if document else None
        met = None if reached is None else _met(reached["mean"], measure)
        row = {name: getattr(measure, name) for name in ("title", "goal", "most", "unit", "file")}
        rows.append({**row, "reached": reached, "met": met})
    measured = {file: {name: document[name] for name in ORIGIN} for file, document in documents.items() if document}
    return {"rows": rows, "documents": measured}


def _met(mean: float, measure: Measure) -> bool:
    return mean <= measure.goal if measure.most else mean >= measure.goal


def reached_text(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """What was reached, what must be, and whether it was."""
    reached, unit = row["reached"], row["unit"]
    spread_of = "" if reached is None or reached["std"] is None else f" ± {reached['std']:.2g}"
    told = "not measured" if reached is None else f"{reached['mean']:.3g}{unit}{spread_of}"
    met = {None: "", True: "yes", False: "no"}[row["met"]]
    return told, f"{'at most' if row['most'] else 'at least'} {row['goal']:g}{unit}", met


def main() -> None:
    """Gather, write, print."""
    document = gathered()
    write(RESULTS / "bench.json", {**document, **origin()})
    for row in document["rows"]:
        print("{}: {} ({}) {}".format(row["title"], *reached_text(row)))


if __name__ == "__main__":
    main()
