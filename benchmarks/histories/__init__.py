"""What a night costs by the size of the history: the parts of `benchmarks.history`."""
