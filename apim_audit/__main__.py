"""``python -m apim_audit`` and the console script."""

import sys

from apim_audit.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
