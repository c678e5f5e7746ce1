"""Bodies that every country has: which country's, and which, by a name that says both.

"Turkish Defense Ministry", "Türkiye's Ministry of Defence" and "Defense Ministry of Turkey" are one.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pipelines.news.folding import fold
from pipelines.news.namesakes import is_shared
from pipelines.news.places import country, country_of_people

_MAX_COUNTRY_WORDS = 5
_MINISTRY = re.compile(
    r"(?:ministry|department) (?:of |for )?(?:the )?(?P<what>.+?)(?: affairs)?\Z"
)
_AFFAIRS = re.compile(r"(?P<what>.+?) affairs (?P<kind>ministry|department)\Z")
_SPELLINGS = {"defence": "defense", "labour": "labor", "programme": "program"}
_COMMON = re.compile(
    r"(?:.+ ministry|parliament|national assembly|senate|house of representatives|supreme court"
    r"|high court|constitutional court|court of cassation|central bank|army|armed forces|military"
    r"|navy|air force|coast guard|border guard|national guard|general staff|police|national police"
    r"|federal police|state department|treasury|embassy|presidency|cabinet|council of ministers"
    r"|civil defense|red crescent|red cross|football federation|football association"
    r"|electoral commission|election commission|national security council)\Z"
)
"""Names that say what a body is and not which country's."""


class Body(NamedTuple):
    """A country's body: ISO 3166-1 code, and what it is, folded ("defense ministry")."""

    country_code: str
    what: str


@lru_cache(maxsize=100_000)
def body(name: str) -> Body | None:
    """The body that a name says in full; None for any other name, and for one without its country."""
    folded = fold(name.replace("'s ", " "))
    words = folded.split()
    for at in range(min(_MAX_COUNTRY_WORDS, len(words) - 1), 0, -1):
        before, after = " ".join(words[:at]), " ".join(words[at:])
        if (code := _owner(before)) and (what := common_body(after)):
            return Body(code, what)
        before, after = " ".join(words[:-at]), " ".join(words[-at:])
        owner = before.removesuffix(" of the").removesuffix(" of")
        if owner != before and (code := _owner(after)) and (what := common_body(owner)):
            return Body(code, what)
    return None


def _owner(folded: str) -> str | None:
    """The country that a name says; none by a name that it shares, as with the state of Georgia."""
    if is_shared(folded):
        return None
    return country(folded) or country_of_people(folded)


@lru_cache(maxsize=100_000)
def common_body(name: str) -> str | None:
    """What a body is by a name without its country ("Ministry of Defence"); None for other names."""
    folded = " ".join(_SPELLINGS.get(word, word) for word in fold(name).split())
    if match := _MINISTRY.match(folded):
        kind = folded.split(maxsplit=1)[0]
        folded = f"{match['what']} {kind}"
    elif match := _AFFAIRS.match(folded):
        folded = f"{match['what']} {match['kind']}"
    return folded if _COMMON.match(folded) else None
