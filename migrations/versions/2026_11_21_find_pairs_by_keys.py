"""Find pairs by keys of 32 bits, and keep a list of the articles to link.

Revision: 0002
Follows: 0001

The keys of a signature stand beside it, so that they can be deleted without computing them again,
and the table of keys has its rows at 58 bytes with the index, where it was 92. Signatures are made
anew by the next run, from stored text: all articles are put on the list.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Find pairs by keys of 32 bits, and keep a list of the articles to link."""
    op.create_table(
        "unlinked_articles",
        sa.Column("article_id", sa.Uuid(), nullable=False, comment="The article."),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["news.articles.article_id"],
            name=op.f("fk_unlinked_articles_article_id_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_unlinked_articles")),
        schema="ops",
        comment="Articles that are new, or of which a pair may have come or gone.",
    )
    op.execute("insert into ops.unlinked_articles select article_id from news.articles")
    op.execute("delete from ops.signatures")
    op.add_column(
        "signatures",
        sa.Column(
            "article_prefix",
            sa.Integer(),
            sa.Computed(
                "('x' || left(article_id::text, 8))::bit(32)::integer # (-2147483648)",
                persisted=True,
            ),
            nullable=False,
            comment="First 32 bits of the article's id, as ops.lsh_bands has them.",
        ),
        schema="ops",
    )
    op.add_column(
        "signatures",
        sa.Column(
            "keys",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="The article's keys in ops.lsh_bands, each once.",
        ),
        schema="ops",
    )
    for column in ("article_prefix", "signature_version"):
        op.create_index(op.f(f"ix_signatures_{column}"), "signatures", [column], schema="ops")
    op.create_table_comment(
        "signatures",
        "MinHash signatures of articles, and the keys they are found by.",
        existing_comment="MinHash signatures of articles.",
        schema="ops",
    )
    op.drop_table("lsh_bands", schema="ops")
    op.create_table(
        "lsh_bands",
        sa.Column(
            "key",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Hash of a band's five values and its number, or of a passage of ten words.",
        ),
        sa.Column(
            "article_prefix",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="First 32 bits of the article's id; two articles may share them.",
        ),
        sa.PrimaryKeyConstraint("key", "article_prefix", name=op.f("pk_lsh_bands")),
        schema="ops",
        comment="Keys of articles; articles that share one are candidates for a pair.",
    )


def downgrade() -> None:
    """Undo it; the run that follows signs all articles again."""
    op.execute("delete from ops.signatures")
    op.drop_table("lsh_bands", schema="ops")
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
    op.create_table_comment(
        "signatures",
        "MinHash signatures of articles.",
        existing_comment="MinHash signatures of articles, and the keys they are found by.",
        schema="ops",
    )
    for column in ("article_prefix", "signature_version"):
        op.drop_index(op.f(f"ix_signatures_{column}"), table_name="signatures", schema="ops")
    op.drop_column("signatures", "keys", schema="ops")
    op.drop_column("signatures", "article_prefix", schema="ops")
    op.drop_table("unlinked_articles", schema="ops")
