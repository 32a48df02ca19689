"""Whatever somebody made of a bundle, by accident or to do harm, it is refused with a reason and nothing is written."""

from __future__ import annotations

import functools
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.comparisons import manifest
from gpulab.comparisons.bundle import pack
from gpulab.comparisons.unpacking import unpack
from gpulab.spec.problem import BadInput
from gpulab.words import explain
from tests.comparisons.bundles import Entries, comparison_in, entries_of, files_in, forged, relisted

BROKEN = ("bundle_altered", "bundle_is_none")
MANY = settings(max_examples=150, deadline=None)


@functools.cache
def bundle() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        return pack(comparison_in(Path(place)), Path(place) / "it.zip").path.read_bytes()


@pytest.fixture(scope="module", autouse=True)
def made_before(tmp_path_factory: pytest.TempPathFactory) -> None:
    bundle()


def why_refused(content: bytes) -> str:
    """The key of what is wrong with such a bundle. Nothing is beside it afterwards."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "it.zip"
        path.write_bytes(content)
        with pytest.raises(BadInput) as bad:
            unpack(path, Path(place) / "in" / "there")
        assert [each.name for each in Path(place).iterdir()] == ["it.zip"]
        said = explain(bad.value.problems[0])
        assert not re.search(r"\{(path|name|detail|limit|bytes|count|ratio|found|known)\}", said)
        return bad.value.problems[0].key


def test_what_is_not_touched_opens(tmp_path: Path) -> None:
    for content in (bundle(), forged(entries_of(bundle())), forged(relisted(entries_of(bundle())))):
        (tmp_path / "it.zip").write_bytes(content)
        assert len(files_in(unpack(tmp_path / "it.zip"))) == 10


@MANY
@given(st.data())
def test_cut_anywhere(data: st.DataObject) -> None:
    assert why_refused(bundle()[: data.draw(st.integers(0, len(bundle()) - 1))]) in BROKEN


@MANY
@given(st.data(), st.integers(1, 255))
def test_any_byte_changed(data: st.DataObject, change: int) -> None:
    place = data.draw(st.integers(0, len(bundle()) - 1))
    altered = bundle()[:place] + bytes([bundle()[place] ^ change]) + bundle()[place + 1 :]
    assert why_refused(altered) in BROKEN


@MANY
@given(st.data(), st.integers(1, 255))
def test_any_byte_changed_by_somebody_who_mends_the_checksum(data: st.DataObject, change: int) -> None:
    """Bytes that mean nothing to us (a time, a version) may change; whatever opens then is what was packed."""
    import hashlib

    whole = bundle()[:-64]
    mark = len(b"gpulab bundle sha256:")
    place = data.draw(st.integers(0, len(whole) - mark - 1))
    altered = whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]
    altered += hashlib.sha256(altered[:-mark]).hexdigest().encode()
    with tempfile.TemporaryDirectory() as folder:
        path, there = Path(folder) / "it.zip", Path(folder) / "there"
        path.write_bytes(altered)
        try:
            opened = files_in(unpack(path, there))
        except BadInput:
            assert not there.exists()
        else:
            assert opened == {entry.filename: content for entry, content in entries_of(bundle())[1:]}


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_at_all(content: bytes) -> None:
    assert why_refused(content) in (*BROKEN, "bundle_locked")
    assert why_refused(b"PK\x03\x04" + content) in BROKEN


@MANY
@given(st.randoms(use_true_random=False))
def test_any_other_order(chance: object) -> None:
    entries = entries_of(bundle())
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    if shuffled != entries:
        assert why_refused(forged(shuffled)) in ("bundle_is_none", "bundle_not_as_listed")


@MANY
@given(st.data())
def test_a_file_too_few_or_too_many(data: st.DataObject) -> None:
    entries = entries_of(bundle())
    place = data.draw(st.integers(1, len(entries) - 1))
    assert why_refused(forged(entries[:place] + entries[place + 1 :])) == "bundle_not_as_listed"
    with pytest.warns(UserWarning, match="Duplicate"):
        doubled = forged([*entries, entries[place]])
    assert why_refused(doubled) == "bundle_not_as_listed"


NAMES = (
    "../evil", "runs/../../evil", "/etc/passwd", "C:/evil", "C:evil", "runs\\evil\\meta.json", "runs//meta.json",
    "runs/./meta.json", "runs/a/b/meta.json", "arms/../comparison.json", "arms/nul.gpulab.toml", "runs/CON/meta.json",
    "runs/com1.x/meta.json", "runs/dots./meta.json", "runs/a\u0301/meta.json", "runs/a b/meta.json", "comparison.json/",
    "runs/" + "x" * 101 + "/meta.json", "worker.log", "runs/a/checkpoints/x.safetensors", "runs/a/x.pkl", "runs/a/",
    "runs/a/job.json", "runs/a/comparison.json", "experiment.toml", "meta.json", ".hidden", "runs/.trash/meta.json",
    "runs/a/meta.json\nx", "runs/a:stream/meta.json", "~/meta.json", "manifest.json",
)  # fmt: skip

ODD = ("bundle_odd_name", "bundle_names_twice", "bundle_not_as_listed")


def _renamed(entries: Entries, name: str) -> Entries:
    return [*entries[:-1], (zipfile.ZipInfo(name), entries[-1][1])]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_or_belongs_in_no_bundle(name: str) -> None:
    entries = _renamed(entries_of(bundle()), name)
    assert why_refused(_forged(entries)) in ODD
    assert why_refused(_forged(relisted(entries))) in ODD


@MANY
@given(st.text(max_size=120).filter(lambda name: "\0" not in name and name))
def test_any_name(name: str) -> None:
    try:
        entries = relisted(_renamed(entries_of(bundle()), name))
        content = _forged(entries)
    except UnicodeEncodeError:
        return
    assert why_refused(content) in ODD


def _forged(entries: Entries) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand in it twice
        return forged(entries)


def test_a_name_cannot_write_over_the_terminal() -> None:
    content = _forged(_renamed(entries_of(bundle()), "\x1b[2J\x1b[Hall is well"))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "it.zip"
        path.write_bytes(content)
        with pytest.raises(BadInput) as bad:
            unpack(path)
    said = explain(bad.value.problems[0])
    assert "�[2J�[Hall is well" in said
    assert said.isprintable()


def test_names_that_differ_only_in_case() -> None:
    entries = entries_of(bundle())
    run = next(entry.filename for entry, _ in entries if entry.filename.startswith("runs/"))
    shouted = f"runs/{run.split('/')[1].upper()}/{run.split('/')[2]}"
    assert why_refused(forged(relisted([*entries, (zipfile.ZipInfo(shouted), b"{}")]))) == "bundle_names_twice"


def test_a_link_instead_of_a_file() -> None:
    entries = entries_of(bundle())
    entry, _ = entries[-1]
    entry.external_attr = 0o120777 << 16
    assert why_refused(forged(relisted([*entries[:-1], (entry, b"/etc/passwd")]))) == "bundle_odd_name"


def test_a_small_file_that_swells() -> None:
    entries = entries_of(bundle())
    entry = next(entry for entry, _ in entries if entry.filename.endswith("events.jsonl"))
    swollen = [(e, bytes(8 << 20) if e is entry else content) for e, content in entries]
    assert why_refused(forged(relisted(swollen))) == "bundle_swells"


def _claiming(size: int) -> Callable[[manifest.Manifest], manifest.Manifest]:
    def change(said: manifest.Manifest) -> manifest.Manifest:
        *others, last = said.files
        return msgspec.structs.replace(said, files=(*others, msgspec.structs.replace(last, bytes=size)))

    return change


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_claiming(1 << 60), "bundle_absurd_size"),
        (_claiming(-1), "bundle_absurd_size"),
        (_claiming(3), "bundle_not_as_listed"),
        (_claiming(4000), "bundle_not_as_listed"),
        (lambda said: msgspec.structs.replace(said, format=2), "bundle_newer"),
        (lambda said: msgspec.structs.replace(said, folder="../evil"), "bundle_odd_name"),
        (lambda said: msgspec.structs.replace(said, kind="run"), "bundle_odd_name"),
        (lambda said: msgspec.structs.replace(said, kind="virus"), "bundle_damaged"),
        (lambda said: msgspec.structs.replace(said, files=said.files * 4000), "bundle_too_many_files"),
        (lambda said: msgspec.structs.replace(said, files=said.files * 2), "bundle_names_twice"),
        (lambda said: msgspec.structs.replace(said, files=said.files[:-1]), "bundle_not_as_listed"),
        (lambda said: msgspec.structs.replace(said, files=()), "bundle_not_as_listed"),
    ],
)
def test_a_manifest_that_lies(change: Callable[[manifest.Manifest], manifest.Manifest], key: str) -> None:
    assert why_refused(forged(relisted(entries_of(bundle()), change))) == key


def _tampered() -> Iterator[tuple[str, bytes, str]]:
    outside = b'{"type":"arm_run","at":1,"arm":"other","seed":1,"run":"%s"}\n'
    for place in (b"../../elsewhere", b"/etc", b"runs/../..", b"jobs/x", b"runs"):
        yield "events.jsonl", outside % place, "bundle_file_unreadable"
    yield (
        "events.jsonl",
        b'{"type":"arm_tuned","at":1,"arm":"o","learning_rate":1,"trials":1,"job":"/etc"}\n',
        ("bundle_file_unreadable"),
    )
    yield "events.jsonl", b'{"type":"looked","at":1,"seeds":1,"undecided":[]}', "bundle_file_unreadable"
    yield "events.jsonl", b"[" * 100_000 + b"\n", "bundle_file_unreadable"
    yield "comparison.json", b"{}", "bundle_file_unreadable"
    yield "comparison.json", b'{"name":"","question":"runs","arms":[]}', "too_few_arms"
    two = b'[{"key":"baseline","name":""},{"key":"other","name":""}]'
    many = b'{"name":"","question":"runs","arms":%s,"rules":{"most_seeds":1000000000}}' % two
    yield "comparison.json", many, "out_of_range"
    endless = b'{"type":"sample","at":1,"step":1%s,"tokens":1,"seconds":1,"values":{}}\n' % (b"0" * 30)
    yield "events.jsonl", endless, "bundle_file_unreadable"
    yield "arms/other.gpulab.toml", b"x = " + b"[" * 100_000, "experiment_unreadable"
    yield "arms/other.gpulab.toml", b"", "experiment_empty"
    yield "arms/other.gpulab.toml", b"[model]\nn_layer = 0\n", "out_of_range"
    yield "arms/third.gpulab.toml", b"[model]\nn_layer = 1\n", "bundle_odd_name"
    yield "meta.json", b'{"color": "red"}', "bundle_file_unreadable"


@pytest.mark.parametrize(("name", "content", "key"), list(_tampered()))
def test_a_file_that_its_reader_would_refuse(name: str, content: bytes, key: str) -> None:
    entries = entries_of(bundle())
    there = next((entry for entry, _ in entries if entry.filename.endswith(name)), None)
    if there is None:
        entries.append((zipfile.ZipInfo(name), content))
    assert why_refused(forged(relisted([(e, content if e is there else kept) for e, kept in entries]))) == key


@pytest.mark.parametrize("name", ["comparison.json", "arms/other.gpulab.toml"])
def test_a_part_that_is_missing(name: str) -> None:
    entries = [each for each in entries_of(bundle()) if each[0].filename != name]
    assert why_refused(forged(relisted(entries))) == "bundle_incomplete"


def test_an_ordinary_zip_is_no_bundle() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("readme.txt", "hello")
    assert why_refused(out.getvalue()) == "bundle_altered"
    assert why_refused(forged([(zipfile.ZipInfo("readme.txt"), b"hello")])) == "bundle_is_none"
