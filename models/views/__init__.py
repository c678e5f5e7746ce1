"""Views for analysts, as SQL. A migration carries a frozen copy of each; a test compares the two."""

from models.views.entities import (
    ENTITY_DAYS,
    ENTITY_PAIRS,
    ENTITY_PROFILE,
    ENTITY_REDIRECTS,
    NAME_SUGGESTIONS,
)
from models.views.nights import COVERAGE, SYNDICATION
from models.views.stories import STORIES, STORY_TIMELINE
from models.views.texts import ARTICLE_TEXTS, QUOTATION_TEXTS
from models.views.view import View

__all__ = ["COVERAGE", "VIEWS", "View"]

# In the order they are refreshed in: one that reads another stands after it.
VIEWS = (
    STORIES,
    STORY_TIMELINE,
    ARTICLE_TEXTS,
    QUOTATION_TEXTS,
    COVERAGE,
    SYNDICATION,
    ENTITY_DAYS,
    ENTITY_PAIRS,
    ENTITY_PROFILE,
    ENTITY_REDIRECTS,
    NAME_SUGGESTIONS,
)
