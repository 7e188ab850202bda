"""The pages say what the code says: generated ones are up to date, and the code on the others runs."""

import doctest
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from selftaught.evaluation.verdicts import RULE

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


def script(path: str) -> ModuleType:
    """A script of the repository as a module, without running it."""
    sys.path.insert(0, str((ROOT / path).parent))
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.pop(0)
    return module


def test_generated_pages_are_up_to_date() -> None:
    generate = script("docs/generate.py")
    made = generate.pages()
    texts = [path for folder in (generate.HELP, generate.TEXTS) for path in folder.glob("*.txt")]
    written = [*(ROOT / "docs" / "methods").glob("*.md"), *generate.FIGURES.glob("*.svg"), *texts]
    there = {path: path.read_text(encoding="utf-8") for path in written}
    assert there == made, "run `make docs`"


def test_tables_are_up_to_date() -> None:
    tables = script("benchmarks/results_table.py")
    for page in tables.PAGES:
        text = page.read_text(encoding="utf-8")
        assert text == tables.filled(text), f"run `make docs`: {page.name}"


@pytest.mark.parametrize("page", [page for page in PAGES if ">>> " in page.read_text()], ids=lambda page: page.name)
def test_examples_of_a_page_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(test).failed == 0
    assert runner.summarize().attempted > 0


def test_the_method_of_the_guide_keeps_the_laws() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "adding_a_method.md").read_text(), flags=re.DOTALL)
    names: dict[str, object] = {"__name__": "guide"}
    for block in blocks:
        exec(block, names)
    assert "check_method" in names


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_rule_of_the_verdict_is_quoted() -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8").replace("\n> ", " ")
    assert RULE in page


def test_targets_that_pages_name_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md", *PAGES):
        assert set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))) <= targets
