"""A bundle holds what another machine needs to show everything, and nothing else of this one."""

from __future__ import annotations

import os
import resource
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from gpulab.comparisons import container, standing
from gpulab.comparisons import folder as comparisons
from gpulab.comparisons.bundle import pack
from gpulab.comparisons.unpacking import check, unpack
from gpulab.events.documents import ArmRun, ArmTuned
from gpulab.events.log import EventLog, read_all
from gpulab.runs.home import runs_root
from gpulab.runs.jobs import create as create_job
from gpulab.spec.files import save
from gpulab.spec.jobs import ask
from gpulab.spec.jobs import load as load_job
from gpulab.spec.problem import BadInput
from tests.comparisons.bundles import EXPERIMENT, comparison_in, files_in, run_in


def key_of(bad: pytest.ExceptionInfo[BadInput]) -> str:
    return bad.value.problems[0].key


def test_a_comparison_opens_elsewhere_with_runs_from_everywhere(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    packed = pack(folder, tmp_path / "it.gpulab.zip")
    opened = unpack(packed.path, tmp_path / "far" / "away")
    assert comparisons.load(opened) == comparisons.load(folder)
    before, after = comparisons.runs_of(folder), comparisons.runs_of(opened)
    assert before.keys() == after.keys()
    for side, run_dir in after.items():
        assert run_dir.is_relative_to(opened)
        assert read_all(run_dir) == read_all(before[side])
        kept = files_in(before[side])
        assert files_in(run_dir) == {name: kept[name] for name in ("experiment.toml", "events.jsonl", "meta.json")}
    assert packed.files == len(files_in(opened)) == 10
    assert b"somebody" not in packed.path.read_bytes()


def test_without_a_place_it_opens_beside_the_others_and_overwrites_none(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    bundle = pack(folder, tmp_path / "it.gpulab.zip").path
    first, second = unpack(bundle), unpack(bundle)
    assert first == comparisons.comparisons_root() / folder.name
    assert second.name == f"{folder.name}-2"
    assert files_in(first) == files_in(second)


def test_one_run_is_packed_alone(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path)
    opened = unpack(pack(run_dir, tmp_path / "it.gpulab.zip").path)
    assert opened == runs_root() / run_dir.name
    assert sorted(files_in(opened)) == ["events.jsonl", "experiment.toml", "meta.json"]


def test_models_go_along_only_when_asked_for(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path)
    model = _safetensors({"weight": ([2, 3], bytes(24))})
    (run_dir / "model.safetensors").write_bytes(model)
    (run_dir / "tokenizer.json").write_text('{"kind": "bytes"}')
    (run_dir / "checkpoints").mkdir()
    (run_dir / "checkpoints" / "model.safetensors").write_bytes(model)
    without = unpack(pack(run_dir, tmp_path / "without.zip").path, tmp_path / "a")
    within = unpack(pack(run_dir, tmp_path / "with.zip", models=True).path, tmp_path / "b")
    assert files_in(within).keys() - files_in(without).keys() == {"model.safetensors", "tokenizer.json"}
    assert (within / "model.safetensors").read_bytes() == model


def _safetensors(tensors: dict[str, tuple[list[int], bytes]]) -> bytes:
    header, body = {}, b""
    for name, (shape, content) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(content)]}
        body += content
    said = msgspec.json.encode(header)
    return len(said).to_bytes(8, "little") + said + body


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\xff" * 8,
        _safetensors({"weight": ([2, 3], bytes(20))}),
        _safetensors({"weight": ([2, 3], bytes(24))}) + b"more",
        _safetensors({"weight": ([2, 3], bytes(24))})[:-1],
        _safetensors({"weight": ([2, -3], bytes(24))}),
    ],
)
def test_a_model_that_could_not_be_loaded_is_not_packed(tmp_path: Path, damaged: bytes) -> None:
    run_dir = run_in(tmp_path)
    (run_dir / "model.safetensors").write_bytes(damaged)
    with pytest.raises(BadInput) as bad:
        pack(run_dir, tmp_path / "it.zip", models=True)
    assert key_of(bad) == "bundle_file_unreadable"
    assert not (tmp_path / "it.zip").exists()


def test_the_same_folder_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = comparison_in(tmp_path)
    one = check(pack(folder, tmp_path / "one.zip").path)
    other = check(pack(folder, tmp_path / "other.zip").path)
    assert msgspec.structs.replace(one, made="") == msgspec.structs.replace(other, made="")
    if one.made == other.made:
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_paths_of_this_machine_are_named_to_the_person(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path)
    data = msgspec.structs.replace(EXPERIMENT.data, path="/home/me/diary.txt")
    save(msgspec.structs.replace(EXPERIMENT, data=data), run_dir / "experiment.toml")
    assert pack(run_dir, tmp_path / "it.zip").told == ("/home/me/diary.txt",)


def test_a_run_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    gone = comparisons.runs_of(folder)["other", 1]
    gone.rename(gone.with_name("moved"))
    packed = pack(folder, tmp_path / "it.zip")
    assert packed.gone == (str(gone),)
    opened = unpack(packed.path, tmp_path / "there")
    assert comparisons.runs_of(opened)["other", 1] == opened / "runs" / gone.name


def test_runs_called_alike_get_names_of_their_own(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    twins = [
        run_in(tmp_path / side).rename(tmp_path / side / name) for side, name in (("a", "My run!"), ("b", "my run"))
    ]
    with EventLog(folder) as log:
        log.append(ArmRun(arm="other", seed=seed, run=str(run_dir)) for seed, run_dir in enumerate(twins, 2))
    opened = comparisons.runs_of(unpack(pack(folder, tmp_path / "it.zip").path, tmp_path / "there"))
    assert [opened["other", seed].name for seed in (2, 3)] == ["My-run", "my-run-2"]
    assert all((run_dir / "events.jsonl").is_file() for run_dir in opened.values())


def test_searches_go_along(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    job = create_job(folder / "jobs", ask("find_lr"), EXPERIMENT)
    tuned = ArmTuned(arm="baseline", learning_rate=0.01, trials=8, job=comparisons.named(folder, job))
    with EventLog(folder) as log:
        log.append([tuned])
    opened = unpack(pack(folder, tmp_path / "it.zip").path, tmp_path / "there")
    assert tuned in read_all(opened)
    assert load_job(opened / tuned.job) == load_job(job)


def test_a_run_that_still_works_keeps_its_comparison_from_being_packed(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    with EventLog(comparisons.runs_of(folder)["other", 1]), pytest.raises(BadInput) as bad:
        pack(folder, tmp_path / "it.zip")
    assert key_of(bad) == "bundle_still_working"


def test_a_comparison_opens_as_the_answer_it_was(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    before = standing.read(folder)
    after = standing.read(unpack(pack(folder, tmp_path / "it.zip").path, tmp_path / "there"))
    for fact in ("comparison", "experiments", "judgement", "done_runs"):
        assert getattr(after, fact) == getattr(before, fact), fact
    without_places = [[msgspec.structs.replace(one, run="") for one in each.observations] for each in (after, before)]
    assert without_places[0] == without_places[1]
    assert len(without_places[0]) == 2


def test_a_line_that_a_killed_worker_left_half_written_stays_behind(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path)
    with (run_dir / "events.jsonl").open("ab") as file:
        file.write(b'{"type":"sam')
    opened = unpack(pack(run_dir, tmp_path / "it.zip").path)
    assert read_all(opened) == read_all(run_dir)


def test_what_cannot_be_packed_leaves_nothing_behind(tmp_path: Path) -> None:
    run_dir, out = run_in(tmp_path / "runs"), tmp_path / "out" / "it.zip"
    out.parent.mkdir()

    def refused(key: str, place: Path = run_dir) -> None:
        with pytest.raises(BadInput) as bad:
            pack(place, out)
        assert key_of(bad) == key
        assert list(out.parent.iterdir()) == []

    refused("nothing_to_pack", tmp_path)
    refused("nothing_to_pack", tmp_path / "absent")
    with EventLog(run_dir):
        refused("bundle_still_working")
    record = (run_dir / "events.jsonl").read_bytes()
    (run_dir / "events.jsonl").write_bytes(b"nonsense\n" + record)
    refused("bundle_file_unreadable")
    (run_dir / "events.jsonl").rename(tmp_path / "record")
    (run_dir / "events.jsonl").symlink_to(tmp_path / "record")
    refused("bundle_link")
    (run_dir / "events.jsonl").unlink()
    (run_dir / "events.jsonl").mkdir()
    refused("bundle_source_unreadable")


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path / "runs")

    def touch(done: int, of: int) -> None:
        (run_dir / "meta.json").write_text('{"color": 7}' if done > of / 4 else '{"color": 6}')

    touch(0, 8)
    with pytest.raises(BadInput) as bad:
        pack(run_dir, tmp_path / "it.zip", progress=touch)
    assert key_of(bad) == "bundle_changed_meanwhile"
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    run_dir = run_in(tmp_path / "runs", samples=2000)
    bundle = pack(run_dir, tmp_path / "whole.zip").path
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        for deed in (lambda: pack(run_dir, tmp_path / "it.zip"), lambda: unpack(bundle, tmp_path / "there")):
            with pytest.raises(BadInput) as bad:
                deed()
            assert key_of(bad) == "folder_not_writable"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "whole.zip"]


def test_progress_comes_to_its_end(tmp_path: Path) -> None:
    folder, seen = comparison_in(tmp_path), list[tuple[int, int]]()
    bundle = pack(folder, tmp_path / "it.zip", progress=lambda *now: seen.append(now)).path
    assert seen[-1][0] == seen[-1][1] > 0
    assert sorted(done for done, _ in seen) == [done for done, _ in seen]
    seen.clear()
    unpack(bundle, tmp_path / "there", progress=lambda *now: seen.append(now))
    assert seen[-1][0] == seen[-1][1]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.99])
def test_breaking_off_leaves_nothing_behind(tmp_path: Path, share: float) -> None:
    folder = comparison_in(tmp_path)
    bundle = pack(folder, tmp_path / "it.zip").path
    before = files_in(tmp_path)

    def enough(done: int, of: int) -> None:
        if done > share * of:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        pack(folder, tmp_path / "other.zip", progress=enough)
    with pytest.raises(RuntimeError):
        unpack(bundle, tmp_path / "other", progress=enough)
    assert files_in(tmp_path) == before


def test_what_a_killed_process_left_is_swept_away_a_day_later(tmp_path: Path) -> None:
    bundle = pack(run_in(tmp_path / "runs"), tmp_path / "it.zip").path
    old, young = (tmp_path / f".gpulab-unpacking-{name}" for name in ("old", "young"))
    for draft in (old, young):
        draft.mkdir()
    os.utime(old, (0, 0))
    unpack(bundle, tmp_path / "there")
    assert young.exists()
    assert not old.exists()


def test_no_room_is_noticed_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = pack(run_in(tmp_path / "runs"), tmp_path / "it.zip").path
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(BadInput) as bad:
        unpack(bundle, tmp_path / "in" / "there")
    assert key_of(bad) == "disk_too_full"
    assert not (tmp_path / "in").exists()


def test_a_full_place_is_not_overwritten(tmp_path: Path) -> None:
    bundle = pack(run_in(tmp_path), tmp_path / "it.zip").path
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").touch()
    with pytest.raises(BadInput) as bad:
        unpack(bundle, tmp_path / "there")
    assert key_of(bad) == "file_exists"
    (tmp_path / "there" / "mine").unlink()
    assert unpack(bundle, tmp_path / "there") == tmp_path / "there"


def test_files_too_large_for_an_ordinary_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 2 GiB zip needs wider fields; here every file gets them."""
    monkeypatch.setattr(container, "_LONG", 0)
    folder = comparison_in(tmp_path)
    wide = pack(folder, tmp_path / "wide.zip").path
    monkeypatch.undo()
    narrow = pack(folder, tmp_path / "narrow.zip").path
    assert wide.stat().st_size > narrow.stat().st_size
    assert files_in(unpack(wide, tmp_path / "a")) == files_in(unpack(narrow, tmp_path / "b"))


@pytest.mark.parametrize("passphrase", [None, "swordfish"])
def test_a_large_model_needs_little_memory(tmp_path: Path, passphrase: str | None) -> None:
    run_dir, size = run_in(tmp_path / "runs"), 48 << 20
    header = _safetensors({"weight": ([size // 4], b"")}).replace(b"[0,0]", b"[0,%d]" % size)
    header = (int.from_bytes(header[:8], "little") + len(str(size)) - 1).to_bytes(8, "little") + header[8:]
    with (run_dir / "model.safetensors").open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    tracemalloc.start()
    try:
        bundle = pack(run_dir, tmp_path / "it.bundle", models=True, passphrase=passphrase).path
        unpack(bundle, tmp_path / "there", passphrase)
        assert tracemalloc.get_traced_memory()[1] < size / 4
    finally:
        tracemalloc.stop()
    assert (tmp_path / "there" / "model.safetensors").stat().st_size == len(header) + size
