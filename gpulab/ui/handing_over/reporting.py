"""Asks what kind of report is wanted and where it goes; writes it away from the window's loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from gpulab.lessons.show import Show
from gpulab.report.writing import FORMATS, Format, format_of, write, write_pages
from gpulab.ui.lab.words import said

KINDS: Mapping[Format, str] = {
    "html": "Page for any browser",
    "pdf": "Paper",
    "csv": "Table for spreadsheets",
    "json": "Everything, for programs",
}


def ask_report(
    name: str,
    window: QWidget,
    chosen: Callable[[Format, Path], None],
    formats: Sequence[Format] = FORMATS,
    title: str = "Export report",
) -> QFileDialog:
    """Asks where the report of what is called `name` goes, in one of `formats`; Qt asks before it overwrites.

    The ending of the file says what is written; where it says nothing, the kind that was chosen does.
    """
    filters = {f"{said(KINDS[one])} (*.{one})": one for one in formats}
    dialog = QFileDialog(window, said(title))
    dialog.setObjectName("export_report")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.setDefaultSuffix(formats[0])
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(filters[kind]))
    dialog.selectFile(f"{name}.{formats[0]}")

    def selected(file: str) -> None:
        out = Path(file)
        chosen(format_of(out) or filters[dialog.selectedNameFilter()], out)

    dialog.fileSelected.connect(selected)
    dialog.open()
    return dialog


def write_report(folder: Path, kind: Format, out: Path) -> Path:
    """Writes the report of the comparison or run in `folder` to `out`, over what was there. Raises BadInput."""
    from gpulab.ui.printing import printed

    write(folder, kind, out, printed, overwrite=True)
    return out


def write_handout(show: Show, kind: Format, out: Path) -> Path:
    """Writes the handout of a lesson's showing to `out`, over what was there. Raises BadInput."""
    from gpulab.lessons.handout import handout_of
    from gpulab.ui.printing import printed

    write_pages(handout_of(show), kind, out, printed, overwrite=True)
    return out
