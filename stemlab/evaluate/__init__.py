"""`stemlab evaluate`: how good generated groups are, always printed beside groups of which one knows how good they are."""
