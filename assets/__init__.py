"""The graph: for each theme its contracts and one module per subject."""
