import gzip
import hashlib
import io
import pickle
import runpy
import tarfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from selftaught.core import UserError
from selftaught.data import BUILT_IN, built_in, data_root, open_images
from selftaught.data.idx import read_idx

RANDOM = np.random.default_rng(0)
SHIPPED = files("selftaught.data") / "builtin"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SELFTAUGHT_DATA", str(tmp_path))
    monkeypatch.setattr(built_in, "_DEBIAN_FASHION_MNIST", tmp_path / "debian")
    return tmp_path


def idx(array):
    return (
        bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape) + array.tobytes()
    )


def write_idx(folder, train, test, *, ending=""):
    """The four files of MNIST and its relatives, with labels 0, 1, 2, ..."""
    folder.mkdir(parents=True)
    for prefix, images in (("train", train), ("t10k", test)):
        for kind, array in (("images-idx3", images), ("labels-idx1", np.arange(len(images), dtype=np.uint8))):
            content = idx(array)
            path = folder / f"{prefix}-{kind}-ubyte{ending}"
            path.write_bytes(gzip.compress(content) if ending else content)


def test_the_shipped_cut_is_balanced_and_small():
    splits = open_images("fashion-mnist-10k")
    assert np.bincount(splits.train.labels).tolist() == [800] * 10
    assert np.bincount(splits.test.labels).tolist() == [200] * 10
    assert splits.train.classes == splits.test.classes
    assert splits.train.classes[9] == "Ankle boot"
    assert len((SHIPPED / "fashion-mnist-10k.png").read_bytes()) <= 4.4e6
    assert "Zalando SE" in (SHIPPED / "fashion-mnist-10k.LICENSE.txt").read_text()


def test_no_image_of_the_shipped_cut_stands_twice():
    splits = open_images("fashion-mnist-10k")
    both = np.concatenate([part.batch(range(len(part))).pixels.numpy() for part in (splits.train, splits.test)])
    assert len(np.unique(both.reshape(10_000, -1), axis=0)) == 10_000


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_the_shipped_cut_holds_official_training_images_under_their_own_labels(monkeypatch):
    official = read_idx(DEBIAN / "train-images-idx3-ubyte.gz")
    labels = read_idx(DEBIAN / "train-labels-idx1-ubyte.gz")
    number_of = {image.tobytes(): label for image, label in zip(official, labels, strict=True)}
    splits = open_images("fashion-mnist-10k")
    for part in (splits.train, splits.test):
        images = part.batch(range(len(part))).pixels.numpy()
        assert [number_of.get(image.tobytes()) for image in images] == part.labels.tolist()


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_the_script_makes_the_shipped_cut_again():
    from PIL import Image

    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts/make_fashion_mnist_10k.py"))
    images, labels = (read_idx(DEBIAN / f"train-{kind}-ubyte.gz") for kind in ("images-idx3", "labels-idx1"))
    with Image.open(io.BytesIO((SHIPPED / "fashion-mnist-10k.png").read_bytes())) as picture:
        assert np.array_equal(script["cut"](images, labels), np.asarray(picture))


def test_the_root_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SELFTAUGHT_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("SELFTAUGHT_DATA")
    assert data_root() == Path.home() / ".cache/selftaught"


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("kmnist", "KMNIST"), ("fashion-mnist", "FashionMNIST")]
)
def test_a_local_copy_in_idx_format(root, name, folder):
    train, test = RANDOM.integers(0, 256, (7, 28, 28), np.uint8), RANDOM.integers(0, 256, (3, 28, 28), np.uint8)
    write_idx(root / folder / "raw", train, test)
    splits = open_images(name)
    assert np.array_equal(splits.train.batch(range(7)).pixels[:, 0], train)
    assert np.array_equal(splits.test.batch(range(3)).pixels[:, 0], test)
    assert splits.test.labels.tolist() == [0, 1, 2]
    assert len(splits.train.classes) == 10
    assert splits.test.name == f"{name}/test"


def test_fashion_mnist_of_the_debian_package(root):
    train, test = RANDOM.integers(0, 256, (7, 28, 28), np.uint8), RANDOM.integers(0, 256, (3, 28, 28), np.uint8)
    write_idx(root / "debian", train, test, ending=".gz")
    splits = open_images("fashion-mnist", channels=3)
    assert np.array_equal(splits.test.batch([1]).pixels[0, 2], test[1])
    assert splits.train.labels.tolist() == list(range(7))
    assert splits.train.classes[0] == "T-shirt/top"


@pytest.mark.parametrize(
    ("name", "folder", "class_name"),
    [("cifar10", "cifar-10-batches-py", "CIFAR10"), ("cifar100", "cifar-100-python", "CIFAR100")],
)
def test_a_local_copy_of_cifar(root, monkeypatch, name, folder, class_name):
    from torchvision import datasets

    kind = vars(datasets)[class_name]
    key = "labels" if name == "cifar10" else "fine_labels"
    names = "label_names" if name == "cifar10" else "fine_label_names"
    (root / folder).mkdir()

    def write(file, content):
        (root / folder / file).write_bytes(pickle.dumps(content))
        return file, hashlib.md5((root / folder / file).read_bytes()).hexdigest()

    images = RANDOM.integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    parts = [write(f"batch_{row}", {"data": images[[row]].reshape(1, -1), key: [row]}) for row in range(6)]
    meta = write("meta", {names: ["zero", "one", "two", "three", "four", "five"]})
    monkeypatch.setattr(kind, "train_list", [list(part) for part in parts[:4]])
    monkeypatch.setattr(kind, "test_list", [list(part) for part in parts[4:]])
    monkeypatch.setattr(kind, "meta", {"filename": meta[0], "key": names, "md5": meta[1]})
    splits = open_images(name)
    assert np.array_equal(splits.train.batch(range(4)).pixels, images[:4])
    assert np.array_equal(splits.test.batch([1]).pixels[0], images[5])
    assert splits.test.labels.tolist() == [4, 5]
    assert splits.train.classes[5] == "five"


def test_a_local_copy_of_svhn(root, monkeypatch):
    from torchvision import datasets

    images = RANDOM.integers(0, 256, (3, 3, 32, 32), dtype=np.uint8)
    lists = {}
    for part in ("train", "test"):
        path = root / f"{part}_32x32.mat"
        scipy.io.savemat(path, {"X": images.transpose(2, 3, 1, 0), "y": np.array([[1], [10], [3]], dtype=np.uint8)})
        lists[part] = ["no address", path.name, hashlib.md5(path.read_bytes()).hexdigest()]
    monkeypatch.setattr(datasets.SVHN, "split_list", lists)
    splits = open_images("svhn")
    assert np.array_equal(splits.train.batch(range(3)).pixels, images)
    assert splits.test.labels.tolist() == [1, 0, 3]


def test_a_local_copy_of_stl10_with_its_unlabelled_part(root, monkeypatch):
    from torchvision import datasets

    folder = root / "stl10_binary"
    folder.mkdir()
    images = RANDOM.integers(0, 256, (4, 3, 96, 96), dtype=np.uint8)

    def write(file, array):
        (folder / file).write_bytes(array.tobytes())
        return [file, hashlib.md5((folder / file).read_bytes()).hexdigest()]

    stored = images.swapaxes(2, 3)  # column by column
    train = [write("train_X.bin", stored), write("train_y.bin", np.array([1, 2, 10, 1], np.uint8))]
    train += [write("unlabeled_X.bin", stored[::-1])]
    test = [write("test_X.bin", stored[:2]), write("test_y.bin", np.array([3, 4], np.uint8))]
    write("class_names.txt", np.frombuffer(b"\n".join(b"class%d" % number for number in range(10)), np.uint8))
    monkeypatch.setattr(datasets.STL10, "train_list", train)
    monkeypatch.setattr(datasets.STL10, "test_list", test)
    splits = open_images("stl10")
    assert np.array_equal(splits.train.batch(range(4)).pixels, images)
    assert splits.train.labels.tolist() == [0, 1, 9, 0]
    assert splits.test.labels.tolist() == [2, 3]
    assert splits.train.classes[9] == "class9"
    unlabelled = open_images("stl10-unlabelled")
    assert unlabelled.test is None
    assert unlabelled.train.labels is None
    assert np.array_equal(unlabelled.train.batch([0]).pixels[0], images[3])


def test_a_local_copy_of_photographs(root, monkeypatch):
    from PIL import Image
    from torchvision import datasets

    for part in ("train", "val"):
        for number, wordnet in enumerate(("n01440764", "n02102040")):
            folder = root / "imagenette2" / part / wordnet
            folder.mkdir(parents=True)
            Image.new("RGB", (20 + number, 30), (number, 0, 0)).save(folder / "1.jpeg")
    monkeypatch.setattr(datasets.Imagenette, "_WNID_TO_CLASS", {"n01440764": ("tench",), "n02102040": ("springer",)})
    splits = open_images("imagenette", image_size=8)
    assert splits.train.labels.tolist() == [0, 1]
    assert splits.test.name == "imagenette/test"
    assert splits.train.batch([0]).sizes.tolist() == [[20, 13]]


@pytest.mark.parametrize("name", sorted(set(BUILT_IN) - {"fashion-mnist-10k"}))
def test_without_a_copy_and_without_network_the_user_learns_where_to_put_one(root, monkeypatch, name):
    import socket

    def refuse(*given, **options):
        raise OSError("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(
        UserError, match=f"data set '{name}' is not below {root} and cannot be downloaded.*SELFTAUGHT_DATA"
    ) as raised:
        open_images(name)
    assert "\n" not in str(raised.value)


def test_a_pickle_in_place_of_cifar_never_runs(root):
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    for file in ("data_batch_1", "test_batch", "batches.meta"):
        (folder / file).write_bytes(pickle.dumps(Bomb()))
    with tarfile.open(root / "cifar-10-python.tar.gz", "w:gz") as archive:
        archive.add(folder, "cifar-10-batches-py")
    with pytest.raises(UserError, match="cannot be downloaded"):
        open_images("cifar10")


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('a pickle ran')",)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x00\x08", idx(np.zeros((2, 3), np.uint8))[:-1], b"\x00\x00\x0d\x01", b"\x1f\x8bno"]
)
def test_files_that_are_not_idx_are_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError, match=r"cannot be read|no complete IDX file"):
        read_idx(tmp_path / "a")
