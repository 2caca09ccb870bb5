"""Measures of audio alone, `(N,)` or `(S, N)` float32 at 32 kHz; none of them knows the model or the songs.

Needs nothing of the rest but constants.
"""
