"""Turns what happens in the loop into documents, without making the loop wait for a number."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

from gpulab.engine.parallel.team import ALONE, Team
from gpulab.engine.probes.waits import DATA_SHARE, EXCHANGE_SHARE, DataClock
from gpulab.engine.stalls import Stalls
from gpulab.events.codec import finite
from gpulab.events.documents import AnyDocument, Notice, Sample

FLUSH_S = 0.1
"""How often figures are read off the device and written, in seconds."""

WARMUP_STEPS = 5
"""Steps at the start of a worker that no throughput is taken from."""

GIVE_UP_AFTER = 25
"""So many steps in a row without a finite gradient, and the training has diverged."""


class Diverged(Exception):
    """The model's numbers are beyond all bounds: its validation loss, or `GIVE_UP_AFTER` gradients in a row.

    The weights are still those of the last step whose gradient was finite.
    """


class Log(Protocol):
    """Where documents go."""

    def append(self, documents: Iterable[AnyDocument]) -> None: ...


class Reads(Protocol):
    """What tells figures of its own whenever those of the steps are read."""

    def read(self) -> dict[str, float | None]: ...


class Meter(Protocol):
    """What counts along with the training's seconds."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Recorder:
    """Holds each step's figures on the device until it is time to read them all at once.

    Seconds count training alone: pauses, evaluations and checkpoints happen inside `not_training()`. While `aside`,
    steps count for no throughput: somebody slows them down by looking. What is pending
    is the same on all ranks of `team`, and so must be the moments at which it is read: losses are averaged then.
    """

    def __init__(
        self,
        log: Log,
        probes: Reads,
        tokens_per_step: int,
        seconds: float = 0.0,
        team: Team = ALONE,
        meter: Meter | None = None,
        data: DataClock | None = None,
    ) -> None:
        self._log, self._team = log, team
        self._probes, self._meter, self._data = probes, meter, data
        self._tokens_per_step = tokens_per_step
        self._pending: list[tuple[int, float, torch.Tensor, torch.Tensor]] = []
        self._seconds_before = seconds
        if meter:
            meter.start()
        self._since: float | None = time.perf_counter()
        self._flushed_at = self._since
        self._window_seconds = self.seconds
        self._steps_seen = 0
        self._skipped_in_a_row = 0
        self._sent_before = self._exchanging_before = 0.0
        self._stalls, self._stalled_before = Stalls(), False
        self.aside = False
        self.steady_steps = 0
        self.steady_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those of earlier workers included."""
        running = 0.0 if self._since is None else time.perf_counter() - self._since
        return self._seconds_before + running

    @property
    def tokens_per_s(self) -> float | None:
        """Trained tokens per second of wall time after warm-up, or None where too few steps were made."""
        return self.steady_steps * self._tokens_per_step / self.steady_seconds if self.steady_steps else None

    @property
    def stalled_steps(self) -> int:
        """Steps of this worker in which the machine stood still; no throughput is taken from them."""
        return self._stalls.steps

    def write(self, *documents: AnyDocument) -> None:
        """Writes pending samples, then `documents`."""
        self._log.append([*self._drain(), *documents])

    def step_done(self, step: int, learning_rate: float, loss: torch.Tensor, gradient_norm: torch.Tensor) -> None:
        """Notes that `step` steps are done."""
        self._pending.append((step, learning_rate, loss, gradient_norm))
        self._steps_seen += 1
        if loss.is_cpu:  # elsewhere steps are only begun here, and done when their figures are read
            self._time_steps(1)

    @property
    def due(self) -> bool:
        """Whether it is time to read what is pending."""
        return bool(self._pending) and (
            self._steps_seen == WARMUP_STEPS or time.perf_counter() - self._flushed_at >= FLUSH_S
        )

    @property
    def pending(self) -> bool:
        """Whether steps were made whose figures are not written yet."""
        return bool(self._pending)

    def check(self) -> None:
        """Raises Diverged when figures read so far say so."""
        if self._skipped_in_a_row >= GIVE_UP_AFTER:
            raise Diverged

    def sample(self, step: int, values: dict[str, float]) -> None:
        """Writes figures that are measured now and then, such as a validation loss."""
        self.write(self._sample(step, {key: finite(value) for key, value in values.items()}))

    @contextmanager
    def not_training(self) -> Iterator[None]:
        """Keeps the time of what happens inside out of the training's seconds. May be nested."""
        self.write()
        if self._since is None:
            yield
            return
        self._seconds_before, self._since = self.seconds, None
        if self._meter:
            self._meter.stop()
        try:
            yield
        finally:
            if self._meter:
                self._meter.start()
            self._since = self._flushed_at = time.perf_counter()
            self._window_seconds = self._seconds_before
            self._stalls.restart()

    def _sample(self, step: int, values: dict[str, float | None]) -> Sample:
        return Sample(step=step, tokens=step * self._tokens_per_step, seconds=self.seconds, values=values)

    def _drain(self) -> list[AnyDocument]:
        """The pending steps as samples. Reading the figures waits for the device, so the clock stands right here."""
        self._flushed_at = time.perf_counter()
        if not self._pending:
            return []
        losses, norms = torch.stack([torch.stack((loss.float(), norm.float())) for _, _, loss, norm in self._pending]).T
        figures = zip(self._team.mean(losses.cpu()).tolist(), norms.tolist(), strict=True)
        documents: list[AnyDocument] = []
        for (step, rate, _, _), (loss, norm) in zip(self._pending, figures, strict=True):
            values = {"train_loss": finite(loss), "learning_rate": rate, "grad_norm": finite(norm)}
            documents.append(self._sample(step, values))
            documents += self._skipped(step, norm)
        if not losses.is_cpu:
            self._time_steps(len(self._pending))
        last = next(document for document in reversed(documents) if isinstance(document, Sample))
        last.values.update(self._probes.read())
        self._add_traffic(last)
        documents += self._add_throughput(last)
        self._pending.clear()
        return documents

    def _time_steps(self, steps: int) -> None:
        if self._steps_seen <= WARMUP_STEPS or self.aside:
            self._stalls.restart()
        else:
            self._stalls.note(steps)

    def _add_traffic(self, last: Sample) -> None:
        if wire := self._team.wire:
            last.values["wire_bytes"] = (wire.bytes_sent - self._sent_before) / len(self._pending)
            self._sent_before = wire.bytes_sent

    def _add_throughput(self, last: Sample) -> list[Notice]:
        seconds, steps = self.seconds - self._window_seconds, len(self._pending)
        self._window_seconds = self.seconds
        waits = self._waits()
        if self._steps_seen <= WARMUP_STEPS or self.aside:
            return []
        last.values.update({key: waited / seconds for key, waited in waits.items() if seconds > 0.0})
        first = not self._stalled_before
        stalled, stood_still = self._stalls.take()
        steps, seconds = steps - stalled, seconds - stood_still
        if steps > 0 and seconds > 0.0:
            self.steady_steps += steps
            self.steady_seconds += seconds
            last.values["tokens_per_s"] = steps * self._tokens_per_step / seconds
        self._stalled_before |= stalled > 0
        return [self._stood_still(last.step)] if first and stalled else []

    def _waits(self) -> dict[str, float]:
        """Seconds since this was last asked in which steps waited, by the series of their share."""
        waits = {DATA_SHARE.key: self._data.take()} if self._data else {}
        if (wire := self._team.wire) and wire.timed:
            waits[EXCHANGE_SHARE.key] = wire.exchanging_s - self._exchanging_before
            self._exchanging_before = wire.exchanging_s
        return waits

    def _stood_still(self, step: int) -> Notice:
        assert self._stalls.longest is not None
        took, usual = self._stalls.longest
        arguments = {"seconds": round(took, 2), "usual_ms": round(1e3 * usual, 1)}
        return Notice(key="step_stalled", step=step, arguments=arguments)

    def _skipped(self, step: int, norm: float) -> list[AnyDocument]:
        if math.isfinite(norm):
            self._skipped_in_a_row = 0
            return []
        self._skipped_in_a_row += 1
        if self._skipped_in_a_row > 1:
            return []
        return [Notice(key="step_skipped", step=step, severity="warning", arguments={"step": step})]
