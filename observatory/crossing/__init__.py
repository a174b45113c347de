"""Methods that join jobs and land: pure functions on released tables."""
