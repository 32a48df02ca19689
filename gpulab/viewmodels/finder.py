"""Ctrl+K must find any setting or action from a few letters, in the order in which a person would expect them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gpulab.spec.setting import Setting
from gpulab.viewmodels.cards import cards
from gpulab.viewmodels.form import groups

_WORD_START = 8.0
_IN_A_ROW = 5.0
_HIT = 1.0
_IN_THE_DETAIL = 0.4
"""What a hit outside of the title counts for."""


_LONG = 5
_BY_ITS_STEM = 0.5
"""`prune` means pruning: a long word may miss its last letter."""


class Entry(msgspec.Struct, frozen=True):
    """Something that can be found. `key` is a setting's path, or whatever the caller knows an action by."""

    key: str
    title: str
    detail: str = ""
    hidden: str = ""
    """More words to find it by, which are not shown: its help, its name in files."""


def setting_entries(settings: Mapping[str, Setting]) -> list[Entry]:
    """An entry for each setting; its detail is the group that it stands in."""
    titles = {setting.path: group.title for group in groups(settings) for setting in group.settings}
    found = [
        Entry(path, s.label, titles.get(path, ""), f"{path} {s.help}")
        for path, s in settings.items()
        if not path.startswith("techniques.")
    ]
    for card in cards(settings):
        found.append(Entry(card.path, card.label, "Techniques", f"{card.path} {card.summary}"))
        found += [Entry(s.path, s.label, card.label, f"{s.path} {s.help}") for s in card.settings]
    return found


def ranked(entries: Iterable[Entry], query: str) -> list[Entry]:
    """The entries that `query` can mean, best first; all of them, as they stand, for an empty query."""
    words = query.lower().split()
    if not words:
        return list(entries)
    scored = [(score, entry) for entry in entries if (score := _score(entry, words)) > 0]
    return [entry for _, entry in sorted(scored, key=lambda pair: -pair[0])]


def _score(entry: Entry, words: Sequence[str]) -> float:
    """Every word must be found somewhere; the title counts most, and spread letters count in the title alone."""
    total = 0.0
    for word in words:
        in_title = _letters(entry.title.lower(), word)
        aside = max(_whole(text.lower(), word) for text in (entry.detail, entry.hidden))
        stem = _whole(entry.title.lower(), word[:-1]) if len(word) >= _LONG else 0.0
        best = max(in_title, aside * _IN_THE_DETAIL, stem * _BY_ITS_STEM)
        if best <= 0:
            return 0.0
        total += best
    return total - len(entry.title) * 0.01


def _letters(text: str, word: str) -> float:
    """How well the letters of `word` follow each other in `text`: whole words before beginnings before spread ones."""
    if (whole := _whole(text, word)) > 0:
        return whole + 2 * _WORD_START * (text == word)
    score, last = 0.0, -1
    for letter in word:
        starts = [at for at in _places(text, letter, last + 1) if at == 0 or not text[at - 1].isalnum()]
        if last >= 0 and text[last + 1 : last + 2] == letter:
            at, gain = last + 1, _IN_A_ROW
        elif starts:
            at, gain = starts[0], _WORD_START
        else:
            return 0.0
        score, last = score + gain, at
    return score / len(word)


def _whole(text: str, word: str) -> float:
    """How well `word` stands in `text` in one piece."""
    places = _places(text, word, 0)
    if not places:
        return 0.0
    at_start = any(at == 0 or not text[at - 1].isalnum() for at in places)
    return len(word) * _HIT + (_WORD_START + _IN_A_ROW if at_start else _IN_A_ROW) + (_HIT if places[0] == 0 else 0)


def _places(text: str, part: str, start: int) -> list[int]:
    found = []
    at = text.find(part, start)
    while at >= 0:
        found.append(at)
        at = text.find(part, at + 1)
    return found
