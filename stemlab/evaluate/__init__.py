"""`stemlab evaluate`: how good generated groups are, always beside groups of which one knows how good they are.

May import all rooms down to widgets.
"""
