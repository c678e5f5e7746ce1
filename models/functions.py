"""Functions that analysts call, as SQL. A migration carries a frozen copy; a test compares the two.

Their bodies are bound to what they use when they are made: an analyst needs no right on schema `ops`,
and no search path decides what they call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Function:
    """A function, run with the rights of whoever calls it."""

    name: str
    comment: str
    definition: str
    arguments: Mapping[str, str]
    """What each is, in their order: for the data dictionary, as Postgres has no place for it."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The same of the columns of its rows, where it gives rows."""


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
    {"words": "Any text."},
)

NEWS_FOLDED = Function(
    "news.folded",
    "The first 2,000 characters in lower case without accents: to compare names or titles by, as in"
    " news.folded(title) like '%nile%', which an index answers.",
    """
    create function news.folded(words text) returns text
    language sql immutable strict parallel safe
    return ops.folded(words)
    """,
    {"words": "Any text."},
)

# Of the query goes what the column leaves out (models/articles.py), and each - that excludes nothing:
# the parser's stack holds 32. A snippet of a long body full of the words takes a second and more.
SEARCH = Function(
    "news.search",
    "The best articles with these words: accents do not matter, a word in the title counts more, and"
    " quotes, or and - mean what they do in web search. Where no article has the words, and they are"
    " not in quotes, those with titles spelt like them. It gives 20 rows if not told otherwise and at"
    " most 200: do not count them, but articles by their column search.",
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
    {
        "query": "The words, as in web search; the first 1,000 characters count.",
        "first_night": "Only articles that landed first on this night or later.",
        "last_night": "Only articles that landed first on this night or earlier.",
        "entity": "Only articles that name this entity; null is no condition.",
        "max_rows": "How many articles at most, up to 200.",
    },
    {
        "article_id": "The article.",
        "title": "Its headline.",
        "night": "The night on which it landed first.",
        "story_id": "Its story; null until the next run links it.",
        "rank": "How well it fits; words and similar titles are measured differently.",
        "matched": "words: it has them; similar title: no article has, its title is spelt like them.",
        "snippet": "Where the words stand, in double asterisks, in the first 20,000 characters of the"
        " body.",
    },
)

# Others are looked for only if entities of exactly this name are too few: a word that thousands of
# names share takes a tenth of a second. Without a letter or digit the index would be read whole.
FIND_ENTITY = Function(
    "news.find_entity",
    "Entities with a name like this one, misspelled or without accents too: the most similar first,"
    " then one of exactly this name, then the most mentioned.",
    """
    create function news.find_entity(name text, max_rows integer default 10)
    returns table (
        entity_id uuid, entity_type text, display_name text, country_code text,
        matched_name text, similarity real, is_exact boolean, mentions bigint)
    language sql stable parallel safe rows 10
    set pg_trgm.word_similarity_threshold = 0.5
    begin atomic
    with asked as materialized (
        select folded
          from ops.folded(left(normalize(find_entity.name), 200)) folded
         where cardinality(ops.show_trgm(folded)) > 0
    ), exact as materialized (
        select known.entity_id, known.name, known.mention_count
          from asked
          join news.names known on ops.folded(known.name) = asked.folded
         where known.entity_id is not null
    ), spelt as (
        select entity_id, name, mention_count, 1::real as similarity, true as is_exact
          from exact
         union all
        select known.entity_id, known.name, known.mention_count,
               ops.word_similarity(asked.folded, ops.folded(known.name)), false
          from asked
          join news.names known on asked.folded operator(ops.<%) ops.folded(known.name)
         where known.entity_id is not null
           and (select count(distinct entity_id) from exact) < max_rows
           and not exists (select from exact where exact.entity_id = known.entity_id)
    ), alike as (
        select distinct on (entity_id) entity_id, name, similarity, is_exact
          from spelt
         order by entity_id, similarity desc, mention_count desc, name collate "C"
    ), closest as (
        select *
          from alike
         order by similarity desc, is_exact desc
         fetch first least(greatest(max_rows, 0), 200) rows with ties
    ), counted as (
        select closest.*, entity.entity_type, entity.display_name, entity.country_code,
               (select sum(spelling.mention_count)
                  from news.names spelling
                 where spelling.entity_id = closest.entity_id) as mentions
          from closest
          join news.entities entity on entity.entity_id = closest.entity_id
    )
    select entity_id, entity_type, display_name, country_code, name, similarity, is_exact, mentions
      from counted
     order by similarity desc, is_exact desc, mentions desc, display_name collate "C", entity_id
     limit least(greatest(max_rows, 0), 200);
    end
    """,
    {
        "name": "A name, or a part of one; the first 200 characters count.",
        "max_rows": "How many entities at most, up to 200.",
    },
    {
        "entity_id": "The entity.",
        "entity_type": "PERSON, NORP, ORG, GPE, LOC, FAC or EVENT.",
        "display_name": "What it is called here.",
        "country_code": "Country it is or lies in (ISO 3166-1 alpha-2).",
        "matched_name": "Its spelling that is most like the name.",
        "similarity": "How much of the name that spelling holds, by its letters; 1 is all of it, and"
        " more may stand around it.",
        "is_exact": "Whether that spelling is the name, but for capitals and accents.",
        "mentions": "How often it is named, by any of its spellings.",
    },
)

NAMED_WITH = Function(
    "news.named_with",
    "Entities named in the same articles as this one, within these nights of first landing: in how"
    " many articles and stories. Most stories come first, then most articles, then the highest lift.",
    """
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
           * (select stories from news.archive)
           / ((select count(distinct told.story_id) from told) * known.stories)
      from beside
      join news.entity_profile known on known.entity_id = beside.entity_id
     order by beside.stories desc, beside.articles desc, 6 desc, known.display_name collate "C",
              beside.entity_id
     limit least(greatest(max_rows, 0), 1000);
    end
    """,
    {
        "entity": "The entity.",
        "first_night": "Only articles that landed first on this night or later.",
        "last_night": "Only articles that landed first on this night or earlier.",
        "max_rows": "How many others at most, up to 1,000.",
    },
    {
        "entity_id": "The other.",
        "entity_type": "Its type.",
        "display_name": "What it is called here.",
        "articles": "Articles that name both.",
        "stories": "Stories of these articles.",
        "lift": "The other's share of the stories that name the entity, over its share of all stories"
        " of the archive: 1 is chance.",
    },
)

FUNCTIONS = (FOLDED, NEWS_FOLDED, SEARCH, FIND_ENTITY, NAMED_WITH)
