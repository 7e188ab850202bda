"""The command line. Thin: it reads words, calls `selftaught.runs`, and shows what came of it."""

from selftaught.cli.main import main

__all__ = ["main"]
