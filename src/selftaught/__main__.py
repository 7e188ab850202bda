"""`python -m selftaught`."""

import sys

from selftaught.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
