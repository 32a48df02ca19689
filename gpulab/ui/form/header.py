"""The top of the form answers what this experiment is, how big it is, what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gpulab.spec.setting import Setting
from gpulab.ui.form.field import FieldKeys, chained
from gpulab.ui.form.group import box, heading
from gpulab.ui.form.presets import PresetPicker
from gpulab.ui.form.row import LABEL_GAP, note
from gpulab.ui.form.section import Section
from gpulab.ui.form.strip import EstimatesStrip
from gpulab.ui.theme import Switch
from gpulab.viewmodels.estimates import PresetChoice


class Header(QWidget):
    """Name, preset, estimates and the switch between simple and advanced."""

    def __init__(
        self,
        name: Setting,
        keys: FieldKeys,
        choices: Callable[[], Sequence[PresetChoice]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._frame = box(self)
        self.section = Section([name], {}, lambda setting, steps: setting.default, keys, self._frame)
        self.picker = PresetPicker(choices, self.section)
        self.strip = EstimatesStrip(self._frame)
        self.faster = QToolButton(self._frame)
        self.faster.setText(self.tr("Make it fast…"))
        self.faster.setProperty("boxed", True)
        self.faster.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.faster.setToolTip(self.tr("Tries what makes the training faster on this machine and harms nothing."))
        self.advanced = Switch(self.tr("Advanced"), self)
        self.advanced.setToolTip(self.tr("Shows the settings that most experiments leave as they are."))
        self.general = note(self._frame, "danger")
        self.general.hide()
        self._lay_out()

    def show_general(self, sentences: Sequence[str]) -> None:
        """Shows problems that belong to no field."""
        self.general.setText("\n".join(sentences))
        self.general.setVisible(bool(sentences))

    def order(self) -> list[QWidget]:
        """The fields in the order in which Tab walks through them: the name comes first."""
        return [*(row.field for row in self.section.rows.values()), self.picker, self.advanced, self.faster]

    def _lay_out(self) -> None:
        inner = QVBoxLayout(self._frame)
        inner.setContentsMargins(10, 9, 10, 9)
        inner.setSpacing(6)
        inner.addWidget(self.section)
        rows = self.section.layout()
        assert isinstance(rows, QFormLayout)
        label = QLabel(self.tr("Size"), self.section)
        label.setContentsMargins(0, 0, LABEL_GAP, 0)
        label.setBuddy(self.picker)
        rows.addRow(label, self.picker)
        inner.addWidget(self.strip)
        inner.addWidget(self.faster, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addWidget(self.general)
        top = QHBoxLayout()
        top.addWidget(heading(self.tr("Experiment"), self), 1)
        top.addWidget(self.advanced)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self._frame)
        chained(self.order())
