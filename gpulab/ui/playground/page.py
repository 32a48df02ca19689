"""The page where finished models are met: they write side by side, are looked into, and are tasted blind."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from gpulab.events.documents import AnyDocument
from gpulab.hardware.machine import Machine
from gpulab.runs.jobs import discard, jobs_root
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.jobs import Kind, ask
from gpulab.spec.problem import Argument, BadInput, Problem
from gpulab.spec.setting import Value
from gpulab.ui.background import Background
from gpulab.ui.finding.work import Work
from gpulab.ui.handing_over.handing import Subject
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.pages import Page
from gpulab.ui.playground.asking import Asking
from gpulab.ui.playground.attention_tab import AttentionTab
from gpulab.ui.playground.tasting_tab import TastingTab
from gpulab.ui.playground.written import Written
from gpulab.ui.theme import Theme
from gpulab.viewmodels.playground.attention import Attention, read_weights
from gpulab.viewmodels.playground.models import Model
from gpulab.viewmodels.playground.tasting import TOKENS, Tasting
from gpulab.viewmodels.playground.writing import KEYS, Key, Writing
from gpulab.words import sentence

if TYPE_CHECKING:
    from gpulab.viewmodels.playground.attention import Weights

Doing = Literal["write", "attend", "taste"]

_TABS: tuple[Doing, ...] = ("write", "attend", "taste")
_STARTS: Mapping[Doing, str] = {"write": "Write", "attend": "Look", "taste": "Start the test"}
_DRAW_MS = 60
_OTHER_SEED = 7919


class PlaygroundPage(Page):
    """One job at a time. `hindrance` says in words why nothing may start now, or nothing.

    `changed` tells that other models are chosen.
    """

    changed = Signal()

    def __init__(
        self,
        machine: Machine,
        theme: Theme,
        background: Background,
        hindrance: Callable[[], str],
        warm: Callable[[], Prewarmed | None],
        parent: QWidget | None = None,
        root: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._background, self._hindrance, self._warm = theme, background, hindrance, warm
        self.work = Work(root or jobs_root(), machine, background, self)
        self.work.documents.connect(self._take)
        self.work.refused.connect(self._refuse)
        self.work.left.connect(self._left)
        self._doing: Doing = "write"
        self._problem = ""
        self._writing, self._look = Writing(), Attention()
        self._tasted: list[Writing] = []
        self._clock = QTimer(self, interval=_DRAW_MS, singleShot=True)
        self._clock.timeout.connect(self._draw)
        self.asking = Asking(theme)
        self.sides: dict[Key, Written] = {key: Written("", theme) for key in KEYS}
        self.attention = AttentionTab(theme)
        self.tasting = TastingTab()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.asking.changed.connect(self._draw)
        self.asking.changed.connect(self.changed)
        self.asking.start.clicked.connect(self.begin)
        self.asking.stop.clicked.connect(self.work.stop)
        self._lay_out()
        self.tabs.currentChanged.connect(lambda _: self._draw())
        self._draw()

    def _lay_out(self) -> None:
        beside = QWidget()
        columns = QHBoxLayout(beside)
        columns.setContentsMargins(0, 8, 0, 0)
        columns.setSpacing(12)
        for side in self.sides.values():
            columns.addWidget(side, 1)
        for tab, words in ((beside, "Side by side"), (self.attention, "Attention"), (self.tasting, "Blind test")):
            self.tabs.addTab(tab, said(words))
        right = QVBoxLayout()
        right.addWidget(self.tabs, 1)
        right.addWidget(self.status)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(8, 4, 8, 4)
        whole.setSpacing(14)
        whole.addWidget(self.asking)
        whole.addLayout(right, 1)
        self.setFocusProxy(self.asking.prompt)

    # --- what others may ask ---

    def show_models(self, models: Sequence[Model]) -> None:
        """Offers `models`; at first the pair that is most worth seeing is chosen."""
        self.asking.show_models(models)
        self._draw()
        self.changed.emit()

    def choose_of(self, group: Path) -> None:
        """The models of that run or comparison are chosen when next models are offered."""
        self.asking.choose_of(group)

    @property
    def subject(self) -> Subject | None:
        """The first model's run is what is exported, packed or copied."""
        first = self.asking.models[0]
        return Subject(first.run_dir, first.name, 1) if first is not None else None

    @property
    def at_work(self) -> str:
        """What it does."""
        return said("A model is at work in the Playground.")

    @property
    def running(self) -> bool:
        """Whether a model is at work."""
        return self.work.running

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        self.asking.set_theme(theme, scale)
        self.attention.set_theme(theme, scale)
        self.tasting.set_scale()
        for side in self.sides.values():
            side.set_theme(theme, QApplication.font().pointSizeF())

    def set_calm(self, calm: bool) -> None:
        """An audience sees what is written, not how it is asked for."""
        self.asking.setVisible(not calm)

    def next_item(self) -> None:
        """The next tab."""
        self.tabs.setCurrentIndex(min(self.tabs.currentIndex() + 1, self.tabs.count() - 1))

    def previous_item(self) -> None:
        """The tab before."""
        self.tabs.setCurrentIndex(max(self.tabs.currentIndex() - 1, 0))

    def leave(self) -> None:
        """The window closes: whoever writes stops."""
        self._clock.stop()
        self.work.leave()

    # --- what a person does ---

    def begin(self) -> None:
        """Starts what the tab that is shown is for."""
        doing = self._tab
        self.asking.show_problems(())
        self._problem = self._hindrance() or self._lacking(doing)
        if not self._problem and not self.work.running:
            {"write": self._write, "attend": self._attend, "taste": self._taste}[doing]()
        self._draw()
        if self.work.running:
            self.asking.stop.setFocus()

    @property
    def _tab(self) -> Doing:
        return _TABS[self.tabs.currentIndex()]

    def _lacking(self, doing: Doing) -> str:
        first, second = self.asking.models
        if first is None:
            return said("There is no model yet. Train one in the Lab, or compare two, first.")
        if doing == "taste" and (second is None or second == first):
            return said("A blind test needs two different models.")
        return ""

    def _write(self) -> None:
        self._writing = Writing()
        for side in self.sides.values():
            side.begin(self.asking.prompt.toPlainText())
        first, second = self.asking.models
        self._ask("write", "write", {**self.asking.values, **_asked("a", first), **_asked("b", second)})

    def _attend(self) -> None:
        self._look = Attention()
        first = self.asking.models[0]
        assert first is not None
        own = {"run": str(first.run_dir), "part": first.part, "prompt": self.asking.values["prompt"]}
        self._ask("attend", "attend", own)

    def _taste(self) -> None:
        self._tasted = []
        self.tasting.wait()
        self._taste_next()

    def _taste_next(self) -> None:
        """One model after the other writes, each with a seed of its own, or both texts would begin alike."""
        place = len(self._tasted)
        self._tasted.append(Writing())
        seed = int(self.asking.values["seed"]) + place * _OTHER_SEED
        own = {**_asked("a", self.asking.models[place]), **_asked("b", None), "length": TOKENS, "seed": seed}
        self._ask("taste", "write", {**self.asking.values, **own})

    def _ask(self, doing: Doing, kind: Kind, table: Mapping[str, Value]) -> None:
        self._doing = doing
        try:
            job = ask(kind, table)
        except BadInput as bad:
            self._refuse(bad.problems)
            return
        first = self.asking.models[0]
        assert first is not None
        self.work.start(job, first.run_dir, self._warm())

    # --- what the job says ---

    @property
    def _job(self) -> Writing | Attention:
        """What the newest job of the tab that is shown has told."""
        if self._tab == "taste":
            return self._tasted[-1] if self._tasted else Writing()
        return self._look if self._tab == "attend" else self._writing

    def _take(self, documents: Sequence[AnyDocument]) -> None:
        takers: dict[Doing, Writing | Attention] = {"write": self._writing, "attend": self._look}
        (takers.get(self._doing) or self._tasted[-1]).take(documents)
        if not self._clock.isActive():
            self._clock.start()

    def _refuse(self, problems: Sequence[Problem]) -> None:
        others = self.asking.show_problems(problems)
        self._problem = " ".join(capital(sentence_of(problem)) for problem in others)
        if self._doing == "taste":
            self.tasting.invite()
        self._draw()

    def _left(self) -> None:
        self._clock.stop()
        job_dir, look, shown = self.work.job_dir, self._look, self.attention.show_look
        if job_dir is not None and self._doing == "attend" and look.saved_as:

            def read() -> list[Weights]:
                weights = read_weights(job_dir, look)
                discard(job_dir)  # all that it said is in memory now
                return weights

            self._background.run(read, lambda weights: shown(look, weights), self._broken)
        elif job_dir is not None and self._job.state == "done":
            self._background.run(lambda: discard(job_dir), lambda _: None)
        if self._doing == "taste":
            self._tasted_one()
        self._draw()
        if not self.work.running and self.tasting.tasting is None:
            self.asking.start.setFocus()

    def _tasted_one(self) -> None:
        """One of the two has written; the other one follows, then the room has its turn."""
        if not self._tasted or self._tasted[-1].state != "done":
            self.tasting.invite()
        elif len(self._tasted) == 1:
            self._taste_next()
        else:
            first, second = (writing.sides["a"].text for writing in self._tasted)
            self.tasting.begin(Tasting(first, second, secrets.randbits(32)), self.asking.names[1])

    def _broken(self, error: Exception) -> None:
        self._problem = said("What was seen cannot be read: {detail}").format(detail=error)
        self._draw()

    # --- drawing ---

    def _draw(self) -> None:
        self.asking.show_state(said(_STARTS[self._tab]), self.work.running, alone=self._tab == "attend")
        parted = self._writing.parted
        for (key, side), name in zip(self.sides.items(), self.asking.names, strict=True):
            side.show_name(name)
            side.setVisible(key == "a" or self.asking.models[1] is not None)
            side.show_side(self._writing.sides[key], parted)
        words, severity = (self._problem, "danger") if self._problem else self._status_words()
        self.status.setText(words)
        if self.status.property("severity") != severity:
            self.status.setProperty("severity", severity)
            self.status.style().unpolish(self.status)
            self.status.style().polish(self.status)

    def _status_words(self) -> tuple[str, str]:
        job = self._job
        if self.work.running and job.state == "starting":
            return said("A worker of its own is starting …"), ""
        if job.state in ("failed", "vanished"):
            arguments = {name: value for name, value in job.arguments.items() if name not in ("log", "field")}
            return capital(sentence(job.reason, arguments, said)), "danger"
        said_so = [capital(sentence(notice.key, self._named(notice.arguments), said)) for notice in job.notices]
        if isinstance(job, Writing) and self._tab == "write" and job.finding is not None:
            said_so.append(capital(sentence(job.finding.key, job.finding.arguments, said)))
        return " ".join(said_so), ""

    def _named(self, arguments: Mapping[str, Argument]) -> Mapping[str, Argument]:
        """A job calls its models a and b; on the screen they have names."""
        names = dict(zip(KEYS, self.asking.names, strict=True))
        model = str(arguments.get("model", "")).lower()
        return {**arguments, "model": f"“{names[model]}”"} if model in names else arguments


def _asked(key: Key, model: Model | None) -> dict[str, Value]:
    """How a job names a model."""
    return {f"run_{key}": str(model.run_dir), f"part_{key}": model.part} if model else {f"run_{key}": ""}
