"""What the guides for analysts say in SQL, and the questions of docs/questions.md. Pure: text in, text out.

A question is a heading `## 1. …`, prose, the values that stand in its statement as a comment, the
statement, its result on the sample data as a table, and a line with the indexes it uses. The tests
run what is read here, and the benchmark of analysts' queries puts other values into it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_QUESTION = re.compile(
    r"""
    ^\#\#\ (?P<number>\d+)\.\ (?P<title>[^\n]+)\n
    (?P<prose>(?:(?!^\#\#\ ).)*?)
    ^<!--\ parameters:\ (?P<parameters>\{[^\n]*\})\ -->\n
    ```sql\n(?P<sql>[^`]+)\n```\n\n
    (?P<result>(?:\|[^\n]*\n)+)
    \nIndexes:\ (?P<indexes>[^\n]+)\n
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_STATEMENT = re.compile(
    r"^```sql\n(?P<sql>[^`]+)\n```\n(?:\n(?P<result>(?:\|[^\n]*\n)+))?", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its statement and what the file says of it."""

    number: int
    title: str
    sql: str
    parameters: Mapping[str, str]
    """Values that the statement holds as quoted literals, by what they are (`entity`, `night` …)."""
    result: str
    """The table of its result on the sample data, as it stands in the file."""
    indexes: tuple[str, ...]

    def sql_with(self, values: Mapping[str, str]) -> str:
        """The statement with other values for some of its parameters.

        Raises:
            KeyError: it has no such parameter.
        """
        literals = {_literal(self.parameters[name]): _literal(to) for name, to in values.items()}
        if not literals:
            return self.sql
        pattern = "|".join(map(re.escape, literals))
        return re.sub(pattern, lambda found: literals[found[0]], self.sql)


def read(text: str) -> list[Question]:
    """The questions of the file, in its order.

    Raises:
        ValueError: a heading is followed by something else, a value does not stand in the statement,
            or two parameters have one value, so that they could not be told apart.
    """
    questions = [
        Question(
            number=int(found["number"]),
            title=found["title"],
            sql=found["sql"],
            parameters=json.loads(found["parameters"]),
            result=found["result"],
            indexes=tuple(re.findall(r"`(\w+)`", found["indexes"])),
        )
        for found in _QUESTION.finditer(text)
    ]
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if [f"{one.number}. {one.title}" for one in questions] != headings:
        message = f"Of the headings {headings} only {[one.number for one in questions]} are read."
        raise ValueError(message)
    for one in questions:
        missing = [v for v in one.parameters.values() if _literal(v) not in one.sql]
        if missing or len(set(one.parameters.values())) < len(one.parameters):
            message = (
                f"The statement of question {one.number} has its values not once each: {missing}"
            )
            raise ValueError(message)
    return questions


def statements(text: str) -> list[tuple[str, str]]:
    """Every statement of a guide, and the table of its result; empty where none is shown."""
    return [(found["sql"], found["result"] or "") for found in _STATEMENT.finditer(text)]


def with_results(text: str, answer: Callable[[str], str]) -> str:
    """A guide with what `answer` gives for a statement in place of each result that is shown."""

    def rewritten(found: re.Match[str]) -> str:
        if not found["result"]:
            return found[0]
        return found[0].removesuffix(found["result"]) + answer(found["sql"])

    return _STATEMENT.sub(rewritten, text)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as a Markdown table."""
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(str(value).split()).replace("|", r"\|")


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
