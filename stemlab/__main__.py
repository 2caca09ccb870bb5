"""`python -m stemlab` is `stemlab`."""

import sys

from stemlab.cli import main

sys.exit(main())
