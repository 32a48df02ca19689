"""The glossary: what each term means in plain words, and where terms stand in a text."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

import msgspec

from gpulab.resources import resource

FORMAT = 1
SCHEME = "term:"
"""The beginning of a link to a term; its key follows."""

_TAG = re.compile(r"(<[^>]*>|&#?\w+;)")
_GAP = re.compile(r"[\s-]+")


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. `text` says what it is, `here` where it matters in this app; `see` are keys of others.

    `card` is the key of the card of techniques that it belongs to, empty where it belongs to none. `elsewhere`: it is
    named by those who speak of the matter, and this app leaves it to others. `linked` is false for a word so common
    that it is not marked in a text.
    """

    key: str
    name: str
    text: str
    here: str
    spellings: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    card: str = ""
    elsewhere: bool = False
    linked: bool = True

    def means(self, query: str) -> bool:
        """Whether somebody who types `query` may look for this: every word of it stands in the entry."""
        whole = " ".join((self.name, *self.spellings, self.text)).casefold()
        return all(word in whole for word in query.casefold().split())


class Place(msgspec.Struct, frozen=True):
    """A term in a text: `text[begin:end]`."""

    begin: int
    end: int
    term: Term


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    terms: tuple[Term, ...]


class Glossary:
    """All terms, by their keys in the order of their names."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms: Mapping[str, Term] = {
            term.key: term for term in sorted(terms, key=lambda term: term.name.casefold())
        }
        exact = [(spelling, term) for term in terms for spelling in _spellings(term) if _is_exact(spelling)]
        loose = [(spelling, term) for term in terms for spelling in _spellings(term) if not _is_exact(spelling)]
        self._exact = {_normal(spelling): term for spelling, term in exact}
        self._loose = {_normal(spelling).casefold(): term for spelling, term in loose}
        self._pattern = _pattern([spelling for spelling, _ in exact], [spelling for spelling, _ in loose])

    def find(self, text: str) -> Iterator[Place]:
        """Where terms stand in `text`: whole words, the longest first where several begin at the same letter."""
        for found in self._pattern.finditer(text):
            word = _normal(found.group())
            term = self._exact.get(word) or self._loose.get(word.casefold())
            if term is not None and term.linked:
                yield Place(found.start(), found.end(), term)

    def linked(self, html: str, style: str = "") -> str:
        """`html` with each term a link where it first stands; tags, links and entities stay as they are."""
        given = f' style="{style}"' if style else ""
        seen: set[str] = set()
        inside, parts = 0, []
        for part in _TAG.split(html):
            if _TAG.fullmatch(part):
                name = part[1:].lstrip("/").split(None, 1)[0].rstrip(">").lower() if part.startswith("<") else ""
                inside += (name == "a") * (-1 if part.startswith("</") else 1)
                parts.append(part)
                continue
            parts.append(part if inside > 0 else self._link(part, seen, given))
        return "".join(parts)

    def found(self, query: str) -> list[Term]:
        """The terms that `query` may mean, those that are called so first, else in the order of their names."""
        asked = _normal(query.strip()).casefold()
        known = [term for term in self.terms.values() if term.means(query)]
        return sorted(known, key=lambda term: not any(asked in _normal(one).casefold() for one in _spellings(term)))

    def called(self, name: str) -> Term | None:
        """The term whose key, name or spelling `name` is, capital or small; None where there is none."""
        asked = _normal(name.strip()).casefold()
        spelled = {_normal(one).casefold(): term for term in self.terms.values() for one in _spellings(term)}
        return spelled.get(asked) or self.terms.get(name.strip())

    def explained(self, text: str) -> tuple[Term, ...]:
        """The terms that stand in `text`, each once, in their order."""
        return tuple({place.term.key: place.term for place in self.find(text)}.values())

    def _link(self, text: str, seen: set[str], given: str) -> str:
        parts, at = [], 0
        for place in self.find(text):
            if place.term.key in seen:
                continue
            seen.add(place.term.key)
            word = text[place.begin : place.end]
            parts += [text[at : place.begin], f'<a href="{SCHEME}{escape(place.term.key)}"{given}>{word}</a>']
            at = place.end
        return "".join((*parts, text[at:]))


@functools.cache
def glossary() -> Glossary:
    """The bundled one, read when somebody first asks."""
    return load(resource("glossary.toml"))


def load(path: Path) -> Glossary:
    """The glossary in `path`. Raises ValueError where it is no glossary of this format."""
    import tomllib

    file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    if file.format != FORMAT:
        raise ValueError(f"{path.name} has format {file.format}, and {FORMAT} is known")
    return Glossary(file.terms)


def _spellings(term: Term) -> tuple[str, ...]:
    return (term.name, *term.spellings)


def _is_exact(spelling: str) -> bool:
    """Whether it is found as it is written only: letters that stand for words, and names with a capital inside."""
    return sum(letter.isupper() for letter in spelling) >= 2


def _normal(spelling: str) -> str:
    """A hyphen is as good as a space, a line's end too."""
    return _GAP.sub(" ", spelling)


def _pattern(exact: Sequence[str], loose: Sequence[str]) -> re.Pattern[str]:
    """One expression for all; alternatives are tried in their order, so the longest stand first."""

    def written(spelling: str) -> str:
        return r"[\s-]+".join(re.escape(part) for part in _GAP.split(spelling))

    every = [(spelling, written(spelling)) for spelling in exact]
    every += [(spelling, f"(?i:{written(spelling)})") for spelling in loose]
    every.sort(key=lambda one: -len(one[0]))
    return re.compile(rf"(?<![\w])(?:{'|'.join(one for _, one in every)})(?![\w])")
