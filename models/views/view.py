"""What a view is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of schema `news`. A materialized one has a unique index, to be refreshed while read."""

    name: str
    comment: str
    query: str
    unique_key: tuple[str, ...] = ()

    @property
    def is_materialized(self) -> bool:
        """Whether the view is stored, and refreshed by the `analytics` asset."""
        return bool(self.unique_key)
