"""What `broadsheet export` reads: tables of `news`, in parts, in the order of their keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, BinaryIO, cast

from models import Article, Coverage, Entity, Mention, Quotation
from psycopg import sql
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import DeclarativeBase

from pipelines.store import bulk, database

# How a column of each type is read; whatever has no type of its own everywhere is read as text.
_KINDS = {
    "bool": ("{}", "bool"),
    "bpchar": ("{}::text", "text"),
    "bytea": ("encode({}, 'hex')", "text"),
    "date": ("{}", "date"),
    "float8": ("{}", "float8"),
    "int4": ("{}", "int4"),
    "int8": ("{}", "int8"),
    "text": ("{}", "text"),
    "text[]": ("{}", "text[]"),
    "timestamptz": ("{}", "timestamptz"),
    "uuid": ("{}::text", "text"),
}
# A CSV cell is text: a list is a JSON array in it.
_AS_CSV = {"bool": "{}::text", "text[]": "to_json({})::text"}

_SINCE = "first_landed_on >= {since}"


def _columns_of(model: type[DeclarativeBase], alias: str, *, but: str = "") -> str:
    names = [column.name for column in bulk.table_of(model).columns]
    return ", ".join(f"{alias}.{name}" for name in names if name != but)


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it is exported: a query for all of it, one for what is new, and its key."""

    name: str
    query: str
    since: str
    key: tuple[str, ...]


SOURCES = (
    Source(
        "articles",
        f"""
        select {_columns_of(Article, "article", but="search")}, story.story_id,
               array(select caption from news.captions caption
                      where caption.article_id = article.article_id order by caption_no) as captions
          from news.articles article
          left join news.story_articles story on story.article_id = article.article_id
        """,
        f"where article.{_SINCE}",
        ("article_id",),
    ),
    Source(
        "stories",
        "select story.* from news.stories story",
        f"""
        where story.story_id in (
              select own.story_id
                from news.story_articles own join news.articles using (article_id)
               where {_SINCE})
        """,
        ("story_id",),
    ),
    Source(
        "entities",
        f"select {_columns_of(Entity, 'entity')} from news.entities entity",
        f"""
        where entity.entity_id in (
              select known.entity_id
                from news.names known
                join news.mentions using (name_id)
                join news.articles using (article_id)
               where {_SINCE})
        """,
        ("entity_id",),
    ),
    Source(
        "mentions",
        f"""
        select {_columns_of(Mention, "mention")}, known.name, known.entity_id
          from news.mentions mention join news.names known on known.name_id = mention.name_id
        """,
        f"""
        where mention.article_id in (select article_id from news.articles where {_SINCE})
        """,
        ("article_id", "section", "section_no", "start_char", "end_char"),
    ),
    Source(
        "quotations",
        f"""
        select {_columns_of(Quotation, "quotation")}, speaker.name as speaker_name, speaker.entity_id
          from news.quotations quotation
          left join news.names speaker on speaker.name_id = quotation.speaker_name_id
        """,
        f"""
        where quotation.article_id in (select article_id from news.articles where {_SINCE})
        """,
        ("article_id", "section", "section_no", "start_char"),
    ),
    Source(
        "coverage",
        f"select {_columns_of(Coverage, 'coverage')} from news.coverage coverage",
        "where coverage.landing_date >= {since}",
        ("landing_date",),
    ),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is exported; `kind` is a Postgres type."""

    name: str
    kind: str
    expression: sql.Composed


@dataclass(frozen=True, slots=True)
class PartQuery:
    """Rows of one part, as a query for each way to write them."""

    columns: Sequence[Column]
    binary: sql.Composed
    csv: sql.Composed
    json: sql.Composed


@dataclass(frozen=True, slots=True)
class Plan:
    """A table with its columns, its rows, and a query for each of its parts."""

    name: str
    columns: Sequence[Column]
    rows: int
    parts: Sequence[PartQuery]


@contextmanager
def snapshot(bound: Engine) -> Iterator[Connection]:
    """A snapshot of the database, in which equal values are written alike."""
    with database.snapshot(bound) as connection:
        for setting in ("timezone = UTC", "DateStyle = ISO", "extra_float_digits = 1"):
            connection.execute(text(f"set local {setting}"))
        yield connection


def plan(connection: Connection, source: Source, since: date | None, part_rows: int) -> Plan:
    """Divide a table into parts of `part_rows` rows, by looking at its keys alone."""
    template = f"{source.query} {source.since if since else ''}"
    query = sql.SQL(cast("Any", template)).format(since=sql.Literal(since))
    # Qualified, so that rows are in the order of the key itself, and not of what it is read as.
    keys = sql.SQL(", ").join(sql.Identifier("whole", name) for name in source.key)
    with bulk.raw_cursor(connection) as cursor:
        columns = _columns(connection, query)
        (rows,) = cursor.execute(
            sql.SQL("select count(*) from ({}) whole").format(query)
        ).fetchone() or (0,)
        lasts = cursor.execute(
            sql.SQL("""
            select {texts}
              from (select {keys}, row_number() over (order by {keys}) as place
                      from ({query}) whole) numbered
             where place % {size} = 0
             order by place
            """).format(
                texts=sql.SQL(", ").join(
                    sql.SQL("{}::text").format(sql.Identifier(name)) for name in source.key
                ),
                keys=keys,
                query=query,
                size=sql.Literal(part_rows),
            )
        ).fetchall()
    if rows and rows % part_rows == 0:
        lasts = lasts[:-1]
    bounds = [None, *lasts, None]
    parts = [_part(query, keys, columns, after, last) for after, last in pairwise(bounds)]
    return Plan(source.name, columns, rows, parts)


def binary_rows(connection: Connection, part: PartQuery) -> Iterator[tuple[Any, ...]]:
    """Rows of a part as Python objects, one after the other; none is held."""
    with (
        bulk.raw_cursor(connection) as cursor,
        cursor.copy(_copy(part.binary, "binary")) as copy,
    ):
        copy.set_types([column.kind for column in part.columns])
        yield from copy.rows()


def write_jsonl(connection: Connection, part: PartQuery, file: BinaryIO) -> int:
    """Write the rows of a part as JSON objects, each on one line, and return how many they are."""
    with bulk.raw_cursor(connection) as cursor:
        with cursor.copy(_copy(part.json, "binary")) as copy:
            copy.set_types(["text"])
            file.writelines(f"{row}\n".encode() for (row,) in copy.rows())
        return cursor.rowcount


def write_csv(connection: Connection, part: PartQuery, file: BinaryIO) -> int:
    """Write a part as CSV with a header, and return its rows.

    As RFC 4180 has it, but with LF; in UTF-8. Null is an empty cell, an empty text is `""`.
    """
    with bulk.raw_cursor(connection) as cursor:
        with cursor.copy(_copy(part.csv, "csv, header, encoding 'UTF8'")) as copy:
            file.writelines(copy)
        return cursor.rowcount


def _copy(query: sql.Composed, output: str) -> sql.Composed:
    return sql.SQL("copy ({}) to stdout (format {})").format(query, sql.SQL(cast("Any", output)))


def _columns(connection: Connection, query: sql.Composable) -> list[Column]:
    with bulk.raw_cursor(connection) as cursor:
        cursor.execute(sql.SQL("select * from ({}) whole limit 0").format(query))
        described = [(one.name, one.type_code) for one in cursor.description or ()]
        types = cursor.connection.adapters.types
    columns = []
    for name, oid in described:
        known = types.get(oid)
        typename = f"{known.name}[]" if known and oid == known.array_oid else known and known.name
        expression, kind = _KINDS[str(typename)]
        columns.append(Column(name, kind, _expression(expression, name)))
    return columns


def _part(
    query: sql.Composable,
    keys: sql.Composable,
    columns: Sequence[Column],
    after: Sequence[str] | None,
    last: Sequence[str] | None,
) -> PartQuery:
    bounds = [
        sql.SQL("({keys}) {sign} ({values})").format(
            keys=keys, sign=sql.SQL(sign), values=sql.SQL(", ").join(map(sql.Literal, bound))
        )
        for sign, bound in ((">", after), ("<=", last))
        if bound is not None
    ]
    where = sql.SQL("where {}").format(sql.SQL(" and ").join(bounds)) if bounds else sql.SQL("")
    # Named like the column: what a CSV's header and a JSON object call it.
    plain = [_named(one.expression, one.name) for one in columns]
    as_csv = [
        _named(_expression(_AS_CSV[one.kind], one.name), one.name) if one.kind in _AS_CSV else named
        for one, named in zip(columns, plain, strict=True)
    ]
    binary, csv = (
        sql.SQL("select {columns} from ({query}) whole {where} order by {keys}").format(
            columns=sql.SQL(", ").join(chosen), query=query, where=where, keys=keys
        )
        for chosen in (plain, as_csv)
    )
    json = sql.SQL("select row_to_json(part)::text from ({}) part").format(binary)
    return PartQuery(columns, binary, csv, json)


def _expression(template: str, name: str) -> sql.Composed:
    return sql.SQL(cast("Any", template)).format(sql.Identifier("whole", name))


def _named(expression: sql.Composable, name: str) -> sql.Composed:
    return sql.SQL("{} as {}").format(expression, sql.Identifier(name))
