import base64
import dataclasses
import io
import os
import threading
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from selftaught.core import UserError
from selftaught.report import EmbeddingMap, Neighbours, ReportContents, ViewExample, write_report, write_views_page

VOID = {"meta", "img", "br", "link", "hr", "input", "source"}


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what they say."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.words[tag] = self.words.get(tag, "") + data + " "

    def values(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def protocols(knn, *linear):
    figures = zip(("100", "1%", "10%", "all"), linear, strict=True)
    return {"knn": {"accuracy": knn}, "linear": {name: {"mean": mean, "std": std} for name, (mean, std) in figures}}


EVALUATION = {
    "protocols": protocols(0.8674, (0.7481, 0.0123), (0.731, 0.02), (0.83, 0.004), (0.871, None)),
    "controls": {
        "random_start": protocols(0.8, (0.559, 0.021), (0.54, 0.03), (0.74, 0.005), (0.88, None)),
        "raw_input": protocols(0.801, (0.649, 0.014), (0.63, 0.02), (0.78, 0.006), (0.824, None)),
    },
    "verdict": "Pre-training helped: +18.9 points.",
    "items": {"train": 8000, "test": 2000},
}


@pytest.fixture(scope="module")
def contents():
    random = np.random.default_rng(0)
    pictures = list(random.integers(0, 256, (60, 12, 12, 3), dtype=np.uint8))
    labels = random.integers(0, 3, 60)
    queries = np.array([0, 1])
    found = {"This encoder": np.array([[2, 3, 4], [5, 6, 7]]), "Random start": np.array([[8, 9, 10], [11, 12, 13]])}
    classes = ["cat", "dog", "<script>alert(1)</script>"]
    return ReportContents(
        title="SimCLR on <b>photos</b>",
        evaluation=EVALUATION,
        metrics=[{"step": str(10 * n), "loss": str(5 - n / 10), "learning_rate": "0.001"} for n in range(1, 20)],
        views=[ViewExample({"original": pictures[0], "view 1": pictures[1], "view 2": pictures[2]})],
        view_notes=["hue: left out"],
        map=EmbeddingMap(positions=random.normal(size=(60, 2)), labels=labels, classes=classes, pictures=pictures),
        neighbours=Neighbours(
            queries=queries, found=found, pictures=dict(enumerate(pictures)), labels=labels, classes=classes
        ),
        summary={"data": "60 images"},
        facts={"seed": 7, "method": {"temperature": 0.1234}},
        skipped=[("broken & torn.jpg", "truncated")],
        command="selftaught pretrain simclr --data 'a b'",
        paper=("SimCLR", "https://arxiv.org/abs/2002.05709"),
    )


def written(contents, folder):
    text = write_report(contents, folder / "report.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_whole_page(contents, tmp_path):
    _, page = written(contents, tmp_path)
    assert "".join(page.words["h1"].split()) == "Pre-traininghelped:+18.9points."
    first_heading = next(tag for tag, _ in page.tags if tag in ("h1", "h2", "h3", "table", "svg", "img"))
    assert first_heading == "h1"
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    assert len(page.values("id")) == len(set(page.values("id")))
    anchors = [each[1:] for each in page.values("href") if each.startswith("#") and len(each) > 1]
    assert set(anchors) <= set(page.values("id"))
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_loads_nothing(contents, tmp_path):
    text, page = written(contents, tmp_path)
    assert all(source.startswith("data:image/") for source in page.values("src"))
    assert {tag for tag, _ in page.tags} & {"link", "iframe", "object", "base"} == set()
    assert all("src" not in attributes for tag, attributes in page.tags if tag == "script")
    [policy] = [each["content"] for _, each in page.tags if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; media-src data:;")
    for tag, attributes in page.tags:
        address = attributes.get("href") or attributes.get("xlink:href") or ""
        assert address.startswith("#") or tag == "a" or not address
    assert "@import" not in text
    assert "url(http" not in text


def test_figures_are_those_given(contents, tmp_path):
    _, page = written(contents, tmp_path)
    shown = " ".join(page.words["table"].split())
    # budgets stand in the order of their counts: 1 % of 8,000 is 80 < 100
    assert "This encoder 86.7 73.1 ± 2.0 74.8 ± 1.2 83.0 ± 0.4 87.1" in shown
    assert "Random start 80.0 54.0 ± 3.0 55.9 ± 2.1 74.0 ± 0.5 88.0" in shown
    assert "Raw input 80.1 63.0 ± 2.0 64.9 ± 1.4 78.0 ± 0.6 82.4" in shown
    assert "Gain over random start, points +6.7 +19.1 +18.9 +9.0 \N{MINUS SIGN}0.9" in shown
    assert "temperature 0.1234" in shown
    assert "seed 7" in shown
    assert "truncated" in shown


def test_strings_are_escaped(contents, tmp_path):
    text, page = written(contents, tmp_path)
    assert text.count("<script") == text.count("</script>") == 2  # the map's data and its script
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>" not in text
    assert "broken & torn.jpg" in page.words["th"]
    _, page = written(dataclasses.replace(contents, paper=("x", "javascript:alert(1)")), tmp_path)
    assert not any(address.startswith("javascript") for address in page.values("href"))


def test_not_evaluated_yet(contents, tmp_path):
    text, page = written(dataclasses.replace(contents, evaluation=None), tmp_path)
    assert page.words["h1"].strip() == "Trained, and not evaluated yet."
    assert f"selftaught evaluate {tmp_path} --data" in page.words["pre"]
    assert 'id="accuracy"' not in text
    assert "No labels" not in text


def test_without_labels(contents, tmp_path):
    unlabelled = dataclasses.replace(
        contents,
        evaluation=None,
        map=dataclasses.replace(contents.map, labels=None),
        neighbours=dataclasses.replace(contents.neighbours, labels=None),
    )
    text, _ = written(unlabelled, tmp_path)
    assert "No labels went into this page. kNN accuracy, linear accuracy" in text
    assert "of the same class" not in text
    assert "script&gt;" not in text  # no class is named


def test_evaluated_without_labels(contents, tmp_path):
    nothing = protocols(None, *[(None, None)] * 4)
    figures = {"rankme": 41.26, "width": 256, "dead": 0.125, "collapsed": False}
    evaluation = {
        "protocols": nothing,
        "controls": {"random_start": nothing, "raw_input": nothing},
        "verdict": "Whether it helped cannot be said: no labels.",
        "items": {"train": 60, "test": 0},
        "label_free": {"encoder": figures, "random_start": {**figures, "rankme": 12.0}},
    }
    text, page = written(dataclasses.replace(contents, evaluation=evaluation), tmp_path)
    assert 'id="accuracy"' not in text
    shown = " ".join(page.words["table"].split())
    assert "This encoder 41.3 of 256 12.5 % no" in shown
    assert "Random start 12.0 of 256 12.5 % no" in shown


def test_start_that_was_not_random(contents, tmp_path):
    text, _ = written(dataclasses.replace(contents, start_name="Before training"), tmp_path)
    assert "Gain over before training" in text
    assert "what the architecture alone is worth" not in text


def test_almost_nothing(tmp_path):
    _, page = written(ReportContents(title="SimCLR"), tmp_path)
    assert not {"svg", "img", "table"} & {tag for tag, _ in page.tags}


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "L"), (3, "RGB"), (4, "RGB"), (7, "RGB")])
def test_any_channel_count(channels, mode, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype=np.uint8)
    text, page = written(
        ReportContents(title="x", views=[ViewExample({"original": picture, "view 1": picture})]), tmp_path
    )
    for source in page.values("src"):
        image = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
        assert image.mode == mode
        wanted = picture[..., 0] if mode == "L" else picture[..., :3]
        assert np.array_equal(np.asarray(image), wanted)
    assert ("channels; shown" in text) == (channels not in (1, 3))


def test_size_of_a_page_of_photographs(tmp_path):
    random = np.random.default_rng(0)
    noise = list(random.integers(0, 256, (300, 256, 256, 3), dtype=np.uint8))  # compresses worse than any photograph
    neighbours = Neighbours(
        queries=np.arange(6),
        found={"This encoder": np.arange(48).reshape(6, 8), "Random start": np.arange(48, 96).reshape(6, 8)},
        pictures=dict(enumerate(noise)),
    )
    contents = ReportContents(
        title="photos",
        views=[ViewExample({f"view {row}": noise[row] for row in range(n, n + 3)}) for n in range(8)],
        map=EmbeddingMap(positions=random.normal(size=(300, 2)), pictures=noise),
        neighbours=neighbours,
    )
    assert write_report(contents, tmp_path / "report.html").stat().st_size < 3e6


def test_dry_run_page(contents, tmp_path):
    path = write_views_page(
        tmp_path / "views.html",
        title="SimCLR on photos",
        views=contents.views,
        view_lead="Each image beside its views.",
        estimates={"Time": "3 minutes"},
        settings=contents.facts,
        command="selftaught pretrain",
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert page.words["h1"].startswith("Nothing was trained")
    assert "3 minutes" in page.words["table"]
    assert "Each image beside its views." in path.read_text(encoding="utf-8")
    assert "0.1234" in page.words["table"]
    assert sum(tag == "img" for tag, _ in page.tags) == 3


def test_names_of_any_bytes(tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    text, _ = written(ReportContents(title="x", skipped=[(name, "truncated")]), tmp_path)
    assert "caf\\udce9.jpg" in text


def test_a_failed_write_keeps_the_earlier_page(contents, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("earlier")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_report(contents, path)
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_same_contents_same_page_from_any_thread(contents, tmp_path):
    pages = [tmp_path / f"{n}.html" for n in range(3)]
    threads = [threading.Thread(target=write_report, args=(contents, page)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({page.read_text() for page in pages}) == 1


def test_pictures_must_be_there():
    with pytest.raises(UserError, match=r"none came for \[3\]"):
        Neighbours(queries=np.array([0]), found={"x": np.array([[3]])}, pictures={0: np.zeros((2, 2, 1), np.uint8)})
    with pytest.raises(UserError, match="each of 3 items, got 1"):
        EmbeddingMap(positions=np.zeros((3, 2)), pictures=[np.zeros((2, 2, 1), np.uint8)])
