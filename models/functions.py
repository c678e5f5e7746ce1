"""Functions that analysts call, as SQL. A migration carries a frozen copy; a test compares the two.

Their bodies are bound to what they use when they are made: an analyst needs no right on schema `ops`,
and no search path decides what they call.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function, run with the rights of whoever calls it."""

    name: str
    comment: str
    definition: str


# An expression that an index has must be immutable. unaccent is not, as its rules are a file that an
# administrator might change; naming the dictionary at least takes the search path out of it.
FOLDED = Function(
    "ops.folded",
    "The first 2,000 characters in lower case without accents, as names and titles are compared.",
    """
    create function ops.folded(words text) returns text
    language sql immutable strict parallel safe
    return lower(ops.unaccent('ops.unaccent'::regdictionary, left(words, 2000)))
    """,
)

# Of the query goes what the column leaves out (models/articles.py), and each - that excludes nothing:
# the parser's stack holds 32. A snippet of a long body full of the words takes a second and more.
SEARCH = Function(
    "news.search",
    "Articles with these words, the best first: accents do not matter, a word in the title counts"
    " more, and quotes, or and - mean what they do in web search. night is the first night; snippet"
    " has the words in double asterisks, as far as they stand in the first 20,000 characters of the"
    " body. Where no article has the words, those with titles like them. The first 1,000 characters"
    " of the query count; at most 200 rows.",
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
)

FIND_ENTITY = Function(
    "news.find_entity",
    "Entities with a name like this one, misspelled or without accents too: the most similar first,"
    " then one of exactly this name, then the most mentioned. The first 200 characters count.",
    """
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
)

NAMED_WITH = Function(
    "news.named_with",
    "Entities named in the same articles as this one, within these nights of first landing: in how"
    " many articles and stories, most stories first. lift compares the share of the stories that name"
    " the other with its share in the whole archive. At most 1,000 rows.",
    """
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
)

FUNCTIONS = (FOLDED, SEARCH, FIND_ENTITY, NAMED_WITH)
