"""Settings stand in rows of label and field, with whatever is wrong directly below the field that it concerns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.choice_field import ChoiceField
from gpulab.ui.form.factory import AnyField, Step, field_for
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.path_field import Folders, PathField
from gpulab.ui.form.row import Row
from gpulab.ui.theme import Theme
from gpulab.viewmodels.options import Option


class Section(QWidget):
    """The rows of some settings. What is wrong shows always, else what matters, advanced settings in advanced mode."""

    edited = Signal(str, object, bool)
    settled = Signal(str)

    def __init__(
        self,
        settings: Sequence[Setting],
        options: Mapping[str, Sequence[Option]],
        step: Step,
        keys: FieldKeys,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._advanced = False
        self._values: Mapping[str, Value] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setVerticalSpacing(4)
        self._layout.setHorizontalSpacing(
            0
        )  # the labels keep the distance, so that a field below its label starts at the edge
        self._layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._layout.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.rows = {s.path: self._add(s, field_for(s, options.get(s.path, ()), step, self), keys) for s in settings}
        self._arrange()

    def set_advanced(self, advanced: bool) -> None:
        """Shows or hides the rows of advanced settings."""
        self._advanced = advanced
        self._arrange()

    def show_values(self, values: Mapping[str, Value]) -> None:
        """Puts the values into the fields without telling anybody."""
        self._values = values
        for path, row in self.rows.items():
            row.field.show_value(values[path])
        self._arrange()

    def show_errors(self, sentences: Mapping[str, str]) -> None:
        """Puts each sentence below its field and clears all the others."""
        for path, row in self.rows.items():
            row.show_error(sentences.get(path, ""))
        self._arrange()

    def show_notes(self, sentences: Mapping[str, str]) -> None:
        """Puts each quiet remark below its field and clears all the others."""
        for path, row in self.rows.items():
            row.show_note(sentences.get(path, ""))
        self._arrange()

    def set_options(self, options: Mapping[str, Sequence[Option]]) -> None:
        """Offers what can be used now."""
        for path, row in self.rows.items():
            if isinstance(row.field, ChoiceField):
                row.field.set_options(options.get(path, ()))

    def offer_runs(self, runs: Folders) -> None:
        """Offers the folders of earlier runs where a folder is asked for."""
        for row in self.rows.values():
            if isinstance(row.field, PathField) and row.setting.leads_to == "folder":
                row.field.offer(runs)

    def set_theme(self, theme: Theme) -> None:
        """Redraws the pictures."""
        for row in self.rows.values():
            if isinstance(row.field, PathField):
                row.field.set_theme(theme)

    def order(self) -> list[QWidget]:
        """The fields from top to bottom, with what stands beside them."""
        beside = {path: [r.field.browse] for path, r in self.rows.items() if isinstance(r.field, PathField)}
        return [widget for path, row in self.rows.items() for widget in (row.field, *beside.get(path, ()))]

    def is_empty(self) -> bool:
        """Whether no row is shown now."""
        return not any(self._shown(row) for row in self.rows.values())

    def _add(self, setting: Setting, field: AnyField, keys: FieldKeys) -> Row:
        row, path = Row(setting, field, self._layout, self), setting.path
        row.keys.installEventFilter(keys)
        field.edited.connect(lambda value, typing: self.edited.emit(path, value, typing))
        field.settled.connect(lambda: self.settled.emit(path))
        return row

    def _shown(self, row: Row) -> bool:
        if self._values and not row.setting.matters(self._values):
            return row.wrong
        return self._advanced or not row.setting.advanced or row.wrong

    def _arrange(self) -> None:
        for row in self.rows.values():
            row.arrange(self._shown(row))
