"""Lines say what stands in the page, whatever surrounds it, and hostile ones take no time."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.lines import (
    BLANKS,
    INVISIBLE,
    comparison_key,
    has_more_lines,
    is_covered,
    split_lines,
)

HOSTILE = 400_000

ragged = st.lists(st.sampled_from(["a", "é", "\n", "\r", "\r\n", " ", *BLANKS]), max_size=30)


def test_blanks_are_all_white_space_and_what_prints_nothing() -> None:
    assert set(BLANKS) == {*filter(str.isspace, map(chr, range(sys.maxunicode + 1))), *INVISIBLE}
    assert all(re.fullmatch(rf"[\s{INVISIBLE}]", char) for char in BLANKS)


@given(ragged.map("".join))
def test_a_line_stands_where_it_says_without_blanks(page: str) -> None:
    lines = split_lines(page)
    written = [raw.strip(BLANKS) for raw in re.split(r"\r\n|\r|\n", page)]
    assert [page[line.start : line.end] for line in lines] == [raw for raw in written if raw]
    assert is_covered(page, [(line.start, line.end) for line in lines])
    assert is_covered(page, []) == (not lines)
    assert not has_more_lines(page, len(lines))
    assert all(has_more_lines(page, limit) for limit in range(len(lines)))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("blank", [" ", "\t", "\u200b", "\xa0\ufeff"])
def test_a_long_run_of_blanks_inside_a_line_is_read_in_time(blank: str) -> None:
    page = f"a{blank * HOSTILE}b"
    (line,) = split_lines(page)
    assert (line.start, line.end) == (0, len(page))
    assert not is_covered(page, [(0, 1)])
    assert is_covered(page, [(0, 1), (len(page) - 1, len(page))])


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "marks",
    ["\u0301" * HOSTILE + "\u0323" * HOSTILE, "\u0f73" * HOSTILE, "\uff9e\u0323" * HOSTILE]
    # Invisible characters part the marks in the text, but not in the key.
    + [("\u0301" * 20 + "\u200d") * 10_000 + ("\u0323" * 20 + "\u200d") * 10_000],
)
def test_a_long_run_of_combining_marks_is_read_in_time(marks: str) -> None:
    (line,) = split_lines(f"x{marks}b")
    assert line.text == f"x{marks}b"
    assert line.key == comparison_key(line.text)


def test_a_line_is_normalised_up_to_thirty_marks_in_a_row() -> None:
    above, below = "\u0301" * 15, "\u0323" * 15
    (line,) = split_lines(f"a{above}{below}")
    assert line.text == unicodedata.normalize("NFC", f"a{above}{below}") != f"a{above}{below}"
    (longer,) = split_lines(f"a{above}{below}\u0323")
    assert longer.text == f"a{above}{below}\u0323"


@given(st.text(st.sampled_from("a \u0301\u0323\u0344\u0f73\u200d´"), max_size=80))
def test_the_text_of_a_line_is_stable(page: str) -> None:
    for line in split_lines(page):
        (again,) = split_lines(line.text)
        assert (again.text, again.key) == (line.text, line.key)
