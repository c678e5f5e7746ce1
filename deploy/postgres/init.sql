-- Run by psql as superuser when the cluster is made: two databases, each with an owner of its own.
\set broadsheet_password `cat /run/secrets/broadsheet_password`
\set dagster_password `cat /run/secrets/dagster_password`

create role broadsheet login createrole password :'broadsheet_password';
create role dagster login password :'dagster_password';
create database news owner broadsheet;
create database dagster owner dagster;

-- Of `news` the migrations say who may do what.
revoke connect, temporary on database dagster from public;
revoke connect, temporary on database postgres from public;
