"""Commands are found, errors are one line with status 2, and nothing slow is imported before it is needed."""

import subprocess
import sys
import time

import pytest

from selftaught.cli import main
from selftaught.core import UserError

pytest_plugins = ["run_fixtures"]


def test_help_names_every_command(command):
    status, out, err = command(["--help"])
    assert (status, err) == (0, "")
    for name in ("demo", "pretrain", "evaluate", "embed", "methods", "--debug"):
        assert name in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pretrian"], "unknown command 'pretrian': did you mean 'pretrain'?"),
        (["methods", "simclear"], "unknown method 'simclear': did you mean 'simclr'?"),
        (["methods", "--jsn"], "unexpected '--jsn'"),
        (["pretrain", "simclear", "--data", "x"], "unknown method 'simclear': did you mean 'simclr'?"),
        (["pretrain", "--data", "x"], "missing METHOD"),
        (["evaluate", "nowhere", "--data", "fashion-mnist-10k"], "no run at nowhere"),
        (["embed", "nowhere", "--data", "x", "--out", "y.csv"], "y.csv: expected a file that ends in .parquet or .npz"),
    ],
)
def test_an_error_is_one_line_on_standard_error(command, words, said):
    status, out, err = command(words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1


def test_debug_shows_the_traceback():
    with pytest.raises(UserError, match="unknown command"):
        main(["nonsense", "--debug"])


def test_a_fault_of_our_own_is_not_dressed_up_as_the_users(monkeypatch):
    def broken(words):
        raise ValueError("our own mistake")

    monkeypatch.setattr("selftaught.cli.methods.run", broken)
    with pytest.raises(ValueError, match="our own mistake"):
        main(["methods"])


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "run.json"), 2, "error: disk full while writing"),
        (PermissionError(13, "Permission denied", "run.json"), 2, "error: [Errno 13] Permission denied"),
    ],
)
def test_interruptions_and_full_disks_end_in_one_line(command, monkeypatch, error, status, said):
    def stops(words):
        raise error

    monkeypatch.setattr("selftaught.cli.methods.run", stops)
    found, _, err = command(["methods"])
    assert found == status
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["--help"], ["methods"], ["methods", "simclr", "--json"], ["--version"]])
def test_quick_commands_do_not_import_torch(words):
    code = f"import sys; from selftaught.cli import main; main({words!r}); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_package_imports_nothing_slow():
    code = (
        "import sys, selftaught, selftaught.methods; selftaught.__version__; "
        "assert not {'torch', 'numpy', 'timm', 'jsonargparse'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("words", [["pretrain", "simclr", "--help"], ["evaluate", "-h"], ["embed", "--help"]])
def test_help_does_not_load_torch(words):
    code = (
        f"import sys; from selftaught.cli import main; main({words}); "
        "assert not {'torch', 'numpy', 'timm', 'jsonargparse'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("usage: selftaught ")


def test_the_help_of_a_recipe_imports_no_more_than_it_needs():
    code = (
        "import sys; from selftaught.cli import main; "
        "main(['pretrain', 'simclr', '--recipe', 'simclr_cifar10', '--help']); "
        "slow = {'timm', 'torchvision', 'datasets', 'sklearn', 'lightning_fabric', 'matplotlib', 'pyarrow', 'scipy'}; "
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def _seconds(code: str) -> float:
    """The best of three fresh processes: what else the machine does only adds to it."""
    taken: list[float] = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def test_startup_is_quick_beside_a_bare_import_of_torch():
    # Relative to what this machine takes for the same work now, so that a busy machine fails nothing.
    bare, quick = _seconds("pass"), _seconds("from selftaught.cli import main; main(['--help'])")
    assert quick < bare + 0.5
    assert _seconds("from selftaught.cli import main; main(['pretrain', 'simclr', '--help'])") < bare + 0.5
    torch = _seconds("import torch")
    live = "main(['pretrain', 'simclr', '--recipe', 'simclr_cifar10', '--help'])"
    assert _seconds(f"from selftaught.cli import main; {live}") < 2 * torch + 0.5


def test_a_reader_that_stops_early_is_no_error():
    line = f"{sys.executable} -m selftaught methods --json | head -c 1"
    done = subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{", "")
