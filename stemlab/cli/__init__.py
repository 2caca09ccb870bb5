"""The command line: one file a command, and `app.py`, which puts them together. Above all other rooms."""

from stemlab.cli.app import main

__all__ = ["main"]
