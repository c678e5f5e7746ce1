"""Create the tables and views.

Revision: 0001
Follows: none
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


VIEWS: list[tuple[str, str, str, tuple[str, ...]]] = [
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
    (
        "entity_days",
        "How often an entity was named in what first landed on a night.",
        """
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
]


def upgrade() -> None:
    """Create schemas, the one extension, tables and views."""
    op.execute("create schema if not exists news")
    op.execute("comment on schema news is 'The news, for analysts.'")
    op.execute("create schema if not exists ops")
    op.execute("comment on schema ops is 'The pipeline''s own tables.'")
    # Equality of uuids in an exclusion constraint; schema public stays empty.
    op.execute("create extension if not exists btree_gist with schema ops")
    op.create_table(
        "articles",
        sa.Column(
            "article_id", sa.Uuid(), nullable=False, comment="First 16 bytes of the content hash."
        ),
        sa.Column(
            "content_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of title, captions and paragraphs.",
        ),
        sa.Column(
            "title", sa.Text(), nullable=False, comment="Headline; empty where the page has none."
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="Paragraphs joined by a blank line."),
        sa.Column(
            "word_count",
            sa.Integer(),
            nullable=False,
            comment="Words of the body, as separated by white space.",
        ),
        sa.Column(
            "language", sa.Text(), nullable=True, comment="Language (ISO 639-1), where it is known."
        ),
        sa.Column(
            "dateline",
            sa.Text(),
            nullable=True,
            comment="Place a report was filed from, as its first line names it.",
        ),
        sa.Column("byline", sa.Text(), nullable=True, comment="Author, where the text names one."),
        sa.Column(
            "agency",
            sa.Text(),
            nullable=True,
            comment="News agency the text is credited to, where its first line names one.",
        ),
        sa.Column(
            "is_truncated",
            sa.Boolean(),
            nullable=False,
            comment="Whether the text breaks off: no body, or a last paragraph without an end.",
        ),
        sa.Column(
            "first_landed_on",
            sa.Date(),
            nullable=False,
            comment="Earliest night in which the article occurs.",
        ),
        sa.Column(
            "published_on",
            sa.Date(),
            nullable=True,
            comment="Publication date, only where there is evidence.",
        ),
        sa.Column(
            "published_on_source",
            sa.Text(),
            nullable=True,
            comment="The evidence for the publication date.",
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english'::regconfig, translate(\"left\"(title, 2000), '_<~/'::text, '    '::text)), 'A'::\"char\") || setweight(to_tsvector('english'::regconfig, translate(\"left\"(body, 120000), '_<~/'::text, '    '::text)), 'B'::\"char\")",
                persisted=True,
            ),
            nullable=False,
            comment="Words of title (weight A) and body (weight B), for full-text search.",
        ),
        sa.CheckConstraint(
            "article_id = encode(substring(content_sha256 from 1 for 16), 'hex')::uuid",
            name=op.f("ck_articles_id_from_content"),
        ),
        sa.CheckConstraint(
            "(published_on is null) = (published_on_source is null)",
            name=op.f("ck_articles_published_on_source"),
        ),
        sa.CheckConstraint(
            "octet_length(content_sha256) = 32", name=op.f("ck_articles_sha256_length")
        ),
        sa.CheckConstraint("word_count >= 0", name=op.f("ck_articles_word_count")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_articles")),
        sa.UniqueConstraint("content_sha256", name=op.f("uq_articles_content_sha256")),
        schema="news",
        comment="Distinct articles, however often they occur.",
    )
    op.create_index(
        op.f("ix_articles_first_landed_on"),
        "articles",
        ["first_landed_on"],
        unique=False,
        schema="news",
    )
    op.create_index(
        op.f("ix_articles_search"),
        "articles",
        ["search"],
        unique=False,
        schema="news",
        postgresql_using="gin",
    )
    op.create_table(
        "entities",
        sa.Column("entity_id", sa.Uuid(), nullable=False, comment="Derived from type and key."),
        sa.Column(
            "entity_type",
            sa.Text(),
            nullable=False,
            comment="PERSON, NORP, ORG, GPE, LOC, FAC or EVENT.",
        ),
        sa.Column(
            "entity_key",
            sa.Text(),
            nullable=False,
            comment="What identifies the entity within its type: a code, an id or a folded name.",
        ),
        sa.Column(
            "display_name",
            sa.Text(),
            nullable=False,
            comment="Its most frequent, then longest, then first spelling.",
        ),
        sa.Column(
            "country_code",
            sa.CHAR(length=2),
            nullable=True,
            comment="Country it is or lies in (ISO 3166-1 alpha-2).",
        ),
        sa.Column("geoname_id", sa.Integer(), nullable=True, comment="GeoNames id of a city."),
        sa.CheckConstraint(
            "entity_type in ('PERSON', 'NORP', 'ORG', 'GPE', 'LOC', 'FAC', 'EVENT', 'DATE')",
            name=op.f("ck_entities_entity_type"),
        ),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_entities")),
        sa.UniqueConstraint(
            "entity_type", "entity_key", name=op.f("uq_entities_entity_type_entity_key")
        ),
        schema="news",
        comment="Who and what the news names.",
    )
    op.create_table(
        "analytics_state",
        sa.Column("only_row", sa.Boolean(), nullable=False, comment="Always true."),
        sa.Column(
            "is_stale", sa.Boolean(), nullable=False, comment="Whether anything was written since."
        ),
        sa.CheckConstraint("only_row", name=op.f("ck_analytics_state_one_row")),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_analytics_state")),
        schema="ops",
        comment="One row: whether the materialized views are behind.",
    )
    op.create_table(
        "ingested_files",
        sa.Column("landing_date", sa.Date(), nullable=False, comment="The night."),
        sa.Column("path", sa.Text(), nullable=False, comment="Path below the night's folder."),
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the file; null where it could not be read.",
        ),
        sa.Column("byte_size", sa.BigInteger(), nullable=True, comment="Size in bytes."),
        sa.Column(
            "ingest_version",
            sa.Text(),
            nullable=False,
            comment="Version and limits that the file was read with.",
        ),
        sa.Column(
            "segment_version",
            sa.Text(),
            nullable=True,
            comment="Version its pages were segmented with; null until they are.",
        ),
        sa.CheckConstraint(
            "octet_length(sha256) = 32", name=op.f("ck_ingested_files_sha256_length")
        ),
        sa.PrimaryKeyConstraint("landing_date", "path", name=op.f("pk_ingested_files")),
        schema="ops",
        comment="Files of the landing zone as last seen, loaded or refused.",
    )
    op.create_table(
        "loads",
        sa.Column(
            "load_id",
            sa.BigInteger(),
            sa.Identity(always=True),
            nullable=False,
            comment="Serial number.",
        ),
        sa.Column("run_id", sa.Text(), nullable=False, comment="Dagster run id."),
        sa.Column("asset", sa.Text(), nullable=False, comment="Asset name."),
        sa.Column("first_night", sa.Date(), nullable=True, comment="First night of the run."),
        sa.Column("last_night", sa.Date(), nullable=True, comment="Last night of the run."),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="Start."),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False, comment="End."),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What was read, written and deleted; rows_written sums up all writes.",
        ),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_loads")),
        schema="ops",
        comment="Asset runs that finished, with what they counted.",
    )
    op.create_index(
        op.f("ix_loads_asset_finished_at"),
        "loads",
        ["asset", "finished_at"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "lsh_bands",
        sa.Column(
            "key",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Hash of the band's five values and its number.",
        ),
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.PrimaryKeyConstraint("key", "article_id", name=op.f("pk_lsh_bands")),
        schema="ops",
        comment="Band keys of signatures: articles that share a key are candidates.",
    )
    op.create_table(
        "captions",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "caption_no",
            sa.Integer(),
            nullable=False,
            comment="Position among the article's captions, from 1.",
        ),
        sa.Column("caption", sa.Text(), nullable=False, comment="The caption as it stands."),
        sa.Column("credit", sa.Text(), nullable=True, comment="Whom its end credits."),
        sa.Column(
            "agencies",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Agencies named in the credit, in order; empty for none.",
        ),
        sa.Column(
            "caption_date",
            sa.Date(),
            nullable=True,
            comment="Date of the photo, which is often older than the article.",
        ),
        sa.Column(
            "caption_date_precision",
            sa.Text(),
            nullable=True,
            comment="day, month or year; the date is then the first one of it.",
        ),
        sa.CheckConstraint(
            "(caption_date is null) = (caption_date_precision is null) and caption_date_precision in ('day', 'month', 'year')",
            name=op.f("ck_captions_date_precision"),
        ),
        sa.CheckConstraint("caption_no > 0", name=op.f("ck_captions_caption_no")),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_captions_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "caption_no", name=op.f("pk_captions")),
        schema="news",
        comment="Photo captions of articles.",
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column(
            "article_a", sa.Uuid(), nullable=False, comment="The article with the smaller id."
        ),
        sa.Column(
            "article_b", sa.Uuid(), nullable=False, comment="The article with the larger id."
        ),
        sa.Column(
            "shingles_a",
            sa.Integer(),
            nullable=False,
            comment="Distinct word 5-grams of article_a.",
        ),
        sa.Column(
            "shingles_b",
            sa.Integer(),
            nullable=False,
            comment="Distinct word 5-grams of article_b.",
        ),
        sa.Column(
            "shingles_common",
            sa.Integer(),
            nullable=False,
            comment="Distinct word 5-grams of both.",
        ),
        sa.Column(
            "jaccard",
            sa.Double(),
            sa.Computed(
                "shingles_common::double precision / (shingles_a + shingles_b - shingles_common)",
                persisted=True,
            ),
            nullable=False,
            comment="Common 5-grams as a share of all.",
        ),
        sa.Column(
            "containment",
            sa.Double(),
            sa.Computed(
                "shingles_common::double precision / least(shingles_a, shingles_b)", persisted=True
            ),
            nullable=False,
            comment="Common 5-grams as a share of the shorter article's.",
        ),
        sa.Column(
            "relation",
            sa.Text(),
            nullable=False,
            comment="near: Jaccard is high enough; contained: the shorter one stands in the longer.",
        ),
        sa.CheckConstraint(
            "relation in ('near', 'contained')", name=op.f("ck_duplicate_pairs_relation")
        ),
        sa.CheckConstraint("article_a < article_b", name=op.f("ck_duplicate_pairs_order")),
        sa.CheckConstraint(
            "shingles_common > 0 and shingles_common <= least(shingles_a, shingles_b)",
            name=op.f("ck_duplicate_pairs_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["article_a"],
            ["news.articles.article_id"],
            name=op.f("fk_duplicate_pairs_article_a_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["article_b"],
            ["news.articles.article_id"],
            name=op.f("fk_duplicate_pairs_article_b_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_a", "article_b", name=op.f("pk_duplicate_pairs")),
        schema="news",
        comment="Verified pairs of near-duplicate articles, with the counts that prove it.",
    )
    op.create_index(
        op.f("ix_duplicate_pairs_article_b"),
        "duplicate_pairs",
        ["article_b"],
        unique=False,
        schema="news",
    )
    op.create_table(
        "names",
        sa.Column("name_id", sa.Uuid(), nullable=False, comment="Derived from type and name."),
        sa.Column(
            "entity_type", sa.Text(), nullable=False, comment="Label of the mentions of this name."
        ),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="The spelling, without titles and possessive.",
        ),
        sa.Column(
            "entity_id",
            sa.Uuid(),
            nullable=True,
            comment="The entity; null for dates, which name none, and until the name is resolved.",
        ),
        sa.Column(
            "rule", sa.Text(), nullable=True, comment="How the name was joined to its entity."
        ),
        sa.Column(
            "mention_count",
            sa.Integer(),
            nullable=False,
            comment="Mentions of the name in all articles.",
        ),
        sa.CheckConstraint(
            "entity_type in ('PERSON', 'NORP', 'ORG', 'GPE', 'LOC', 'FAC', 'EVENT', 'DATE')",
            name=op.f("ck_names_entity_type"),
        ),
        sa.CheckConstraint("(entity_id is null) or (rule is not null)", name=op.f("ck_names_rule")),
        sa.CheckConstraint("mention_count > 0", name=op.f("ck_names_mention_count")),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["news.entities.entity_id"], name=op.f("fk_names_entity_id_entities")
        ),
        sa.PrimaryKeyConstraint("name_id", name=op.f("pk_names")),
        sa.UniqueConstraint("entity_type", "name", name=op.f("uq_names_entity_type_name")),
        schema="news",
        comment="Normalised spellings and the entities they stand for.",
    )
    op.create_index(op.f("ix_names_entity_id"), "names", ["entity_id"], unique=False, schema="news")
    op.create_table(
        "source_files",
        sa.Column(
            "file_id", sa.Uuid(), nullable=False, comment="Derived from night, path and bytes."
        ),
        sa.Column(
            "landing_date",
            sa.Date(),
            nullable=False,
            comment="The night: the folder the file lies in.",
        ),
        sa.Column(
            "path",
            sa.Text(),
            nullable=False,
            comment="Path below the night's folder, with slashes.",
        ),
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of the file as it lies there.",
        ),
        sa.Column(
            "byte_size",
            sa.BigInteger(),
            nullable=False,
            comment="Size of the file as it lies there, in bytes.",
        ),
        sa.Column(
            "media_type",
            sa.Text(),
            nullable=False,
            comment="IANA media type of the decompressed file.",
        ),
        sa.Column(
            "compression",
            sa.Text(),
            nullable=True,
            comment="gzip, zstd, bzip2 or xz; null for none.",
        ),
        sa.Column(
            "encoding",
            sa.Text(),
            nullable=False,
            comment="Character encoding, IANA name in lower case.",
        ),
        sa.Column("page_count", sa.Integer(), nullable=False, comment="Pages in the file."),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_source_files_sha256_length")),
        sa.CheckConstraint("page_count > 0", name=op.f("ck_source_files_page_count")),
        sa.ForeignKeyConstraint(
            ["landing_date", "path"],
            ["ops.ingested_files.landing_date", "ops.ingested_files.path"],
            name=op.f("fk_source_files_landing_date_path_ingested_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_source_files")),
        sa.UniqueConstraint("landing_date", "path", name=op.f("uq_source_files_landing_date_path")),
        schema="news",
        comment="Raw files of the landing zone that could be read.",
    )
    op.create_table(
        "story_articles",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "story_id",
            sa.Uuid(),
            nullable=False,
            comment="The story's canonical article: its earliest, then longest, then smallest id.",
        ),
        sa.Column(
            "is_canonical",
            sa.Boolean(),
            sa.Computed("article_id = story_id", persisted=True),
            nullable=False,
            comment="Whether this article names the story.",
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_story_articles_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["news.articles.article_id"],
            name=op.f("fk_story_articles_story_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_story_articles")),
        schema="news",
        comment="Stories: connected near-duplicates; a lone article is a story of one.",
    )
    op.create_index(
        op.f("ix_story_articles_story_id"),
        "story_articles",
        ["story_id"],
        unique=False,
        schema="news",
    )
    op.create_table(
        "annotations",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "ner_version", sa.Text(), nullable=False, comment="Pipeline and rules that read it."
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_annotations_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_annotations")),
        schema="ops",
        comment="Articles that were read for mentions.",
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "quarantine_id",
            sa.Uuid(),
            nullable=False,
            comment="Derived from night, path and page number.",
        ),
        sa.Column("landing_date", sa.Date(), nullable=False, comment="The night."),
        sa.Column("path", sa.Text(), nullable=False, comment="Path below the night's folder."),
        sa.Column(
            "page_no", sa.Integer(), nullable=True, comment="The page; null for the whole file."
        ),
        sa.Column("reason_code", sa.Text(), nullable=False, comment="The kind of reason."),
        sa.Column("detail", sa.Text(), nullable=False, comment="The reason in words."),
        sa.Column("head", sa.LargeBinary(), nullable=False, comment="First kilobyte."),
        sa.CheckConstraint("octet_length(head) <= 1024", name=op.f("ck_quarantine_head_length")),
        sa.ForeignKeyConstraint(
            ["landing_date", "path"],
            ["ops.ingested_files.landing_date", "ops.ingested_files.path"],
            name=op.f("fk_quarantine_landing_date_path_ingested_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "landing_date",
            "path",
            "page_no",
            name=op.f("uq_quarantine_landing_date_path_page_no"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="ops",
        comment="Files and pages that could not be loaded, and why.",
    )
    op.create_table(
        "signatures",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "signature",
            sa.LargeBinary(),
            nullable=False,
            comment="128 little-endian unsigned 32-bit values.",
        ),
        sa.Column("shingle_count", sa.Integer(), nullable=False, comment="Distinct word 5-grams."),
        sa.Column(
            "signature_version", sa.Text(), nullable=False, comment="Version that computed it."
        ),
        sa.CheckConstraint(
            "octet_length(signature) = 512", name=op.f("ck_signatures_signature_length")
        ),
        sa.CheckConstraint("shingle_count >= 0", name=op.f("ck_signatures_shingle_count")),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_signatures_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_signatures")),
        schema="ops",
        comment="MinHash signatures of articles.",
    )
    op.create_table(
        "touched_articles",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_touched_articles_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_touched_articles")),
        schema="ops",
        comment="Articles that lost an occurrence: to be deleted or dated anew.",
    )
    op.create_table(
        "mentions",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "section",
            sa.Text(),
            nullable=False,
            comment="Where in the article: title, caption or body.",
        ),
        sa.Column(
            "section_no",
            sa.Integer(),
            nullable=False,
            comment="Which caption, or which paragraph of the body, from 1.",
        ),
        sa.Column(
            "start_char",
            sa.Integer(),
            nullable=False,
            comment="First character in the title, the caption or the whole body, from 0.",
        ),
        sa.Column(
            "end_char", sa.Integer(), nullable=False, comment="Character after the last one."
        ),
        sa.Column("surface", sa.Text(), nullable=False, comment="The text of the span."),
        sa.Column("name_id", sa.Uuid(), nullable=False, comment="The name it stands for."),
        sa.Column("label", sa.Text(), nullable=False, comment="What the recogniser took it for."),
        sa.Column(
            "sentence_start",
            sa.Integer(),
            nullable=False,
            comment="First character of its sentence, counted as start_char is.",
        ),
        sa.Column(
            "sentence_end",
            sa.Integer(),
            nullable=False,
            comment="Character after the sentence's last one.",
        ),
        sa.CheckConstraint(
            "label in ('PERSON', 'NORP', 'ORG', 'GPE', 'LOC', 'FAC', 'EVENT', 'DATE')",
            name=op.f("ck_mentions_label"),
        ),
        sa.CheckConstraint(
            "section in ('title', 'caption', 'body')", name=op.f("ck_mentions_section")
        ),
        sa.CheckConstraint(
            "char_length(surface) = end_char - start_char", name=op.f("ck_mentions_surface_length")
        ),
        sa.CheckConstraint("section_no > 0", name=op.f("ck_mentions_section_no")),
        sa.CheckConstraint(
            "sentence_start <= start_char and end_char <= sentence_end",
            name=op.f("ck_mentions_in_sentence"),
        ),
        sa.CheckConstraint(
            "start_char >= 0 and start_char < end_char", name=op.f("ck_mentions_char_range")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_mentions_article_id_articles"),
        ),
        sa.ForeignKeyConstraint(
            ["name_id"], ["news.names.name_id"], name=op.f("fk_mentions_name_id_names")
        ),
        sa.PrimaryKeyConstraint(
            "article_id",
            "section",
            "section_no",
            "start_char",
            "end_char",
            name=op.f("pk_mentions"),
        ),
        schema="news",
        comment="Spans of article texts that name something.",
    )
    op.create_index(
        op.f("ix_mentions_name_id"), "mentions", ["name_id"], unique=False, schema="news"
    )
    op.create_table(
        "pages",
        sa.Column(
            "page_id",
            sa.Uuid(),
            nullable=False,
            comment="Derived from the file and the page number.",
        ),
        sa.Column("file_id", sa.Uuid(), nullable=False, comment="The file the page stands in."),
        sa.Column("page_no", sa.Integer(), nullable=False, comment="Position in the file, from 1."),
        sa.Column(
            "byte_start",
            sa.BigInteger(),
            nullable=False,
            comment="First byte of the page in the decompressed file.",
        ),
        sa.Column(
            "byte_end",
            sa.BigInteger(),
            nullable=False,
            comment="Byte after the last one of the page in the decompressed file.",
        ),
        sa.Column(
            "char_count",
            sa.Integer(),
            nullable=False,
            comment="Length of the decoded text in code points.",
        ),
        sa.Column(
            "url", sa.Text(), nullable=True, comment="Where it was scraped, if the file says so."
        ),
        sa.Column("site", sa.Text(), nullable=True, comment="Host name of the url."),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Publication time, if the file says so.",
        ),
        sa.Column(
            "language",
            sa.Text(),
            nullable=True,
            comment="Language (ISO 639-1), if the file says so.",
        ),
        sa.Column(
            "segment_method",
            sa.Text(),
            nullable=False,
            comment="How the articles were found: mirror, whole_page, or none where there are none.",
        ),
        sa.Column(
            "is_repaired",
            sa.Boolean(),
            nullable=False,
            comment="Whether text that was decoded wrongly before it arrived was repaired.",
        ),
        sa.CheckConstraint(
            "segment_method in ('mirror', 'whole_page', 'none')",
            name=op.f("ck_pages_segment_method"),
        ),
        sa.CheckConstraint(
            "byte_start >= 0 and byte_start <= byte_end", name=op.f("ck_pages_byte_range")
        ),
        sa.CheckConstraint("page_no > 0", name=op.f("ck_pages_page_no")),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["news.source_files.file_id"],
            name=op.f("fk_pages_file_id_source_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("page_id", name=op.f("pk_pages")),
        sa.UniqueConstraint("file_id", "page_no", name=op.f("uq_pages_file_id_page_no")),
        schema="news",
        comment="Scraped pages; a text file is one, an archive many.",
    )
    op.create_table(
        "resolutions",
        sa.Column("name_id", sa.Uuid(), nullable=False, comment="The name."),
        sa.Column(
            "resolver_version",
            sa.Text(),
            nullable=False,
            comment="Rules and lists that resolved it.",
        ),
        sa.ForeignKeyConstraint(
            ["name_id"],
            ["news.names.name_id"],
            name=op.f("fk_resolutions_name_id_names"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name_id", name=op.f("pk_resolutions")),
        schema="ops",
        comment="Names that were resolved to entities.",
    )
    op.create_table(
        "article_occurrences",
        sa.Column("page_id", sa.Uuid(), nullable=False, comment="The page."),
        sa.Column(
            "ordinal",
            sa.Integer(),
            nullable=False,
            comment="Position among the page's articles; 1 is its lead.",
        ),
        sa.Column(
            "article_id", sa.Uuid(), nullable=False, comment="The article that stands there."
        ),
        sa.Column(
            "start_char",
            sa.Integer(),
            nullable=False,
            comment="First character in the page's decoded text, in code points from 0.",
        ),
        sa.Column(
            "end_char", sa.Integer(), nullable=False, comment="Character after the last one."
        ),
        postgresql.ExcludeConstraint(
            (sa.column("page_id"), "="),
            (sa.text("int4range(start_char, end_char)"), "&&"),
            using="gist",
            name="ex_article_occurrences_range",
        ),
        sa.CheckConstraint("ordinal > 0", name=op.f("ck_article_occurrences_ordinal")),
        sa.CheckConstraint(
            "start_char >= 0 and start_char < end_char",
            name=op.f("ck_article_occurrences_char_range"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_article_occurrences_article_id_articles"),
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["news.pages.page_id"],
            name=op.f("fk_article_occurrences_page_id_pages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("page_id", "ordinal", name=op.f("pk_article_occurrences")),
        schema="news",
        comment="Places where articles stand in pages; no two overlap.",
    )
    op.create_index(
        op.f("ix_article_occurrences_article_id"),
        "article_occurrences",
        ["article_id"],
        unique=False,
        schema="news",
    )
    op.create_table(
        "page_leftovers",
        sa.Column("page_id", sa.Uuid(), nullable=False, comment="The page."),
        sa.Column("start_char", sa.Integer(), nullable=False, comment="First character."),
        sa.Column(
            "end_char", sa.Integer(), nullable=False, comment="Character after the last one."
        ),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=False,
            comment="before_first_article, navigation, no_article or too_many_lines.",
        ),
        sa.CheckConstraint(
            "start_char >= 0 and start_char < end_char", name=op.f("ck_page_leftovers_char_range")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["news.pages.page_id"],
            name=op.f("fk_page_leftovers_page_id_pages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("page_id", "start_char", name=op.f("pk_page_leftovers")),
        schema="ops",
        comment="Ranges of pages that belong to no article.",
    )
    op.execute("insert into ops.analytics_state (only_row, is_stale) values (true, false)")
    for name, comment, query, unique_key in VIEWS:
        kind = "materialized view" if unique_key else "view"
        op.execute(f"create {kind} news.{name} as {query}")
        op.execute(f"comment on {kind} news.{name} is '{comment}'")
        if unique_key:
            op.execute(f"create unique index uq_{name} on news.{name} ({', '.join(unique_key)})")


def downgrade() -> None:
    """Drop everything but schema ops, in which Alembic's own table lies."""
    for name, _, _, unique_key in reversed(VIEWS):
        op.execute(f"drop {'materialized view' if unique_key else 'view'} news.{name}")
    op.drop_table("page_leftovers", schema="ops")
    op.drop_index(
        op.f("ix_article_occurrences_article_id"), table_name="article_occurrences", schema="news"
    )
    op.drop_table("article_occurrences", schema="news")
    op.drop_table("resolutions", schema="ops")
    op.drop_table("pages", schema="news")
    op.drop_index(op.f("ix_mentions_name_id"), table_name="mentions", schema="news")
    op.drop_table("mentions", schema="news")
    op.drop_table("touched_articles", schema="ops")
    op.drop_table("signatures", schema="ops")
    op.drop_table("quarantine", schema="ops")
    op.drop_table("annotations", schema="ops")
    op.drop_index(op.f("ix_story_articles_story_id"), table_name="story_articles", schema="news")
    op.drop_table("story_articles", schema="news")
    op.drop_table("source_files", schema="news")
    op.drop_index(op.f("ix_names_entity_id"), table_name="names", schema="news")
    op.drop_table("names", schema="news")
    op.drop_index(op.f("ix_duplicate_pairs_article_b"), table_name="duplicate_pairs", schema="news")
    op.drop_table("duplicate_pairs", schema="news")
    op.drop_table("captions", schema="news")
    op.drop_table("lsh_bands", schema="ops")
    op.drop_index(op.f("ix_loads_asset_finished_at"), table_name="loads", schema="ops")
    op.drop_table("loads", schema="ops")
    op.drop_table("ingested_files", schema="ops")
    op.drop_table("analytics_state", schema="ops")
    op.drop_table("entities", schema="news")
    op.drop_index(
        op.f("ix_articles_search"), table_name="articles", schema="news", postgresql_using="gin"
    )
    op.drop_index(op.f("ix_articles_first_landed_on"), table_name="articles", schema="news")
    op.drop_table("articles", schema="news")
    op.execute("drop extension btree_gist")
    op.execute("drop schema news")
