"""Methods that join jobs and land: pure functions on released tables."""

# hectares, and hectares per 1 000 jobs: beyond what a territory holds, a value is a mistake
LARGEST_HA = 100_000
