"""What was found, as a file to hand over: a page, paper, or tables for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gpulab.cli.output import tell
from gpulab.report import writing
from gpulab.spec.problem import refuse


def add_verbs(verbs: Any, printed: writing.Printed) -> None:
    """`printed` lies outside, because it needs Qt."""
    report = verbs.add_parser("report", help="write the report of a comparison or a run as a file to hand over")
    report.add_argument("dir", type=Path, metavar="DIR", help="the folder of a comparison or a run")
    report.add_argument("--format", choices=writing.FORMATS, help="what is written (by the ending of FILE, or html)")
    report.add_argument("--out", type=Path, metavar="FILE", help="the file to write (NAME OF DIR.FORMAT)")
    report.set_defaults(do=lambda options: _report(options, printed))


def _report(options: argparse.Namespace, printed: writing.Printed) -> int:
    folder: Path = options.dir.resolve()
    wanted = options.format or writing.format_of(options.out)
    if not wanted and options.out and options.out.suffix:
        endings = ", ".join(f".{one}" for one in writing.FORMATS)
        raise refuse("report_ending", "--out", ending=options.out.suffix, endings=endings)
    wanted = wanted or "html"
    out = writing.check_free(options.out or Path(f"{folder.name}.{wanted}"))
    writing.write(folder, wanted, out, printed)
    tell(f"Wrote {out}.")
    return 0
