"""What works on this machine but cannot pay is said below the field that it follows from."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.ui.form_hand import WORKSTATION, row, shown_panel, switch_on, type_into


def test_a_width_that_slows_the_tensor_cores_down_is_doubted_at_its_field(qtbot: QtBot) -> None:
    panel = shown_panel(qtbot, WORKSTATION)
    width = type_into(qtbot, panel, "model.n_embd", "132")
    assert width.note is None or not width.note.isVisible()  # 32 bits are no work for tensor cores
    switch_on(panel, "precision")
    assert width.note is not None
    assert "132 is no multiple of 8" in width.note.text()
    heads = row(panel, "model.n_head")
    assert heads.note is not None
    assert "Each head is 33 wide" in heads.note.text()
    assert panel.model.legal
    type_into(qtbot, panel, "model.n_embd", "128")
    assert not width.note.isVisible()


def test_more_workers_than_cores_are_doubted_in_the_form_too(qtbot: QtBot) -> None:
    panel = shown_panel(qtbot)
    type_into(qtbot, panel, "training.batch_size", "12")
    workers = type_into(qtbot, panel, "techniques.data_parallel.workers", "4")
    assert workers.note is not None
    assert "4 workers share 2 processor cores" in workers.note.text()
