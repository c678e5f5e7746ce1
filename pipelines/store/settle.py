"""What becomes of articles that lost an occurrence."""

from sqlalchemy import Connection, text

from pipelines.store.mentions import delete_mentions
from pipelines.store.signatures import delete_signatures
from pipelines.store.stories import assign_stories, mark_stories


def settle(connection: Connection) -> int:
    """Look after articles that lost an occurrence; returns the rows written.

    Those that no page holds any more are deleted with all that was derived from them; the others
    get the night of their earliest remaining occurrence.
    """
    if not connection.scalar(text("select exists (select from ops.touched_articles)")):
        return 0
    connection.execute(text("drop table if exists pg_temp.orphans, pg_temp.redated"))
    connection.execute(
        text("""
        create temp table redated on commit drop as
        select article_id, article.first_landed_on as old, earliest.night as new
          from ops.touched_articles
          join news.articles article using (article_id)
          left join lateral (
               select min(file.landing_date) as night
                 from news.article_occurrences occurrence
                 join news.pages using (page_id)
                 join news.source_files file using (file_id)
                where occurrence.article_id = article.article_id
               ) earliest on true
        """)
    )
    connection.execute(
        text(
            "create temp table orphans on commit drop as"
            " select article_id from redated where new is null"
        )
    )
    mark_stories(
        connection, "select article_id from pg_temp.redated where old is distinct from new"
    )
    written = connection.execute(
        text("""
        update news.articles article set first_landed_on = redated.new
          from pg_temp.redated
         where article.article_id = redated.article_id and redated.old <> redated.new
        """)
    ).rowcount
    written += delete_mentions(connection, "orphans")
    written += delete_signatures(connection, "orphans")
    for statement in (
        "delete from news.articles where article_id in (select article_id from pg_temp.orphans)",
        """
        delete from ops.touched_articles using pg_temp.redated
         where touched_articles.article_id = redated.article_id
        """,
    ):
        written += connection.execute(text(statement)).rowcount
    return written + assign_stories(connection)
