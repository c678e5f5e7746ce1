"""Divide rights among the roles owner, loader and analyst.

Revision: 0005
Follows: 0004

Roles belong to the server, not to a database, so they may be there already, or be made by the
migration of another database at this moment. A user who may not make them gets the SQL that an
administrator runs first. The downgrade takes back all rights in this database and leaves the roles:
another database may use them.

From here on the migrations run as `broadsheet_owner` (see `migrations/env.py`).
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Who has rights: an owner has a loader's, a loader an analyst's. `broadsheet_sql` runs what
# `broadsheet sql` is asked. The owner alone is a member, to give it that function; it could drop or
# replace the function as well without, for the schema is its own.
CREATE_ROLES = """
do $$
declare
    wanted name;
begin
    begin
        foreach wanted in array array[
            'broadsheet_analyst', 'broadsheet_loader', 'broadsheet_owner', 'broadsheet_sql']
        loop
            if not exists (select from pg_roles where rolname = wanted) then
                begin
                    execute 'create role ' || wanted || ' nologin';
                exception when duplicate_object or unique_violation then
                    null; -- the migration of another database was quicker
                end;
            end if;
        end loop;
        if not pg_has_role('broadsheet_loader', 'broadsheet_analyst', 'usage') then
            grant broadsheet_analyst to broadsheet_loader;
        end if;
        if not pg_has_role('broadsheet_sql', 'broadsheet_analyst', 'usage') then
            grant broadsheet_analyst to broadsheet_sql;
        end if;
        if not pg_has_role('broadsheet_owner', 'broadsheet_loader', 'usage') then
            grant broadsheet_loader to broadsheet_owner;
        end if;
        if not pg_has_role('broadsheet_owner', 'broadsheet_sql', 'usage') then
            grant broadsheet_sql to broadsheet_owner;
        end if;
        if not pg_has_role(current_user, 'broadsheet_owner', 'usage') then
            execute 'grant broadsheet_owner to ' || quote_ident(current_user);
        end if;
    exception when insufficient_privilege then
        raise exception using
            errcode = 'insufficient_privilege',
            message = 'the user ' || quote_ident(current_user) || ' may not make the roles it needs',
            hint = 'Let an administrator run this once (leaving out roles that exist), then migrate again:'
                || ' create role broadsheet_analyst nologin;'
                || ' create role broadsheet_loader nologin in role broadsheet_analyst;'
                || ' create role broadsheet_sql nologin in role broadsheet_analyst;'
                || ' create role broadsheet_owner nologin in role broadsheet_loader, broadsheet_sql;'
                || ' grant broadsheet_owner to ' || quote_ident(current_user) || ';';
    end;
end $$
"""

# Everything but what belongs to an extension or, as the sequence of a column does, to a table.
GIVE_TO = """
do $$
declare
    object record;
    recipient constant text := {recipient};
begin
    alter schema news owner to {owner};
    alter schema ops owner to {owner};
    for object in
        select 'table ' || oid::regclass as named
          from pg_class
         where relnamespace in ('news'::regnamespace, 'ops'::regnamespace)
           and relkind in ('r', 'p', 'v', 'm')
        union all
        select 'routine ' || oid::regprocedure
          from pg_proc
         where pronamespace in ('news'::regnamespace, 'ops'::regnamespace)
           and not exists (select from pg_depend
                            where classid = 'pg_proc'::regclass and objid = pg_proc.oid
                              and deptype = 'e')
    loop
        execute 'alter ' || object.named || ' owner to ' || recipient;
    end loop;
end $$
"""

# A refused REVOKE or GRANT on the database is a warning: it may belong to somebody else, who then
# has to do it (docs/security.md). Temporary tables would be written where no limit holds.
DATABASE_RIGHTS = """
do $$
begin
    execute 'grant create on database ' || quote_ident(current_database()) || ' to broadsheet_owner';
    execute 'grant temporary on database ' || quote_ident(current_database()) || ' to broadsheet_loader';
    execute 'revoke temporary on database ' || quote_ident(current_database()) || ' from public';
    revoke create on schema public from public; -- a cluster from before Postgres 15 grants it
end $$
"""

# As the owner: whatever it makes later is covered by the default privileges.
RIGHTS = (
    "grant usage on schema news to broadsheet_analyst",
    "grant usage on schema ops to broadsheet_loader",
    "grant select on all tables in schema news to broadsheet_analyst",
    "grant insert, update, delete on all tables in schema news to broadsheet_loader",
    "grant select, insert, update, delete on all tables in schema ops to broadsheet_loader",
    "revoke insert, update, delete on ops.alembic_version from broadsheet_loader",
    "alter default privileges in schema news grant select on tables to broadsheet_analyst",
    "alter default privileges in schema news grant insert, update, delete on tables to broadsheet_loader",
    "alter default privileges in schema ops grant select, insert, update, delete on tables to broadsheet_loader",
)

# Refreshing takes ownership before Postgres 17.
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

# In a function that is run as its owner, Postgres refuses to change the role. The search path is
# the caller's: the query is theirs, and the owner can do nothing that an analyst could not.
READ_AS_ANALYST = (
    """
create function news.read_as_analyst(query text) returns setof record
language plpgsql security definer
as $$
begin
    return query execute query;
end $$
""",
    "comment on function news.read_as_analyst is 'Rows of a query that can do no more than an analyst, whoever asks: for `broadsheet sql`.'",
    "revoke execute on function news.read_as_analyst from public",
    "grant execute on function news.read_as_analyst to broadsheet_analyst",
    "grant create on schema news to broadsheet_sql",
    "alter function news.read_as_analyst owner to broadsheet_sql",
    "revoke create on schema news from broadsheet_sql",
)

TAKE_BACK = (
    "alter default privileges in schema news revoke select on tables from broadsheet_analyst",
    "alter default privileges in schema news revoke insert, update, delete on tables from broadsheet_loader",
    "alter default privileges in schema ops revoke select, insert, update, delete on tables from broadsheet_loader",
    "revoke all on all tables in schema news from broadsheet_analyst, broadsheet_loader",
    "revoke all on all tables in schema ops from broadsheet_loader",
    "revoke all on schema news from broadsheet_analyst",
    "revoke all on schema ops from broadsheet_loader",
)

TAKE_BACK_DATABASE_RIGHTS = """
do $$
begin
    execute 'revoke create on database ' || quote_ident(current_database()) || ' from broadsheet_owner';
    execute 'revoke temporary on database ' || quote_ident(current_database()) || ' from broadsheet_loader';
    execute 'grant temporary on database ' || quote_ident(current_database()) || ' to public';
end $$
"""


def upgrade() -> None:
    """Divide rights among the roles owner, loader and analyst."""
    op.execute(CREATE_ROLES)
    op.execute(DATABASE_RIGHTS)
    op.execute(GIVE_TO.format(owner="broadsheet_owner", recipient="'broadsheet_owner'"))
    op.execute("set role broadsheet_owner")
    for statement in (*RIGHTS, *REFRESH, *READ_AS_ANALYST):
        op.execute(statement)


def downgrade() -> None:
    """Undo it in this database; the roles stay, for other databases may use them."""
    op.execute("drop function news.read_as_analyst")
    op.execute("drop function ops.refresh_view")
    for statement in TAKE_BACK:
        op.execute(statement)
    op.execute("reset role")
    op.execute(GIVE_TO.format(owner="current_user", recipient="quote_ident(current_user)"))
    op.execute(TAKE_BACK_DATABASE_RIGHTS)
