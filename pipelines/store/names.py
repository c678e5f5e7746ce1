"""Names and the entities they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, text

from pipelines.news.keys import derive_key
from pipelines.news.places import country_titles
from pipelines.news.resolver import Resolved
from pipelines.store import bulk
from pipelines.store.landing import ARTICLES_OF_NIGHTS


@dataclass(frozen=True, slots=True)
class UnresolvedName:
    """A name that the current rules have not seen."""

    name_id: UUID
    entity_type: str
    name: str


def names_to_resolve(connection: Connection, version: str, limit: int) -> list[UnresolvedName]:
    """Up to `limit` names that were never resolved, or by other rules."""
    rows = connection.execute(
        text("""
        select known.name_id, known.entity_type, known.name
          from news.names known
          left join ops.resolutions resolution
            on resolution.name_id = known.name_id and resolution.resolver_version = :version
         where resolution.name_id is null
         order by known.name_id
         limit :limit
        """),
        {"version": version, "limit": limit},
    )
    return [UnresolvedName(*row) for row in rows]


def forget_resolutions(connection: Connection, first: date, last: date) -> int:
    """Let the names mentioned in these nights count as not resolved; returns the rows written.

    They stand for what they did until they are resolved again.
    """
    return connection.execute(
        text(f"""
        delete from ops.resolutions where name_id in (
               select name_id from news.mentions where article_id in ({ARTICLES_OF_NIGHTS}))
        """),
        {"first": first, "last": last},
    ).rowcount


def count_to_resolve(connection: Connection, version: str) -> int:
    """How many names the current rules have not seen."""
    return int(
        connection.scalar(
            text("""
            select (select count(*) from news.names)
                 - (select count(*) from ops.resolutions where resolver_version = :version)
            """),
            {"version": version},
        )
        or 0
    )


def put_resolutions(
    connection: Connection,
    resolved: Sequence[tuple[UnresolvedName, Resolved | None, Resolved | None]],
    version: str,
) -> int:
    """Join names to their entities; returns the rows written.

    Of each name is given what it stands for, and what it would without the alias file; None of both
    for a name that stands for no entity. Entities that no name stands for any more go.
    """
    bulk.stage(
        connection,
        "resolved",
        [
            ("name_id", "uuid"),
            ("entity_id", "uuid"),
            ("own_entity_id", "uuid"),
            ("entity_type", "text"),
            ("entity_key", "text"),
            ("name", "text"),
            ("country_code", "text"),
            ("geoname_id", "integer"),
            ("rule", "text"),
        ],
        (_resolved_row(name, entity, own) for name, entity, own in resolved),
    )
    connection.execute(
        text("""
        delete from pg_temp.resolved
         where not exists (select from news.names where names.name_id = resolved.name_id)
        """)
    )
    connection.execute(
        text("""
        create temp table if not exists left_entities (entity_id uuid) on commit drop
        """)
    )
    connection.execute(
        text("""
        insert into pg_temp.left_entities
        select known.entity_id from news.names known join pg_temp.resolved new using (name_id)
         where known.entity_id is distinct from new.entity_id and known.entity_id is not null
        """)
    )
    written = sum(
        connection.execute(text(statement)).rowcount
        for statement in (
            """
            insert into news.entities as known
                   (entity_id, entity_type, entity_key, display_name, country_code, geoname_id)
            select distinct on (entity_id)
                   entity_id, entity_type, entity_key, name, country_code, geoname_id
              from pg_temp.resolved where entity_id is not null
                on conflict (entity_id) do update
               set country_code = excluded.country_code, geoname_id = excluded.geoname_id
             where (known.country_code, known.geoname_id)
                   is distinct from (excluded.country_code::char(2), excluded.geoname_id)
            """,
            """
            update news.names known
               set entity_id = new.entity_id, own_entity_id = new.own_entity_id, rule = new.rule
              from pg_temp.resolved new
             where known.name_id = new.name_id
               and (known.entity_id, known.own_entity_id, known.rule)
                   is distinct from (new.entity_id, new.own_entity_id, new.rule)
            """,
            """
            delete from news.entities entity using pg_temp.left_entities gone
             where entity.entity_id = gone.entity_id
               and not exists (select from news.names where entity_id = gone.entity_id)
            """,
        )
    )
    written += refresh_display_names(
        connection,
        """
        select entity_id from pg_temp.resolved
        union all
        select entity_id from pg_temp.left_entities
        """,
    )
    connection.execute(
        text("""
        insert into ops.resolutions (name_id, resolver_version)
        select name_id, :version from pg_temp.resolved
            on conflict (name_id) do update set resolver_version = excluded.resolver_version
        """),
        {"version": version},
    )
    return written


def refresh_display_names(connection: Connection, entity_ids: str) -> int:
    """Show entities by their most frequent, then longest, then first spelling.

    `entity_ids` is a query for the entities whose names changed. A spelling of the entity's own type goes
    before any other. A country is called by names of the place alone: where only its people are named,
    by its name in the tables. Compared by code point, so that the database's collation decides nothing.
    """
    titles = country_titles()
    return connection.execute(
        text(f"""
        with touched as (select distinct entity_id from ({entity_ids}) changed),
        spelt as (
             select entity.entity_id, entity.entity_type, known.entity_type as label, known.name,
                    known.mention_count,
                    case when known.entity_type not in ('GPE', 'LOC') then country.title end as title
               from touched
               join news.entities entity using (entity_id)
               join news.names known on known.entity_id = entity.entity_id
               left join unnest(cast(:codes as text[]), cast(:titles as text[]))
                      as country (code, title)
                 on entity.entity_type = 'GPE' and entity.entity_key = 'country:' || country.code),
        best as (
             select distinct on (entity_id) entity_id, coalesce(title, name) as name
               from spelt
              order by entity_id, label <> entity_type, title is not null, mention_count desc,
                       char_length(name) desc, name collate "C", label collate "C")
        update news.entities entity set display_name = best.name
          from best
         where best.entity_id = entity.entity_id and best.name <> entity.display_name
        """),
        {"codes": list(titles), "titles": list(titles.values())},
    ).rowcount


def drop_unused(connection: Connection, staged: str) -> int:
    """Delete the names in a staging table, and entities that only they stood for."""
    deleted = connection.execute(
        text(f"""
        with gone as (
             delete from news.names using pg_temp.{staged} staged
              where names.name_id = staged.name_id
             returning names.entity_id)
        select count(*) as names, array_agg(distinct entity_id) as entities from gone
        """)
    ).one()
    orphans = connection.execute(
        text("""
        delete from news.entities where entity_id = any(:entities)
           and not exists (select from news.names where names.entity_id = entities.entity_id)
        """),
        {"entities": deleted.entities or []},
    )
    return int(deleted.names) + orphans.rowcount


def _resolved_row(name: UnresolvedName, entity: Resolved | None, own: Resolved | None) -> bulk.Row:
    if entity is None or own is None:
        return (name.name_id, None, None, None, None, name.name, None, None, None)
    return (
        name.name_id,
        derive_key("entity", entity.entity_type, entity.entity_key),
        derive_key("entity", own.entity_type, own.entity_key),
        entity.entity_type,
        entity.entity_key,
        name.name,
        entity.country_code,
        entity.geoname_id,
        entity.rule,
    )
