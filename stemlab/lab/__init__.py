"""StemLab, what one makes music with: the request, rounds of sampling, edits, groups of stems, sessions, recordings.

May import all rooms down to data; `group.play()` and `group.save()` reach widgets and figures, inside functions.
"""
