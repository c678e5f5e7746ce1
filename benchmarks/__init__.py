"""Measurements of whole nights; `python -m benchmarks.nightly` runs them."""
