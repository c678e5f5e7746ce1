"""Signatures are datasketch's own, and bands join what its LSH joins."""

from collections.abc import Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from pipelines.news.minhash import BANDS, NUM_PERM, ROWS, band_keys, estimates, sign, signatures
from pipelines.news.shingles import Shingles, shingle

# Sets of a small universe, so that some are alike, and of all 64 bits.
small_sets = st.sets(st.integers(0, 12), max_size=12)
any_sets = st.sets(st.integers(0, 2**64 - 1), max_size=30)
signature_arrays = arrays.arrays(np.uint32, (2, NUM_PERM), elements=st.integers(0, 2**32 - 1))


def signed(sets: Sequence[set[int]]) -> NDArray[np.uint32]:
    """Signatures of sets of hashes."""
    offsets = np.cumsum([0, *map(len, sets)])
    values = [value for one in sets for value in sorted(one)]
    return sign(Shingles(np.array(values, dtype=np.uint64), offsets.astype(np.int64)))


def sketch(values: set[int]) -> MinHash:
    minhash = MinHash(num_perm=NUM_PERM, seed=1, scheme="affine32", hashfunc=int)
    for value in values:
        minhash.update(value % 2**32)
    return minhash


@given(st.lists(st.one_of(small_sets, any_sets), max_size=6))
def test_signatures_equal_those_of_datasketch_bit_for_bit(drawn: list[set[int]]) -> None:
    found = signed(drawn)
    assert found.dtype == np.uint32
    assert found.shape == (len(drawn), NUM_PERM)
    for row, values in zip(found, drawn, strict=True):
        assert np.array_equal(row, sketch(values).hashvalues)


@given(st.lists(any_sets, min_size=1, max_size=6))
def test_a_signature_depends_on_its_own_text_only(drawn: list[set[int]]) -> None:
    together = signed(drawn)
    for row, values in zip(together, drawn, strict=True):
        assert np.array_equal(row, signed([values])[0])


@given(st.lists(small_sets, max_size=12))
def test_candidates_are_those_of_datasketch_with_the_same_bands(drawn: list[set[int]]) -> None:
    oracle = MinHashLSH(num_perm=NUM_PERM, params=(BANDS, ROWS))
    for at, values in enumerate(drawn):
        oracle.insert(at, sketch(values))
    keys = [set(row.tolist()) for row in band_keys(signed(drawn))]
    for at, values in enumerate(drawn):
        candidates = {other for other in range(len(drawn)) if keys[at] & keys[other]}
        assert candidates == set(oracle.query(sketch(values)))


@given(signature_arrays, st.lists(st.booleans(), min_size=BANDS, max_size=BANDS))
def test_keys_of_a_band_collide_exactly_when_its_five_values_agree(
    drawn: NDArray[np.uint32], shared: list[bool]
) -> None:
    for band in np.flatnonzero(shared):
        own = slice(band * ROWS, (band + 1) * ROWS)
        drawn[1, own] = drawn[0, own]
    keys = band_keys(drawn)
    assert keys.dtype == np.int64
    assert keys.shape == (2, BANDS)
    values = drawn[:, : BANDS * ROWS].reshape(2, BANDS, ROWS)
    assert np.array_equal(keys[0] == keys[1], (values[0] == values[1]).all(axis=1))


@given(signature_arrays, st.integers(0, NUM_PERM - 1), st.integers(1, 2**32 - 1))
def test_one_changed_value_changes_the_key_of_its_band_and_of_no_other(
    drawn: NDArray[np.uint32], position: int, change: int
) -> None:
    drawn[1] = drawn[0]
    drawn[1, position] ^= np.uint32(change)
    keys = band_keys(drawn)
    expected = [position // ROWS] if position < BANDS * ROWS else []
    assert np.flatnonzero(keys[0] != keys[1]).tolist() == expected


@given(st.integers(0, 2**32 - 1))
def test_equal_values_in_different_bands_have_different_keys(value: int) -> None:
    keys = band_keys(np.full((1, NUM_PERM), value, dtype=np.uint32))
    assert len(set(keys[0].tolist())) == BANDS


def test_estimates_are_the_share_of_agreeing_values_row_by_row() -> None:
    left = np.arange(3 * NUM_PERM, dtype=np.uint32).reshape(3, NUM_PERM)
    right = left.copy()
    right[1, :32] += 1
    right[2] += 1
    assert estimates(left, right).tolist() == [1.0, 0.75, 0.0]
    assert estimates(right, left).tolist() == [1.0, 0.75, 0.0]
    assert estimates(left[:0], right[:0]).shape == (0,)


@given(small_sets, small_sets)
def test_estimates_equal_those_of_datasketch(one: set[int], other: set[int]) -> None:
    left, right = signed([one, other])
    expected = sketch(one).jaccard(sketch(other))
    assert estimates(left[None], right[None]).tolist() == [expected]


def test_texts_that_differ_in_a_word_are_candidates_and_strangers_are_not() -> None:
    text = " ".join(f"word{at} of the long report" for at in range(60))
    edited = text.replace("word30", "other")
    stranger = " ".join(f"another{at} line from a quite different story" for at in range(60))
    keys = [set(row.tolist()) for row in band_keys(signatures([text, edited, stranger]))]
    assert keys[0] & keys[1]
    assert not keys[0] & keys[2]


def test_an_empty_text_has_the_signature_of_the_empty_set() -> None:
    (row,) = signatures([""])
    assert (row == 2**32 - 1).all()


def test_no_texts_have_no_signatures_and_no_keys() -> None:
    assert signatures([]).shape == (0, NUM_PERM)
    assert band_keys(signatures([])).shape == (0, BANDS)


def test_texts_longer_than_a_block_are_signed_whole() -> None:
    texts = ["", " ".join(map(str, range(20_000))), "a few words stand here", ""]
    texts += [
        " ".join(f"w{at}" for at in range(start, start + 900)) for start in range(0, 9_000, 900)
    ]
    for row, text in zip(signatures(texts), texts, strict=True):
        assert np.array_equal(row, signatures([text])[0])
        assert np.array_equal(row, sketch(set(shingle([text])[0].tolist())).hashvalues)


def test_a_batch_of_many_blocks_is_signed_as_its_texts() -> None:
    texts = [" ".join(f"w{at}" for at in range(start, start + 901)) for start in range(300)]
    texts[7] = texts[120] = ""
    texts[200] = " ".join(map(str, range(110_000)))
    for row, text in zip(signatures(texts), texts, strict=True):
        assert np.array_equal(row, signatures([text])[0])
