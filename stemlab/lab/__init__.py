"""StemLab, what one makes music with: the request, rounds of sampling, edits, groups of stems, sessions, recordings and their beat."""
