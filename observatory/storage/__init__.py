"""Files on disk: the archive, frames between steps, attempts, erasure of what is due."""
