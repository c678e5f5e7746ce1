"""A night to report with something in every section, and with titles that mean harm."""

from datetime import date, timedelta
from uuid import UUID

from pipelines.reports.records import (
    Kind,
    Landed,
    Named,
    NewStory,
    NightCount,
    NightReport,
    Place,
    Refused,
    Rising,
    Together,
)

NIGHT = date(2026, 3, 5)
HOSTILE = (
    "</title></text></svg><script>document.title = 'taken'</script><img src=//x.example/y>\"'&"
)
SHORT = "<img src=//z>"  # stands whole on a chart
CONTROL = "\x1b]0;taken\x07"
LONG = "Donaudampfschifffahrtsgesellschaft" * 6

FULL = NightReport(
    night=NIGHT,
    landed=Landed(38, 37, 91, 88, 80, 2),
    before=(Landed(10, 10, 30, 30, 28, 0), Landed(20, 20, 50, 50, 42, 3)),
    refused=(Refused("no_article", 2, (f"{HOSTILE}.txt", f"{LONG}.txt")),),
    stories=(
        NewStory(UUID(int=1), HOSTILE, 6, 7, 5, 0),
        NewStory(UUID(int=2), LONG, 1, 1, 1, 3),
    ),
    rising=(
        Rising(Kind.PEOPLE, HOSTILE, 9, 1.5, 4.743),
        Rising(Kind.PEOPLE, SHORT, 4, 0.0, 4.0),
        Rising(Kind.PLACES, "Lima", 7, 2.25, 2.635),
        Rising(Kind.ORGANISATIONS, LONG, 3, 0.0, 3.0),
        Rising(Kind.ORGANISATIONS, CONTROL, 2, 0.0, 2.0),
    ),
    timeline=tuple(
        NightCount(NIGHT - timedelta(days=59 - at), 40 + at % 7, 30 + at % 5) for at in range(60)
    ),
    named=(
        Named(HOSTILE, "PERSON", 9),
        Named("Lima", "GPE", 7),
        Named("Lima", "ORG", 4),
        Named(SHORT, "ORG", 1),
        Named(CONTROL, "ORG", 1),
    ),
    together=(Together(0, 1, 5), Together(1, 2, 1), Together(0, 3, 1), Together(0, 4, 1)),
    places=(
        Place("Lima", "PE", 3936456, 7),
        Place(HOSTILE, "TR", None, 3),
        Place(CONTROL, "SE", None, 2),
        Place("Nowhere", "AQ", None, 1),
    ),
    places_in_all=5,
)
