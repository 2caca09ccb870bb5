"""`python -m stemlab` is `stemlab`."""

import sys

from stemlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
