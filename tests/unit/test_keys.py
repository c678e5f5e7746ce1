"""Keys depend on a kind and its parts, and on nothing else."""

import hashlib
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipelines.news.keys import derive_key

parts = st.lists(st.text(max_size=4) | st.binary(max_size=4), max_size=4)


def spelled(drawn: list[str | bytes]) -> list[bytes]:
    return [part if isinstance(part, bytes) else part.encode() for part in drawn]


@given(parts, parts)
def test_keys_are_equal_exactly_when_the_parts_are(
    one: list[str | bytes], other: list[str | bytes]
) -> None:
    is_equal = derive_key("file", *one) == derive_key("file", *other)
    assert is_equal == (spelled(one) == spelled(other))


def test_where_one_part_ends_and_the_next_begins_matters() -> None:
    assert derive_key("file", "ab", "c") != derive_key("file", "a", "bc")
    assert derive_key("file", "a", "") != derive_key("file", "a")
    assert derive_key("file", "1:a") != derive_key("file", "a", "")


def test_kinds_keep_keys_of_the_same_parts_apart() -> None:
    assert derive_key("file", "a") != derive_key("page", "a")


def test_a_number_counts_as_its_digits() -> None:
    assert derive_key("page", "a", 12) == derive_key("page", b"a", "12")


def test_a_key_is_the_first_half_of_a_sha_256_of_kind_and_length_prefixed_parts() -> None:
    digest = hashlib.sha256("page3:né1:7".encode()).digest()
    assert derive_key("page", "né", 7) == UUID(bytes=digest[:16])
