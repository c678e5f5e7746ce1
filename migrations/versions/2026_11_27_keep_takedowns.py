"""Keep takedowns.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REASONS = "before_first_article, navigation, no_article or too_many_lines."
_NEW_REASONS = "before_first_article, navigation, no_article, too_many_lines or taken_down."


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "takedowns",
        sa.Column(
            "content_sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of title, captions and paragraphs; nothing else is kept.",
        ),
        sa.Column(
            "article_id",
            sa.Uuid(),
            sa.Computed(
                "encode(substring(content_sha256 from 1 for 16), 'hex')::uuid", persisted=True
            ),
            nullable=False,
            comment="The id it had, or would have, in news.articles.",
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why, as whoever did it says."),
        sa.Column(
            "taken_down_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When.",
        ),
        sa.Column(
            "taken_down_by",
            sa.Text(),
            server_default=sa.text("session_user"),
            nullable=False,
            comment="The database user who did it.",
        ),
        sa.CheckConstraint(
            "octet_length(content_sha256) = 32", name=op.f("ck_takedowns_sha256_length")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_takedowns_reason")),
        sa.PrimaryKeyConstraint("content_sha256", name=op.f("pk_takedowns")),
        sa.UniqueConstraint("article_id", name=op.f("uq_takedowns_article_id")),
        schema="ops",
        comment="Articles that were taken down and are not to be loaded again.",
    )
    _comment(_NEW_REASONS, _REASONS)


def downgrade() -> None:
    """Undo. What was taken down comes back with the next run of its nights."""
    op.execute(
        """
        update ops.ingested_files ingested set segment_version = null
          from news.source_files file
          join news.pages page using (file_id)
          join ops.page_leftovers leftover using (page_id)
         where leftover.reason = 'taken_down'
           and ingested.landing_date = file.landing_date and ingested.path = file.path
        """
    )
    op.drop_table("takedowns", schema="ops")
    _comment(_REASONS, _NEW_REASONS)


def _comment(new: str, old: str) -> None:
    op.alter_column("page_leftovers", "reason", comment=new, existing_comment=old, schema="ops")
