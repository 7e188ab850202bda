"""How do the methods of a family compare, with the same minutes and, where they can, the same network?

`selftaught compare` on Fashion-MNIST's 60,000 training images, each method with its recipe for these data: probes learn
from the first 10,000 training images, and all official test images test them. A method's minutes are those of training.
What is finished in runs/leaderboards/FAMILY is not run again, so that the whole can be stopped and continued, and seeds
and methods can be added. Numbers go to results/leaderboard_FAMILY.json, without the pairs of methods, which stand on
the page beside the runs.

    python benchmarks/leaderboards.py joint_embedding --minutes-each 4 --seeds 1
"""

import argparse
from typing import Any

from record import RESULTS, ROOT, origin, write

import selftaught
from selftaught.data import open_images

DATA, PROBED = "fashion-mnist", range(10_000)
FAMILIES = {
    "joint_embedding": [
        "simclr",
        "moco",
        "byol",
        "simsiam",
        "barlow_twins",
        "vicreg",
        "lejepa",
        "swav",
        "dino",
        "deepcluster",
        "deepercluster",
        "deep_infomax",
        "amdim",
        "cpc_images",
        "local_aggregation",
        "instdisc",
        "pirl",
    ],
    "pretext_and_generative": [
        "rotation",
        "jigsaw",
        "relative_position",
        "inpainting",
        "autoencoder",
        "vae",
        "vq_vae",
        "aae",
        "bigan",
        "pixelcnn",
        "made",
    ],
}
ENCODER = {"joint_embedding": "small_resnet", "pretext_and_generative": "own"}  # some read pixel by pixel
RECIPE = {"joint_embedding": "fit", "pretext_and_generative": "inpainting_cifar10"}  # and those that fit for the others
KEPT = ("headline", "sentences", "notes", "rule", "decided_by", "columns", "rows", "items", "found", "missing")


def main() -> None:
    """Run what is missing of a family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--minutes-each", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", help="these only")
    options = parser.parse_args()
    methods = options.methods or FAMILIES[options.family]
    images = open_images(DATA)
    board = selftaught.compare(
        methods,
        DATA,
        ROOT / "runs" / "leaderboards" / options.family,
        minutes_each=options.minutes_each,
        seeds=options.seeds,
        encoder=ENCODER[options.family],
        recipe=RECIPE[options.family],
        labelled=images.train.take(PROBED),
        test_data=images.test,
        protocols="knn,linear,label_free,energy,own_task",
        tell=lambda words: print(words, flush=True),
    )
    if board is None:
        raise SystemExit("expected a leaderboard")
    told: dict[str, Any] = {name: board[name] for name in KEPT}
    told["rows"] = [{name: row[name] for name in row if name != "settings"} for row in board["rows"]]
    budget = {"minutes_each": options.minutes_each, "seeds": options.seeds}
    write(RESULTS / f"leaderboard_{options.family}.json", {"family": options.family, **budget, **told, **origin()})
    print(board["headline"], *board["sentences"], sep="\n")


if __name__ == "__main__":
    main()
