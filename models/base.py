"""What every table shares: one declarative base, its naming convention, and column shorthands."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import LargeBinary, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

NEWS = "news"
OPS = "ops"

Key = Annotated[UUID, mapped_column(Uuid)]
Words = Annotated[str, mapped_column(Text)]
Bytes = Annotated[bytes, mapped_column(LargeBinary)]


class Base(DeclarativeBase):
    """Base of all tables. `news` is the analysts' schema, `ops` the pipeline's own."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
