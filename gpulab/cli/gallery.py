"""The gallery at the terminal: which good and bad settings there are, and what to look for in one."""

from __future__ import annotations

import argparse
from typing import Any

from gpulab.cli.output import give, give_json, table
from gpulab.viewmodels.learning.gallery import Exhibit, bundled, named

_HEADINGS = ("name", "is", "teaches", "shows", "title")


def add_verbs(verbs: Any) -> None:
    gallery = verbs.add_parser("gallery", help="list good and bad settings to try, or tell what to look for in one")
    gallery.add_argument("name", nargs="?", metavar="NAME", help="one of them (all)")
    gallery.add_argument("--json", action="store_true", help="print a list of objects, or one")
    gallery.set_defaults(do=_gallery)


def _gallery(options: argparse.Namespace) -> int:
    if options.name:
        exhibit = named(options.name)
        if options.json:
            give_json(_as_table(exhibit))
        else:
            give("\n".join(_in_words(exhibit)))
    elif options.json:
        give_json([_as_table(exhibit) for exhibit in bundled()])
    else:
        give(table([_HEADINGS, *map(_row, bundled())]))
    return 0


def _row(exhibit: Exhibit) -> tuple[str, ...]:
    entry = exhibit.entry
    return entry.key, entry.standing, entry.teaches, entry.danger or "-", entry.title


def _as_table(exhibit: Exhibit) -> dict[str, Any]:
    told = ("key", "title", "standing", "teaches", "look", "danger", "setting", "minutes")
    return {**{name: getattr(exhibit.entry, name) for name in told}, "file": str(exhibit.path)}


def _in_words(exhibit: Exhibit) -> list[str]:
    entry = exhibit.entry
    lines = [f"{entry.title} ({entry.standing})", entry.look]
    if exhibit.danger_label:
        lines.append(f"It shows the danger “{exhibit.danger_label}”.")
    return [*lines, f"Run it: gpulab run '{exhibit.path}'"]
