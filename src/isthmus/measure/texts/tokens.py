"""Words of a caption as coco-caption counts them: Penn Treebank tokens, lower case, no punctuation.

The field's scorers cut captions with the Java program ``PTBTokenizer`` (Stanford CoreNLP 3.4.1,
``-preserveLines -lowerCase``) and leave out most punctuation. This is the same behaviour without
Java, written from what that program does: at each place the longest rule that fits wins, the first
of equally long ones. Not followed: whether a quotation mark opens or closes and whether a full stop
after an abbreviation counts twice, since such tokens are left out; characters outside Unicode's
basic plane, such as most emoji, vanish, as they do there.
"""

import re
from functools import lru_cache

A = "['’\x92]"
"""Apostrophes."""
RAISED = r"\xb2\xb3\xb9\xbc-\xbe\u2070-\u2079\u2080-\u2089\u2150-\u218b\u2460-\u24ff\u2776-\u2793"
"""Numbers that Python takes for letters: raised, lowered, circled, of fractions and Roman ones."""
L = rf"[^\W\d_{RAISED}]"
"""A letter."""
MARKS = (
    r"\u02c2-\u02c5\u02d2-\u02df\u02e5-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    r"\u0900-\u0903\u093c-\u094d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
W = rf"(?:{L}|[\d{MARKS}])"
"""A letter, a digit or an accent."""
WORD = rf"{L}{W}*(?:[.!?]{L}{W}*)*"
PART = rf"(?:(?:[dol]{A}(?:{L}|\d))?(?:{L}|\d)+)"
JOINED = rf"(?:[-_‐‑]{PART})"
THING = rf"{PART}{JOINED}*"
"""Letters and digits joined by hyphens: well-known, x-ray, 3-year-old, 3.5-inch, o'clock."""

SHORT = """
    adj adm adv al ala alex apr ariz asst assn assoc atty attys aug ave bancorp bhd bldg blvd brig
    bros calif capt cf cie cmdr co col colo comdr conn corp cos cpl ct dak dec dept det dr drs elec
    ens esq est etc ext feb fla fri ft ga gen gov govs hon inc ind insp intl invt jan jos jr jul jun
    kan kans ky lieut lt ltd maj mar md messrs mfg mich minn mlle mme mo mon mont mr mrs ms msgr mt
    mtg natl neb nev nov oct okla penn pfc ph plc ppte pptes ppty pptys pres prof profs pte ptes pty
    ptys pvt rd rep reps rev rt sen sens sep sept seq sfc sgt spc sq sr st ste supt supts sys tel
    tenn thu thurs treas tue tues univ va vs vt wed wis wisc wm wyo
"""
"""Abbreviations that keep their full stop."""
NAMES = "ark az del ill la mass miss ore pa tex wash"
"""Such with a capital only."""
BEFORE_NUMBERS = "art ca fig figs no nos op pp prop"
"""Such before a number only."""

OPENERS = """
    A About According Additionally After An As At But Earlier He Her Here However If In It Last Many
    More Now Once One Other Our She Since So Some Such That The Their Then There These They This We
    What When While Yet You
"""
"""Words that begin a sentence: before them a single letter loses its full stop."""

ENDING = rf"(?:[’\x92](?:[msd]|re|ve|ll)|'(?:[msd]|re|ve|ll)(?!{L}))"


def _either(words: str) -> str:
    return "|".join(words.split())


URL_END = r"[^\s\"<>|()]*[^\s\"<>|.!?,;:()\-]"

ANY_CASE = [
    r"(can)not",
    r"(gon|wan)na",
    r"(got)ta",
    r"(gim|lem)me",
    rf"({A}t)(?:is|was)",
    rf"({L}+)n['’\x92`‘‛]t",
    rf"({WORD}){ENDING}",
    rf"({ENDING})",
    r"(n['’\x92`‘‛]t)",
    rf"(y{A})all",
    rf"([dlj]{A})",
    rf"({A}n{A}|'n(?!{L})|[’\x92]n|{A}em|{A}till?|{A}cause|{A}[2-9]0s)",
    rf"(ol{A}|dunkin{A}|somethin{A}|c{A}mon|c{A}est|e{A}er|s{A}mores|ev{A}ry|li{A}l|nat{A}l|nor{A}easter)",
    rf"((?:ph\.d|ed\.d|{_either(SHORT)})\.)",
    rf"((?:{_either(BEFORE_NUMBERS)})\.) ?\d",
    r"((?:[a-z]\.)+)",
    rf"((?:(?:[a-z]\.)+|(?:{_either(SHORT)})\.)(?:-(?:{L}|\d)+)+)",
    rf"((?:{WORD}|{THING})\.)[,;:]",
    rf"({WORD})",
    rf"({THING})",
    rf"((?:{L}|\d)+(?:[.,](?:{L}|\d)+)+(?:[-‐‑]{PART})+)",
    r"((?:anti|pro)-)",
    r"([a-z0-9]+(?:-[a-z]+){0,2}(?:\\?/[a-z0-9]+(?:-[a-z]+){0,2}){1,2})",
    r"((?:\d{1,4}[- ])?\d{1,4}\\?/\d{1,4})",
    r"([-+]?\d*(?:[.:,]\d+)+|[-+]?\d+)",
    r"((?:\+\+?)?\(\d{2,3}\) ?\d{3,4}[- ]?\d{3,5})",
    r"(c\+\+|[cf]#)",
    rf"({A}\d\d)(?:\s|$)",
    rf"(https?://{URL_END})",
    rf"((?:www\.(?:[^\s\"<>|.!?(){{}},]+\.)+[a-z]{{2,4}}|"
    rf"{L}[^\W_]*(?:\.[^\W_]+)*\.(?:com|net|org|edu))(?:/{URL_END})?)",
    r"(<?[a-z0-9][^\s\"<>|()]*@(?:[^\s\"<>|().]+\.)*[^\s\"<>|().]+>?)",
    rf"(@[a-z_][a-z_0-9]*|\#{L}+)",
    r"([a-z0-9]+(?:\.[a-z0-9]+)*\.(?:jpe?g|png|gif|bmp|html?|txt|pdf|docx?|mov|mp3|wav|zip|py|xml))",
    r"(</?[a-z][\w.-]*(?:\s[^<>()]*)?/?>|<[!?][-a-z][^<>]*>)",
    r"(&(?:amp|lt|gt|\#\d+|[aeiouncy](?:acute|grave|circ|uml|tilde|cedil|ring));)",
    r"(-{5,}|-{2,4}|[?!]{2,}|_+|\*+|\#+|@+|<<|>>)",
    r"([-^x=~<>']_[-^x=~<>']|\([-^x=~<>'][_.]?[-^x=~<>']\))",
]
"""Rules of which the longest wins; the first group is the token, what follows it must be there."""
AS_WRITTEN = [
    rf"((?:{_either(f'{NAMES.title()} {NAMES.upper()}')})\.)",
    rf"([A-HJ-XZn]{A}{L}{{2,}}|{L}+[aeiouyAEIOUY]{A}[aeiouA-Z]{L}*)",
    r"([A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+)",
    r"([A-Z]*\$)",
    r"([<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]])(?![A-Za-z0-9])",
]
"""Likewise, but capitals matter."""
LAST_LETTER = re.compile(rf"([A-Za-z])\.(?: (?:{_either(OPENERS)}) |$)")
RULES = [
    LAST_LETTER,
    *(re.compile(one, re.IGNORECASE) for one in ANY_CASE),
    *map(re.compile, AS_WRITTEN),
]

SYMBOLS = re.compile(
    r"[%&*/<=>\\^|~+\xa1\xa5-\xa9\xac\xae-\xb4\xb6-\xb9\xbf\xd7\xf7\u2016\u2017\u201a\u201e"
    r"\u2020-\u2023\u2030-\u2038\u203b\u203e-\u2042\u2070-\u208e\u20a4\u2100-\u214f\u2155-\u215e\u2190-\u2bff"
    r"\u3001\u3002\u3012\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)
"""Characters that are a token of their own and no punctuation that is left out."""
WRITTEN = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    "\xa2": "cents", "\xa3": "#", "\xa4": "$", "\u20a0": "$", "\u20ac": "$", "\x80": "$",
    "\xbc": "1/4", "\xbd": "1/2", "\xbe": "3/4", "\u2153": "1/3", "\u2154": "2/3",
    "&lt;": "<", "&gt;": ">", "&amp;": "&",
}  # fmt: skip
"""What a token that stands alone is written as."""
DASHES = {"--", "---", "----"}
"""Tokens of several characters that are punctuation."""
INSIDE = str.maketrans({"(": "-lrb-", ")": "-rrb-"})
CURLY = re.compile(r"^(n?)[’\x92](t|[msd]|re|ve|ll)$")
"""Endings whose apostrophe is made straight; other words keep theirs."""
ENTITIES = {"&apos;": "'", "&quot;": '"', "&nbsp;": " ", "&mdash;": "–", "&ndash;": "–"}
OUTSIDE = re.compile(r"[\U00010000-\U0010ffff\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufe00-\ufe0f]")
SPANNING = re.compile(r"[<\d]|\b[A-Za-z]\. [A-Z]")
"""What rules that reach over a space begin or end with."""


def words(text: str) -> list[str]:
    """The words of one caption, as coco-caption's scorers see them.

    Args:
        text: one caption; line breaks count as spaces.

    Returns:
        Tokens in lower case; brackets stay as ``-lrb-`` and ``-rrb-``, as they do in the field.

    Example:
        >>> words("A man's hat isn't well-known (in the U.S.).")
        ['a', 'man', "'s", 'hat', 'is', "n't", 'well-known', '-lrb-', 'in', 'the', 'u.s.', '-rrb-']
    """
    if "&" in text:
        for name, sign in ENTITIES.items():
            text = text.replace(name, sign)
    text = OUTSIDE.sub(" ", text).replace("\xad", "")
    text = " ".join(text.split())
    parts = [text] if SPANNING.search(text) else re.findall(r"\S+ ?", text)
    return [token for part in parts for token in tokens_in(part)]


@lru_cache(maxsize=100_000)
def tokens_in(text: str) -> tuple[str, ...]:
    """Tokens of a text, most often of one between two spaces."""
    found, at = list[str](), 0
    while at < len(text):
        matches = [match for rule in RULES if (match := rule.match(text, at))]
        best = max(matches, key=re.Match.end, default=None)
        token = best[1] if best else text[at]
        at += len(token)
        if best or token in WRITTEN or SYMBOLS.match(token):
            found.extend(_written(token))
    return tuple(found)


def _written(token: str) -> list[str]:
    """A token as it is counted: none if it is punctuation, several if it holds spaces."""
    if token in DASHES:
        return []
    low = WRITTEN.get(token) or CURLY.sub(r"\1'\2", token.lower().translate(INSIDE))
    return [WRITTEN.get(one, one) for one in low.replace("&amp;", "&").split()]
