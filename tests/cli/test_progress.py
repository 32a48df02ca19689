"""A terminal shows a bar with the time left; a log file gets lines it can hold."""

from __future__ import annotations

import sys

import pytest

from gpulab.cli.output import figure, size
from gpulab.cli.progress import progress
from gpulab.events.documents import AnyDocument, Notice, Sample
from gpulab.runs.digest import Digest
from tests.runs.stand_in import first


def show(*batches: list[AnyDocument]) -> None:
    digest = Digest()
    with progress() as shown:
        for batch in batches:
            digest.add(batch)
            shown.show(batch, digest)


def sample(step: int) -> Sample:
    return Sample(step=step, tokens=step, seconds=step, values={"train_loss": 2.5, "val_loss": None})


BATCHES: list[list[AnyDocument]] = [[first(0, 0.0, 8)], [sample(2)], [Notice(key="paused")], [sample(8)]]


def test_a_log_gets_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show(*BATCHES)
    told = capsys.readouterr().err.splitlines()
    assert told == ["step 2 of 8, training loss 2.5, validation loss -", "Paused."]


def test_a_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    show(*BATCHES)
    told = capsys.readouterr().err
    assert "Paused." in told
    assert "8/8" in told
    assert "train 2.5, val -" in told


def test_figures_read_well() -> None:
    shown = [figure(value) for value in (None, 2.06789, 0.00012, 9016.4, 90163.2, 107968)]
    assert shown == ["-", "2.068", "0.00012", "9016", "90,163", "107,968"]
    assert [size(value) for value in (None, 12, 434840, 2**40)] == ["-", "12 B", "425 KiB", "1 TiB"]


def test_nothing_is_shown_of_a_run_that_never_began(capsys: pytest.CaptureFixture[str]) -> None:
    show([])
    assert capsys.readouterr().err == ""
