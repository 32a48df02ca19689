"""The record survives whatever happens to its writer; one process writes at a time."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpulab.events import reader
from gpulab.events.codec import decode, encode
from gpulab.events.documents import AnyDocument, ArtifactSaved, Notice, RunEnded, Sample, TextGenerated
from gpulab.events.log import EventLog, is_locked, read_all
from gpulab.runs.follow import Follower
from gpulab.spec.problem import BadInput

REUSED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.none()
arguments = st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text())
documents: st.SearchStrategy[AnyDocument] = st.one_of(
    st.builds(
        Sample,
        step=st.integers(0, 10**9),
        tokens=st.integers(0, 10**12),
        seconds=st.floats(0, 1e9),
        values=st.dictionaries(st.text(max_size=8), numbers, max_size=4),
    ),
    st.builds(TextGenerated, step=st.integers(0, 9), prompt=st.text(), text=st.text()),
    st.builds(Notice, key=st.text(), arguments=arguments),
    st.builds(ArtifactSaved, kind=st.just("model"), path=st.text(), step=st.just(1), bytes=st.just(2)),
    st.builds(RunEnded, status=st.sampled_from(["done", "failed"]), step=st.just(3), reason=st.text()),
)


@given(documents)
def test_a_document_is_one_line_that_reads_back(document: AnyDocument) -> None:
    line = encode(document)
    assert line.count(b"\n") == 1
    assert decode(line) == document


@REUSED
@given(st.lists(documents, min_size=1, max_size=8), st.floats(0, 1))
def test_a_record_cut_anywhere_is_mended_and_goes_on(
    tmp_path_factory: pytest.TempPathFactory, written: list[AnyDocument], share: float
) -> None:
    run_dir = tmp_path_factory.mktemp("run")
    with EventLog(run_dir) as log:
        log.append(written)
    path = run_dir / "events.jsonl"
    whole = path.read_bytes()
    cut = int(share * len(whole))
    path.write_bytes(whole[:cut])
    kept = written[: whole[:cut].count(b"\n")]
    follower = Follower(run_dir)
    assert follower.poll_all() == kept  # a reader waits for the rest of the line
    last = Notice(key="after")
    with EventLog(run_dir) as log:
        log.append([last])
    assert read_all(run_dir) == [*kept, last]
    assert follower.poll_all() == [last]
    assert follower.problem is None


@REUSED
@given(st.lists(documents, min_size=1, max_size=8), st.lists(st.integers(1, 300), max_size=30))
def test_a_reader_gets_every_document_once_however_it_arrives(
    tmp_path_factory: pytest.TempPathFactory, written: list[AnyDocument], pieces: list[int]
) -> None:
    run_dir = tmp_path_factory.mktemp("run")
    whole = b"".join(map(encode, written))
    follower, seen = Follower(run_dir), []
    with (run_dir / "events.jsonl").open("ab", buffering=0) as file:
        for piece in [*pieces, len(whole)]:
            file.write(whole[:piece])
            whole = whole[piece:]
            seen += follower.poll()
    assert seen == written


def test_what_stands_before_a_damage_is_given(tmp_path: Path) -> None:
    good = [Notice(key=str(n)) for n in range(3)]
    lines = [encode(document) for document in good]
    (tmp_path / "events.jsonl").write_bytes(b"".join([*lines[:2], b'{"type": "sam\n', lines[2]]))
    follower = Follower(tmp_path)
    assert follower.poll() == good[:2]
    assert follower.problem is not None
    assert (follower.problem.key, follower.problem.arguments["line"]) == ("events_damaged", 3)
    with pytest.raises(BadInput, match="events_damaged"):
        read_all(tmp_path)


@pytest.mark.parametrize("room", [0, 1, 100, 150, 199])
def test_a_disk_that_fills_up_leaves_whole_lines(tmp_path: Path, room: int) -> None:
    """A limit on the size of files stands for the full disk."""
    written = [Notice(key=f"{n:040}") for n in range(4)]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with EventLog(tmp_path) as log:
        log.append(written[:1])
        follower = Follower(tmp_path)
        resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "events.jsonl").stat().st_size + room, limit[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                log.append(written[1:3])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        kept = follower.poll_all()
        assert kept == written[: len(kept)]
        log.append(written[3:])
    assert read_all(tmp_path) == [*kept, written[3]] == [*kept, *follower.poll_all()]


def test_a_line_longer_than_a_look_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LOOK_BYTES", 64)
    written: list[AnyDocument] = [Notice(key="a"), TextGenerated(step=1, prompt="", text="x" * 500), Notice(key="b")]
    with EventLog(tmp_path) as log:
        log.append(written)
    assert read_all(tmp_path) == written


_CONTEND = """
import sys
from pathlib import Path
from gpulab.events.documents import Notice
from gpulab.events.log import EventLog
for n in range(40):
    while True:
        try:
            log = EventLog(Path(sys.argv[1]))
            break
        except Exception as error:
            assert "run_is_running" in str(error), error
    with log:
        for part in range(3):
            log.append([Notice(key=sys.argv[2], arguments={"n": n, "part": part})])
"""


def test_two_processes_never_write_at_once(tmp_path: Path) -> None:
    project = Path(__file__).parents[2]
    commands = [[sys.executable, "-c", _CONTEND, str(tmp_path), name] for name in "ab"]
    writers = [subprocess.Popen(command, cwd=project) for command in commands]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    written = [document for document in read_all(tmp_path) if isinstance(document, Notice)]
    assert len(written) == 240
    for first, second, third in zip(written[::3], written[1::3], written[2::3], strict=True):
        assert first.key == second.key == third.key  # three in a row: nobody came between


def test_a_killed_holder_leaves_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpulab.events.log._PATIENCE_S", 0.1)
    hold = "import sys, time; from pathlib import Path; from gpulab.events.log import EventLog\n"
    hold += "log = EventLog(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", hold, str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert holder.stdout is not None
    holder.stdout.readline()
    assert is_locked(tmp_path)
    with pytest.raises(BadInput, match="run_is_running"):
        EventLog(tmp_path)
    holder.kill()
    holder.communicate()
    assert not is_locked(tmp_path)
    EventLog(tmp_path).close()


def test_a_document_of_a_newer_version_is_not_guessed_at() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"type": "telepathy", "at": 1}')
