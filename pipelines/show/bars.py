"""Bars of progress."""

from typing import TYPE_CHECKING, Self

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
from rich.text import Text

from pipelines.show.terminal import err

if TYPE_CHECKING:
    from pipelines.progress import Advance


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
