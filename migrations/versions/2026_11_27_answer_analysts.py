"""Answer analysts: search without accents, misspelled names, and views of stories, texts and entities.

Revision: 0007
Follows: 0006

Adding the column `search` anew writes the whole table `news.articles` once more, and filling the
materialized views reads all mentions.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CONFIGURATION = (
    "create text search configuration news.english_unaccent (copy = pg_catalog.english)",
    """
    alter text search configuration news.english_unaccent
    alter mapping for hword, hword_part, word with ops.unaccent, pg_catalog.english_stem
    """,
    "comment on text search configuration news.english_unaccent is 'English, without accents.'",
)

VIEWS: list[tuple[str, str, str, tuple[str, ...]]] = [
    (
        "stories",
        "One row a story: its canonical title and how far it spread. sites counts those that are known: a text file does not say where it was scraped.",
        """
    select story.story_id,
           canonical.title,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           min(file.landing_date) as first_night,
           max(file.landing_date) as last_night,
           count(distinct occurrence.page_id) as pages,
           count(distinct page.site) as sites
      from news.story_articles story
      join news.articles canonical on canonical.article_id = story.story_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, canonical.title
    """,
        (),
    ),
    (
        "story_timeline",
        "One row a story and a night on which it stood in a page: how many of its articles, in how many places, and how many articles for the first time.",
        """
    select story.story_id,
           file.landing_date as night,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           count(distinct story.article_id)
           filter (where article.first_landed_on = file.landing_date) as new_articles
      from news.story_articles story
      join news.articles article on article.article_id = story.article_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, file.landing_date
    """,
        (),
    ),
    (
        "article_texts",
        "One row an article, with all a reader wants. people, places and organisations are the entities it names, by display name in order of code points; a story is null until the next run links it.",
        """
    select article.article_id,
           article.title,
           article.body,
           array(select caption.caption
                   from news.captions caption
                  where caption.article_id = article.article_id
                  order by caption.caption_no) as captions,
           article.agency,
           article.byline,
           article.dateline,
           article.language,
           article.word_count,
           article.is_truncated,
           article.published_on,
           article.first_landed_on as first_night,
           stands.last_night,
           stands.occurrences,
           story.story_id,
           canonical.title as story_title,
           coalesce(named.people, '{}') as people,
           coalesce(named.places, '{}') as places,
           coalesce(named.organisations, '{}') as organisations
      from news.articles article
      left join news.story_articles story using (article_id)
      left join news.articles canonical on canonical.article_id = story.story_id
     cross join lateral (
           select max(file.landing_date) as last_night, count(*) as occurrences
             from news.article_occurrences occurrence
             join news.pages page using (page_id)
             join news.source_files file using (file_id)
            where occurrence.article_id = article.article_id
           ) stands
     cross join lateral (
           select array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type = 'PERSON') as people,
                  array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type in ('GPE', 'LOC', 'FAC')) as places,
                  array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type = 'ORG') as organisations
             from news.mentions mention
             join news.names name using (name_id)
             join news.entities entity using (entity_id)
            where mention.article_id = article.article_id
           ) named
    """,
        (),
    ),
    (
        "quotation_texts",
        "Direct speech with its speaker and where it stands. The entity is null where the text does not tell who spoke. Copies of an article quote again: count distinct story_id.",
        """
    select quotation.article_id,
           quotation.section,
           quotation.section_no,
           quotation.start_char,
           quotation.quotation,
           quotation.cue,
           name.name as speaker_name,
           entity.entity_id,
           entity.display_name as speaker,
           entity.entity_type,
           article.title,
           article.first_landed_on as first_night,
           story.story_id
      from news.quotations quotation
      join news.articles article using (article_id)
      left join news.story_articles story using (article_id)
      left join news.names name on name.name_id = quotation.speaker_name_id
      left join news.entities entity using (entity_id)
    """,
        (),
    ),
    (
        "coverage",
        "One row a night: what landed, what it held, and what was refused. new_articles stood in no earlier night.",
        """
    select ingested.landing_date,
           count(*) as files,
           coalesce(sum(held.pages), 0)::bigint as pages,
           coalesce(sum(held.occurrences), 0)::bigint as occurrences,
           coalesce(sum(refused.entries), 0)::bigint as quarantined,
           coalesce(max(night.articles), 0) as articles,
           coalesce(max(night.new_articles), 0) as new_articles
      from ops.ingested_files ingested
      left join (
           select file.landing_date, file.path,
                  count(distinct page.page_id) as pages,
                  count(occurrence.article_id) as occurrences
             from news.source_files file
             join news.pages page using (file_id)
             left join news.article_occurrences occurrence using (page_id)
            group by file.landing_date, file.path
           ) held using (landing_date, path)
      left join (
           select quarantine.landing_date, quarantine.path, count(*) as entries
             from ops.quarantine
            group by quarantine.landing_date, quarantine.path
           ) refused using (landing_date, path)
      left join (
           select file.landing_date,
                  count(distinct article.article_id) as articles,
                  count(distinct article.article_id)
                  filter (where article.first_landed_on = file.landing_date) as new_articles
             from news.source_files file
             join news.pages page using (file_id)
             join news.article_occurrences occurrence using (page_id)
             join news.articles article using (article_id)
            group by file.landing_date
           ) night using (landing_date)
     group by ingested.landing_date
    """,
        ("landing_date",),
    ),
    (
        "syndication",
        "Texts credited to an agency, by site and night. A text file does not say where it was scraped: its site is empty here, and pages says in how many pages the texts stood. stories counts what was reported, however many copies.",
        """
    select article.agency,
           coalesce(page.site, '') as site,
           file.landing_date as night,
           count(*) as occurrences,
           count(distinct occurrence.page_id) as pages,
           count(distinct article.article_id) as articles,
           count(distinct story.story_id) as stories
      from news.articles article
      join news.article_occurrences occurrence using (article_id)
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
      left join news.story_articles story using (article_id)
     where article.agency is not null
     group by article.agency, coalesce(page.site, ''), file.landing_date
    """,
        ("agency", "site", "night"),
    ),
    (
        "entity_pairs",
        "Two entities that at least two articles name both: in how many articles, stories and sentences. lift compares the stories with what chance would give: stories * all stories / (stories of one * stories of the other); above 1 they are named together more often. Articles that name more than 100 entities are lists and left out.",
        """
    with sentence as (
         select distinct name.entity_id, mention.article_id, mention.section, mention.section_no,
                mention.sentence_start
           from news.mentions mention
           join news.names name using (name_id)
          where name.entity_id is not null
    ), named as (
         select entity_id, article_id, story_id,
                count(*) over (partition by article_id) as entities,
                count(*) over (partition by entity_id) as articles
           from (select distinct entity_id, article_id from sentence) distinct_articles
           join news.story_articles using (article_id)
    ), pairable as (
         select entity_id, article_id, story_id
           from named
          where entities <= 100 and articles >= 2
    ), together as (
         select one.entity_id as entity_a, other.entity_id as entity_b, one.story_id,
                1 as articles, 0 as sentences
           from pairable one
           join pairable other on other.article_id = one.article_id
                              and other.entity_id > one.entity_id
          union all
         select one.entity_id, other.entity_id, pairable.story_id, 0, 1
           from pairable
           join sentence one on one.entity_id = pairable.entity_id
                            and one.article_id = pairable.article_id
           join sentence other on other.article_id = one.article_id
                              and other.section = one.section
                              and other.section_no = one.section_no
                              and other.sentence_start = one.sentence_start
                              and other.entity_id > one.entity_id
    ), told as (
         select entity_a, entity_b, story_id,
                sum(articles) as articles, sum(sentences) as sentences
           from together
          group by entity_a, entity_b, story_id
    ), pair as (
         select entity_a, entity_b,
                sum(articles)::bigint as articles,
                count(*) as stories,
                sum(sentences)::bigint as sentences,
                count(*) filter (where sentences > 0) as sentence_stories
           from told
          group by entity_a, entity_b
         having sum(articles) >= 2
    ), total as (
         select entity_id, count(distinct story_id) as stories from named group by entity_id
    )
    select pair.entity_a, pair.entity_b,
           a.display_name as name_a, b.display_name as name_b,
           pair.articles, pair.stories, pair.sentences, pair.sentence_stories,
           pair.stories::double precision
           * (select count(distinct story_id) from news.story_articles)
           / (total_a.stories * total_b.stories) as lift
      from pair
      join news.entities a on a.entity_id = pair.entity_a
      join news.entities b on b.entity_id = pair.entity_b
      join total total_a on total_a.entity_id = pair.entity_a
      join total total_b on total_b.entity_id = pair.entity_b
    """,
        ("entity_a", "entity_b"),
    ),
    (
        "entity_profile",
        "One row an entity: its spellings, the most frequent first, how often and from when to when it stood in the news, and the ten entities named with it in most stories, ids and names in one order.",
        """
    with stood as (
         select occurrence.article_id, max(file.landing_date) as last_night
           from news.article_occurrences occurrence
           join news.pages page using (page_id)
           join news.source_files file using (file_id)
          group by occurrence.article_id
    ), named as (
         select name.entity_id, mention.article_id, count(*) as mentions
           from news.mentions mention
           join news.names name using (name_id)
          where name.entity_id is not null
          group by name.entity_id, mention.article_id
    ), total as (
         select named.entity_id,
                sum(named.mentions)::bigint as mentions,
                count(*) as articles,
                count(distinct story.story_id) as stories,
                min(article.first_landed_on) as first_night,
                max(stood.last_night) as last_night
           from named
           join news.articles article using (article_id)
           left join news.story_articles story using (article_id)
           left join stood using (article_id)
          group by named.entity_id
    ), spelt as (
         select name.entity_id,
                array_agg(name.name order by name.mentions desc, name.name collate "C") as names
           from (select entity_id, name, sum(mention_count) as mentions
                   from news.names where entity_id is not null
                  group by entity_id, name) name
          group by name.entity_id
    ), beside as (
         select entity_a as entity_id, entity_b as other_id, name_b as other_name, stories, lift
           from news.entity_pairs
          union all
         select entity_b, entity_a, name_a, stories, lift from news.entity_pairs
    ), closest as (
         select entity_id,
                array_agg(other_id order by rank) as often_with,
                array_agg(other_name order by rank) as often_with_names
           from (select entity_id, other_id, other_name,
                        row_number() over (
                            partition by entity_id
                            order by stories desc, lift desc, other_id) as rank
                   from beside) ranked
          where rank <= 10
          group by entity_id
    )
    select entity.entity_id,
           entity.entity_type,
           entity.display_name,
           entity.country_code,
           spelt.names,
           total.mentions,
           total.articles,
           total.stories,
           total.first_night,
           total.last_night,
           coalesce(closest.often_with, '{}') as often_with,
           coalesce(closest.often_with_names, '{}') as often_with_names
      from news.entities entity
      join total using (entity_id)
      join spelt using (entity_id)
      left join closest using (entity_id)
    """,
        ("entity_id",),
    ),
]

# What two of them were before.
VIEWS_BEFORE: list[tuple[str, str, str, tuple[str, ...]]] = [
    (
        "stories",
        "One row a story: its canonical title and how far it spread.",
        """
    select story.story_id,
           canonical.title,
           count(distinct story.article_id) as articles,
           count(*) as occurrences,
           min(file.landing_date) as first_night,
           max(file.landing_date) as last_night
      from news.story_articles story
      join news.articles canonical on canonical.article_id = story.story_id
      join news.article_occurrences occurrence on occurrence.article_id = story.article_id
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     group by story.story_id, canonical.title
    """,
        (),
    ),
    (
        "coverage",
        "One row a night: what landed, what it held, and what was refused.",
        """
    select ingested.landing_date,
           count(*) as files,
           coalesce(sum(held.pages), 0)::bigint as pages,
           coalesce(sum(held.occurrences), 0)::bigint as occurrences,
           coalesce(sum(refused.entries), 0)::bigint as quarantined
      from ops.ingested_files ingested
      left join (
           select file.landing_date, file.path,
                  count(distinct page.page_id) as pages,
                  count(occurrence.article_id) as occurrences
             from news.source_files file
             join news.pages page using (file_id)
             left join news.article_occurrences occurrence using (page_id)
            group by file.landing_date, file.path
           ) held using (landing_date, path)
      left join (
           select quarantine.landing_date, quarantine.path, count(*) as entries
             from ops.quarantine
            group by quarantine.landing_date, quarantine.path
           ) refused using (landing_date, path)
     group by ingested.landing_date
    """,
        ("landing_date",),
    ),
]

FUNCTIONS = [
    (
        "ops.folded",
        "The first 2,000 characters in lower case without accents, as names and titles are compared.",
        """
    create function ops.folded(words text) returns text
    language sql immutable strict parallel safe
    return lower(ops.unaccent('ops.unaccent'::regdictionary, left(words, 2000)))
    """,
    ),
    (
        "news.search",
        "Articles with these words, the best first: accents do not matter, a word in the title counts more, and quotes, or and - mean what they do in web search. night is the first night; snippet has the words in double asterisks, as far as they stand in the first 20,000 characters of the body. Where no article has the words, those with titles like them. The first 1,000 characters of the query count; at most 200 rows.",
        r"""
    create function news.search(
        query text,
        first_night date default null,
        last_night date default null,
        entity uuid default null,
        max_rows integer default 20)
    returns table (
        article_id uuid, title text, night date, story_id uuid, rank real, snippet text)
    language sql stable parallel safe
    set pg_trgm.word_similarity_threshold = 0.6
    begin atomic
    with asked as materialized (
        select words, websearch_to_tsquery('news.english_unaccent', words) as wanted,
               ops.folded(words) as folded
          from (select regexp_replace(translate(left(normalize(query), 1000), '_<~/', '    '),
                                      '-(?!\w)(?!"\s*\w)', ' ', 'g') as words) cut
    ), eligible as not materialized (
        select article.article_id, article.title, article.search, article.first_landed_on
          from news.articles article
         where (first_night is null or article.first_landed_on >= first_night)
           and (last_night is null or article.first_landed_on <= last_night)
           and (entity is null
                or exists (select from news.mentions mention
                             join news.names name on name.name_id = mention.name_id
                            where mention.article_id = article.article_id
                              and name.entity_id = entity))
    ), worded as materialized (
        select article.article_id, ts_rank(article.search, asked.wanted) as rank
          from asked
          join eligible article on article.search @@ asked.wanted
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), alike as (
        select article.article_id,
               ops.word_similarity(asked.folded, ops.folded(article.title)) as rank
          from asked
          join eligible article on asked.folded operator(ops.<%) ops.folded(article.title)
         where not exists (select from worded)
           and numnode(asked.wanted) > 0
           and strpos(asked.wanted::text, '!') = 0
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), found as (
        select * from worded union all select * from alike
    )
    select article.article_id, article.title, article.first_landed_on, story.story_id, found.rank,
           ts_headline('news.english_unaccent',
                       translate(left(article.body, 20000), '_<~/', '    '), asked.wanted,
                       'StartSel=**, StopSel=**, MaxFragments=2, MinWords=8, MaxWords=25')
      from found
     cross join asked
      join news.articles article on article.article_id = found.article_id
      left join news.story_articles story on story.article_id = article.article_id
     order by found.rank desc, article.first_landed_on desc, article.article_id;
    end
    """,
    ),
    (
        "news.find_entity",
        "Entities with a name like this one, misspelled or without accents too: the most similar first, then one of exactly this name, then the most mentioned. The first 200 characters count.",
        """
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, mentions bigint)
    language sql stable parallel safe
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
    select entity_id, entity_type, display_name, country_code, name, similarity, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    ),
]


def upgrade() -> None:
    """Answer analysts."""
    # It takes a right on the database, which a copy or a dump of one may not have kept for the owner.
    op.execute("reset role")
    op.execute("create extension if not exists unaccent with schema ops")
    op.execute("set role broadsheet_owner")
    for statement in CONFIGURATION:
        op.execute(statement)
    _search_by("news.english_unaccent")
    (folded, *called) = FUNCTIONS
    _create_function(*folded)
    op.create_index(
        "ix_articles_folded_title",
        "articles",
        [sa.text("ops.folded(title) ops.gin_trgm_ops")],
        schema="news",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_names_folded_name",
        "names",
        [sa.text("ops.folded(name) ops.gin_trgm_ops")],
        schema="news",
        postgresql_using="gin",
    )
    for function in called:
        _create_function(*function)
    for name, _, _, unique_key in VIEWS_BEFORE:
        _drop_view(name, unique_key)
    for view in VIEWS:
        _create_view(*view)


def downgrade() -> None:
    """Undo it."""
    for name, _, _, unique_key in reversed(VIEWS):
        _drop_view(name, unique_key)
    for view in VIEWS_BEFORE:
        _create_view(*view)
    (folded, *called) = FUNCTIONS
    for name, _, _ in called:
        op.execute(f"drop function {name}")
    op.drop_index("ix_names_folded_name", table_name="names", schema="news")
    op.drop_index("ix_articles_folded_title", table_name="articles", schema="news")
    op.execute(f"drop function {folded[0]}")
    _search_by("english")
    op.execute("drop text search configuration news.english_unaccent")
    op.execute("reset role")
    op.execute("drop extension unaccent")
    op.execute("set role broadsheet_owner")


def _search_by(configuration: str) -> None:
    op.drop_column("articles", "search", schema="news")
    weighted = " || ".join(
        f"setweight(to_tsvector('{configuration}'::regconfig,"
        f" translate(\"left\"({column}, {length}), '_<~/'::text, '    '::text)), '{weight}'::\"char\")"
        for column, length, weight in (("title", 2_000, "A"), ("body", 120_000, "B"))
    )
    op.add_column(
        "articles",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(weighted, persisted=True),
            nullable=False,
            comment="Words of title (weight A) and body (weight B), for full-text search.",
        ),
        schema="news",
    )
    op.create_index(
        "ix_articles_search", "articles", ["search"], schema="news", postgresql_using="gin"
    )


def _create_function(name: str, comment: str, definition: str) -> None:
    op.execute(definition)
    op.execute(f"comment on function {name} is '{comment}'")


def _create_view(name: str, comment: str, query: str, unique_key: tuple[str, ...]) -> None:
    kind = "materialized view" if unique_key else "view"
    op.execute(f"create {kind} news.{name} as {query}")
    op.execute(f"comment on {kind} news.{name} is '{comment}'")
    if unique_key:
        op.execute(f"create unique index uq_{name} on news.{name} ({', '.join(unique_key)})")


def _drop_view(name: str, unique_key: tuple[str, ...]) -> None:
    op.execute(f"drop {'materialized view' if unique_key else 'view'} news.{name}")
