"""What `broadsheet run` says at its end."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from rich.markup import escape
from rich.table import Table

from pipelines.show.terminal import err, out, span, visible
from pipelines.store.loads import Load


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
    title = f"{'Loaded' if success else 'Failed to load'} {span(loaded)}" if loaded else ""
    if removed:
        said = f"{'removed' if success else 'failed to remove'} {span(removed)}"
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
            f"Without a folder in this landing zone, but still in the database: {span(left)}."
            " --prune removes such nights."
        )


def failures(messages: Sequence[str]) -> None:
    """Why runs failed."""
    for message in messages:
        err.print(f"[red]Failed:[/red] {escape(visible(message))}", soft_wrap=True)
