"""What `benchmarks.soak` and the tests of faults share: nights, a production of processes, faults."""
