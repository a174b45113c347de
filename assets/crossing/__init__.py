"""Assets of what joins jobs and land, from released tables."""
