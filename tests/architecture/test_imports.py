"""Who may import whom."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rules import ROOT, imported, tracked

ORACLES = tracked(ROOT / "tests" / "oracles", "*.py")
LIGHT = ("selftaught", "selftaught.methods", "selftaught.recipes", "selftaught.cli")


def test_contracts_hold() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter is not installed beside this Python"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_layer_is_in_the_contract() -> None:
    layers = (ROOT / "pyproject.toml").read_text().split("layers = [")[1].split("]")[0]
    for folder in (ROOT / "src" / "selftaught").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert folder.name in layers


@pytest.mark.parametrize("name", ORACLES)
def test_oracles_stand_alone(name: str) -> None:
    assert not imported(ORACLES[name]) - set(sys.stdlib_module_names)


def test_imports_are_found_wherever_they_stand() -> None:
    assert imported("import a.b\ndef f():\n    from c.d import e\n    import g as h") == {"a", "c", "g"}


@pytest.mark.parametrize("name", LIGHT)
def test_light_modules_do_not_import_torch(name: str) -> None:
    code = f"import sys, {name}; print(sorted({{'torch', 'numpy', 'timm', 'datasets'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
