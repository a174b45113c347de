"""Methods of the labour theme: pure functions on Polars frames."""
