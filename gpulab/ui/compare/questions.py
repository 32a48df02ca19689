"""The parts of the dialog that ask about techniques, with the choice of the part that a question needs."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QListWidgetItem

from gpulab.spec.comparison import Question
from gpulab.spec.experiment import Experiment
from gpulab.ui.compare.question_part import QuestionPart
from gpulab.ui.compare.setting_questions import Doses, Variants
from gpulab.ui.form.words import words
from gpulab.ui.lab.words import said
from gpulab.viewmodels.comparing import setup
from gpulab.viewmodels.comparing.setup import Draft


class OneTechnique(QuestionPart):
    """Which technique to go with and without."""

    def __init__(self, experiment: Experiment, technique: str = "") -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setAccessibleName(said("Technique"))
        for name, label, on in setup.techniques_of(experiment):
            self.box.addItem(said("{technique} (on)").format(technique=words(label)) if on else words(label), name)
        self.box.setCurrentIndex(max(0, self.box.findData(technique)))
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.column.addWidget(QLabel(said("Technique")))
        self.column.addWidget(self.box)

    def fill(self, draft: Draft) -> Draft:
        """The technique that is chosen."""
        return msgspec.structs.replace(draft, technique=self.box.currentData() or "")


class EachAlone(QuestionPart):
    """Nothing to choose: what is switched on is what is asked about."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        on = [words(label) for _, label, is_on in setup.techniques_of(experiment) if is_on]
        text = said("Each of these alone, against none of them: {names}.").format(names=", ".join(on))
        label = QLabel(text if on else said("No technique is switched on in the experiment."))
        label.setWordWrap(True)
        self.column.addWidget(label)


class Combinations(QuestionPart):
    """Which techniques are combined; each one more doubles the arms."""

    grows = True

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName(said("Techniques to combine"))
        for name, label, on in setup.techniques_of(experiment):
            item = QListWidgetItem(words(label))
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.itemChanged.connect(lambda _: self.changed.emit())
        self.list.setMinimumHeight(self.fontMetrics().height() * 9)
        self.column.addWidget(QLabel(said("Techniques to combine; each one more doubles the runs.")))
        self.column.addWidget(self.list, 1)

    @property
    def missing(self) -> str:
        """A combination needs something to combine."""
        return "" if self.fill(Draft("all_combinations")).techniques else said("Tick the techniques to combine.")

    def fill(self, draft: Draft) -> Draft:
        """The techniques that are ticked."""
        items = (self.list.item(at) for at in range(self.list.count()))
        ticked = tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
        )
        return msgspec.structs.replace(draft, techniques=ticked)


def part_for(question: Question, experiment: Experiment, about: str = "") -> QuestionPart:
    """The part for `question`; `about` names the technique, or the path of the dose, that was meant."""
    match question:
        case "with_without":
            return OneTechnique(experiment, about)
        case "one_at_a_time":
            return EachAlone(experiment)
        case "all_combinations":
            return Combinations(experiment)
        case "doses":
            return Doses(experiment, about)
        case _:
            return Variants(experiment)
