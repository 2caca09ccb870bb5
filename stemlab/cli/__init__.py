"""The command line: one file a command, and `app.py`, which puts them together.

May import all other rooms.
"""

from stemlab.cli.app import main

__all__ = ["main"]
