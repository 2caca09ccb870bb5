"""Recorded songs as they lie on a disk: MUSDB18-HQ, MoisesDB, Slakh2100 and plain folders behind one interface."""
