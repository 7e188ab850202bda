"""The page in a real browser: it shows the item under the pointer, its neighbours, and the classes asked for."""

import io
import wave

import numpy as np
import pytest

from selftaught.report import EmbeddingMap, ReportContents, all_neighbours, write_report
from selftaught.report.map_layers import canvas_places

RANDOM = np.random.default_rng(0)
CLASSES = ["cat", "dog", "<script>alert(1)</script>"]


def made_map(count, **more):
    labels = RANDOM.integers(0, 3, count)
    middles = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 8.0]])
    positions = middles[labels] + RANDOM.normal(size=(count, 2))
    vectors = np.column_stack([positions, RANDOM.normal(size=(count, 3))]).astype(np.float32)
    shades = (60 * labels + 60).astype(np.uint8)
    return EmbeddingMap(
        positions=positions,
        projected=positions[:, ::-1].copy(),
        labels=labels,
        classes=CLASSES,
        names=[f"photos/{row}.png" for row in range(count)],
        columns={"k-means cluster": labels % 2, "length": positions[:, 0]},
        near=all_neighbours(vectors, 6),
        **({"pictures": [np.full((16, 16, 3), shade, np.uint8) for shade in shades]} | more),
    )


def write(embedding_map, folder, nouns=("image", "images")):
    return write_report(ReportContents(title="SimCLR on x", map=embedding_map, nouns=nouns), folder / "report.html")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    shown = made_map(150)
    return shown, write(shown, tmp_path_factory.mktemp("page"))


def lone(embedding_map):
    """The row farthest from any other."""
    places = embedding_map.positions
    distances = np.square(places[:, None] - places[None]).sum(2) + 1e9 * np.eye(len(places))
    return int(distances.min(1).argmax())


def point_at(page, embedding_map, row):
    """Moves the pointer onto an item's mark on the first map."""
    x, y = canvas_places(embedding_map.positions)[0][row].tolist()
    page.locator(".panels svg").first.scroll_into_view_if_needed()
    spot = page.evaluate(
        "([x, y]) => { const spot = new DOMPoint(x, y).matrixTransform(document.querySelector('.panels svg')"
        ".getScreenCTM()); return [spot.x, spot.y] }",
        [x, y],
    )
    page.mouse.move(spot[0] - 3, spot[1])
    page.mouse.move(*spot)
    return spot


def test_the_item_under_the_pointer_is_shown(visit, photos):
    shown, path = photos
    page, row = visit(path), lone(shown)
    point_at(page, shown, row)
    card = page.locator("#map-card")
    assert card.is_visible()
    assert f"image photos/{row}.png" in card.inner_text()
    assert f"class: {CLASSES[shown.labels[row]]}" in card.inner_text()
    assert (
        card.locator(".tile").evaluate("each => getComputedStyle(each).backgroundImage").startswith('url("data:image')
    )
    assert page.locator(".marks .pointed").count() == 2  # on both maps
    page.mouse.move(5, 5)
    assert card.is_hidden()


def test_a_click_lists_the_nearest_neighbours(visit, photos):
    shown, path = photos
    page, row = visit(path), lone(shown)
    page.mouse.click(*point_at(page, shown, row))
    listed = page.locator("#map-chosen .items .item")
    names = [f"image photos/{other}.png" for other in shown.near[row].tolist()]
    assert [each.get_attribute("aria-label").split(",")[0] for each in listed.all()] == names
    assert page.locator(".marks .to").count() == 2 * len(names)
    listed.first.click()
    assert names[0] in page.locator("#map-chosen .about").inner_text()
    page.get_by_role("button", name="close").click()
    assert page.locator("#map-chosen").is_hidden()
    assert page.locator(".marks *").count() == 0


def test_a_class_is_shown_alone(visit, photos):
    shown, path = photos
    page = visit(path)
    row = lone(shown)
    own, other = CLASSES[shown.labels[row]], CLASSES[(shown.labels[row] + 1) % 3]
    count = int((shown.labels == shown.labels[row]).sum())
    page.locator("#map-legend button", has_text=other).click()
    assert page.locator(".panels path.points.faint").count() == 4  # two of three classes on both maps
    point_at(page, shown, row)
    assert page.locator("#map-card").is_hidden()  # what is faint does not answer
    button = page.locator("#map-legend button", has_text=own)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert button.inner_text().split()[-1] == str(count)
    assert page.locator(".panels path.points.faint").count() == 2
    page.get_by_role("button", name="show all").click()
    assert page.locator(".panels path.points.faint").count() == 0


def test_colours_by_any_column(visit, photos):
    shown, path = photos
    page = visit(path)
    page.select_option("#map-colour", label="k-means cluster")
    entries = [each.inner_text().split() for each in page.locator("#map-legend button").all()[:2]]
    assert entries == [[str(n), str(int((shown.columns["k-means cluster"] == n).sum()))] for n in (0, 1)]
    page.select_option("#map-colour", label="length")
    fills = {each.evaluate("each => getComputedStyle(each).fill") for each in page.locator("path.points").all()}
    assert len(fills) == 7


def test_everything_by_keyboard(visit, photos):
    _, path = photos
    page = visit(path)
    page.locator(".panels svg").first.focus()
    said = page.locator("#map-said")
    told = []
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        told.append(said.inner_text())
    assert len(set(told)) > 2
    assert page.locator("#map-card").is_visible()
    page.keyboard.press("Enter")
    assert said.inner_text().startswith(f"Chosen: {told[-1]}")
    whole = page.locator(".panels svg").first.get_attribute("viewBox")
    page.keyboard.press("+")
    assert page.locator(".panels svg").first.get_attribute("viewBox") != whole
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    assert page.locator("#map-chosen").is_hidden()
    assert [float(each) for each in page.locator(".panels svg").first.get_attribute("viewBox").split()] == [
        float(each) for each in whole.split()
    ]


@pytest.mark.parametrize("width", [1280, 390])
def test_dark_and_light_at_any_width(visit, photos, width):
    _, path = photos
    found = []
    for scheme in ("light", "dark"):
        page = visit(path, color_scheme=scheme, viewport={"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        fill = page.locator("path.points.c1").first.evaluate("each => getComputedStyle(each).fill")
        found.append((page.evaluate("getComputedStyle(document.body).backgroundColor"), fill))
    assert found[0][0] == "rgb(255, 255, 255)"
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]


def test_a_recording_is_played(visit, tmp_path):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(800))
    shown = made_map(60, sounds=dict.fromkeys(range(60), buffer.getvalue()))
    page = visit(write(shown, tmp_path, ("recording", "recordings")))
    spot = point_at(page, shown, lone(shown))
    page.evaluate(
        "() => { const play = HTMLMediaElement.prototype.play; HTMLMediaElement.prototype.play = function () "
        "{ window.played = play.call(this).then(() => this.duration); return window.played } }"
    )
    page.locator("#map-card .play").click()
    assert page.evaluate("window.played") == pytest.approx(0.1)
    page.mouse.click(*spot)
    assert page.locator("#map-chosen .items .play").count() == 6


def test_a_text_and_a_node_say_what_they_are(visit, tmp_path):
    words = [f"</script><b>text {row}</b>" for row in range(60)]
    links = np.array([[row, other] for row in range(60) for other in (row + 1, row + 2) if other < 60])
    shown = made_map(60, pictures=(), words=words, links=links)
    page, row = visit(write(shown, tmp_path, ("node", "nodes"))), lone(shown)
    spot = point_at(page, shown, row)
    assert words[row] in page.locator("#map-card").inner_text()
    joined = [other for other in (row - 2, row - 1, row + 1, row + 2) if 0 <= other < 60]
    assert page.locator(".marks .edge").count() == 2 * len(joined)
    page.mouse.click(*spot)
    listed = page.locator("#map-chosen ul").nth(1).locator(".item")
    assert {each.get_attribute("aria-label").split(",")[0] for each in listed.all()} == {
        f"node photos/{other}.png" for other in joined
    }


def test_without_script_the_map_is_drawn(visit, photos):
    page = visit(photos[1], java_script_enabled=False)
    assert page.locator(".panels svg path.points").count() == 6
    assert page.locator(".map-tools").is_hidden()


def test_ten_thousand_points_open_within_two_seconds(visit, tmp_path):
    noise = list(RANDOM.integers(0, 256, (10_000, 32, 32, 3), dtype=np.uint8))  # compresses worse than any photograph
    path = write(made_map(10_000, pictures=noise), tmp_path)
    assert path.stat().st_size < 10e6
    page, processor_seconds = visit(path, timed=True)
    page.wait_for_selector("#map-stage[data-ready]", state="attached")
    assert 0.01 < processor_seconds() < 2
