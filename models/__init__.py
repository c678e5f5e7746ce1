"""The tables, as SQLAlchemy models. Imports nothing of `pipelines`, so that Alembic loads no spaCy."""

from models.analytics import (
    AnalyticsState,
    ArticleEntity,
    Coverage,
    EntityDay,
    EntityPairCount,
    EntityTotal,
    StaleArticle,
    StaleNight,
    Syndication,
)
from models.articles import Article, ArticleOccurrence, Caption
from models.base import NEWS, OPS, Base
from models.entities import Entity, Mention, Name, Quotation
from models.landing import Page, SourceFile
from models.ops import (
    Annotation,
    IngestedFile,
    Load,
    LshBand,
    PageLeftover,
    Quarantine,
    Resolution,
    Signature,
    Takedown,
    TouchedArticle,
    UnlinkedArticle,
)
from models.stories import DuplicatePair, StoryArticle

__all__ = [
    "NEWS",
    "OPS",
    "AnalyticsState",
    "Annotation",
    "Article",
    "ArticleEntity",
    "ArticleOccurrence",
    "Base",
    "Caption",
    "Coverage",
    "DuplicatePair",
    "Entity",
    "EntityDay",
    "EntityPairCount",
    "EntityTotal",
    "IngestedFile",
    "Load",
    "LshBand",
    "Mention",
    "Name",
    "Page",
    "PageLeftover",
    "Quarantine",
    "Quotation",
    "Resolution",
    "Signature",
    "SourceFile",
    "StaleArticle",
    "StaleNight",
    "StoryArticle",
    "Syndication",
    "Takedown",
    "TouchedArticle",
    "UnlinkedArticle",
]
