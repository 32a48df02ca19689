"""Pages of help that can be read in the window: Markdown with headings, tables and pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said

_SIZE = QSize(820, 640)


class Page(QDialog):
    """Shows one text. Links to the web open in the browser."""

    def __init__(self, title: str, markdown: str, parent: QWidget, folder: Path | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_page")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setAccessibleName(title)
        self.text.setOpenExternalLinks(True)
        self.markdown = markdown
        document = QTextDocument(self.text)
        document.setDefaultFont(QApplication.font())
        document.setDocumentMargin(16)
        if folder is not None:
            document.setBaseUrl(QUrl.fromLocalFile(f"{folder}/"))
        document.setMarkdown(markdown)
        self.text.setDocument(document)
        buttons = QDialogButtonBox()
        buttons.addButton(said("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        copy = buttons.addButton(said("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.markdown))
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.resize(_SIZE)
