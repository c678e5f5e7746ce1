"""Views for analysts, as SQL. A migration carries a frozen copy of each; a test compares the two."""

from models.views.entities import (
    ENTITY_PAIRS,
    ENTITY_PROFILE,
    ENTITY_REDIRECTS,
    NAME_SUGGESTIONS,
)
from models.views.stories import ARCHIVE, STORIES, STORY_TIMELINE
from models.views.texts import ARTICLE_TEXTS, QUOTATION_TEXTS
from models.views.view import View

__all__ = ["VIEWS", "View"]

VIEWS = (
    ARCHIVE,
    STORIES,
    STORY_TIMELINE,
    ARTICLE_TEXTS,
    QUOTATION_TEXTS,
    ENTITY_PAIRS,
    ENTITY_PROFILE,
    ENTITY_REDIRECTS,
    NAME_SUGGESTIONS,
)
