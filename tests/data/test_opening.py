import subprocess
import sys

import numpy as np
import pytest

from selftaught.core import UserError
from selftaught.data import open_images


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cifar01", "unknown data set 'cifar01', and no file or folder of that name: did you mean 'cifar10'?"),
        ("fashion-mnist10k", "did you mean 'fashion-mnist-10k'?"),
        ("zzzzzz", "no file or folder 'zzzzzz': built-in names: fashion-mnist-10k, fashion-mnist, mnist"),
        ("photo/", "no file or folder 'photo/': did you mean 'photos'?"),
        ("nowhere/photos", "no file or folder 'nowhere/photos'"),
        ("hub:", "'hub:' needs a name"),
    ],
)
def test_unknown_names_get_the_nearest(tmp_path, name, said):
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError) as raised:
        open_images(name)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_built_in_name_goes_before_a_folder_and_a_path_after_it(tmp_path):
    (tmp_path / "fashion-mnist-10k").mkdir()
    assert len(open_images("fashion-mnist-10k").train) == 8000
    with pytest.raises(UserError, match="holds no images"):
        open_images("./fashion-mnist-10k")


@pytest.mark.parametrize(("name", "said"), [("a.jpg", "is one image"), ("a.csv", "is no set of images")])
def test_files_of_other_kinds_are_refused(tmp_path, name, said):
    (tmp_path / name).write_text("hello")
    with pytest.raises(UserError, match=said):
        open_images(name)


def test_a_source_and_splits_come_back():
    splits = open_images(np.zeros((4, 8, 8), dtype=np.uint8))
    assert open_images(splits) is splits
    assert open_images(splits.train).train is splits.train


def test_channels_must_be_positive():
    with pytest.raises(UserError, match="channels: expected"):
        open_images(np.zeros((4, 8, 8), dtype=np.uint8), channels=0)


def test_heavy_libraries_wait_until_they_are_needed():
    code = (
        "import sys, numpy; from selftaught.data import open_images; open_images('fashion-mnist-10k');"
        "print(sorted({'datasets', 'torchvision', 'pandas', 'pyarrow', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
