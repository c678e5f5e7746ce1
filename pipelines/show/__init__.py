"""What the command line prints. Bars and colours on a terminal, plain lines anywhere else.

A module a subject; each function prints one thing, for the commands to call as `show.rows`.
"""

from pipelines.show.bars import Bars
from pipelines.show.doctor import findings
from pipelines.show.exports import exported
from pipelines.show.loads import failures, summary
from pipelines.show.state import status
from pipelines.show.tables import rows
from pipelines.show.takedowns import takedown_sentence, target, undone
from pipelines.show.terminal import visible
from pipelines.show.traces import occurrences, story

__all__ = [
    "Bars",
    "exported",
    "failures",
    "findings",
    "occurrences",
    "rows",
    "status",
    "story",
    "summary",
    "takedown_sentence",
    "target",
    "undone",
    "visible",
]
