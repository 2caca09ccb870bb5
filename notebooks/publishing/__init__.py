"""From the lessons to what a class is given: pages, posters, a handout, copies. The commands are in `publish.py`."""
