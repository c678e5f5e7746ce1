"""Where an article comes from, and why it is in its story: `broadsheet trace`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.show.terminal import out, visible

if TYPE_CHECKING:
    from pipelines.commands.story import TracedMember
    from pipelines.commands.trace import TracedOccurrence
    from pipelines.news.word_diff import Run


def occurrences(found: Sequence["TracedOccurrence"]) -> None:
    """Where an article stands, with its raw text."""
    for one in found:
        path = visible(one.path)
        out.rule(
            escape(
                f"{one.night} {path} · page {one.page_no} · article {one.ordinal}"
                f" · characters {one.start_char}-{one.end_char}"
            ),
            align="left",
        ) if out.is_terminal else out.print(
            f"# {one.night} {path} page {one.page_no} article {one.ordinal}"
            f" characters {one.start_char}-{one.end_char}",
            markup=False,
        )
        if one.raw is None:
            out.print("(The file is not there any more as it was loaded.)")
        else:
            raw = visible(one.raw) if out.is_terminal else one.raw
            out.print(raw, markup=False, soft_wrap=True)


def story(members: Sequence["TracedMember"]) -> None:
    """Why articles are one story: what each shares with the canonical one, and how they differ."""
    numbers = {one.article_id: number for number, one in enumerate(members, start=1)}
    table = Table(title=escape(f"Story: {visible(members[0].title)}"), title_justify="left")
    for heading in ("", "article", "first night", "words", "Jaccard", "containment", "joined by"):
        numeric = heading in ("", "words", "Jaccard", "containment")
        is_key = heading == "article"
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=is_key)
    for number, one in enumerate(members, start=1):
        way = f"{one.relation} to {numbers[one.joined_to]}" if one.joined_to else "canonical"
        shares = (f"{one.jaccard:.3f}", f"{one.containment:.3f}") if one.joined_to else ("", "")
        table.add_row(
            str(number),
            str(one.article_id),
            str(one.first_landed_on),
            f"{one.word_count:,}",
            *shares,
            way,
        )
    out.print(table)
    for number, one in enumerate(members, start=1):
        if one.changes:
            out.print(f"\n{number} against 1: [-deleted-] {{+added+}}", markup=False, style="bold")
            out.print(_changes(one.changes), soft_wrap=not out.is_terminal)
    if left := sum(not one.changes for one in members[1:]):
        out.print(f"\n{left:,} more without their differences: --diffs shows them.")


def _changes(runs: "Sequence[Run]") -> Text:
    """Runs of words as `git diff --word-diff` prints them."""
    shown = Text()
    for run in runs:
        if run.kind == "deleted":
            shown.append(f"[-{visible(run.words)}-] ", style="red")
        elif run.kind == "added":
            shown.append(f"{{+{visible(run.words)}+}} ", style="green")
        else:
            skipped = f"… {run.skipped:,} words …" if run.skipped else ""
            for part in filter(None, (run.words, skipped, run.after)):
                shown.append(f"{visible(part)} ", style="dim" if part == skipped else "")
    return shown
