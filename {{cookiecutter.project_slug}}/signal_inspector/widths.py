"""How wide a text is on the map, and shortening it to what fits.

Names are set in a monospaced font, where that can be told without asking the browser.
"""

import unicodedata
from itertools import accumulate, takewhile
from math import ceil

# The width of a letter, as a part of the font's size: 0.6 or a little less in the fonts that browsers choose.
LETTER = 0.61
ELLIPSIS = "…"


def width_of(text: str, size: int) -> int:
    """How many pixels ``text`` takes at a font size, rather too many than too few."""
    letters = len(text) if text.isascii() else sum(map(letters_of, text))
    return ceil(letters * LETTER * size)


def fitted(text: str, size: int, width: int) -> str:
    """``text``, or as much of its beginning as fits, with an ellipsis."""
    if width_of(text, size) <= width:
        return text
    ends = accumulate(map(letters_of, text))
    room = width - width_of(ELLIPSIS, size)
    kept = sum(1 for _ in takewhile(lambda end: ceil(end * LETTER * size) <= room, ends))
    return text[:kept].rstrip() + ELLIPSIS


def letters_of(character: str) -> float:
    """How many letters wide a character is. Pictures are often wider than the two that they should be."""
    return 2.5 if unicodedata.east_asian_width(character) in "WF" else 1
