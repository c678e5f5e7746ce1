"""${message}

Revision: ${up_revision}
Follows: ${down_revision | comma,n}

Check by hand before committing: every new table and column has a comment; a changed CHECK is not
detected; a new index on a filled table is built concurrently; a new column is nullable or has a
default; what is dropped here has not been used by the release before.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo it."""
    ${downgrades if downgrades else "pass"}
