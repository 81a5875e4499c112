"""How words sound: the phones of the pronouncing dictionary, and how accents change them."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from pocketsphinx import get_model_path

DICTIONARY = "en-us/cmudict-en-us.dict"  # as it lies beside the acoustic model of pocketsphinx
VOWELS = (
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
)  # fmt: skip
NEIGHBOURS = {
    "AA": ("AO",), "AE": ("EH",), "AH": ("IH",), "AO": ("AA", "OW"), "EH": ("AE",),
    "IH": ("IY",), "IY": ("IH",), "OW": ("AO",), "UH": ("UW",), "UW": ("UH",),
}  # fmt: skip
"""Vowels that accents of English exchange: American "call" has an AA, British one nearly an OW."""
MOST = 12  # accents of one word
SHORTEST_PART = 3  # letters of a word that is a part of another

Phones = tuple[str, ...]


def pronunciations(word: str) -> list[Phones]:
    """Say how a word or a phrase is pronounced: as the dictionary says, then in other accents.

    What the dictionary does not have is taken apart into words that it has (voicemail,
    "thank you"), never guessed from letters.

    Parameters
    ----------
    word : str
        A word, or several with spaces or hyphens.

    Returns
    -------
    list of tuple of str
        ARPAbet phones without stress; empty when the word cannot be pronounced.

    References
    ----------
    The dictionary is that of Carnegie Mellon University, as pocketsphinx ships it.

    Examples
    --------
    >>> pronunciations("call")
    [('K', 'AO', 'L'), ('K', 'AA', 'L'), ('K', 'OW', 'L')]
    >>> pronunciations("qwrtz")
    []
    """
    parts = [_known(part) for part in re.split(r"[\s_-]+", word.lower().strip())]
    if not all(parts):
        return []
    plain = parts[0] if len(parts) == 1 else [tuple(chain(*(part[0] for part in parts)))]
    return [*plain, *_accents(plain)]


def _known(word: str) -> list[Phones]:
    """What the dictionary says of a word, or of the two words that it is made of."""
    if word in _dictionary():
        return _dictionary()[word]
    for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        first, second = _dictionary().get(word[:cut]), _dictionary().get(word[cut:])
        if first and second:
            return [(*first[0], *second[0])]
    return []


def _accents(plain: Sequence[Phones]) -> list[Phones]:
    """Pronunciations with one vowel exchanged, or an R before a consonant left out."""
    found = dict.fromkeys(changed for phones in plain for changed in _changed(phones))
    return [phones for phones in found if phones not in plain][:MOST]


def _changed(phones: Phones) -> Iterator[Phones]:
    for place, phone in enumerate(phones):
        for neighbour in NEIGHBOURS.get(phone, ()):
            yield (*phones[:place], neighbour, *phones[place + 1 :])
        after = phones[place + 1] if place + 1 < len(phones) else ""
        if phone == "R" and place and after not in VOWELS:
            yield (*phones[:place], *phones[place + 1 :])


@cache
def _dictionary() -> dict[str, list[Phones]]:
    known: dict[str, list[Phones]] = {}
    with Path(get_model_path(DICTIONARY)).open(encoding="utf-8") as lines:
        for line in lines:
            word, *phones = line.split()
            known.setdefault(word.partition("(")[0], []).append(tuple(phones))
    return known
