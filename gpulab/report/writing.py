"""A report becomes a file: whole or not at all, and never over a file that is there.

Paper is the exception that is made elsewhere (`gpulab.ui.printing`), because it needs Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from gpulab.comparisons.folder import is_comparison
from gpulab.report.model import Report
from gpulab.runs.files import write_whole
from gpulab.runs.folder import is_run
from gpulab.spec.jobs import is_job
from gpulab.spec.problem import refuse

Format = Literal["html", "pdf", "csv", "json"]
Printed = Callable[[Report], bytes]
"""Sets a report on paper: a PDF."""
FORMATS: tuple[Format, ...] = get_args(Format)


def format_of(out: Path | None) -> Format | None:
    """What the ending of a file's name asks for; None where it asks for nothing that is known."""
    ending = out.suffix.lower().lstrip(".") if out else ""
    return next((one for one in FORMATS if one == ending), None)


def report_of(path: Path) -> Report:
    """The report of the comparison or the run in the folder `path`. Raises BadInput where neither is there."""
    if is_comparison(path):
        from gpulab.report.of_comparison import report_of_comparison

        return report_of_comparison(path)
    if is_run(path) and not is_job(path):
        from gpulab.report.of_run import report_of_run

        return report_of_run(path)
    raise refuse("nothing_to_report", path=str(path))


def check_free(out: Path) -> Path:
    """`out` itself. Raises BadInput `file_exists` where something is there already."""
    if out.exists() or out.is_symlink():
        raise refuse("file_exists", path=str(out))
    return out


def write(
    path: Path,
    format: Format,
    out: Path,
    printed: Printed | None = None,
    overwrite: bool = False,
) -> None:
    """Writes the report of the folder `path` to the file `out`, a new one unless `overwrite` was agreed to.

    `printed` makes the PDF. Raises BadInput; nothing is left behind then.
    """
    if not overwrite:
        check_free(out)
    write_whole(out, content(path, format, printed))


def write_pages(report: Report, format: Format, out: Path, printed: Printed | None, overwrite: bool = False) -> None:
    """Writes a `report` that was made already to the file `out`, as a page or on paper. Raises BadInput."""
    if not overwrite:
        check_free(out)
    write_whole(out, pages(report, format, printed))


def pages(report: Report, format: Format, printed: Printed | None) -> bytes:
    """The report as a page (html) or on paper (pdf)."""
    from gpulab.report import html

    if format == "html":
        return html.page(report).encode()
    assert format == "pdf", f"a report alone has no {format}"
    assert printed is not None, "paper needs a printer"
    return printed(report)


def content(path: Path, format: Format, printed: Printed | None = None) -> bytes:
    """What the file would hold."""
    from gpulab.report import tables

    match format:
        case "html" | "pdf":
            return pages(report_of(path), format, printed)
        case "csv":
            return tables.csv_of(path)
        case "json":
            return tables.json_of(path)
