"""Core library of the observatory: contracts, methods, storage and publication."""
