"""The operator's alias file: names that are to stand for an entity, whatever their letters say."""

import csv
import io
from pathlib import Path

from pipelines.news.folding import fold
from pipelines.news.resolver import ALIAS_COLUMNS, AliasError, Resolver, resolver
from pipelines.settings import settings


def read_aliases() -> str:
    """The text of the alias file, empty if there is none.

    Raises:
        AliasError: it cannot be read, or the settings name one that is not there.
    """
    path = settings().alias_file
    if not path.exists() and settings().aliases is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AliasError(f"The alias file {path} cannot be read: {error}.") from error


def own_resolver() -> Resolver:
    """The resolver with the operator's alias file.

    Raises:
        AliasError: the file cannot be read, or is no alias file; the message names it.
    """
    text = read_aliases()
    try:
        return resolver(text)
    except AliasError as error:
        raise AliasError(f"{settings().alias_file}: {error}") from error


def add_alias(entity_type: str, name: str, alias: str) -> Path:
    """Let a name stand for what another stands for, from the next run on; the file is returned.

    Raises:
        AliasError: a name holds a character the file has for itself, or the file or a table says
            otherwise.
    """
    if "|" in name + alias:
        raise AliasError('A name with "|" in it cannot stand in an alias file.')
    path, text = settings().alias_file, read_aliases()
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    if not text:
        writer.writerow(ALIAS_COLUMNS)
    elif not text.endswith("\n"):
        line.write("\n")
    writer.writerow((entity_type, name, alias))
    if f"{entity_type},{name},{alias}" in text.splitlines():
        return path
    if fold(name) == fold(alias):
        raise AliasError("A name cannot stand for itself.")
    before, after = resolver(text), resolver(text + line.getvalue())
    meant, found = before.resolve(name, entity_type), after.resolve(alias, entity_type)
    if not (meant and found) or meant.entity_key != found.entity_key:
        raise AliasError(f"{alias!r} would not stand for what {name!r} stands for.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line.getvalue())
    return path
