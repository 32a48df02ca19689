"""A report on paper: pages of A4 in the bundled font, whole rows, headings with what they head, figures as vectors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from pytestqt.qtbot import QtBot

from gpulab.report.model import Cell, Column, Report, Section, Table, Words
from gpulab.report.of_comparison import report_of_comparison
from gpulab.ui.printing import pages as printing
from gpulab.ui.printing.breaks import items
from gpulab.ui.printing.columns import widths
from tests.report.made import comparison_in
from tests.report.test_page import HOSTILE, saying

A4 = rb"/MediaBox \[0 0 59[45]\.?\d* 84[12]"


def long_report(rows: int, before: int = 0) -> Report:
    """A long table below `before` paragraphs."""
    cells = tuple((Cell(f"row {row}", note="a note below it"), Cell("1.234 k tokens/s")) for row in range(rows))
    table = Table("A long table", (Column("What"), Column("How much", True)), cells)
    words = tuple(Words(f"Paragraph {number}.") for number in range(before))
    return Report("Long", "?", "Done.", "now", "here", "by me", (Section("First", words), Section("Then", (table,))))


def pages_of(report: Report) -> printing.Pages:
    """The report in type, printed nowhere."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return printing.pages_of(report, printing.pdf_writer(buffer, report.title))


def test_a_comparison_is_printed(tmp_path: Path, qtbot: QtBot) -> None:
    content = printing.printed(report_of_comparison(comparison_in(tmp_path)))
    assert content.startswith(b"%PDF-")
    assert re.search(A4, content)
    assert b"Inter" in content
    assert len(re.findall(rb"/Type /Page\b", content)) >= 3
    assert b"/Subtype /Image" not in content  # figures are drawn, not photographed


@pytest.mark.parametrize("before", range(28, 36))
def test_pages_end_between_rows_and_never_behind_a_heading(before: int, qtbot: QtBot) -> None:
    pages = pages_of(long_report(70, before))
    placed = list(items(pages.document))
    assert max(item.last_page for item in placed) >= 2
    for item, after in zip(placed, [*placed[1:], None], strict=True):
        assert item.split or item.first_page == item.last_page
        if item.keep and after is not None:
            assert after.first_page == item.last_page


def test_hostile_text_is_set_as_it_is(qtbot: QtBot) -> None:
    assert pages_of(saying(HOSTILE[0])).document.toPlainText().count(HOSTILE[0]) >= 40
    for text in HOSTILE:
        assert printing.printed(saying(text)).startswith(b"%PDF-")


def test_figures_in_columns_never_wrap(qtbot: QtBot) -> None:
    table = Table(
        "",
        (Column("Name"), Column("Figure", True)),
        ((Cell("a very long name " * 20), Cell("123,456.789 k tokens/s")), (Cell("x" * 500), Cell("1"))),
    )
    name, figure = widths(table, 1000.0, 5.0)
    assert name + figure == pytest.approx(1000.0)
    assert figure > 150.0
    crowded = Table("", tuple(Column("A heading", True) for _ in range(40)), ())
    assert sum(widths(crowded, 1000.0, 5.0)) == pytest.approx(1000.0)


def test_the_command_line_prints_without_a_display(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path / "comparisons")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "gpulab", "report", str(folder), "--out", str(tmp_path / "x.pdf")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (ended.returncode, ended.stderr) == (0, f"Wrote {tmp_path / 'x.pdf'}.\n")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")
    refused = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert refused.returncode == 2
    assert "already exists" in refused.stderr
