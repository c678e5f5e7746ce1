"""What `benchmarks.near_duplicates` is made of: corpus, truth, contenders, quality, report."""
