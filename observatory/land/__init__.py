"""Methods of the economic-land assessment: pure functions on frames and shapes."""
