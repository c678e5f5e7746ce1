"""The table of keys: which articles share one, and which of those are its hubs.

A key that more than `HUBS` articles have links them to its hubs only (`pipelines.news.candidates`).
When its hubs change, by an article that comes or goes, the articles concerned are put on the list
of those to link again, so that the pairs are what they would be had all come at once.
"""

from collections.abc import Iterable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from pipelines.news.candidates import HUBS, Postings
from pipelines.store import bulk

_KEY = [("key", "integer"), ("article_prefix", "integer")]

# Of each key that is concerned the first articles: all, unless there are more than hubs.
_STAGE_FIRST = f"""
    create temp table first_articles on commit drop as
    select wanted.key, wanted.removed, band.article_prefix
      from (select key, count(*) as staged, count(*) filter (where is_removed) as removed
              from (select key, false as is_removed from pg_temp.new_keys
                    union all
                    select key, true from pg_temp.removed_keys) changed
             group by key) wanted
     cross join lateral (
           select article_prefix from ops.lsh_bands band where band.key = wanted.key
            order by article_prefix limit {HUBS} + wanted.staged) band
"""

# Keys that more than HUBS articles have now, or had before this change.
_STAGE_CROWDED = f"""
    create temp table crowded_keys on commit drop as
    select key from pg_temp.first_articles group by key having count(*) + min(removed) > {HUBS}
"""

_HUBS_OF = f"""
    select key, article_prefix
      from (select key, article_prefix,
                   row_number() over (partition by key order by article_prefix) as place
              from {{articles}}) placed
     where place <= {HUBS}
"""

_QUEUE_CHANGED_HUBS = f"""
    with crowds as (
         select key, article_prefix
           from pg_temp.first_articles join pg_temp.crowded_keys using (key)
    ), crowds_before as (
         (table crowds except select key, article_prefix from pg_temp.added_keys)
         union
         select key, article_prefix
           from pg_temp.removed_keys join pg_temp.crowded_keys using (key)
    ), now as ({_HUBS_OF.format(articles="crowds")}),
    before as ({_HUBS_OF.format(articles="crowds_before")}),
    changed as (
         (table now except table before) union (table before except table now)
    )
    insert into ops.unlinked_articles
    select article_id from ops.signatures
     where article_prefix in (select article_prefix from changed)
    on conflict do nothing
"""

# All articles of a key, but of a crowded one without a new hub its hubs and the new articles.
_POSTINGS = f"""
    with crowds as (
         select key, article_prefix
           from pg_temp.first_articles join pg_temp.crowded_keys using (key)
    ), hubs as ({_HUBS_OF.format(articles="crowds")})
    select coalesce(array_agg(key), '{{}}'), coalesce(array_agg(article_prefix), '{{}}')
      from (select key, article_prefix from pg_temp.first_articles
             where key not in (select key from pg_temp.crowded_keys)
             union all
            (table hubs
             union
            select key, article_prefix from pg_temp.new_keys join pg_temp.crowded_keys using (key)
             union
            select key, article_prefix from ops.lsh_bands
             where key in (select key from hubs join pg_temp.new_keys
                                 using (key, article_prefix)))) found
"""


def prefix(article_id: UUID) -> int:
    """The first 32 bits of an article's id, as `ops.signatures.article_prefix` has them.

    Shifted into the range of a signed number, so that prefixes are in the order of the ids.
    """
    return int.from_bytes(article_id.bytes[:4]) - 2**31


def stage_keys(connection: Connection, keys: Iterable[tuple[int, int]], instead_of: str) -> None:
    """Stage the (key, prefix) that articles shall have instead of those they have now.

    To be called while `ops.signatures` still says what that is; `instead_of` is the staging table
    of the articles. Makes `new_keys` and `removed_keys`.
    """
    bulk.stage(connection, "new_keys", _KEY, keys)
    connection.execute(text("drop table if exists pg_temp.removed_keys"))
    connection.execute(
        text(f"""
        create temp table removed_keys on commit drop as
        select unnest(keys) as key, article_prefix
          from ops.signatures join pg_temp.{instead_of} using (article_id)
        except
        select key, article_prefix from pg_temp.new_keys
        """)
    )


def put_bands(connection: Connection) -> int:
    """Make the table hold what was staged, once `ops.signatures` does; returns the rows written.

    Articles that become or cease to be hubs are put on the list of those to link. What `postings`
    looks at stays staged.
    """
    connection.execute(text("analyze pg_temp.removed_keys"))
    # Another article whose id begins alike may have a removed key too: it is not removed then.
    connection.execute(
        text("""
        delete from pg_temp.removed_keys removed
         where exists (select from ops.signatures kept
                        where kept.article_prefix = removed.article_prefix
                          and removed.key = any(kept.keys))
        """)
    )
    deleted = connection.execute(
        text("""
        delete from ops.lsh_bands band using pg_temp.removed_keys removed
         where band.key = removed.key and band.article_prefix = removed.article_prefix
        """)
    )
    bulk.stage(connection, "added_keys", _KEY, ())
    added = connection.execute(
        text("""
        with added as (
             insert into ops.lsh_bands (key, article_prefix)
             select key, article_prefix from pg_temp.new_keys order by key, article_prefix
             on conflict do nothing
             returning key, article_prefix)
        insert into pg_temp.added_keys select key, article_prefix from added
        """)
    )
    connection.execute(text("drop table if exists pg_temp.first_articles, pg_temp.crowded_keys"))
    for statement in (
        _STAGE_FIRST,
        "analyze pg_temp.first_articles",
        _STAGE_CROWDED,
        "analyze pg_temp.crowded_keys",
        "analyze pg_temp.added_keys",
    ):
        connection.execute(text(statement))
    queued = 0
    if connection.scalar(text("select exists (select from pg_temp.crowded_keys)")):
        queued = connection.execute(text(_QUEUE_CHANGED_HUBS)).rowcount
    return deleted.rowcount + added.rowcount + queued


def postings(connection: Connection) -> Postings:
    """What `candidate_pairs` needs to know of the keys staged last."""
    keys, articles = connection.execute(text(_POSTINGS)).one()
    return Postings(np.array(keys, dtype=np.int32), np.array(articles, dtype=np.int32))


def linked(connection: Connection) -> NDArray[np.int32]:
    """The articles that keys were staged of last, by their prefixes, sorted."""
    found = connection.scalars(text("select distinct article_prefix from pg_temp.new_keys"))
    return np.sort(np.array(found.all(), dtype=np.int32))
