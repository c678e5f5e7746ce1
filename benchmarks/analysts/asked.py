"""The questions, asked again and again as an analyst: how long each takes, and why.

Belongs here: executing, timing and explaining. Does not belong here: what they are asked about
(`values.py`).
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from benchmarks.analysts.values import Values
from benchmarks.questions import Question
from pipelines.progress import track
from pipelines.store.database import as_libpq_url

ROLE = "broadsheet_analyst"
_TRIVIAL = re.compile(r"duration: 0\.0")
"""Statements of functions that took less than a tenth of a millisecond: thousands in one question."""

TIMEOUT_SECONDS = 60
_WARMING = 10
_EXPLAIN = (
    "load 'auto_explain'",
    "set auto_explain.log_min_duration = 0",
    "set auto_explain.log_analyze = on",
    "set auto_explain.log_buffers = on",
    "set auto_explain.log_nested_statements = on",
    "set auto_explain.log_level = notice",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One execution: what was asked about, how long it took, how many rows it gave.

    One that was ended by the time limit took as long as that, and has no rows.
    """

    values: Mapping[str, str]
    seconds: float
    rows: int | None


@dataclass(slots=True)
class Answered:
    """All executions of a question."""

    question: Question
    answers: list[Answer] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """Seconds within which half of the executions answered."""
        return median(one.seconds for one in self.answers)

    @property
    def p95(self) -> float:
        """Seconds within which 95 of 100 executions answered."""
        seconds = [one.seconds for one in self.answers]
        return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]

    @property
    def slowest(self) -> Answer:
        """The execution that took longest."""
        return max(self.answers, key=lambda one: one.seconds)

    @property
    def empty(self) -> int:
        """Executions that gave no row."""
        return sum(not one.rows for one in self.answers)


def ask(url: str, questions: Sequence[Question], values: Values, times: int) -> list[Answered]:
    """Ask all questions in turn, so many times, after some that are not counted."""
    answered = [Answered(one) for one in questions]
    with _analyst(url) as connection, track("questions", (times + _WARMING) * len(questions)) as on:
        for turn in range(-_WARMING, times):
            for one in answered:
                answer = _execute(connection, one.question, values.of(one.question, turn % times))
                if turn >= 0:
                    one.answers.append(answer)
                on(1)
    return answered


def plan(url: str, question: Question, values: Mapping[str, str]) -> str:
    """The statement and its plan as it ran, with those of the functions it calls but for trivial ones."""
    heard: list[str] = []
    with _analyst(url, _EXPLAIN) as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        _execute(connection, question, values)
    whole, *called = reversed(heard)
    called = [one for one in called if not _TRIVIAL.match(one)]
    return "\n\n".join([question.sql_with(values), whole, *called]) + "\n"


def _execute(
    connection: psycopg.Connection[Any], question: Question, values: Mapping[str, str]
) -> Answer:
    statement = question.sql_with(values).encode()
    began = time.perf_counter()
    try:
        rows: int | None = len(connection.execute(statement).fetchall())
    except psycopg.errors.QueryCanceled:
        rows = None
    return Answer(values, time.perf_counter() - began, rows)


@contextmanager
def _analyst(url: str, settings: Sequence[str] = ()) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may do what an analyst may."""
    with psycopg.connect(as_libpq_url(make_url(url)), autocommit=True) as connection:
        for statement in settings:
            connection.execute(statement.encode())
        connection.execute(f"set statement_timeout = '{TIMEOUT_SECONDS}s'".encode())
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(ROLE)))
        yield connection
