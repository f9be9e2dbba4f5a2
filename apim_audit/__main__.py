"""``python -m apim_audit`` and the console script."""

import gc
import sys

from apim_audit import cli


def main() -> int:
    """Runs the command line as a process of its own and returns its exit status."""
    # What is read lives until the end: looking for garbage in it would double the time of a large estate.
    gc.disable()
    try:
        return cli.main()
    finally:
        gc.freeze()  # or Python looks through all of it once more when it ends


if __name__ == "__main__":
    sys.exit(main())
