"""The picture of a run: what a night costs by the size of the history."""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.histories.measured import CANDIDATES, History, Measured

_SHOWN = {
    None: ("link_stories, all of it", "#c1121f"),
    "put_signatures": ("put_signatures, which looks keys up", "#1d5fa8"),
    "assign_stories": ("assign_stories", "#8a5a00"),
    CANDIDATES: ("candidates: keys looked up, find_candidates", "#2a9134"),
}


def draw(measured: Measured, path: Path) -> None:
    """Write the picture as PNG.

    Raises:
        ImportError: matplotlib is not installed.
    """
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    plt: Any = import_module("matplotlib.pyplot")
    figure, axes = plt.subplots(figsize=(8.5, 5.4), layout="constrained")
    for phase, (label, colour) in _SHOWN.items():
        _draw_line(axes, measured.histories, phase, label, colour)
    axes.set_xscale("log")
    axes.set_xticks([one.articles for one in measured.histories])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel("articles in the history (log)")
    axes.set_ylabel("seconds")
    rounds = len(measured.histories[0].rounds)
    axes.set_title(
        f"Linking a night of {measured.night:,} articles: median and range of {rounds}", loc="left"
    )
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="best")
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _draw_line(
    axes: Any,  # noqa: ANN401
    histories: list[History],
    phase: str | None,
    label: str,
    colour: str,
) -> None:
    sizes = [one.articles for one in histories]
    middle = [one.spent(phase) for one in histories]
    rounds = [
        [
            one.linked.total.seconds if phase is None else one.spent(phase).seconds
            for one in h.rounds
        ]
        for h in histories
    ]
    axes.plot(
        sizes, middle, "o-", color=colour, label=label, linewidth=2.5 if phase is None else 1.6
    )
    axes.vlines(sizes, [min(r) for r in rounds], [max(r) for r in rounds], color=colour, alpha=0.5)
