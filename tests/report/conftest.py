"""A headless Chromium for tests of pages, and what a page did in it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WAYS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; tests that need it are skipped, and say so, where there is none."""
    program = next(filter(None, map(shutil.which, WAYS)), None)
    if program is None:
        pytest.skip(f"not tried in a browser: no Chromium on this machine ({', '.join(WAYS)})")
    driver = pytest.importorskip("playwright.sync_api", reason="not tried in a browser: playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page; after the test it must have said nothing on the console and asked for nothing but itself.

    With `timed`, the page comes with a function that tells the processor seconds of its main thread so far: these do
    not depend on what else the machine does.
    """
    said: list[str] = []
    asked: list[str] = []
    contexts: list[Any] = []

    def opened(path: Path, *, timed: bool = False, **options: Any) -> Any:
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url[:100]))
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri())

        def processor_seconds() -> float:
            found = session.send("Performance.getMetrics")["metrics"]
            return next(each["value"] for each in found if each["name"] == "TaskDuration")

        return (page, processor_seconds) if timed else page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
    assert len([address for address in asked if address.startswith("file:")]) == len(contexts)
