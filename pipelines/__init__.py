"""Broadsheet's pipelines: raw news files in, Postgres tables out."""
