"""Only Dagster: read, call the pure step, store, report."""
