"""Whether a process was disturbed is read from what the system counts."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpulab.hardware.strain import THROTTLED, WAITED, Strain


def thread(proc: Path, pid: int, ran: int, waited: int, tid: int = 0, children: str = "") -> None:
    folder = proc / str(pid) / "task" / str(tid or pid)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedstat").write_text(f"{ran} {waited} 7\n", encoding="ascii")
    (folder / "children").write_text(children, encoding="ascii")


def slowed(cpus: Path, ms: int) -> None:
    path = cpus / "cpu0" / "thermal_throttle" / "package_throttle_total_time_ms"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{ms}\n", encoding="ascii")


def test_waiting_is_counted_over_all_threads_and_children_since_the_first_look(tmp_path: Path) -> None:
    strain = Strain(10, proc=tmp_path, cpus=tmp_path)
    thread(tmp_path, 10, ran=1000, waited=9000, children="11 ")  # before anything was measured
    thread(tmp_path, 11, ran=0, waited=0)
    strain.look()
    assert (strain.waiting_share, strain.complaint) == (0.0, "")
    thread(tmp_path, 10, ran=1600, waited=9100, children="11 ")
    thread(tmp_path, 10, ran=100, waited=100, tid=12)
    thread(tmp_path, 11, ran=100, waited=0)
    strain.look()
    assert strain.waiting_share == pytest.approx(0.2)
    thread(tmp_path, 11, ran=100, waited=100)
    strain.look()
    assert strain.complaint == WAITED


def test_what_a_thread_had_when_it_ended_still_counts(tmp_path: Path) -> None:
    strain = Strain(10, proc=tmp_path, cpus=tmp_path)
    thread(tmp_path, 10, ran=0, waited=0)
    strain.look()
    thread(tmp_path, 10, ran=100, waited=0)
    thread(tmp_path, 10, ran=100, waited=200, tid=12)
    strain.look()
    for path in (tmp_path / "10/task/12").iterdir():
        path.unlink()
    strain.look()
    assert strain.waiting_share == pytest.approx(0.5)


def test_a_processor_slowed_by_heat_is_told(tmp_path: Path) -> None:
    slowed(tmp_path, 5000)
    strain = Strain(10, proc=tmp_path, cpus=tmp_path)
    strain.look()
    assert strain.complaint == ""
    slowed(tmp_path, 5000 + 60_000)
    strain.look()
    assert strain.complaint == THROTTLED


def test_a_process_that_is_gone_or_untold_is_fair(tmp_path: Path) -> None:
    strain = Strain(10, proc=tmp_path / "none", cpus=tmp_path / "none")
    strain.look()
    assert (strain.waiting_share, strain.throttled_share, strain.complaint) == (0.0, 0.0, "")


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this system does not count waiting")
def test_a_process_that_sleeps_waits_for_nobody() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as asleep:
        strain = Strain(asleep.pid)
        time.sleep(0.3)
        strain.look()
        time.sleep(0.2)
        strain.look()
        asleep.kill()
    assert strain.complaint == ""
