"""How the pages besides the Lab are made, and what the window and they have to tell each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtWidgets import QWhatsThis

from gpulab.comparisons import folder as folders
from gpulab.comparisons import listing
from gpulab.hardware.machine import Machine
from gpulab.spec.jobs import OF_MACHINE, Kind
from gpulab.ui.lab.look_card import remembered
from gpulab.ui.lab.words import said
from gpulab.ui.locking import lock
from gpulab.ui.pages import COMPARE, HARDWARE, LAB, LEARN, PLAYGROUND, Page
from gpulab.viewmodels.glossary import SCHEME

if TYPE_CHECKING:
    from gpulab.ui.compare import ComparePage
    from gpulab.ui.learn import LearnPage
    from gpulab.ui.main_window import MainWindow
    from gpulab.ui.playground import PlaygroundPage
    from gpulab.ui.theme import ThemeChoice
    from gpulab.viewmodels.learning.gallery import Exhibit
    from gpulab.viewmodels.record import RunRecord


class Around(NamedTuple):
    """What every page is made with. `comparisons` is where they lie."""

    window: MainWindow
    machine: Machine
    looks: ThemeChoice
    comparisons: Path


def wire_pages(window: MainWindow, machine: Machine, looks: ThemeChoice, root: Path | None) -> None:
    """Opens the tabs; `root` is where the window's runs are. One thing is measured at a time, whoever asked for it."""
    around = Around(window, machine, looks, root.parent / "comparisons" if root else folders.comparisons_root())
    pages, session = window.pages, window.session
    makers = {COMPARE: lambda: _compare(around), PLAYGROUND: lambda: _playground(around)}
    pages.open_to({**makers, HARDWARE: lambda: _hardware(around), LEARN: lambda: _learn(around)})
    window.deeds.measuring = session.measuring = lambda: window.finders.running or pages.running
    pages.changed.connect(lambda name: _offer_models(around) if name == PLAYGROUND else None)
    pages.changed.connect(lambda name: _show_runs(window) if name == HARDWARE else None)
    session.left.connect(lambda _: _offer_models(around))
    session.left.connect(lambda _: _show_runs(window))
    session.listed.connect(lambda: _find_conducted(around))
    window.form.experiment_changed.connect(window.story.look.show_form)
    _look_on(window)


def compare_page(window: MainWindow) -> ComparePage:
    """The Compare page, made now where nobody has asked for it before."""
    from gpulab.ui.compare import ComparePage

    page = window.pages.page(COMPARE)
    assert isinstance(page, ComparePage)
    return page


def playground_page(window: MainWindow) -> PlaygroundPage:
    """The Playground, made now where nobody has asked for it before."""
    from gpulab.ui.playground import PlaygroundPage

    page = window.pages.page(PLAYGROUND)
    assert isinstance(page, PlaygroundPage)
    return page


def _compare(around: Around) -> Page:
    from gpulab.ui.compare import Asking, ComparePage

    window = around.window
    page = ComparePage(around.machine, around.looks.theme, window.background, root=around.comparisons)
    page.set_theme(around.looks.theme, around.looks.scale)
    page.told.connect(window.say)
    page.refused.connect(window.tell)
    page.show_me.connect(window.show_me)
    page.apply.connect(window.form.take)
    page.changed.connect(window.deeds.refresh)
    page.changed.connect(window.news.tell_of_pages)
    page.measured.connect(window.news.learn)
    page.came.connect(lambda: window.pages.go(COMPARE))
    page.hindrance = lambda: _at_work(window)
    Asking(window.form, page, window.background, lambda: around.looks.theme, window)
    return page


def _at_work(window: MainWindow) -> str:
    """Why no comparison may begin now."""
    if window.deeds.training:
        return window.tr("A training is at work.")
    if window.finders.running:
        return window.tr("Something is being measured.")
    return ""


def _playground(around: Around) -> Page:
    from gpulab.ui.playground import PlaygroundPage

    window = around.window
    session, machine, theme = window.session, around.machine, around.looks.theme
    page = PlaygroundPage(machine, theme, window.background, lambda: _hindrance(window), lambda: session.warm)
    page.set_theme(theme, around.looks.scale)
    page.work.left.connect(session.warm_again)
    page.work.left.connect(window.deeds.refresh)
    page.changed.connect(window.deeds.refresh)
    return page


def _hardware(around: Around) -> Page:
    from gpulab.ui.hardware import (
        AtWork,
        CeilingsTab,
        HardwarePage,
        MemoryTab,
        NowTab,
        ProfileHead,
        StepTab,
        Surroundings,
    )

    window, theme = around.window, around.looks.theme
    session, machine = window.session, around.machine

    def hindrance(kind: Kind) -> str:
        if kind not in OF_MACHINE and window.form.problems():
            return window.tr("The experiment cannot be run as it is: see the marked setting.")
        if window.deeds.training or window.finders.running or window.pages.running:
            return window.tr("Something is at work, and measuring beside it would spoil both. Wait until it is over.")
        return ""

    asked = Surroundings(machine, window.background, window.form.experiment, hindrance, lambda: session.warm)
    ceilings = CeilingsTab(asked, theme)
    head = ProfileHead(asked, AtWork(lambda: _profilable(window), window.deeds.profile))
    step, memory = StepTab(head, theme), MemoryTab(head, window.background, theme)
    page = HardwarePage({"Now": NowTab(machine, theme), "Ceilings": ceilings, "A step's time": step, "Memory": memory})
    page.set_theme(theme, around.looks.scale)
    page.measured.connect(session.warm_again)
    page.measured.connect(window.deeds.refresh)
    return page


def _learn(around: Around) -> Page:
    from gpulab.ui.learn import LearnPage

    window, theme = around.window, around.looks.theme
    page = LearnPage(window.form.settings(), theme, window.background, around.comparisons.parent / "lessons")
    page.set_theme(theme, around.looks.scale)
    page.player.hindrance = lambda: _hindrance_of_lesson(window)
    page.changed.connect(window.deeds.refresh)
    page.changed.connect(window.news.tell_of_pages)
    page.locked_changed.connect(lambda locked: lock(window, locked))
    page.told.connect(window.say)
    page.refused.connect(window.tell)
    page.tried.connect(lambda name: _try_in_lab(window, name))
    page.opened.connect(lambda exhibit: _open_exhibit(window, exhibit))
    return page


def _hindrance_of_lesson(window: MainWindow) -> str:
    """Why no lesson may run anything now."""
    if window.deeds.training:
        return window.tr("A training is at work in the Lab: the lesson can run when that is over.")
    if window.finders.running or window.pages.running:
        return window.pages.at_work or window.tr("Something is being measured: the lesson can run when that is over.")
    return ""


def _try_in_lab(window: MainWindow, name: str) -> None:
    """Switches a technique on in the form, as one step that can be taken back, and goes there."""
    path = f"techniques.{name}"
    window.pages.go(LAB)
    window.places.experiment.show()
    window.form.take({path: True}, said("Try a technique"))
    window.form.focus_setting(path)


def _open_exhibit(window: MainWindow, exhibit: Exhibit) -> None:
    """Shows a setting of the gallery in the form, as one step that can be taken back, and says what to look for."""
    window.pages.go(LAB)
    for dock in (window.places.experiment, window.places.story):
        dock.show()
    window.files.show_new(exhibit.experiment, said("Open from the gallery"))
    window.story.look.show_exhibit(exhibit, window.form.experiment())
    window.form.focus_setting(exhibit.entry.setting)


def _look_on(window: MainWindow) -> None:
    """A setting of the gallery that was open when the window was closed says again what to look for."""
    if not (key := remembered()):
        return

    def find() -> Exhibit:
        from gpulab.viewmodels.learning.gallery import named

        return named(key)

    look, form = window.story.look, window.form
    window.background.run(find, lambda exhibit: look.show_exhibit(exhibit, form.experiment()), lambda _: None)


def show_term(window: MainWindow, link: str) -> bool:
    """Goes to the glossary at the term that `link` names; False where it names none. A lesson that is open stays."""
    if not link.startswith(SCHEME):
        return False
    QWhatsThis.hideText()
    if page := _shelf(window):
        page.show_term(link.removeprefix(SCHEME))
    return True


def show_gallery(window: MainWindow) -> None:
    """Goes to the gallery; a lesson that is open stays."""
    if page := _shelf(window):
        page.show_gallery()


def _shelf(window: MainWindow) -> LearnPage | None:
    """The Learn page with its tabs in sight; None where a lesson stands in front of them, and says so."""
    from gpulab.ui.learn import LearnPage

    page = window.pages.page(LEARN)
    assert isinstance(page, LearnPage)
    if page.presenting:
        window.say(said("A lesson is open on the Learn page. Leave it first."))
        return None
    window.pages.go(LEARN)
    return page


def _profilable(window: MainWindow) -> RunRecord | None:
    """The training whose next steps can be profiled."""
    active = window.session.active
    return active if active is not None and active.live and not active.replayed else None


def show_ceilings(window: MainWindow) -> None:
    """Goes to what this machine can do at most."""
    from gpulab.ui.hardware import CeilingsTab, HardwarePage

    window.pages.go(HARDWARE)
    page = window.pages.page(HARDWARE)
    assert isinstance(page, HardwarePage)
    page.show_part(CeilingsTab)


def _show_runs(window: MainWindow) -> None:
    """The page of the machine shows what the window's runs measured."""
    from gpulab.ui.hardware import HardwarePage

    page, session = window.pages.made(HARDWARE), window.session
    if isinstance(page, HardwarePage):
        first = [session.current] if session.current is not None else []
        page.show_records([*first, *(one for one in session.records.values() if one is not session.current)])


def _find_conducted(around: Around) -> None:
    """A comparison that is at work already, started by somebody else or before the window was closed, is watched."""
    window = around.window

    def then(found: bool) -> None:
        if found:
            compare_page(window).look()

    window.background.run(lambda: any(one.state == "working" for one in listing.comparisons(around.comparisons)), then)


def let_write(window: MainWindow, group: Path) -> None:
    """Goes to the Playground, where the models of that run or comparison are chosen as soon as they are known."""
    playground_page(window).choose_of(group)
    window.pages.go(PLAYGROUND)


def _offer_models(around: Around) -> None:
    """Which runs left models is looked up away from the window: there may be thousands."""
    window = around.window
    if window.pages.made(PLAYGROUND) is None:
        return
    from gpulab.viewmodels.playground.models import models

    records, page = list(window.session.records.values()), playground_page(window)
    window.background.run(lambda: models(records, around.comparisons), page.show_models)


def _hindrance(window: MainWindow) -> str:
    """Why no model may write now."""
    if window.deeds.training or window.finders.running or window.pages.running:
        return window.tr("Something is being measured: writing beside it would spoil both. Wait until it is over.")
    return ""
