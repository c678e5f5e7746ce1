"""Say that regions have GeoNames ids too.

Revision: 0004
Follows: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _comment("GeoNames id of a city or a first-level region.", "GeoNames id of a city.")


def downgrade() -> None:
    """Undo."""
    _comment("GeoNames id of a city.", "GeoNames id of a city or a first-level region.")


def _comment(new: str, old: str) -> None:
    op.alter_column("entities", "geoname_id", comment=new, existing_comment=old, schema="news")
