"""Say how a search and a name matched, and what the columns of views are.

Revision: 0010
Follows: 0009

`news.search` gives titles like the query only where it has no quotes, `news.named_with` orders ties by
name, and `news.folded` is new. How many rows they give is told the planner.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Only a session that has loaded the library may give a function one of its settings.
LOAD_TRIGRAMS = "select ops.similarity('', '')"

# Name, comment and definition.
FUNCTIONS = [
    (
        "news.folded",
        "The first 2,000 characters in lower case without accents: to compare names or titles by, as in news.folded(title) like '%nile%', which an index answers.",
        r"""
    create function news.folded(words text) returns text
    language sql immutable strict parallel safe
    return ops.folded(words)
    """,
    ),
    (
        "news.search",
        "The best articles with these words: accents do not matter, a word in the title counts more, and quotes, or and - mean what they do in web search. Where no article has the words, and they are not in quotes, those with titles spelt like them. It gives 20 rows if not told otherwise and at most 200: do not count them, but articles by their column search.",
        r"""
    create function news.search(
        query text,
        first_night date default null,
        last_night date default null,
        entity uuid default null,
        max_rows integer default 20)
    returns table (
        article_id uuid, title text, night date, story_id uuid, rank real, matched text,
        snippet text)
    language sql stable parallel safe rows 20
    set pg_trgm.word_similarity_threshold = 0.6
    begin atomic
    with asked as materialized (
        select words, websearch_to_tsquery('news.english_unaccent', words) as wanted,
               ops.folded(words) as folded
          from (select regexp_replace(translate(left(normalize(query), 1000), '_<~/', '    '),
                                      '-(?!\w)(?!"\s*\w)', ' ', 'g') as words) cut
    ), eligible as not materialized (
        select article.article_id, article.title, article.search, article.first_landed_on
          from news.articles article
         where (first_night is null or article.first_landed_on >= first_night)
           and (last_night is null or article.first_landed_on <= last_night)
           and (entity is null
                or exists (select from news.mentions mention
                             join news.names name on name.name_id = mention.name_id
                            where mention.article_id = article.article_id
                              and name.entity_id = entity))
    ), worded as materialized (
        select article.article_id, ts_rank(article.search, asked.wanted) as rank,
               'words' as matched
          from asked
          join eligible article on article.search @@ asked.wanted
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), alike as (
        select article.article_id,
               ops.word_similarity(asked.folded, ops.folded(article.title)) as rank,
               'similar title' as matched
          from asked
          join eligible article on asked.folded operator(ops.<%) ops.folded(article.title)
         where not exists (select from worded)
           and numnode(asked.wanted) > 0
           and strpos(asked.wanted::text, '!') = 0
           and strpos(asked.words, '"') = 0
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), found as (
        select * from worded union all select * from alike
    )
    select article.article_id, article.title, article.first_landed_on, story.story_id, found.rank,
           found.matched,
           ts_headline('news.english_unaccent',
                       translate(left(article.body, 20000), '_<~/', '    '), asked.wanted,
                       'StartSel=**, StopSel=**, MaxFragments=2, MinWords=8, MaxWords=25')
      from found
     cross join asked
      join news.articles article on article.article_id = found.article_id
      left join news.story_articles story on story.article_id = article.article_id
     order by found.rank desc, article.first_landed_on desc, article.article_id;
    end
    """,
    ),
    (
        "news.find_entity",
        "Entities with a name like this one, misspelled or without accents too: the most similar first, then one of exactly this name, then the most mentioned.",
        r"""
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, is_exact boolean, mentions bigint)
    language sql stable parallel safe rows 10
    set pg_trgm.word_similarity_threshold = 0.5
    begin atomic
    with asked as materialized (
        select ops.folded(left(normalize(find_entity.name), 200)) as folded
    ), alike as (
        select distinct on (known.entity_id) known.entity_id, known.name,
               ops.word_similarity(asked.folded, ops.folded(known.name)) as similarity,
               ops.folded(known.name) = asked.folded as is_exact
          from asked
          join news.names known
            on asked.folded operator(ops.<%) ops.folded(known.name)
         where known.entity_id is not null
         order by known.entity_id, 3 desc, 4 desc, known.mention_count desc,
                  known.name collate "C"
    ), counted as (
        select alike.*, entity.entity_type, entity.display_name, entity.country_code,
               (select sum(spelling.mention_count)
                  from news.names spelling
                 where spelling.entity_id = alike.entity_id) as mentions
          from alike
          join news.entities entity on entity.entity_id = alike.entity_id
    )
    select entity_id, entity_type, display_name, country_code, name, similarity, is_exact, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    ),
    (
        "news.named_with",
        "Entities named in the same articles as this one, within these nights of first landing: in how many articles and stories. Most stories come first, then most articles, then the highest lift.",
        r"""
    create function news.named_with(
        entity uuid,
        first_night date default null,
        last_night date default null,
        max_rows integer default 20)
    returns table (
        entity_id uuid, entity_type text, display_name text, articles bigint, stories bigint,
        lift double precision)
    language sql stable parallel safe rows 20
    begin atomic
    with told as materialized (
        select one.article_id, one.story_id
          from news.article_entities one
         where one.entity_id = named_with.entity
           and (first_night is null or one.night >= first_night)
           and (last_night is null or one.night <= last_night)
    ), beside as (
        select other.entity_id, count(*) as articles, count(distinct other.story_id) as stories
          from told
          join news.article_entities other using (article_id)
         where other.entity_id <> named_with.entity
         group by other.entity_id
    )
    select beside.entity_id, known.entity_type, known.display_name, beside.articles, beside.stories,
           beside.stories::double precision
           * (select count(*) from news.story_articles where is_canonical)
           / ((select count(distinct told.story_id) from told) * known.stories)
      from beside
      join news.entity_profile known on known.entity_id = beside.entity_id
     order by beside.stories desc, beside.articles desc, 6 desc, known.display_name collate "C",
              beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
    ),
]

FUNCTIONS_BEFORE = [
    (
        "news.search",
        "Articles with these words, the best first: accents do not matter, a word in the title counts more, and quotes, or and - mean what they do in web search. night is the first night; snippet has the words in double asterisks, as far as they stand in the first 20,000 characters of the body. Where no article has the words, those with titles like them. The first 1,000 characters of the query count; at most 200 rows.",
        r"""
    create function news.search(
        query text,
        first_night date default null,
        last_night date default null,
        entity uuid default null,
        max_rows integer default 20)
    returns table (
        article_id uuid, title text, night date, story_id uuid, rank real, snippet text)
    language sql stable parallel safe
    set pg_trgm.word_similarity_threshold = 0.6
    begin atomic
    with asked as materialized (
        select words, websearch_to_tsquery('news.english_unaccent', words) as wanted,
               ops.folded(words) as folded
          from (select regexp_replace(translate(left(normalize(query), 1000), '_<~/', '    '),
                                      '-(?!\w)(?!"\s*\w)', ' ', 'g') as words) cut
    ), eligible as not materialized (
        select article.article_id, article.title, article.search, article.first_landed_on
          from news.articles article
         where (first_night is null or article.first_landed_on >= first_night)
           and (last_night is null or article.first_landed_on <= last_night)
           and (entity is null
                or exists (select from news.mentions mention
                             join news.names name on name.name_id = mention.name_id
                            where mention.article_id = article.article_id
                              and name.entity_id = entity))
    ), worded as materialized (
        select article.article_id, ts_rank(article.search, asked.wanted) as rank
          from asked
          join eligible article on article.search @@ asked.wanted
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), alike as (
        select article.article_id,
               ops.word_similarity(asked.folded, ops.folded(article.title)) as rank
          from asked
          join eligible article on asked.folded operator(ops.<%) ops.folded(article.title)
         where not exists (select from worded)
           and numnode(asked.wanted) > 0
           and strpos(asked.wanted::text, '!') = 0
         order by 2 desc, article.first_landed_on desc, article.article_id
         limit least(greatest(max_rows, 0), 200)
    ), found as (
        select * from worded union all select * from alike
    )
    select article.article_id, article.title, article.first_landed_on, story.story_id, found.rank,
           ts_headline('news.english_unaccent',
                       translate(left(article.body, 20000), '_<~/', '    '), asked.wanted,
                       'StartSel=**, StopSel=**, MaxFragments=2, MinWords=8, MaxWords=25')
      from found
     cross join asked
      join news.articles article on article.article_id = found.article_id
      left join news.story_articles story on story.article_id = article.article_id
     order by found.rank desc, article.first_landed_on desc, article.article_id;
    end
    """,
    ),
    (
        "news.find_entity",
        "Entities with a name like this one, misspelled or without accents too: the most similar first, then one of exactly this name, then the most mentioned. The first 200 characters count.",
        r"""
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, mentions bigint)
    language sql stable parallel safe
    set pg_trgm.word_similarity_threshold = 0.5
    begin atomic
    with asked as materialized (
        select ops.folded(left(normalize(find_entity.name), 200)) as folded
    ), alike as (
        select distinct on (known.entity_id) known.entity_id, known.name,
               ops.word_similarity(asked.folded, ops.folded(known.name)) as similarity,
               ops.folded(known.name) = asked.folded as is_exact
          from asked
          join news.names known
            on asked.folded operator(ops.<%) ops.folded(known.name)
         where known.entity_id is not null
         order by known.entity_id, 3 desc, 4 desc, known.mention_count desc,
                  known.name collate "C"
    ), counted as (
        select alike.*, entity.entity_type, entity.display_name, entity.country_code,
               (select sum(spelling.mention_count)
                  from news.names spelling
                 where spelling.entity_id = alike.entity_id) as mentions
          from alike
          join news.entities entity on entity.entity_id = alike.entity_id
    )
    select entity_id, entity_type, display_name, country_code, name, similarity, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    ),
    (
        "news.named_with",
        "Entities named in the same articles as this one, within these nights of first landing: in how many articles and stories, most stories first. lift compares the share of the stories that name the other with its share in the whole archive. At most 1,000 rows.",
        r"""
    create function news.named_with(
        entity uuid,
        first_night date default null,
        last_night date default null,
        max_rows integer default 20)
    returns table (
        entity_id uuid, entity_type text, display_name text, articles bigint, stories bigint,
        lift double precision)
    language sql stable parallel safe
    begin atomic
    with told as materialized (
        select one.article_id, one.story_id
          from news.article_entities one
         where one.entity_id = named_with.entity
           and (first_night is null or one.night >= first_night)
           and (last_night is null or one.night <= last_night)
    ), beside as (
        select other.entity_id, count(*) as articles, count(distinct other.story_id) as stories
          from told
          join news.article_entities other using (article_id)
         where other.entity_id <> named_with.entity
         group by other.entity_id
    )
    select beside.entity_id, known.entity_type, known.display_name, beside.articles, beside.stories,
           beside.stories::double precision
           * (select count(*) from news.story_articles where is_canonical)
           / ((select count(distinct told.story_id) from told) * known.stories)
      from beside
      join news.entity_profile known on known.entity_id = beside.entity_id
     order by beside.stories desc, 6 desc, beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
    ),
]

VIEW_COLUMNS = {
    "stories": {
        "story_id": "The story: the id of its canonical article.",
        "title": "Headline of the canonical article.",
        "articles": "Its articles: versions that differ in anything.",
        "occurrences": "Places where they stand in pages, of all nights.",
        "first_night": "First night on which one stood in a page.",
        "last_night": "Last night on which one stood in a page.",
        "pages": "Pages in which they stand.",
        "sites": "Sites of these pages, as far as they are known.",
    },
    "story_timeline": {
        "story_id": "The story.",
        "night": "A night on which it stood in a page, new or printed again.",
        "articles": "Its articles that stood there; not to be summed over nights.",
        "occurrences": "Places where they stood that night.",
        "new_articles": "Those of the articles that stood in no earlier night.",
    },
    "article_texts": {
        "article_id": "The article.",
        "title": "Headline; empty where the page has none.",
        "body": "Paragraphs joined by a blank line.",
        "captions": "Its captions, in order.",
        "agency": "News agency that its first line credits.",
        "byline": "Author, where the text names one.",
        "dateline": "Place it was filed from, as its first line names it.",
        "language": "Language (ISO 639-1), where it is known.",
        "word_count": "Words of the body.",
        "is_truncated": "Whether the text breaks off.",
        "published_on": "Publication date, only where there is evidence.",
        "first_night": "First night on which it stood in a page.",
        "last_night": "Last night on which it stood in a page.",
        "occurrences": "Places where it stands in pages; edited copies are other articles.",
        "story_id": "Its story; null until the next run links it.",
        "story_title": "Headline of the story's canonical article.",
        "people": "Display names of its PERSON entities.",
        "places": "Display names of its GPE, LOC and FAC entities.",
        "organisations": "Display names of its ORG entities.",
    },
    "quotation_texts": {
        "article_id": "The article.",
        "section": "Where in the article: title or body.",
        "section_no": "Which paragraph of the body, from 1; a title is 1.",
        "start_char": "First character in the title or the whole body, from 0.",
        "quotation": "What is quoted, without the marks.",
        "cue": "The verb that introduces it; null for none.",
        "speaker_name": "The speaker as the text names them, without titles.",
        "entity_id": "The speaker; null where the text does not tell.",
        "speaker": "The speaker's display name.",
        "entity_type": "The speaker's type: PERSON, ORG and so on.",
        "title": "Headline of the article.",
        "first_night": "First night on which the article stood in a page.",
        "story_id": "Its story; null until the next run links it.",
    },
    "entity_pairs": {
        "entity_a": "The entity with the smaller id.",
        "entity_b": "The entity with the larger id.",
        "name_a": "Display name of entity_a.",
        "name_b": "Display name of entity_b.",
        "articles": "Articles that name both.",
        "stories": "Stories of these articles.",
        "sentences": "Sentences that name both.",
        "sentence_stories": "Stories with such a sentence.",
        "lift": "How many times more stories name both than chance would give.",
    },
    "entity_profile": {
        "entity_id": "The entity.",
        "entity_type": "PERSON, NORP, ORG, GPE, LOC, FAC or EVENT.",
        "display_name": "Its most frequent spelling.",
        "country_code": "Country it is or lies in (ISO 3166-1 alpha-2).",
        "names": "Its spellings, the most frequent first.",
        "mentions": "How often it is named.",
        "articles": "Articles that name it.",
        "stories": "Stories of these articles.",
        "first_night": "First night on which an article that names it was new.",
        "last_night": "Last night on which an article that names it was new.",
        "often_with": "The ten entities named with it in most stories.",
        "often_with_names": "Their display names, in the same order.",
    },
    "entity_redirects": {
        "entity_id": "The entity that is gone.",
        "redirects_to": "The one that its names stand for now.",
    },
    "name_suggestions": {
        "entity_type": "Type of both.",
        "name": "Display name of the one.",
        "other_name": "Display name of the other.",
        "score": "How similar their keys are, from 0.5 to 1.",
        "shared_articles": "Articles that name both, which speaks against their being one.",
        "entity_id": "The one.",
        "other_entity_id": "The other.",
    },
}

# View, comment, and the one before.
VIEW_COMMENTS = [
    (
        "stories",
        "One row a story: its canonical title and how far it spread. sites counts those that are known: a text file does not say where it was scraped. Worked out when asked: name a story_id.",
        "One row a story: its canonical title and how far it spread. sites counts those that are known: a text file does not say where it was scraped.",
    ),
    (
        "article_texts",
        "One row an article, with all a reader wants. people, places and organisations are the entities it names, by display name in order of code points; peoples without a country (NORP) and events (EVENT) are in none of them. To find articles by an entity ask article_entities.",
        "One row an article, with all a reader wants. people, places and organisations are the entities it names, by display name in order of code points; a story is null until the next run links it.",
    ),
]

# Table, column, comment, and the one before.
COLUMN_COMMENTS = [
    (
        "entity_days",
        "night",
        "The night on which the articles landed first.",
        "The night.",
    ),
    (
        "coverage",
        "articles",
        "Articles in them, new or printed again.",
        "Articles in them.",
    ),
    (
        "syndication",
        "night",
        "A night on which they stood in a page.",
        "The night.",
    ),
    (
        "syndication",
        "stories",
        "Stories of these texts, however many copies; not to be summed over nights or sites.",
        "Stories of these texts: what was reported, however many copies.",
    ),
    (
        "entities",
        "entity_type",
        "PERSON, NORP (faiths, and peoples without a country), ORG, GPE, LOC, FAC or EVENT.",
        "PERSON, NORP, ORG, GPE, LOC, FAC or EVENT.",
    ),
    (
        "entities",
        "display_name",
        "Its most frequent, then longest, then first spelling; a country is called by its people where only they are named.",
        "Its most frequent, then longest, then first spelling.",
    ),
    (
        "names",
        "entity_type",
        "Label of the mentions of this name: NORP for a people whose entity is its country.",
        "Label of the mentions of this name.",
    ),
    (
        "mentions",
        "label",
        "What the recogniser took it for; DATE has no entity, and NORP may have a country.",
        "What the recogniser took it for.",
    ),
]

# Table, comment, and the one before.
TABLE_COMMENTS = [
    (
        "mentions",
        "Spans of article texts that name something, or a date.",
        "Spans of article texts that name something.",
    ),
]


def upgrade() -> None:
    """Say how a search and a name matched, and what the columns of views are."""
    op.execute(LOAD_TRIGRAMS)
    for name, _, _ in FUNCTIONS_BEFORE:
        op.execute(f"drop function {name}")
    for function in FUNCTIONS:
        _create_function(*function)
    for view, columns in VIEW_COLUMNS.items():
        for column, comment in columns.items():
            op.execute(f"comment on column news.{view}.{column} is {_quoted(comment)}")
    for view, comment, _ in VIEW_COMMENTS:
        op.execute(f"comment on view news.{view} is {_quoted(comment)}")
    for table, column, new, old in COLUMN_COMMENTS:
        op.alter_column(table, column, comment=new, existing_comment=old, schema="news")
    for table, new, old in TABLE_COMMENTS:
        op.create_table_comment(table, new, existing_comment=old, schema="news")


def downgrade() -> None:
    """Undo it."""
    for table, new, old in TABLE_COMMENTS:
        op.create_table_comment(table, old, existing_comment=new, schema="news")
    for table, column, new, old in COLUMN_COMMENTS:
        op.alter_column(table, column, comment=old, existing_comment=new, schema="news")
    for view, _, comment in VIEW_COMMENTS:
        op.execute(f"comment on view news.{view} is {_quoted(comment)}")
    for view, columns in VIEW_COLUMNS.items():
        for column in columns:
            op.execute(f"comment on column news.{view}.{column} is null")
    op.execute(LOAD_TRIGRAMS)
    for name, _, _ in FUNCTIONS:
        op.execute(f"drop function {name}")
    for function in FUNCTIONS_BEFORE:
        _create_function(*function)


def _create_function(name: str, comment: str, definition: str) -> None:
    op.execute(definition)
    op.execute(f"comment on function {name} is {_quoted(comment)}")


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
