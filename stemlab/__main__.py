"""`python -m stemlab` is `stemlab`."""

import sys

from stemlab.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
