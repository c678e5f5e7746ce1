"""What a night's report tells, read from the tables.

Every query looks at the night, at so many nights before it, or at the entities that the night names;
none at the whole history. News agencies are not counted among the named: they stand in every credit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from pipelines.news.agencies import agency_spellings
from pipelines.reports.records import (
    MIN_RISING_SCORE,
    MIN_RISING_STORIES,
    NIGHTS_BEFORE,
    NIGHTS_SHOWN,
    Kind,
    Landed,
    Named,
    NewStory,
    NightCount,
    NightReport,
    Place,
    Refused,
    Rising,
    Together,
)

_STORIES = 12
_PATHS = 3
_RISING = 8
_NAMED = 14
_PLACES = 150
_KINDS = {
    Kind.PEOPLE: ["PERSON"],
    Kind.PLACES: ["GPE", "LOC", "FAC"],
    Kind.ORGANISATIONS: ["ORG"],
}
_IS_NO_AGENCY = "not (entity_type = 'ORG' and lower(display_name) = any(:agencies))"


def read_night(connection: Connection, night: date) -> NightReport:
    """All that the report of a night tells; of one state of the database within a snapshot."""
    landed = _landed(connection, night)
    before = tuple(one for when, one in sorted(landed.items()) if when < night)
    places, places_in_all = _places(connection, night)
    named = _most_named(connection, night)
    return NightReport(
        night=night,
        landed=landed.get(night),
        before=before,
        refused=_refused(connection, night),
        stories=_new_stories(connection, night),
        rising=_rising(connection, night, landed),
        timeline=_timeline(connection, night),
        named=tuple(Named(*row[1:]) for row in named),
        together=_together(connection, night, [row.entity_id for row in named]),
        places=places,
        places_in_all=places_in_all,
    )


def newest_night(connection: Connection) -> date | None:
    """The newest night that has files; None if there is none."""
    newest: date | None = connection.scalar(
        text("select max(landing_date) from ops.ingested_files")
    )
    return newest


def nights_with_files(connection: Connection, first: date, last: date) -> set[date]:
    """Which nights of a range have files, be it that none could be read."""
    return set(
        connection.scalars(
            text("""
            select landing_date from news.coverage where landing_date between :first and :last
            """),
            {"first": first, "last": last},
        )
    )


def is_loaded(connection: Connection, night: date) -> bool:
    """Whether a night was loaded, be it that it had no file."""
    return bool(
        connection.scalar(
            text("""
            select exists (select from ops.ingested_files where landing_date = :night)
                or exists (select from ops.loads
                            where asset = 'source_files'
                              and :night between first_night and last_night)
            """),
            {"night": night},
        )
    )


def _landed(connection: Connection, night: date) -> dict[date, Landed]:
    """What landed on the night and on those before it that have files."""
    rows = connection.execute(
        text("""
        select landing_date, files, pages, occurrences, articles, new_articles, quarantined
          from news.coverage where landing_date between :first and :night
        """),
        {"first": night - timedelta(days=NIGHTS_BEFORE), "night": night},
    )
    return {when: Landed(*counts) for when, *counts in rows}


def _refused(connection: Connection, night: date) -> tuple[Refused, ...]:
    rows = connection.execute(
        text("""
        select reason_code, count(*),
               (array_agg(distinct path order by path))[1 : :paths]
          from ops.quarantine where landing_date = :night
         group by reason_code order by 2 desc, 1
        """),
        {"night": night, "paths": _PATHS},
    )
    return tuple(Refused(reason, entries, tuple(paths)) for reason, entries, paths in rows)


def _new_stories(connection: Connection, night: date) -> tuple[NewStory, ...]:
    # A story's canonical article is one of its earliest: it tells when the story began.
    rows = connection.execute(
        text("""
        select story.story_id, canonical.title, count(distinct story.article_id),
               count(*) as occurrences, count(distinct page.page_id), count(distinct page.site)
          from news.source_files file
          join news.pages page using (file_id)
          join news.article_occurrences occurrence using (page_id)
          join news.story_articles story using (article_id)
          join news.articles canonical on canonical.article_id = story.story_id
         where file.landing_date = :night and canonical.first_landed_on = :night
         group by story.story_id, canonical.title
         order by 3 desc, occurrences desc, canonical.title collate "C", story.story_id
         limit :stories
        """),
        {"night": night, "stories": _STORIES},
    )
    return tuple(NewStory(*row) for row in rows)


def _rising(
    connection: Connection, night: date, landed: Mapping[date, Landed]
) -> tuple[Rising, ...]:
    """Entities of the night by how far above their usual level they are, the farthest first.

    Usual is the mean number of stories a night over the nights before that have files, scaled to how
    many new articles landed on the night: more news name everybody more often. The score is
    (stories - usual) / sqrt(usual + 1): how many times the spread of a Poisson count of that mean,
    with one story added, so that a name of which there was nothing yet does not outdo all others.
    """
    new_before = sum(one.new_articles for when, one in landed.items() if when < night)
    if not new_before or night not in landed:
        return ()
    rows = connection.execute(
        text(f"""
        with kinds (kind, entity_type) as (
             select * from unnest(cast(:kinds as text[]), cast(:types as text[]))
        ), tonight as (
             select kind, entity_id, display_name, stories,
                    (select coalesce(sum(past.stories), 0) * cast(:scale as double precision)
                       from news.entity_days past
                      where past.entity_id = today.entity_id
                        and past.night between :first and :last) as usual
               from news.entity_days today
               join news.entities using (entity_id)
               join kinds using (entity_type)
              where today.night = :night and stories >= :min_stories and {_IS_NO_AGENCY}
        ), ranked as (
             select *, row_number() over (
                           partition by kind
                           order by score desc, stories desc, display_name collate "C", entity_id
                       ) as place
               from (select *, (stories - usual) / sqrt(usual + 1) as score from tonight) scored
              where score >= :min_score
        )
        select kind, display_name, stories, usual, score
          from ranked where place <= :limit order by kind, place
        """),
        {
            "kinds": [kind for kind, types in _KINDS.items() for _ in types],
            "types": [one for types in _KINDS.values() for one in types],
            "agencies": agency_spellings(),
            "scale": landed[night].new_articles / new_before,
            "first": night - timedelta(days=NIGHTS_BEFORE),
            "last": night - timedelta(days=1),
            "night": night,
            "min_stories": MIN_RISING_STORIES,
            "min_score": MIN_RISING_SCORE,
            "limit": _RISING,
        },
    )
    return tuple(Rising(Kind(kind), *values) for kind, *values in rows)


def _timeline(connection: Connection, night: date) -> tuple[NightCount, ...]:
    rows = connection.execute(
        text("""
        select article.first_landed_on, count(*), count(*) filter (where story.is_canonical)
          from news.articles article
          join news.story_articles story using (article_id)
         where article.first_landed_on between :first and :night
         group by article.first_landed_on order by article.first_landed_on
        """),
        {"first": night - timedelta(days=NIGHTS_SHOWN - 1), "night": night},
    )
    return tuple(NightCount(*row) for row in rows)


def _most_named(connection: Connection, night: date) -> Sequence[Any]:
    return connection.execute(
        text(f"""
        select entity_id, display_name, entity_type, stories
          from news.entity_days join news.entities using (entity_id)
         where night = :night and {_IS_NO_AGENCY}
         order by stories desc, articles desc, display_name collate "C", entity_id
         limit :limit
        """),
        {"night": night, "limit": _NAMED, "agencies": agency_spellings()},
    ).all()


def _together(
    connection: Connection, night: date, entities: Sequence[object]
) -> tuple[Together, ...]:
    """In how many stories of the night two of some entities are named in one article."""
    rows = connection.execute(
        text("""
        with named as (
             select wanted.place - 1 as place, entity.article_id, entity.story_id
               from unnest(cast(:entities as uuid[])) with ordinality wanted (entity_id, place)
               join news.article_entities entity using (entity_id)
              where entity.night = :night
        )
        select one.place, other.place, count(distinct one.story_id)
          from named one
          join named other on other.article_id = one.article_id and other.place > one.place
         group by one.place, other.place order by one.place, other.place
        """),
        {"entities": list(entities), "night": night},
    )
    return tuple(Together(*row) for row in rows)


def _places(connection: Connection, night: date) -> tuple[tuple[Place, ...], int]:
    """Places with coordinates, the most named first, and the number of all places."""
    rows = connection.execute(
        text("""
        select display_name, country_code, geoname_id, stories, count(*) over () as in_all
          from news.entity_days join news.entities using (entity_id)
         where night = :night and entity_type = any(:types)
         order by country_code is null, stories desc, articles desc, display_name collate "C", entity_id
         limit :limit
        """),
        {"night": night, "types": _KINDS[Kind.PLACES], "limit": _PLACES},
    ).all()
    located = tuple(Place(*row[:4]) for row in rows if row.country_code)
    return located, rows[0].in_all if rows else 0
