"""Statistical secrecy, and the removal of persons and firms that may not be named."""
