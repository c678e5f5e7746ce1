"""Pure steps: text in, records out."""
