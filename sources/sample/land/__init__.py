"""The invented land scenario: a world drawn first, then lossy files of it, each in its layout."""
