"""What a view is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of schema `news`. What takes long to count stands in tables (models/analytics.py)."""

    name: str
    comment: str
    query: str
