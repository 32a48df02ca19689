"""One setting on the screen is a label, a field, and below it whatever must be said of its value."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QSizePolicy, QWidget

from gpulab.spec.setting import Setting
from gpulab.ui.form.factory import AnyField
from gpulab.ui.form.words import tooltip, whats_this, words

LABEL_GAP = 8


def note(parent: QWidget, severity: str = "") -> QLabel:
    """A line of small print that wraps: an error, a caution, a reason."""
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setProperty("severity" if severity else "muted", severity or True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


class Row:
    """A row of a form. The lines for an error and a remark are made when there first is one: most never need any."""

    def __init__(self, setting: Setting, field: AnyField, layout: QFormLayout, parent: QWidget) -> None:
        self.setting, self.field, self._layout, self._parent = setting, field, layout, parent
        self.error: QLabel | None = None
        self.note: QLabel | None = None
        self.label = QLabel(words(setting.label), parent)
        self.label.setContentsMargins(0, 0, LABEL_GAP, 0)
        self.label.setBuddy(self.keys)
        self.label.setToolTip(tooltip(setting))
        self.label.setWhatsThis(whats_this(setting))
        layout.addRow(self.label, field)

    @property
    def keys(self) -> QWidget:
        """The widget that takes the keys."""
        return self.field.focusProxy() or self.field

    @property
    def wrong(self) -> bool:
        """Whether an error is shown."""
        return bool(self.error and self.error.text())

    def show_error(self, sentence: str) -> None:
        """Says what is wrong, also to a screen reader; an empty sentence takes it back."""
        if sentence == (self.error.text() if self.error else ""):
            return
        self.error = self.error or self._below(note(self._parent, "danger"), 1)
        self.error.setText(sentence)
        self.field.set_wrong(bool(sentence))
        self.keys.setAccessibleDescription(f"{sentence} {words(self.setting.help)}".strip())

    def show_note(self, sentence: str) -> None:
        """Says quietly what is worth knowing of the value."""
        if sentence == (self.note.text() if self.note else ""):
            return
        self.note = self.note or self._below(note(self._parent), 2 if self.error else 1)
        self.note.setText(sentence)

    def arrange(self, shown: bool) -> None:
        """Shows or hides the row with what stands below it."""
        self._show(self.field, shown)
        for line in (self.error, self.note):
            if line:
                self._show(line, shown and bool(line.text()))

    def _below(self, line: QLabel, distance: int) -> QLabel:
        place = self._layout.getWidgetPosition(self.field)
        assert isinstance(place, tuple)
        self._layout.insertRow(place[0] + distance, line)
        return line

    def _show(self, widget: QWidget, wanted: bool) -> None:
        if self._layout.isRowVisible(widget) != wanted:
            self._layout.setRowVisible(widget, wanted)
