"""Progress: nothing is lost, and without a terminal there are lines, not bars."""

import io

from rich.console import Console

from selftaught.cli.progress import Bars


def test_lines_say_how_far_it_is_where_there_is_no_terminal():
    text = io.StringIO()
    with Bars(Console(file=text), line_seconds=0.0) as track:
        assert list(track(range(3), "counting")) == [0, 1, 2]
        assert list(track(iter("ab"), "spelling")) == ["a", "b"]
    lines = text.getvalue().splitlines()
    assert lines[0].startswith("counting: 1 of 3, ")
    assert lines[0].endswith(" left")
    assert lines[3:] == ["spelling: 1", "spelling: 2"]
    assert "\x1b" not in text.getvalue()


def test_short_tasks_write_nothing():
    text = io.StringIO()
    with Bars(Console(file=text)) as track:
        list(track(range(100), "counting"))
    assert text.getvalue() == ""


def test_a_terminal_shows_a_bar_that_goes_away():
    text = io.StringIO()
    with Bars(Console(file=text, force_terminal=True, width=100)) as track:
        assert list(track(range(3), "counting")) == [0, 1, 2]
        track.say("a line [that] stays")
    assert "counting" in text.getvalue()
    assert "a line [that] stays" in text.getvalue()


def test_of_several_processes_only_the_first_speaks(monkeypatch, capsys):
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        with Bars() as bars:
            bars.say(f"I am {rank}")
    assert capsys.readouterr().err == "I am 0\n"
