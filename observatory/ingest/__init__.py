"""From a producer's file to clean rows: formats read, corrections applied, issues logged."""
