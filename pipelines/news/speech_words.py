"""Words around quotations: verbs of speaking, pronouns, offices, and what may stand between."""

import re
from collections.abc import Iterable
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERB = (
    r"said|says|say|saying|told|tells|telling|added|adds|adding|asked|asks|asking|replied|replies|wrote|writes"
    r"|writing|posted|tweeted|announced|declared|insisted|insists|warned|warns|warning|explained|explains"
    r"|recalled|recalls|noted|notes|noting|argued|argues|arguing|claimed|claims|admitted|admits|stated|states|stressed"
    r"|continued|continues|concluded|concludes|remarked|joked|jokes|shouted|whispered|muttered|mutters|laughed|read|reads"
    r"|called|calling|calls|described|describes|describing|denounced|denouncing|condemned|criticized|criticised|dismissed"
    r"|hailed|praised|accused|accusing|quoted|testified|responded|responds|retorted|retorts|answered|answers|complained"
    r"|conceded|confirmed|countered|cautioned|cautions|urged|urging|vowed|vowing|promised|pledged|acknowledged|observed"
    r"|predicted|predicts|suggested|maintained|reported|heard|repeated|repeats|pleaded|sighed|protested|ruled|mused"
    r"|thinks|puts? it|according to|speaks? of|spoke of|speaking of|referred to|denied|demanded|demanding"
    r"|remembered|remembers|commented|comments|corrected|corrects|informed|advised|lamented|quipped|exclaimed"
    r"|cried|begged|boasted|recounted|reminded|emphasized|emphasised|underlined|underscored|affirmed|asserted"
    r"|alleged|contended|reiterated|interjected|chimed in|pointed out|points out|went on|(?:shot|fired|hit|called) back|in the words of|(?<=[’']s )words"
)
CUE: Final = re.compile(rf"(?<![\w-])(?:{_VERB})(?![\w-])", re.IGNORECASE)
PARTICIPLE: Final = re.compile(r"\w+ing\Z")
OF_WHOM: Final = frozenset({"according to", "in the words of"})
"""Cues that the speaker follows."""

OFFICES: Final = _words(
    "minister premier president chancellor king queen prince princess emir sheikh imam bishop archbishop "
    "cardinal rabbi priest pastor ambassador envoy secretary senator congressman congresswoman "
    "representative deputy lawmaker legislator councilman councilwoman councillor councilor governor "
    "mayor speaker judge justice prosecutor lawyer attorney solicitor barrister director manager chairman "
    "chairwoman chair chief head boss founder owner executive spokesman spokeswoman spokesperson "
    "commander general colonel captain major lieutenant sergeant admiral inspector detective "
    "superintendent officer official professor doctor nurse teacher principal scientist researcher "
    "biologist geologist economist analyst strategist historian expert engineer architect farmer "
    "fisherman baker butcher trader shopkeeper driver pilot worker student pupil resident villager "
    "witness survivor coach trainer striker midfielder defender goalkeeper referee player author writer "
    "novelist poet publisher editor journalist reporter singer actor actress artist curator conductor "
    "husband wife son daughter father mother brother sister widow widower uncle aunt cousin nephew niece "
    "grandson granddaughter grandfather grandmother neighbor neighbour friend colleague counterpart "
    "assistant adviser advisor aide activist campaigner organizer organiser volunteer counsel clerk "
    "leader member dean rector treasurer commissioner coordinator delegate diplomat negotiator soldier "
    "fighter agent source man woman boy girl passenger customer dealer investor banker librarian "
    "beekeeper guide cook chef tailor pharmacist"
)
"""What people are called by office, trade or kin."""
SHORT_OFFICES: Final = {
    "gen": "general",
    "sen": "senator",
    "rep": "representative",
    "gov": "governor",
    "prof": "professor",
    "dr": "doctor",
    "capt": "captain",
    "col": "colonel",
    "lt": "lieutenant",
    "sgt": "sergeant",
    "maj": "major",
    "adm": "admiral",
    "rev": "pastor",
    "fr": "priest",
    "cllr": "councillor",
}
_ABBREVIATION = r"Mr|Mrs|Ms|Mx|Dr|Gen|Col|Lt|Sgt|Cpl|Capt|Cmdr|Maj|Brig|Adm|Rev|Fr|Sr|Jr|Sen|Rep|Gov|Prof|Hon|St|Cllr|Msgr"
TITLES: Final = frozenset(f"{title.lower()}." for title in _ABBREVIATION.split("|"))
ABBREVIATED: Final = re.compile(rf"(?<![\w.])(?:{_ABBREVIATION}|[A-Z](?:\.[A-Z])*)\Z")
"""The end of a text whose next full stop ends a word and no sentence."""

MALE: Final = re.compile(
    r"(?:Mr|Sir|Lord|[Ff]ather|King|Prince|Sheikh|Emir|[Bb]rother|Monsieur|Herr|husband|(?:grand|step)?(?:son|father)"
    r"|uncle|nephew|widower|actor|fisherman|headman|businessman|policeman|monk|priest|imam"
    r"|[Cc]hairman|spokesman|[Cc]ouncilman|[Cc]ongressman)\Z"
)
FEMALE: Final = re.compile(
    r"(?:Mrs|Ms|Miss|Lady|Dame|Queen|Princess|Madame|[Ss]ister|[Mm]other|Frau|wife|(?:grand|step)?(?:daughter|mother)"
    r"|aunt|niece|widow|actress|businesswoman|policewoman|nun|heroine"
    r"|[Cc]hairwoman|spokeswoman|[Cc]ouncilwoman|[Cc]ongresswoman)\Z"
)
GENERAL_BODIES: Final = _words(
    "group company organization organisation movement agency club party firm body association charity "
    "network institute alliance militia board"
)
"""What a body can be called that does not have the word in its name."""
BODIES: Final = GENERAL_BODIES | _words(
    "ministry military army council directorate federation union commission office bank court police "
    "embassy committee authority department league university navy judiciary government parliament "
    "trust society chamber"
)
PREPOSITIONS: Final = _words(
    "to of from with by for in at against about between near under over outside inside around behind "
    "beside without alongside toward towards despite including into via through on"
)
"""Without those that also begin a clause ("after Ali said")."""
DETERMINERS: Final = _words("the a an his her its their former then")
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
TAIL: Final = re.compile(
    r"(?:\s+(?:had|has|have|also|later|then|once|even|still|just|often|never|always|again|only|both|now|soon"
    r"|himself|herself|itself|afterwards?|yesterday|today|(?!famil|repl|supp|assemb|ital|al[ly]\b)\w{2,}ly)"
    rf"|\s+(?:on )?(?:late |early |last |this )?{_DAY}(?: (?:night|morning|evening|afternoon))?"
    r"|\s+this (?:week|month|year|morning|afternoon)|\s+last (?:week|month|year|night)|\s)\Z"
)
"""Adverbs and days, which may stand between a speaker and the verb."""


def either(words: Iterable[str]) -> str:
    """A pattern of any of some words, the longest first."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


SENTENCE_END: Final = re.compile(r"[.!?…][”’\"')]*\s+(?=[\w“‘\"'(])")


def is_sentence_end(text: str, end: re.Match[str]) -> bool:
    """Whether a stop ends a sentence; that of "Mr. Haugen" does not."""
    at = end.start()
    return text[at] != "." or not ABBREVIATED.search(text, max(at - 12, 0), at)
