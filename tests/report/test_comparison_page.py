"""The page of a comparison: whole, alone, true to its numbers, and sorted by a click in a real browser."""

import copy
import re
from html.parser import HTMLParser

import pytest

from selftaught.report import write_comparison


def figure(mean, low=None, high=None):
    return {"mean": mean, "interval": None if low is None else [low, high], "values": [mean]}


def row(name, role="method", **figures):
    return {
        "name": name,
        "role": role,
        "method": name,
        "recipe": None,
        "varied": {},
        "encoder": "small_resnet",
        "settings": {"method": {"temperature": 0.1234}},
        "runs": [{"seed": seed, "folder": f"{name}-seed{seed}"} for seed in range(2)] if role == "method" else [],
        "figures": {key.replace("_", " "): value for key, value in figures.items()},
    }


BOARD = {
    "kind": "comparison",
    "headline": "simclr is better than every other method",
    "sentences": ["simclr is better than <b>mae</b>."],
    "notes": ["Numbers: all the defaults."],
    "rule": "A difference is called real where p is below 5 %.",
    "decided_by": ["kNN accuracy"],
    "columns": [
        {"figure": "kNN accuracy", "title": "kNN", "unit": "share"},
        {"figure": "RankMe", "title": "RankMe", "unit": "number"},
        {"figure": "seconds", "title": "seconds", "unit": "count"},
    ],
    "rows": [
        row("simclr", kNN_accuracy=figure(0.8125, 0.79, 0.83), RankMe=figure(41.26), seconds=figure(9.0)),
        row("raw input", role="control", kNN_accuracy=figure(0.77, 0.75, 0.79)),
        row("mae", kNN_accuracy=figure(0.70, 0.68, 0.72), RankMe=figure(100.0), seconds=figure(61.0)),
    ],
    "pairs": [
        {
            "question": "between",
            "first": "simclr",
            "second": "mae",
            "figure": "kNN accuracy",
            "difference": 0.1125,
            "interval": [0.09, None],
            "p_value": 1e-5,
            "corrected": 1e-5,
            "seeds": 2,
            "real": True,
        }
    ],
    "missing": ["mae, seed 1"],
    "study": {"seeds": 2, "data": "photos & more", "contenders": [{"method": "simclr"}, {"method": "mae"}]},
    "varied": {},
    "items": {"train": 8000, "test": 2000},
    "found": "folder of 3 images",
    "machine": {"processor": "some", "device": "cpu"},
    "command": ["selftaught", "compare", "simclr", "mae", "--data", "photos & more"],
}


class Page(HTMLParser):
    """Checks that tags close in order, and keeps their attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def values(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]


@pytest.fixture
def page(tmp_path):
    return write_comparison(BOARD, tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_statement_stands_first_and_numbers_are_those_given(page):
    parsed = Page(page)
    assert page.index(BOARD["headline"] + "</h1>") < page.index("&lt;b&gt;mae&lt;/b&gt;") < page.index("<table")
    for said in (
        "81.2",
        "79.0 to 83.0",
        "41.3",
        "0.1234",
        "+11.2",
        "+9.0 to \N{EN DASH}",
        "&lt; 0.001",
        "mae, seed 1",
        "2,000",
    ):
        assert said in page, said
    assert page.count('aria-sort="descending"') == 1
    assert "simclr-seed1/report.html" in parsed.values("href")
    anchors = [address[1:] for address in parsed.values("href") if address.startswith("#")]
    assert set(anchors) <= set(parsed.values("id"))
    assert len(parsed.values("id")) == len(set(parsed.values("id")))


def test_it_loads_nothing(page):
    parsed = Page(page)
    assert not parsed.values("src")
    assert not {tag for tag, _ in parsed.tags} & {"link", "iframe", "object", "base", "img"}
    assert all(re.match(r"#|[a-z]+-seed\d/report\.html$", address) for address in parsed.values("href"))
    assert "http" not in page.partition("<script>")[2]
    assert "url(http" not in page


def grid(board, axes):
    """A board of settings, whose k-th row has the figure k / 10."""
    board = copy.deepcopy(board)
    names, rows = list(axes), [{}]
    for name in names:
        rows = [{**each, name: value} for each in rows for value in axes[name]]
    board |= {"kind": "ablation", "varied": axes, "pairs": []}
    board["rows"] = [
        row(f"setting {place}", role="setting", kNN_accuracy=figure(place / 10)) | {"varied": varied}
        for place, varied in enumerate(rows)
    ]
    return board


@pytest.mark.parametrize(
    ("axes", "tables"),
    [
        ({"a": ["1", "2", "3"]}, [["0.0", "10.0", "20.0"]]),
        ({"a": ["1", "2"], "b": ["x", "y", "z"]}, [["0.0", "10.0", "20.0", "30.0", "40.0", "50.0"]]),
        (
            {"a": ["1", "2"], "b": ["x", "y"], "c": ["u", "v"]},
            [["0.0", "20.0", "40.0", "60.0"], ["10.0", "30.0", "50.0", "70.0"]],
        ),
    ],
)
def test_heat_maps_hold_every_cell_in_its_place(tmp_path, axes, tables):
    text = write_comparison(grid(BOARD, axes), tmp_path / "report.html").read_text(encoding="utf-8")
    Page(text)
    shown = [part.split("</table>")[0] for part in text.split('<table class="heat">')[1:]]
    assert [re.findall(r"<td[^>]*>([\d.]+)</td>", each) for each in shown] == tables
    assert text.count('class="best"') == 1
    shades = [float(shade) for shade in re.findall(r"var\(--series-1\) (\d+)%", text)]
    assert (min(shades), max(shades)) == (6, 55)


def test_without_labels_and_with_one_row(tmp_path):
    board = copy.deepcopy(BOARD) | {"decided_by": [], "pairs": [], "missing": [], "command": []}
    board["rows"] = [row("simclr", RankMe=figure(3.0))]
    text = write_comparison(board, tmp_path / "report.html").read_text(encoding="utf-8")
    Page(text)
    assert "Intervals" not in text
    assert "Every difference" not in text


def test_a_click_sorts_in_a_browser(tmp_path, visit):
    shown = visit(write_comparison(BOARD, tmp_path / "report.html"))
    heads = shown.locator("#board thead button")

    def rows():
        return [each.get_attribute("data-value") for each in shown.locator("#board tbody th").all()]

    assert rows() == ["simclr", "raw input", "mae"]
    for place, wanted, order in (
        (2, ["mae", "simclr", "raw input"], "descending"),
        (2, ["simclr", "mae", "raw input"], "ascending"),
        (0, ["mae", "raw input", "simclr"], "ascending"),
        (3, ["mae", "simclr", "raw input"], "descending"),
    ):
        heads.nth(place).click()
        assert rows() == wanted
        assert shown.locator("#board [aria-sort]").get_attribute("aria-sort") == order
    assert shown.locator("#said").inner_text() == "Sorted by seconds, descending"
    heads.nth(1).focus()
    shown.keyboard.press("Enter")
    assert rows() == ["simclr", "raw input", "mae"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(tmp_path, visit, scheme):
    path = write_comparison(BOARD, tmp_path / "report.html")
    shown = visit(path, color_scheme=scheme, viewport={"width": 390, "height": 844})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
