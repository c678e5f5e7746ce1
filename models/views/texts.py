"""Texts to read: articles with all that is known of them, and what people said in them."""

from models.views.view import View

ARTICLE_TEXTS = View(
    "article_texts",
    "One row an article, with all a reader wants. people, places and organisations are the entities"
    " it names, by display name in order of code points; peoples without a country (NORP) and events"
    " (EVENT) are in none of them. To find articles by an entity ask article_entities.",
    {
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
    """
    select article.article_id,
           article.title,
           article.body,
           array(select caption.caption
                   from news.captions caption
                  where caption.article_id = article.article_id
                  order by caption.caption_no) as captions,
           article.agency,
           article.byline,
           article.dateline,
           article.language,
           article.word_count,
           article.is_truncated,
           article.published_on,
           article.first_landed_on as first_night,
           stands.last_night,
           stands.occurrences,
           story.story_id,
           canonical.title as story_title,
           coalesce(named.people, '{}') as people,
           coalesce(named.places, '{}') as places,
           coalesce(named.organisations, '{}') as organisations
      from news.articles article
      left join news.story_articles story using (article_id)
      left join news.articles canonical on canonical.article_id = story.story_id
     cross join lateral (
           select max(file.landing_date) as last_night, count(*) as occurrences
             from news.article_occurrences occurrence
             join news.pages page using (page_id)
             join news.source_files file using (file_id)
            where occurrence.article_id = article.article_id
           ) stands
     cross join lateral (
           select array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type = 'PERSON') as people,
                  array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type in ('GPE', 'LOC', 'FAC')) as places,
                  array_agg(distinct entity.display_name collate "C")
                  filter (where entity.entity_type = 'ORG') as organisations
             from news.mentions mention
             join news.names name using (name_id)
             join news.entities entity using (entity_id)
            where mention.article_id = article.article_id
           ) named
    """,
)

QUOTATION_TEXTS = View(
    "quotation_texts",
    "Direct speech with its speaker and where it stands. The entity is null where the text does not"
    " tell who spoke. Copies of an article quote again: count distinct story_id.",
    {
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
    """
    select quotation.article_id,
           quotation.section,
           quotation.section_no,
           quotation.start_char,
           quotation.quotation,
           quotation.cue,
           name.name as speaker_name,
           entity.entity_id,
           entity.display_name as speaker,
           entity.entity_type,
           article.title,
           article.first_landed_on as first_night,
           story.story_id
      from news.quotations quotation
      join news.articles article using (article_id)
      left join news.story_articles story using (article_id)
      left join news.names name on name.name_id = quotation.speaker_name_id
      left join news.entities entity using (entity_id)
    """,
)
