"""Every technique must be found, read, switched on and set by mouse and by keyboard alone, in whatever family it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from gpulab.resources import resource
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import BY_NAME, REGISTRY
from gpulab.techniques.cards import CARD_GROUPS, CardGroup
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.form.family_box import FamilyBox
from gpulab.ui.form.path_field import PathField
from gpulab.ui.theme import DARK, LIGHT, Theme
from gpulab.ui.theme.pictures import picture_svg
from tests.ui.form_hand import NEEDED, WORKSTATION, card_of, family_of, row, shown_panel, switch_on

LEFT = Qt.MouseButton.LeftButton
PICTURES = sorted(path.stem for path in Path(resource("pictures")).glob("*.svg"))


@pytest.fixture
def panel(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot, WORKSTATION)


@pytest.fixture
def laptop(qtbot: QtBot) -> ExperimentPanel:
    return shown_panel(qtbot)


def visible_families(panel: ExperimentPanel) -> list[FamilyBox]:
    assert panel.body.techniques is not None
    return [box for box in panel.body.techniques.families.values() if box.isVisible()]


def found(panel: ExperimentPanel, query: str) -> list[str]:
    """The names of the techniques that remain when `query` is typed."""
    techniques = panel.body.techniques
    assert techniques is not None
    techniques.line.setFocus()
    techniques.line.clear()
    QTest.keyClicks(techniques.line, query)
    for box in visible_families(panel):
        box.unfold()
    return [name for box in visible_families(panel) for name, card in box.cards.items() if card.isVisible()]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_technique_has_a_family_and_a_picture(name: str) -> None:
    assert BY_NAME[name].card in {group.key for group in CARD_GROUPS}
    assert name in PICTURES


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_picture_can_be_drawn_in_the_colours_of_the_theme(name: str, theme: Theme) -> None:
    svg = picture_svg(name, theme)
    assert "var(" not in svg
    drawn = QSvgRenderer(QByteArray(svg.encode()))
    assert drawn.isValid()
    assert (drawn.viewBox().width(), drawn.viewBox().height()) == (120, 40)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_technique_is_switched_on_with_the_mouse(panel: ExperimentPanel, name: str) -> None:
    if name in NEEDED:
        switch_on(panel, NEEDED[name])
    head = family_of(panel, name).head
    if not head.unfolded:
        QTest.mouseClick(head, LEFT)
    card = card_of(panel, name)
    assert card.isVisible()
    panel.focus_setting(f"techniques.{name}")
    QTest.mouseClick(card.switch, LEFT)
    assert panel.model.is_on(name)
    assert card.section is not None
    labels = {label.text() for label in card.section.findChildren(QLabel) if label.isVisible()}
    values = panel.model.state.values
    for setting in card.card.settings:
        assert (setting.label in labels) == (setting.matters(values) and not setting.advanced), setting.path
    QTest.mouseClick(head, LEFT)
    assert not card.isVisible()
    said = [label.text() for label in head.findChildren(QLabel) if label.isVisible()]
    assert "1 on" in said or NEEDED.get(name)
    assert any(BY_NAME[name].label in text for text in said) or len(family_of(panel, name).family.members) == 1


@pytest.mark.parametrize("name", BY_NAME)
def test_a_technique_is_switched_on_with_the_keys(panel: ExperimentPanel, name: str) -> None:
    if name in NEEDED:
        switch_on(panel, NEEDED[name])
    panel.activateWindow()
    head = family_of(panel, name).head
    if head.unfolded:
        head.click()
    head.setFocus()
    QTest.keyClick(head, Qt.Key.Key_Return)
    assert head.unfolded
    card = card_of(panel, name)
    at: QWidget | None = head
    for _ in range(60):
        assert at is not None
        QTest.keyClick(at, Qt.Key.Key_Tab)
        at = panel.focusWidget()
        if at is card.switch:
            break
    assert at is card.switch
    QTest.keyClick(card.switch, Qt.Key.Key_Space)
    assert panel.model.is_on(name)
    QTest.keyClick(head, Qt.Key.Key_Left)
    assert not head.unfolded


@pytest.mark.parametrize("name", BY_NAME)
def test_a_technique_is_found_by_its_label_and_its_name(panel: ExperimentPanel, name: str) -> None:
    assert name in found(panel, BY_NAME[name].label)
    assert name in found(panel, name)


def test_finding_narrows_and_esc_brings_everything_back(panel: ExperimentPanel) -> None:
    techniques = panel.body.techniques
    assert techniques is not None
    every = len(visible_families(panel))
    assert every == len(techniques.families)
    assert found(panel, "copy of each line") == ["deduplication"]
    assert len(visible_families(panel)) == 1
    assert found(panel, "zzz") == []
    assert visible_families(panel) == []
    QTest.keyClick(techniques.line, Qt.Key.Key_Escape)
    assert len(visible_families(panel)) == every
    assert not any(box.head.unfolded for box in visible_families(panel))


def test_enter_goes_to_the_first_that_was_found(panel: ExperimentPanel) -> None:
    panel.activateWindow()
    found(panel, "moothing")
    techniques = panel.body.techniques
    assert techniques is not None
    QTest.keyClick(techniques.line, Qt.Key.Key_Return)
    assert panel.focusWidget() is card_of(panel, "label_smoothing").switch


def test_only_what_is_on_can_be_shown(panel: ExperimentPanel) -> None:
    for name in ("head_pruning", "schedule"):
        switch_on(panel, name)
    techniques = panel.body.techniques
    assert techniques is not None
    techniques.on_only.click()
    shown = [name for box in visible_families(panel) for name, card in box.cards.items() if card.isVisible()]
    assert shown == ["head_pruning", "schedule"]
    techniques.on_only.click()
    assert len(visible_families(panel)) == len(techniques.families)


def test_a_search_does_not_hide_what_is_jumped_to(panel: ExperimentPanel) -> None:
    found(panel, "dropout")
    panel.focus_setting("techniques.pruning")
    assert panel.focusWidget() is card_of(panel, "pruning").switch
    assert card_of(panel, "pruning").isVisible()


@pytest.mark.parametrize("group", [group for group in CARD_GROUPS if group.fields], ids=lambda group: group.key)
def test_a_family_leads_to_settings_that_stand_elsewhere(panel: ExperimentPanel, group: CardGroup) -> None:
    assert panel.body.techniques is not None
    panel.activateWindow()
    box = panel.body.techniques.families[group.key]
    box.unfold()
    line = next(label for label in box.findChildren(QLabel) if "<a href" in label.text())
    for setting in box.family.fields:
        assert f'<a href="{setting.path}">{setting.label}</a>' in line.text()
        line.linkActivated.emit(setting.path)
        focused = panel.focusWidget()
        assert focused is not None
        assert panel.rect().contains(focused.mapTo(panel, QPoint(0, 0)))


def test_an_earlier_run_is_picked_from_a_list(panel: ExperimentPanel, tmp_path: Path) -> None:
    switch_on(panel, "transfer")
    field = row(panel, "techniques.transfer.start_from").field
    assert isinstance(field, PathField)
    runs: list[tuple[str, Path]] = []
    panel.set_run_source(lambda: runs)
    (listed,) = field.browse.menu().findChildren(QMenu)
    listed.aboutToShow.emit()
    assert not any(action.isEnabled() for action in listed.actions())
    runs.append(("Bread & butter", tmp_path / "run-1"))
    listed.aboutToShow.emit()
    (action,) = listed.actions()
    assert action.text() == "Bread && butter\trun-1"
    action.trigger()
    assert panel.model.value("techniques.transfer.start_from") == str(tmp_path / "run-1")


def test_what_the_machine_lacks_is_disabled_with_the_reason(laptop: ExperimentPanel) -> None:
    card = card_of(laptop, "allocator")
    assert not card.switch.isEnabled()
    assert card.obstacle.text() == "Needs an NVIDIA GPU; this machine has none."
    assert card.obstacle.isVisible()
    assert "NVIDIA" in card.accessibleDescription()
    laptop.activateWindow()
    laptop.focus_setting("techniques.allocator.max_split_size_mb")
    assert laptop.focusWidget() is card  # the keys come by, so that the reason can be read


@pytest.mark.parametrize("pair", [("layer_sharing", "layer_pruning"), ("layer_pruning", "layer_sharing")])
def test_what_excludes_each_other_is_disabled_in_either_direction(
    panel: ExperimentPanel, pair: tuple[str, str]
) -> None:
    first, second = pair
    switch_on(panel, first)
    card = card_of(panel, second)
    assert not card.switch.isEnabled()
    assert "share their weights" in card.obstacle.text()
    card_of(panel, first).switch.click()
    assert card.switch.isEnabled()
    assert not card.obstacle.isVisible()


def test_what_needs_another_is_disabled_until_that_is_on(panel: ExperimentPanel) -> None:
    card = card_of(panel, "gradient_compression")
    assert not card.switch.isEnabled()
    assert card.obstacle.text().startswith("Switch on data parallelism")
    switch_on(panel, "data_parallel")
    assert card.switch.isEnabled()


def test_what_came_with_a_file_stays_on_and_can_be_switched_off(laptop: ExperimentPanel) -> None:
    laptop.set_experiment(decode({"techniques": {"allocator": {}}}, REGISTRY))
    box = family_of(laptop, "allocator")
    assert box.head.unfolded  # what is wrong is not folded away
    card = box.cards["allocator"]
    assert card.switch.isChecked()
    assert card.switch.isEnabled()
    assert card.error.text() == "Needs an NVIDIA GPU; this machine has none."
    QTest.mouseClick(box.head, LEFT)
    assert "GPU memory allocator" in box.error.text()
    assert box.error.isVisible()
    QTest.mouseClick(box.head, LEFT)
    card.switch.click()
    assert laptop.experiment() == Experiment()
    assert not card.switch.isEnabled()
