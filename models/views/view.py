"""What a view is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of schema `news`. What takes long to count stands in tables (models/analytics.py)."""

    name: str
    comment: str
    columns: Mapping[str, str]
    """The comment of each column, in their order."""
    query: str
