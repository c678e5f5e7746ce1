"""SQL in, SQL out."""
