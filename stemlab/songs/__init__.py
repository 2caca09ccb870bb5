"""Songs with known truth: composed, captioned, rendered stem by stem, and read from MIDI.

May import the core, checkpoints and codec.
"""
