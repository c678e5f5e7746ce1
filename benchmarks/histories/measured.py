"""What a run measured, before anybody says what it should have been."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.histories.night import Linked, Sizes, Spent
from benchmarks.histories.orders import Orders
from benchmarks.histories.plans import Statement, WholeRead

KEYS = "ops.lsh_bands"
CANDIDATES = "candidates"
REST = "pairs' shingles, commits"


@dataclass(frozen=True, slots=True)
class Round:
    """One night: storing its articles, linking them, linking with nothing new, deleting them."""

    stored: Spent
    linked: Linked
    again: Linked
    taken_out: Spent

    def spent(self, phase: str) -> Spent:
        """What a phase of linking took; `REST` is what belongs to none.

        `CANDIDATES` is looking keys up, which `put_signatures` does, and `find_candidates`.
        """
        if phase == CANDIDATES:
            return self.linked.lookup + self.spent("find_candidates")
        if phase == REST:
            return self.linked.total - sum(self.linked.phases.values(), Spent(0.0, 0.0))
        return self.linked.phases.get(phase, Spent(0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Explained:
    """What statements did in a night that was explained, not timed.

    `statements` are those of linking; `whole_reads` and `beyond_plans` are by what was done:
    "storing", "linking", "nothing new" or "deleting". The latter are rows of a table that sequential
    scans read and no plan shows.
    """

    statements: list[Statement]
    whole_reads: dict[str, list[WholeRead]]
    beyond_plans: dict[str, dict[str, int]]


@dataclass(slots=True)
class History:
    """One history and the nights that were measured against it.

    `crowd` is how many of its articles, all of one story, are written to one template. `sizes` are those that nights left, `grown` those with one more; `fresh_index` is the size of the
    primary key of the keys when it is built anew.
    """

    articles: int
    night: int
    crowd: int
    seconds_to_load: float
    rows: dict[str, int]
    sizes: Sizes
    fresh_index: int
    grown: Sizes = field(default_factory=dict)
    pairs_of_night: int = 0
    rounds: list[Round] = field(default_factory=list)
    explained: Explained | None = None

    def spent(self, phase: str | None = None) -> float:
        """Seconds of linking the night, or of a phase of that: the median of the rounds."""
        if phase is None:
            return median(one.linked.total.seconds for one in self.rounds)
        return median(one.spent(phase).seconds for one in self.rounds)

    @property
    def linked(self) -> Linked:
        """What linking did: the same in each round but for its times."""
        return self.rounds[0].linked

    @property
    def fresh_keys(self) -> int:
        """Bytes of the table of keys with its primary key built anew."""
        return self.sizes[KEYS]["table"] + self.fresh_index


@dataclass(slots=True)
class Measured:
    """Everything that a run measured."""

    night: int
    seed: int
    where: str
    histories: list[History] = field(default_factory=list)
    orders: Orders | None = None
