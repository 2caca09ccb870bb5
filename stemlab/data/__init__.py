"""Songs with known ground truth, made as notes and rendered stem by stem, and loaders for recorded data."""
