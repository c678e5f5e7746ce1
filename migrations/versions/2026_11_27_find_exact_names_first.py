"""Find an exact name, an entity's articles, their nights and the size of the archive faster.

Revision: 0011
Follows: 0010

`news.find_entity` looks for similar names only where entities of exactly the name are too few,
`news.archive` has what `lift` compares with, and the index of an entity's articles holds the mentions.
A further index of articles holds their nights. A country is displayed by a name of the place.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Only a session that has loaded the library may give a function one of its settings.
LOAD_TRIGRAMS = "select ops.similarity('', '')"

ARCHIVE = """
    select count(*) as nights, min(landing_date) as first_night, max(landing_date) as last_night,
           sum(files) as files, sum(pages) as pages, sum(occurrences) as occurrences,
           sum(new_articles) as articles, (select stories from ops.analytics_state) as stories
      from news.coverage
    """

ARCHIVE_COMMENT = "One row: how much there is, as of the last refresh of the counts."

ARCHIVE_COLUMNS = {
    "nights": "Nights on which something landed.",
    "first_night": "The first of them.",
    "last_night": "The last of them.",
    "files": "Files that landed.",
    "pages": "Pages in them.",
    "occurrences": "Places where articles stand in pages.",
    "articles": "Articles: versions that differ in anything.",
    "stories": "Stories of these articles, which lift compares with.",
}

# Name, comment and definition.
FUNCTIONS = [
    (
        "news.find_entity",
        "Entities with a name like this one, misspelled or without accents too: the most similar first, then one of exactly this name, then the most mentioned.",
        r"""
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, is_exact boolean, mentions bigint)
    language sql stable parallel safe rows 10
    set pg_trgm.word_similarity_threshold = 0.5
    begin atomic
    with asked as materialized (
        select folded
          from ops.folded(left(normalize(find_entity.name), 200)) folded
         where cardinality(ops.show_trgm(folded)) > 0
    ), exact as materialized (
        select known.entity_id, known.name, known.mention_count
          from asked
          join news.names known on ops.folded(known.name) = asked.folded
         where known.entity_id is not null
    ), spelt as (
        select entity_id, name, mention_count, 1::real as similarity, true as is_exact
          from exact
         union all
        select known.entity_id, known.name, known.mention_count,
               ops.word_similarity(asked.folded, ops.folded(known.name)), false
          from asked
          join news.names known on asked.folded operator(ops.<%) ops.folded(known.name)
         where known.entity_id is not null
           and (select count(distinct entity_id) from exact) < max_rows
           and not exists (select from exact where exact.entity_id = known.entity_id)
    ), alike as (
        select distinct on (entity_id) entity_id, name, similarity, is_exact
          from spelt
         order by entity_id, similarity desc, mention_count desc, name collate "C"
    ), closest as (
        select *
          from alike
         order by similarity desc, is_exact desc
         fetch first least(greatest(max_rows, 0), 200) rows with ties
    ), counted as (
        select closest.*, entity.entity_type, entity.display_name, entity.country_code,
               (select sum(spelling.mention_count)
                  from news.names spelling
                 where spelling.entity_id = closest.entity_id) as mentions
          from closest
          join news.entities entity on entity.entity_id = closest.entity_id
    )
    select entity_id, entity_type, display_name, country_code, name, similarity, is_exact, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    ),
    (
        "news.named_with",
        "Entities named in the same articles as this one, within these nights of first landing: in how many articles and stories. Most stories come first, then most articles, then the highest lift.",
        r"""
    create function news.named_with(
        entity uuid,
        first_night date default null,
        last_night date default null,
        max_rows integer default 20)
    returns table (
        entity_id uuid, entity_type text, display_name text, articles bigint, stories bigint,
        lift double precision)
    language sql stable parallel safe rows 20
    begin atomic
    with told as materialized (
        select one.article_id, one.story_id
          from news.article_entities one
         where one.entity_id = named_with.entity
           and (first_night is null or one.night >= first_night)
           and (last_night is null or one.night <= last_night)
    ), beside as (
        select other.entity_id, count(*) as articles, count(distinct other.story_id) as stories
          from told
          join news.article_entities other using (article_id)
         where other.entity_id <> named_with.entity
         group by other.entity_id
    )
    select beside.entity_id, known.entity_type, known.display_name, beside.articles, beside.stories,
           beside.stories::double precision
           * (select stories from news.archive)
           / ((select count(distinct told.story_id) from told) * known.stories)
      from beside
      join news.entity_profile known on known.entity_id = beside.entity_id
     order by beside.stories desc, beside.articles desc, 6 desc, known.display_name collate "C",
              beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
    ),
]

FUNCTIONS_BEFORE = [
    (
        "news.find_entity",
        "Entities with a name like this one, misspelled or without accents too: the most similar first, then one of exactly this name, then the most mentioned.",
        r"""
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, is_exact boolean, mentions bigint)
    language sql stable parallel safe rows 10
    set pg_trgm.word_similarity_threshold = 0.5
    begin atomic
    with asked as materialized (
        select ops.folded(left(normalize(find_entity.name), 200)) as folded
    ), alike as (
        select distinct on (known.entity_id) known.entity_id, known.name,
               ops.word_similarity(asked.folded, ops.folded(known.name)) as similarity,
               ops.folded(known.name) = asked.folded as is_exact
          from asked
          join news.names known
            on asked.folded operator(ops.<%) ops.folded(known.name)
         where known.entity_id is not null
         order by known.entity_id, 3 desc, 4 desc, known.mention_count desc,
                  known.name collate "C"
    ), counted as (
        select alike.*, entity.entity_type, entity.display_name, entity.country_code,
               (select sum(spelling.mention_count)
                  from news.names spelling
                 where spelling.entity_id = alike.entity_id) as mentions
          from alike
          join news.entities entity on entity.entity_id = alike.entity_id
    )
    select entity_id, entity_type, display_name, country_code, name, similarity, is_exact, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    ),
    (
        "news.named_with",
        "Entities named in the same articles as this one, within these nights of first landing: in how many articles and stories. Most stories come first, then most articles, then the highest lift.",
        r"""
    create function news.named_with(
        entity uuid,
        first_night date default null,
        last_night date default null,
        max_rows integer default 20)
    returns table (
        entity_id uuid, entity_type text, display_name text, articles bigint, stories bigint,
        lift double precision)
    language sql stable parallel safe rows 20
    begin atomic
    with told as materialized (
        select one.article_id, one.story_id
          from news.article_entities one
         where one.entity_id = named_with.entity
           and (first_night is null or one.night >= first_night)
           and (last_night is null or one.night <= last_night)
    ), beside as (
        select other.entity_id, count(*) as articles, count(distinct other.story_id) as stories
          from told
          join news.article_entities other using (article_id)
         where other.entity_id <> named_with.entity
         group by other.entity_id
    )
    select beside.entity_id, known.entity_type, known.display_name, beside.articles, beside.stories,
           beside.stories::double precision
           * (select count(*) from news.story_articles where is_canonical)
           / ((select count(distinct told.story_id) from told) * known.stories)
      from beside
      join news.entity_profile known on known.entity_id = beside.entity_id
     order by beside.stories desc, beside.articles desc, 6 desc, known.display_name collate "C",
              beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
    ),
]

DISPLAY_NAME = "Its most frequent, then longest, then first spelling; a country is called by a name of the place, not of its people."

DISPLAY_NAME_BEFORE = "Its most frequent, then longest, then first spelling; a country is called by its people where only they are named."


def upgrade() -> None:
    """Apply."""
    op.execute(LOAD_TRIGRAMS)
    op.execute(f"create view news.archive as {ARCHIVE}")
    op.execute(f"comment on view news.archive is {_quoted(ARCHIVE_COMMENT)}")
    for column, comment in ARCHIVE_COLUMNS.items():
        op.execute(f"comment on column news.archive.{column} is {_quoted(comment)}")
    _replace_functions(FUNCTIONS_BEFORE, FUNCTIONS)
    _index_articles_of_entities(["article_id", "story_id", "mentions"])
    op.create_index(
        op.f("ix_articles_article_id"),
        "articles",
        ["article_id"],
        schema="news",
        postgresql_include=["first_landed_on"],
    )
    op.alter_column(
        "entities",
        "display_name",
        comment=DISPLAY_NAME,
        existing_comment=DISPLAY_NAME_BEFORE,
        schema="news",
    )


def downgrade() -> None:
    """Undo it."""
    op.alter_column(
        "entities",
        "display_name",
        comment=DISPLAY_NAME_BEFORE,
        existing_comment=DISPLAY_NAME,
        schema="news",
    )
    op.drop_index(op.f("ix_articles_article_id"), table_name="articles", schema="news")
    _index_articles_of_entities(["article_id", "story_id"])
    op.execute(LOAD_TRIGRAMS)
    _replace_functions(FUNCTIONS, FUNCTIONS_BEFORE)
    op.execute("drop view news.archive")


def _replace_functions(old: list[tuple[str, str, str]], new: list[tuple[str, str, str]]) -> None:
    for name, _, _ in old:
        op.execute(f"drop function {name}")
    for name, comment, definition in new:
        op.execute(definition)
        op.execute(f"comment on function {name} is {_quoted(comment)}")


def _index_articles_of_entities(included: list[str]) -> None:
    name = "ix_article_entities_entity_id_night"
    op.drop_index(op.f(name), table_name="article_entities", schema="news")
    op.create_index(
        op.f(name),
        "article_entities",
        ["entity_id", "night"],
        schema="news",
        postgresql_include=included,
    )


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
