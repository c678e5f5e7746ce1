"""The tables, as SQLAlchemy models. Imports nothing of `pipelines`, so that Alembic loads no spaCy."""

from models.articles import Article, ArticleOccurrence, Caption
from models.base import NEWS, OPS, Base
from models.entities import Entity, Mention, Name, Quotation
from models.landing import Page, SourceFile
from models.ops import (
    AnalyticsState,
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
    "ArticleOccurrence",
    "Base",
    "Caption",
    "DuplicatePair",
    "Entity",
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
    "StoryArticle",
    "Takedown",
    "TouchedArticle",
    "UnlinkedArticle",
]
