"""Keep the quotations of articles.

Revision: 0006
Follows: 0005

A rerun of all nights fills the table: what reads articles has a new version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "quotations",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.Column(
            "section", sa.Text(), nullable=False, comment="Where in the article: title or body."
        ),
        sa.Column(
            "section_no",
            sa.Integer(),
            nullable=False,
            comment="Which paragraph of the body, from 1; a title is 1.",
        ),
        sa.Column(
            "start_char",
            sa.Integer(),
            nullable=False,
            comment="First character in the title or the whole body, from 0.",
        ),
        sa.Column(
            "end_char", sa.Integer(), nullable=False, comment="Character after the last one."
        ),
        sa.Column(
            "quotation", sa.Text(), nullable=False, comment="What is quoted, without the marks."
        ),
        sa.Column(
            "speaker_name_id",
            sa.Uuid(),
            nullable=True,
            comment="The name of the person or body that spoke; null where the text does not tell.",
        ),
        sa.Column(
            "cue",
            sa.Text(),
            nullable=True,
            comment="The verb that introduces it, as it stands; null for none.",
        ),
        sa.CheckConstraint("section in ('title', 'body')", name=op.f("ck_quotations_section")),
        sa.CheckConstraint(
            "char_length(quotation) = end_char - start_char",
            name=op.f("ck_quotations_quotation_length"),
        ),
        sa.CheckConstraint(
            "start_char >= 0 and start_char < end_char", name=op.f("ck_quotations_char_range")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_quotations_article_id_articles"),
        ),
        sa.ForeignKeyConstraint(
            ["speaker_name_id"],
            ["news.names.name_id"],
            name=op.f("fk_quotations_speaker_name_id_names"),
        ),
        sa.PrimaryKeyConstraint(
            "article_id", "section", "section_no", "start_char", name=op.f("pk_quotations")
        ),
        schema="news",
        comment="Direct speech in articles, and who is said to have spoken.",
    )
    op.create_index(
        op.f("ix_quotations_speaker_name_id"),
        "quotations",
        ["speaker_name_id"],
        unique=False,
        schema="news",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_quotations_speaker_name_id"), table_name="quotations", schema="news")
    op.drop_table("quotations", schema="news")
