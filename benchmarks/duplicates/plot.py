"""The picture of a run: speed against quality, and what becomes of cut copies."""

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.duplicates.contenders import OURS
from benchmarks.duplicates.report import Measured

_COLOURS = ("#c1121f", "#1d5fa8", "#2a9134", "#8a5a00")
_GREY = "#666666"


def draw(measured: Measured, path: Path) -> None:
    """Write the picture as PNG.

    Raises:
        ImportError: matplotlib is not installed.
    """
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    plt: Any = import_module("matplotlib.pyplot")
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.6), layout="constrained")
    colours = dict(zip(measured.scores, _COLOURS, strict=False))
    _draw_speed(left, measured, colours)
    _draw_kept(right, measured, colours)
    for axes in (left, right):
        axes.grid(color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        f"Near-duplicates among {measured.articles:,} made-up articles, one core", fontsize=14
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _draw_speed(axes: Any, measured: Measured, colours: dict[str, str]) -> None:  # noqa: ANN401
    by_speed = sorted(measured.scores, key=lambda name: -measured.seconds("stories", name))
    for place, name in enumerate(by_speed):
        scores = measured.scores[name]
        speed = measured.articles / measured.seconds("stories", name)
        recall, ari = scores.near_aside.recall, scores.ari_stories
        axes.plot([speed, speed], [ari, recall], color=colours[name], linewidth=1, alpha=0.5)
        axes.plot(speed, ari, "o", color=colours[name], markersize=10)
        axes.plot(speed, recall, "D", color=colours[name], markersize=8, fillstyle="none", mew=2)
        # Neighbours in speed are named on either side.
        axes.annotate(
            name,
            (speed, recall),
            xytext=(11, 0) if place % 2 == 0 else (-11, 0),
            textcoords="offset points",
            ha="left" if place % 2 == 0 else "right",
            va="center",
            color=colours[name],
            fontsize=12,
            fontweight="bold" if name == OURS else "normal",
        )
    axes.plot([], [], "o", color=_GREY, markersize=10, label="adjusted Rand index of stories")
    recall_label = "near pairs linked, template aside"
    axes.plot([], [], "D", color=_GREY, markersize=8, fillstyle="none", mew=2, label=recall_label)
    axes.legend(loc="lower left", frameon=False)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(low / 1.3, high * 1.3)
    lowest = min(min(s.ari_stories, s.near_aside.recall) for s in measured.scores.values())
    axes.set_ylim(lowest - 0.35 * (1 - lowest), 1 + 0.05 * (1 - lowest))
    axes.xaxis.set_major_locator(_ticks())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.minorticks_off()
    axes.set_xlabel("articles a second, from text to stories (log)")
    axes.set_title("Speed and quality", loc="left")


def _ticks() -> Any:  # noqa: ANN401
    return import_module("matplotlib.ticker").LogLocator(base=10, subs=(1, 2, 5))


def _draw_kept(axes: Any, measured: Measured, colours: dict[str, str]) -> None:  # noqa: ANN401
    for name, bands in measured.truncations.items():
        middles = [(band.low + band.high) / 2 for band in bands]
        shares = [band.found / band.planted for band in bands]
        ours = name == OURS
        axes.plot(
            middles,
            shares,
            "o-",
            color=colours[name],
            linewidth=3 if ours else 1.6,
            markersize=8 if ours else 5,
            label=name,
            zorder=3 if ours else 2,
        )
    axes.axvline(0.7, color=_GREY, linewidth=1, linestyle=":")
    axes.annotate(
        "Jaccard 0.7",
        (0.7, 0.5),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        color=_GREY,
    )
    axes.set_ylim(-0.03, 1.05)
    axes.set_xlim(0.3, 0.9)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("words that a cut copy kept")
    axes.set_title("Cut copies linked to their originals", loc="left")
    axes.legend(loc="center left", frameon=False)
