"""Count for analysts row by row.

Revision: 0009
Follows: 0008

What was counted anew as a whole (five materialized views) stands in tables, which a refresh brings
up to date with what triggers note. Everything is noted once here, so the next run counts all of it:
some minutes for a million articles.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_Views = list[tuple[str, str, str, tuple[str, ...]]]

VIEWS: _Views = [
    (
        "entity_pairs",
        "Two entities that at least two articles name both: in how many articles, stories and sentences. lift compares the stories with what chance would give: stories * all stories / (stories of one * stories of the other); above 1 they are named together more often. Articles that name more than 100 entities are lists and left out. Ask by entity_a = X or entity_b = X.",
        r"""
    select pair.entity_a, pair.entity_b,
           a.display_name as name_a, b.display_name as name_b,
           pair.articles, pair.stories, pair.sentences, pair.sentence_stories,
           pair.stories::double precision * (select stories from ops.analytics_state)
           / (total_a.stories::bigint * total_b.stories) as lift
      from ops.entity_pair_counts pair
      join news.entities a on a.entity_id = pair.entity_a
      join news.entities b on b.entity_id = pair.entity_b
      join ops.entity_totals total_a on total_a.entity_id = pair.entity_a
      join ops.entity_totals total_b on total_b.entity_id = pair.entity_b
     where pair.articles >= 2
    """,
        (),
    ),
    (
        "entity_profile",
        "One row an entity: its spellings, the most frequent first, how often it is named, the first and the last night on which an article that names it landed first, and the ten entities named with it in most stories (of these the rarer first), ids and names in one order.",
        r"""
    select entity.entity_id,
           entity.entity_type,
           entity.display_name,
           entity.country_code,
           array(select name.name
                   from news.names name
                  where name.entity_id = entity.entity_id
                  group by name.name
                  order by sum(name.mention_count) desc, name.name collate "C") as names,
           total.mentions,
           total.articles,
           total.stories,
           (select min(night) from news.entity_days day
             where day.entity_id = entity.entity_id) as first_night,
           (select max(night) from news.entity_days day
             where day.entity_id = entity.entity_id) as last_night,
           array(select entity_id from (
    select beside.entity_id, other.display_name
      from ((select entity_b as entity_id, stories
               from ops.entity_pair_counts
              where entity_a = entity.entity_id and articles >= 2
              order by stories desc, entity_b limit 200)
             union all
            (select entity_a, stories
               from ops.entity_pair_counts
              where entity_b = entity.entity_id and articles >= 2
              order by stories desc, entity_a limit 200)) beside
      join news.entities other using (entity_id)
      join ops.entity_totals other_total using (entity_id)
     order by beside.stories desc, other_total.stories, beside.entity_id limit 10
) closest) as often_with,
           array(select display_name from (
    select beside.entity_id, other.display_name
      from ((select entity_b as entity_id, stories
               from ops.entity_pair_counts
              where entity_a = entity.entity_id and articles >= 2
              order by stories desc, entity_b limit 200)
             union all
            (select entity_a, stories
               from ops.entity_pair_counts
              where entity_b = entity.entity_id and articles >= 2
              order by stories desc, entity_a limit 200)) beside
      join news.entities other using (entity_id)
      join ops.entity_totals other_total using (entity_id)
     order by beside.stories desc, other_total.stories, beside.entity_id limit 10
) closest) as often_with_names
      from news.entities entity
      join ops.entity_totals total using (entity_id)
    """,
        (),
    ),
]

VIEWS_BEFORE: _Views = [
    (
        "coverage",
        "One row a night: what landed, what it held, and what was refused. new_articles stood in no earlier night.",
        r"""
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
        r"""
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
        "entity_days",
        "How often an entity was named in what first landed on a night.",
        r"""
    select name.entity_id,
           article.first_landed_on as night,
           count(*) as mentions,
           count(distinct article.article_id) as articles,
           count(distinct story.story_id) as stories
      from news.mentions mention
      join news.names name using (name_id)
      join news.articles article using (article_id)
      join news.story_articles story using (article_id)
     where name.entity_id is not null
     group by name.entity_id, article.first_landed_on
    """,
        ("entity_id", "night"),
    ),
    (
        "entity_pairs",
        "Two entities that at least two articles name both: in how many articles, stories and sentences. lift compares the stories with what chance would give: stories * all stories / (stories of one * stories of the other); above 1 they are named together more often. Articles that name more than 100 entities are lists and left out.",
        r"""
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
        r"""
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

NAMED_WITH = (
    "Entities named in the same articles as this one, within these nights of first landing: in how many articles and stories, most stories first. lift compares the share of the stories that name the other with its share in the whole archive. At most 1,000 rows.",
    r"""
    create function news.named_with(
        entity uuid,
        first_night date default null,
        last_night date default null,
        max_rows integer default 20)
    returns table (
        entity_id uuid, entity_type text, display_name text, articles bigint, stories bigint,
        lift double precision)
    language sql stable parallel safe
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
     order by beside.stories desc, 6 desc, beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
)

# Name, comment, body, tables and events.
TRIGGERS: list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]] = [
    (
        "note_stale_articles",
        "Trigger: articles whose mentions or story changed are to be counted anew.",
        r"""insert into ops.stale_articles (article_id) select distinct article_id from changed on conflict do nothing;""",
        ("news.mentions", "news.story_articles"),
        ("insert", "update", "delete"),
    ),
    (
        "note_stale_names",
        "Trigger: articles with a name that stands for another entity now are to be counted anew.",
        r"""
    insert into ops.stale_articles (article_id)
    select distinct mention.article_id
      from changed
      join was using (name_id)
      join news.mentions mention using (name_id)
     where changed.entity_id is distinct from was.entity_id
    on conflict do nothing;
    """,
        ("news.names",),
        ("update",),
    ),
    (
        "note_stale_dates",
        "Trigger: articles that landed first on another night now, and nights where they or articles with another agency stand, are to be counted anew.",
        r"""
    insert into ops.stale_articles (article_id)
    select changed.article_id
      from changed
      join was using (article_id)
     where changed.first_landed_on <> was.first_landed_on
    on conflict do nothing;
    insert into ops.stale_nights (night)
    select distinct file.landing_date
      from changed
      join was using (article_id)
      join news.article_occurrences occurrence using (article_id)
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
     where (changed.first_landed_on, changed.agency)
           is distinct from (was.first_landed_on, was.agency)
    on conflict do nothing;
    """,
        ("news.articles",),
        ("update",),
    ),
    (
        "note_stale_nights",
        "Trigger: nights whose files or quarantine changed are to be counted anew.",
        r"""insert into ops.stale_nights (night) select distinct landing_date from changed on conflict do nothing;""",
        ("news.source_files", "ops.ingested_files", "ops.quarantine"),
        ("insert", "update", "delete"),
    ),
    (
        "note_stale_pages",
        "Trigger: nights whose pages changed are to be counted anew.",
        r"""
    insert into ops.stale_nights (night)
    select distinct file.landing_date
      from changed
      join news.source_files file using (file_id)
    on conflict do nothing;
    """,
        ("news.pages",),
        ("insert", "update", "delete"),
    ),
    (
        "note_stale_occurrences",
        "Trigger: nights with other articles in their pages are to be counted anew.",
        r"""
    insert into ops.stale_nights (night)
    select distinct file.landing_date
      from changed
      join news.pages page using (page_id)
      join news.source_files file using (file_id)
    on conflict do nothing;
    """,
        ("news.article_occurrences",),
        ("insert", "update", "delete"),
    ),
]

REFRESH = (
    """
create function ops.refresh_view(view name) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from pg_matviews where schemaname = 'news' and matviewname = view) then
        raise exception using message = 'news.' || view || ' is no materialized view';
    end if;
    execute 'refresh materialized view concurrently news.' || quote_ident(view);
end $$
""",
    "comment on function ops.refresh_view is 'Refresh a materialized view of news, as its owner: for loaders, who own nothing.'",
    "revoke execute on function ops.refresh_view from public",
    "grant execute on function ops.refresh_view to broadsheet_loader",
)


REDIRECTS = (
    "Entities that there are no more because an alias file or a table joins their names to another."
)
REDIRECTS_BEFORE = (
    "Entities that there are no more because an alias file joins their names to another."
)


def upgrade() -> None:
    """Apply."""
    for name, _, _, unique_key in reversed(VIEWS_BEFORE):
        _drop_view(name, unique_key)
    op.execute("drop function ops.refresh_view")
    op.create_table(
        "article_entities",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column("entity_id", sa.Uuid(), nullable=False, comment="The entity."),
        sa.Column("story_id", sa.Uuid(), nullable=False, comment="The article's story."),
        sa.Column(
            "night",
            sa.Date(),
            nullable=False,
            comment="The night on which the article landed first.",
        ),
        sa.Column(
            "mentions", sa.Integer(), nullable=False, comment="How often the article names it."
        ),
        sa.Column(
            "sentences",
            sa.ARRAY(sa.Integer()),
            nullable=False,
            comment="Which sentences name it, of those of title, captions and body that name anything.",
        ),
        sa.CheckConstraint(
            "cardinality(sentences) between 1 and mentions",
            name=op.f("ck_article_entities_sentences"),
        ),
        sa.CheckConstraint("mentions > 0", name=op.f("ck_article_entities_mentions")),
        sa.PrimaryKeyConstraint("article_id", "entity_id", name=op.f("pk_article_entities")),
        schema="news",
        comment="Entities that articles name: one row an article and an entity, for articles that belong to a story.",
    )
    op.create_index(
        op.f("ix_article_entities_entity_id_night"),
        "article_entities",
        ["entity_id", "night"],
        unique=False,
        schema="news",
        postgresql_include=["article_id", "story_id"],
    )
    op.create_index(
        op.f("ix_article_entities_story_id"),
        "article_entities",
        ["story_id"],
        unique=False,
        schema="news",
    )
    op.create_table(
        "coverage",
        sa.Column("landing_date", sa.Date(), nullable=False, comment="The night."),
        sa.Column("files", sa.Integer(), nullable=False, comment="Files in the landing zone."),
        sa.Column("pages", sa.Integer(), nullable=False, comment="Pages in them."),
        sa.Column(
            "occurrences",
            sa.Integer(),
            nullable=False,
            comment="Places where an article stands in a page.",
        ),
        sa.Column(
            "quarantined", sa.Integer(), nullable=False, comment="Files and pages in quarantine."
        ),
        sa.Column("articles", sa.Integer(), nullable=False, comment="Articles in them."),
        sa.Column(
            "new_articles",
            sa.Integer(),
            nullable=False,
            comment="Articles that stood in no earlier night.",
        ),
        sa.PrimaryKeyConstraint("landing_date", name=op.f("pk_coverage")),
        schema="news",
        comment="One row a night: what landed, what it held, and what was refused.",
    )
    op.create_table(
        "entity_days",
        sa.Column("entity_id", sa.Uuid(), nullable=False, comment="The entity."),
        sa.Column("night", sa.Date(), nullable=False, comment="The night."),
        sa.Column(
            "mentions",
            sa.Integer(),
            nullable=False,
            comment="Mentions in the night's new articles.",
        ),
        sa.Column("articles", sa.Integer(), nullable=False, comment="New articles that name it."),
        sa.Column(
            "stories",
            sa.Integer(),
            nullable=False,
            comment="Stories of these articles: copies count once.",
        ),
        sa.CheckConstraint(
            "stories > 0 and stories <= articles and articles <= mentions",
            name=op.f("ck_entity_days_counts"),
        ),
        sa.PrimaryKeyConstraint("entity_id", "night", name=op.f("pk_entity_days")),
        schema="news",
        comment="How often an entity was named in what first landed on a night.",
    )
    op.create_index(
        op.f("ix_entity_days_night"), "entity_days", ["night"], unique=False, schema="news"
    )
    op.create_table(
        "syndication",
        sa.Column("agency", sa.Text(), nullable=False, comment="The agency."),
        sa.Column("site", sa.Text(), nullable=False, comment="The site; empty if not known."),
        sa.Column("night", sa.Date(), nullable=False, comment="The night."),
        sa.Column(
            "occurrences", sa.Integer(), nullable=False, comment="Places where such a text stands."
        ),
        sa.Column("pages", sa.Integer(), nullable=False, comment="Pages with such a text."),
        sa.Column("articles", sa.Integer(), nullable=False, comment="Such texts."),
        sa.Column(
            "stories",
            sa.Integer(),
            nullable=False,
            comment="Stories of these texts: what was reported, however many copies.",
        ),
        sa.CheckConstraint(
            "stories <= articles and articles <= occurrences", name=op.f("ck_syndication_counts")
        ),
        sa.PrimaryKeyConstraint("agency", "site", "night", name=op.f("pk_syndication")),
        schema="news",
        comment="Texts credited to an agency, by site and night. A text file does not say where it was scraped: its site is empty here, and pages says in how many pages the texts stood.",
    )
    op.create_index(
        op.f("ix_syndication_night"), "syndication", ["night"], unique=False, schema="news"
    )
    op.create_table(
        "entity_pair_counts",
        sa.Column("entity_a", sa.Uuid(), nullable=False, comment="The smaller id."),
        sa.Column("entity_b", sa.Uuid(), nullable=False, comment="The larger id."),
        sa.Column("articles", sa.Integer(), nullable=False, comment="Articles that name both."),
        sa.Column("stories", sa.Integer(), nullable=False, comment="Stories of these articles."),
        sa.Column("sentences", sa.Integer(), nullable=False, comment="Sentences that name both."),
        sa.Column(
            "sentence_stories",
            sa.Integer(),
            nullable=False,
            comment="Stories with such a sentence.",
        ),
        sa.CheckConstraint("entity_a < entity_b", name=op.f("ck_entity_pair_counts_order")),
        sa.CheckConstraint(
            "stories > 0 and stories <= articles and sentence_stories between 0 and stories and sentence_stories <= sentences",
            name=op.f("ck_entity_pair_counts_counts"),
        ),
        sa.PrimaryKeyConstraint("entity_a", "entity_b", name=op.f("pk_entity_pair_counts")),
        schema="ops",
        comment="How often two entities are named together, once is counted too: for the view news.entity_pairs.",
    )
    op.create_index(
        "ix_entity_pair_counts_entity_a",
        "entity_pair_counts",
        ["entity_a", sa.literal_column("stories desc"), "entity_b"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("articles >= 2"),
    )
    op.create_index(
        "ix_entity_pair_counts_entity_b",
        "entity_pair_counts",
        ["entity_b", sa.literal_column("stories desc"), "entity_a"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("articles >= 2"),
    )
    op.create_table(
        "entity_totals",
        sa.Column("entity_id", sa.Uuid(), nullable=False, comment="The entity."),
        sa.Column("mentions", sa.BigInteger(), nullable=False, comment="Its mentions."),
        sa.Column("articles", sa.Integer(), nullable=False, comment="Articles that name it."),
        sa.Column("stories", sa.Integer(), nullable=False, comment="Stories that name it."),
        sa.CheckConstraint(
            "stories > 0 and stories <= articles and articles <= mentions",
            name=op.f("ck_entity_totals_counts"),
        ),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_entity_totals")),
        schema="ops",
        comment="How often an entity is named: for views of news.",
    )
    op.create_table(
        "stale_articles",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_stale_articles")),
        schema="ops",
        comment="Articles that changed since they were counted, by triggers.",
    )
    op.create_table(
        "stale_nights",
        sa.Column("night", sa.Date(), nullable=False, comment="The night."),
        sa.PrimaryKeyConstraint("night", name=op.f("pk_stale_nights")),
        schema="ops",
        comment="Nights that changed since they were counted, by triggers.",
    )
    op.add_column(
        "analytics_state",
        sa.Column(
            "stories",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="Stories there are, which lift compares with.",
        ),
        schema="ops",
    )
    op.create_table_comment(
        "analytics_state",
        "One row: what the last refresh counted over everything.",
        existing_comment="One row: whether the materialized views are behind.",
        schema="ops",
    )
    op.drop_column("analytics_state", "is_stale", schema="ops")
    op.alter_column("analytics_state", "stories", server_default=None, schema="ops")
    for view in VIEWS:
        _create_view(*view)
    comment, definition = NAMED_WITH
    op.execute(definition)
    op.execute(f"comment on function news.named_with is '{comment}'")
    for trigger in TRIGGERS:
        _create_trigger(*trigger)
    op.execute(f"comment on view news.entity_redirects is '{REDIRECTS}'")
    op.execute("insert into ops.stale_articles select article_id from news.articles")
    op.execute("insert into ops.stale_nights select distinct landing_date from ops.ingested_files")


def downgrade() -> None:
    """Undo it."""
    for name, _, _, tables, events in TRIGGERS:
        for table in tables:
            for event in events:
                op.execute(f"drop trigger {name}_on_{event} on {table}")
        op.execute(f"drop function ops.{name}")
    op.execute("drop function news.named_with")
    for name, _, _, unique_key in reversed(VIEWS):
        _drop_view(name, unique_key)
    op.add_column(
        "analytics_state",
        sa.Column(
            "is_stale",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="Whether anything was written since.",
        ),
        schema="ops",
    )
    op.create_table_comment(
        "analytics_state",
        "One row: whether the materialized views are behind.",
        existing_comment="One row: what the last refresh counted over everything.",
        schema="ops",
    )
    op.drop_column("analytics_state", "stories", schema="ops")
    op.drop_table("stale_nights", schema="ops")
    op.drop_table("stale_articles", schema="ops")
    op.drop_table("entity_totals", schema="ops")
    op.drop_index(
        "ix_entity_pair_counts_entity_b",
        table_name="entity_pair_counts",
        schema="ops",
        postgresql_where=sa.text("articles >= 2"),
    )
    op.drop_index(
        "ix_entity_pair_counts_entity_a",
        table_name="entity_pair_counts",
        schema="ops",
        postgresql_where=sa.text("articles >= 2"),
    )
    op.drop_table("entity_pair_counts", schema="ops")
    op.drop_index(op.f("ix_syndication_night"), table_name="syndication", schema="news")
    op.drop_table("syndication", schema="news")
    op.drop_index(op.f("ix_entity_days_night"), table_name="entity_days", schema="news")
    op.drop_table("entity_days", schema="news")
    op.drop_table("coverage", schema="news")
    op.drop_index(
        op.f("ix_article_entities_story_id"), table_name="article_entities", schema="news"
    )
    op.drop_index(
        op.f("ix_article_entities_entity_id_night"),
        table_name="article_entities",
        schema="news",
        postgresql_include=["article_id", "story_id"],
    )
    op.drop_table("article_entities", schema="news")
    for view in VIEWS_BEFORE:
        _create_view(*view)
    op.execute(f"comment on view news.entity_redirects is '{REDIRECTS_BEFORE}'")
    for statement in REFRESH:
        op.execute(statement)


def _create_trigger(
    name: str, comment: str, body: str, tables: tuple[str, ...], events: tuple[str, ...]
) -> None:
    op.execute(
        f"create function ops.{name}() returns trigger language plpgsql as $$ begin {body}"
        " return null; end $$"
    )
    op.execute(f"comment on function ops.{name} is '{comment}'")
    was = "old table as was " if events == ("update",) else ""
    for table in tables:
        for event in events:
            rows = "old" if event == "delete" else "new"
            op.execute(
                f"create trigger {name}_on_{event} after {event} on {table}"
                f" referencing {was}{rows} table as changed"
                f" for each statement execute function ops.{name}()"
            )


def _create_view(name: str, comment: str, query: str, unique_key: tuple[str, ...]) -> None:
    kind = "materialized view" if unique_key else "view"
    op.execute(f"create {kind} news.{name} as {query}")
    op.execute(f"comment on {kind} news.{name} is '{comment}'")
    if unique_key:
        op.execute(f"create unique index uq_{name} on news.{name} ({', '.join(unique_key)})")


def _drop_view(name: str, unique_key: tuple[str, ...]) -> None:
    op.execute(f"drop {'materialized view' if unique_key else 'view'} news.{name}")
