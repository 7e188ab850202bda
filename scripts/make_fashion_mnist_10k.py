"""Make the cut of Fashion-MNIST that ships in the package, from the official training images.

    python scripts/make_fashion_mnist_10k.py [--source FOLDER] [--out FILE.png]

FOLDER holds `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`, as the Debian package dataset-fashion-mnist
installs them. Of each class the 1,000 images are taken whose SHA-256, salted with the seed, is lowest: a random choice
that no version of any library can change. The first 800 of a class are to learn from, the other 200 are kept out. The
official test images are not touched.

The file is one grey PNG picture of 100x100 images: columns 10k to 10k+9 hold class k, the lowest 20 rows the images
kept out. Its licence stands beside it.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from selftaught.data.idx import read_idx

SEED = 0
OUT = Path(__file__).parents[1] / "src/selftaught/data/builtin/fashion-mnist-10k.png"


def cut(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The picture, (2800, 2800), of the images that are taken."""
    order = sorted(range(len(images)), key=lambda row: hashlib.sha256(b"%d" % SEED + images[row].tobytes()).digest())
    grid = np.empty((100, 100, 28, 28), dtype=np.uint8)
    for number in range(10):
        taken = [row for row in order if labels[row] == number][:1000]
        grid[:, 10 * number : 10 * number + 10] = images[taken].reshape(100, 10, 28, 28)
    return grid.swapaxes(1, 2).reshape(2800, 2800)


def main() -> None:
    """Read the official files, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=Path("/usr/share/datasets/fashion-mnist"), metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE.png")
    given = parser.parse_args()
    images = read_idx(given.source / "train-images-idx3-ubyte.gz")
    labels = read_idx(given.source / "train-labels-idx1-ubyte.gz")
    Image.fromarray(cut(images, labels)).save(given.out, optimize=True, compress_level=9)


if __name__ == "__main__":
    main()
