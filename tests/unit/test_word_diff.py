"""Differences between two texts, word by word."""

from difflib import SequenceMatcher

from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.news.word_diff import Run, word_diff

texts = st.lists(st.sampled_from(["a", "b", "c", "d", "é"]), max_size=30).map(" ".join)


@given(texts, texts)
def test_what_was_kept_and_added_is_the_new_text_and_kept_and_deleted_the_old(
    old: str, new: str
) -> None:
    assume(old != new)
    runs = list(word_diff(old, new, context=len(old) + len(new)))
    for text, other in ((old, "added"), (new, "deleted")):
        words = " ".join(run.words for run in runs if run.kind != other)
        assert words == text


@given(texts, texts, st.integers(0, 8))
def test_only_words_that_both_have_are_skipped(old: str, new: str, context: int) -> None:
    runs = list(word_diff(old, new, context))
    shown = sum(len(run.words.split()) + len(run.after.split()) for run in runs)
    skipped = sum(run.skipped for run in runs)
    blocks = SequenceMatcher(None, old.split(), new.split(), autojunk=False).get_matching_blocks()
    kept = sum(block.size for block in blocks)
    assert shown + skipped == len(old.split()) + len(new.split()) - kept
    assert all(run.kind == "kept" for run in runs if run.skipped)


def test_a_long_run_keeps_its_words_next_to_a_difference() -> None:
    same = [f"w{at}" for at in range(40)]
    runs = list(word_diff(f"one {' '.join(same)} two", f"1 {' '.join(same)} 2", context=3))
    assert runs == [
        Run("deleted", "one"),
        Run("added", "1"),
        Run("kept", "w0 w1 w2", 34, "w37 w38 w39"),
        Run("deleted", "two"),
        Run("added", "2"),
    ]


def test_equal_texts_have_nothing_but_what_both_have() -> None:
    assert list(word_diff("a b", "a  b\n")) == [Run("kept", "a b")]
    assert list(word_diff("", "")) == []
