"""Commands of the terminal: runs, sources, releases, land deliveries, publications."""
