"""What the command line prints. Bars and colours on a terminal, plain lines anywhere else."""

import csv
import io
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from pipelines.store.loads import Load

if TYPE_CHECKING:
    from pipelines.commands.export import Exported
    from pipelines.commands.status import Status
    from pipelines.commands.story import TracedMember
    from pipelines.commands.takedown import Target
    from pipelines.commands.trace import TracedOccurrence
    from pipelines.doctor.findings import Finding
    from pipelines.news.word_diff import Run
    from pipelines.progress import Advance
    from pipelines.store.landing import FileKey
    from pipelines.store.takedowns import Takedown

_MAX_CELL = 80
_WIDE = 10_000

# What a terminal may obey; what comes from files and the database may hold anything.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")

out = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
err = Console(stderr=True, highlight=False)


def visible(text: str) -> str:
    r"""Text whose control characters, all but tabs and line ends, are written as \x1b is."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class _Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="cyan")


class Bars:
    """Progress of a load, a bar for each piece of work; silent when quiet or not on a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        columns = (
            TextColumn("{task.description:10}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=err, disable=quiet or not err.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, label: str, total: int) -> "Advance":
        """See `progress.Sink`. Several ranges of nights add to the same bar."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(label, total=0)
        task = self._tasks[label]
        before = self._progress.tasks[self._progress.task_ids.index(task)].total or 0
        self._progress.update(task, total=before + total)
        return lambda units: self._progress.advance(task, units)

    def stop(self, label: str) -> None:
        """See `progress.Sink`."""


def summary(
    nights: Sequence[date],
    loads: Sequence[Load],
    reasons: dict[str, int],
    *,
    left: Sequence[date],
    removed: Sequence[date],
    success: bool,
) -> None:
    """What a load did, an asset a line, all its runs together; an asset that failed has none.

    Nights that were removed are among `nights`.
    """
    loaded = [night for night in nights if night not in removed]
    title = f"{'Loaded' if success else 'Failed to load'} {_nights(loaded)}" if loaded else ""
    if removed:
        said = f"{'removed' if success else 'failed to remove'} {_nights(removed)}"
        title = f"{title}; {said}" if title else said.capitalize()
    table = Table(title=title, title_justify="left")
    for heading in ("asset", "seconds", "rows written", "what"):
        table.add_column(
            heading, justify="right" if heading in ("seconds", "rows written") else "left"
        )
    seconds: defaultdict[str, float] = defaultdict(float)
    counts: dict[str, Counter[str]] = {}
    for load in loads:
        seconds[load.asset] += (load.finished_at - load.started_at).total_seconds()
        counts.setdefault(load.asset, Counter()).update(
            {name: value for name, value in load.counts.items() if isinstance(value, int)}
        )
    for asset, counted in counts.items():
        rows_written = counted.pop("rows_written", 0)
        what = [f"{name.replace('_', ' ')} {n:,}" for name, n in counted.items() if n]
        table.add_row(asset, f"{seconds[asset]:,.1f}", f"{rows_written:,}", ", ".join(what))
    out.print(table)
    if reasons:
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        out.print(
            f"In quarantine: {sum(reasons.values())} ({listed}); see `broadsheet quarantine`."
        )
    if left:
        out.print(
            f"Without a folder in this landing zone, but still in the database: {_nights(left)}."
            " --prune removes such nights."
        )


def failures(messages: Sequence[str]) -> None:
    """Why runs failed."""
    for message in messages:
        err.print(f"[red]Failed:[/red] {escape(visible(message))}", soft_wrap=True)


def rows(columns: Sequence[str], values: Sequence[Sequence[Any]], *, output: str) -> None:
    """Rows of a query as a table, CSV or JSON (a list of objects).

    CSV and JSON that do not go to a terminal are exact.
    """
    if output == "csv":
        written = io.StringIO(newline="")
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([map(_text, row) for row in values])
        _write(written.getvalue())
    elif output == "json":
        records = [dict(zip(columns, row, strict=True)) for row in values]
        _write(json.dumps(records, default=_plain, ensure_ascii=False, indent=1) + "\n")
    else:
        table = Table()
        for column in columns:
            table.add_column(escape(visible(column)), overflow="fold")
        cells = [[_cell(value) for value in row] for row in values]
        for row in cells:
            table.add_row(*(escape(_cut(cell)) for cell in row))
        out.print(table)
        count = f"{len(values)} row{'' if len(values) == 1 else 's'}"
        is_cut = any(len(cell) > _MAX_CELL for row in cells for cell in row)
        note = f"; cells are cut at {_MAX_CELL} characters, --format csv has all" if is_cut else ""
        out.print(f"({count}{note})")


def _write(text: str) -> None:
    sys.stdout.write(visible(text) if sys.stdout.isatty() else text)


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


def exported(out_folder: Path, done: "Exported") -> None:
    """What an export holds, a table a line."""
    if done.note:
        out.print(done.note, markup=False, soft_wrap=True)
    table = Table(title=escape(f"Exported to {visible(str(out_folder))}"), title_justify="left")
    for heading in ("table", "rows", "files", "MB", "SHA-256"):
        table.add_column(heading, justify="left" if heading in ("table", "SHA-256") else "right")
    for name, one in done.manifest.tables.items():
        size = sum(part.bytes for part in one.parts)
        files = f"{len(one.parts):,}"
        table.add_row(name, f"{one.rows:,}", files, f"{size / 1e6:,.1f}", (one.sha256 or "")[:16])
    out.print(table)
    if done.parts_kept:
        out.print(f"{done.parts_kept:,} of the files were there.")


def target(found: "Target") -> None:
    """An article that is to be taken down, and what stays."""
    if found.earlier:
        out.print(takedown_sentence(found.earlier), markup=False, soft_wrap=True)
    elif found.standing is None:
        out.print(f"Article {found.article_id} is not loaded; it will be kept out.")
    if found.standing:
        title = visible(found.standing.title)
        out.print(f"Article {found.article_id}: {title}", markup=False, soft_wrap=True)
        out.print("It stands in these raw files, which stay as they are:")
        for night, path in found.standing.files:
            out.print(f"  {night}/{visible(path)}", markup=False, soft_wrap=True)
    if found.near_copies:
        out.print("Near-copies of it, each an article of its own, stay:")
        columns = ("article", "first night", "words", "title")
        values = [
            (one.article_id, one.first_landed_on, one.word_count, one.title)
            for one in found.near_copies
        ]
        rows(columns, values, output="table")


def takedown_sentence(found: "Takedown") -> str:
    """That an article was taken down: when, by whom and why."""
    return (
        f"Article {found.article_id} was taken down on {found.taken_down_at:%Y-%m-%d} by"
        f" {found.taken_down_by}: {visible(found.reason)}"
    )


def undone(files: "Sequence[FileKey]") -> None:
    """That a takedown was undone, and what brings the article back."""
    if not files:
        out.print("Undone. No loaded file holds the article.")
        return
    nights = sorted({night for night, _ in files})
    out.print(
        f"Undone. The next `broadsheet run` over {_nights(nights)} segments"
        f" {len(files):,} file{'' if len(files) == 1 else 's'} again and brings the article back."
    )


def status(state: "Status") -> None:
    """The state of the database."""
    out.print(f"Database {state.database}, schema revision {state.revision}", markup=False)
    out.print(
        ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in state.rows.items())
    )
    nights = Table(title="Nights", title_justify="left")
    for heading in ("night", "files", "occurrences", "quarantined"):
        nights.add_column(heading, justify="left" if heading == "night" else "right")
    for night in state.nights:
        nights.add_row(
            str(night.night), f"{night.files:,}", f"{night.occurrences:,}", f"{night.quarantined:,}"
        )
    out.print(nights)
    if state.is_behind:
        out.print("[yellow]Changed since these nights were counted: a run will count them[/yellow]")
    table = Table(title="Last loads", title_justify="left")
    for heading in ("finished, UTC", "asset", "nights", "rows written", "run"):
        table.add_column(heading)
    for load in state.loads:
        span = sorted({str(night) for night in (load.first_night, load.last_night) if night})
        table.add_row(
            f"{load.finished_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            load.asset,
            " to ".join(span),
            f"{load.counts.get('rows_written', 0):,}",
            load.run_id[:8],
        )
    out.print(table)
    if state.quarantine:
        listed = ", ".join(f"{count} {reason}" for reason, count in state.quarantine.items())
        out.print(f"Quarantine: {listed}")
    for name, versions in state.versions.items():
        listed = ", ".join(f"{version} ({count:,})" for version, count in versions.items())
        stale = sum(n for v, n in versions.items() if v != state.current.get(name, v))
        note = f"  [yellow]{stale:,} stale: rerun their nights[/yellow]" if stale else ""
        out.print(f"{name.replace('_', ' ')}: {escape(listed)}{note}")


def findings(found: "Sequence[Finding]", *, output: str) -> None:
    """What `broadsheet doctor` found, a check a line, and how to mend it below."""
    columns = ("name", "verdict", "found", "mend")
    values = [
        (one.name, one.outcome.verdict.value, one.outcome.found, one.outcome.mend) for one in found
    ]
    if output != "table":
        rows(columns, values, output=output)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, verdict, what, mend in values:
        style = {"ok": "green", "warn": "yellow", "fail": "red"}[verdict]
        table.add_row(Text(verdict, style=style), Text(name), Text(what))
        if mend:
            table.add_row("", "", Text(mend, style="bold"))
    if out.is_terminal:
        out.print(table)
        return
    for name, verdict, what, mend in values:
        out.print(f"{verdict:4}  {name:12}  {what}", markup=False, soft_wrap=True)
        if mend:
            out.print(f"{'':20}{mend}", markup=False, soft_wrap=True)


def _nights(nights: Sequence[date]) -> str:
    if not nights:
        return "no night"
    if len(nights) == 1:
        return f"the night {nights[0]}"
    return f"{len(nights)} nights, {nights[0]} to {nights[-1]}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return visible(" ".join(str(value.hex() if isinstance(value, bytes) else value).split()))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def _text(value: object) -> object:
    """A value of a CSV cell, written as Postgres writes it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else value


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else str(value)
