"""Redirect entities that an alias file joins to others, and suggest names that may be one.

Revision: 0003
Follows: 0002

The column is filled by the next run, which resolves all names anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VIEWS = [
    (
        "entity_redirects",
        "Entities that there are no more because an alias file joins their names to another.",
        """
    select distinct name.own_entity_id as entity_id, name.entity_id as redirects_to
      from news.names name
     where name.own_entity_id <> name.entity_id
       and not exists (select from news.entities entity
                        where entity.entity_id = name.own_entity_id)
    """,
    ),
    (
        "name_suggestions",
        "Entities of one type whose names end alike and are similar: to be looked at by someone.",
        """
    with named as (
         select entity.entity_id, entity.entity_type, entity.entity_key, entity.display_name,
                regexp_replace(entity.entity_key, '^.* ', '') as last_word
           from news.entities entity
          where entity.entity_key not like '%:%'
    )
    select one.entity_type, one.display_name as name, other.display_name as other_name,
           round(ops.similarity(one.entity_key, other.entity_key)::numeric, 2) as score,
           (select count(*)
              from (select mention.article_id
                      from news.names name join news.mentions mention using (name_id)
                     where name.entity_id = one.entity_id
                    intersect
                    select mention.article_id
                      from news.names name join news.mentions mention using (name_id)
                     where name.entity_id = other.entity_id) both_named) as shared_articles,
           one.entity_id, other.entity_id as other_entity_id
      from named one
      join named other on other.entity_type = one.entity_type
                      and other.last_word = one.last_word
                      and other.entity_id > one.entity_id
     where ops.similarity(one.entity_key, other.entity_key) >= 0.5
    """,
    ),
]


def upgrade() -> None:
    """Redirect entities that an alias file joins to others, and suggest names that may be one."""
    op.execute("create extension if not exists pg_trgm with schema ops")
    op.add_column(
        "names",
        sa.Column(
            "own_entity_id",
            sa.Uuid(),
            nullable=True,
            comment="The entity it would stand for if no alias file named it.",
        ),
        schema="news",
    )
    op.execute("delete from ops.resolutions")
    for name, comment, query in VIEWS:
        op.execute(f"create view news.{name} as {query}")
        op.execute(f"comment on view news.{name} is '{comment}'")


def downgrade() -> None:
    """Undo it."""
    for name, _, _ in reversed(VIEWS):
        op.execute(f"drop view news.{name}")
    op.drop_column("names", "own_entity_id", schema="news")
    op.execute("drop extension pg_trgm")
