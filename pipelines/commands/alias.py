"""`broadsheet alias`: names that mean the same, as someone decided."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pipelines.alias_file import add_alias
from pipelines.news.resolver import AliasError
from pipelines.store import database

_SUGGESTIONS = """
    select entity_type, name, other_name, score, shared_articles
      from news.name_suggestions
     order by score desc, name, other_name
     limit :limit
"""

_TYPES = """
    select entity_type from news.names where name = :name and entity_id is not null order by 1
"""


def suggestions(limit: int) -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Columns and rows of names that may mean the same."""
    with database.current_engine().connect() as connection:
        found = connection.execute(text(_SUGGESTIONS), {"limit": limit})
        return list(found.keys()), [tuple(row) for row in found]


def accept(alias: str, name: str, entity_type: str | None) -> Path:
    """Let `alias` stand for what `name` stands for; returns the alias file.

    Raises:
        AliasError: no entity has the name, or several of different types have.
    """
    with database.current_engine().connect() as connection:
        types = list(connection.scalars(text(_TYPES), {"name": name}))
    if not types:
        raise AliasError(f"Nothing is named {name!r}: give a name as it stands in news.names.")
    if entity_type is None and len(types) > 1:
        raise AliasError(f"{name!r} names a {' and a '.join(types)}: choose one with --type.")
    if entity_type not in {None, *types}:
        raise AliasError(f"{name!r} names no {entity_type}, but a {' and a '.join(types)}.")
    return add_alias(entity_type or types[0], name, alias)
