"""A locked bundle opens with its passphrase and with nothing else, and tells when it was touched."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.comparisons import sealing
from gpulab.comparisons.bundle import pack
from gpulab.comparisons.unpacking import is_locked, unpack
from gpulab.spec.problem import BadInput
from tests.comparisons.bundles import comparison_in, files_in

WORD = "correct horse"


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that takes no time: what is tested is not scrypt."""
    monkeypatch.setattr(sealing, "COST_LOG2", 4)


def refused(deed: object, *arguments: object) -> str:
    with pytest.raises(BadInput) as bad:
        deed(*arguments)  # type: ignore[operator]
    return bad.value.problems[0].key


def test_only_the_passphrase_opens_it(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    packed = pack(folder, tmp_path / "it.gpulab.locked", passphrase="Grüße")
    assert packed.lock is not None
    assert 0 < packed.lock.key_s < 3
    assert packed.lock.bytes > 0
    assert is_locked(packed.path)
    before = files_in(tmp_path)
    there = tmp_path / "there"
    assert refused(unpack, packed.path, there) == "bundle_locked"
    assert refused(unpack, packed.path, there, "grüße") == "bundle_wrong_passphrase"
    assert refused(unpack, packed.path, there, "") == "passphrase_empty"
    assert files_in(tmp_path) == before
    decomposed = "Gru\u0308ße"  # as another system's keyboard may say it
    assert "comparison.json" in files_in(unpack(packed.path, there, decomposed))
    plain = pack(folder, tmp_path / "plain.zip").path.read_bytes()
    assert b"comparison.json" in plain
    assert b"comparison.json" not in packed.path.read_bytes()


@pytest.mark.usefixtures("cheap")
def test_the_same_bundle_is_never_locked_alike(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    one, other = (pack(folder, tmp_path / name, passphrase=WORD).path.read_bytes() for name in ("one", "other"))
    assert one[:21] == other[:21]
    assert sum(a == b for a, b in zip(one[100:], other[100:], strict=False)) < len(one) / 50


@pytest.mark.usefixtures("cheap")
def test_a_chunk_that_is_cut_swapped_repeated_or_changed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_CHUNK", 1024)
    whole = pack(comparison_in(tmp_path), tmp_path / "it", passphrase=WORD).path.read_bytes()
    head, step = sealing.HEADER_BYTES, 1024 + 16
    chunks = [whole[start : start + step] for start in range(head, len(whole), step)]
    assert len(chunks) > 3
    changed = bytes([chunks[1][5] ^ 1])
    for tampered in (
        chunks[:-1],
        chunks[:1],
        [],
        [chunks[0], chunks[2], chunks[1], *chunks[3:]],
        [chunks[0], *chunks],
        [*chunks, b"x"],
        [chunks[0], chunks[1][:5] + changed + chunks[1][6:], *chunks[2:]],
    ):
        (tmp_path / "it").write_bytes(whole[:head] + b"".join(tampered))
        assert refused(unpack, tmp_path / "it", tmp_path / "there", WORD) == "bundle_wrong_passphrase"
    assert not (tmp_path / "there").exists()


@pytest.mark.usefixtures("cheap")
def test_every_byte_of_the_header_counts(tmp_path: Path) -> None:
    path = pack(comparison_in(tmp_path), tmp_path / "it", passphrase=WORD).path
    whole = path.read_bytes()
    for place in range(sealing.HEADER_BYTES):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        refused(unpack, path, tmp_path / "there", WORD)
        path.write_bytes(whole[:place])
        refused(unpack, path, tmp_path / "there", WORD)
    assert not (tmp_path / "there").exists()


@functools.cache
def locked() -> bytes:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "COST_LOG2", 4)
        return pack(comparison_in(Path(place)), Path(place) / "it", passphrase=WORD).path.read_bytes()


@given(st.data(), st.integers(1, 255))
def test_any_byte_changed_or_cut(data: st.DataObject, change: int) -> None:
    whole = locked()
    place = data.draw(st.integers(0, len(whole) - 1))
    with tempfile.TemporaryDirectory() as folder:
        path, there = Path(folder) / "it", Path(folder) / "there"
        for altered in (whole[:place], whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]):
            if _cost(altered) > _CHEAP:  # a byte that asks for an hour of scrypt is for the test below
                continue
            path.write_bytes(altered)
            refused(unpack, path, there, WORD)
            assert not there.exists()


_CHEAP = 1 << 16


def _cost(content: bytes) -> int:
    """What the lock asks for: scrypt's N times r times p."""
    if len(content) < sealing.HEADER_BYTES:
        return 0
    log2, blocks, lanes = content[17:20]
    return (blocks * lanes) << log2


@pytest.mark.parametrize(
    ("place", "value"),
    [(17, 31), (17, 22), (17, 0), (18, 0), (18, 255), (19, 0), (19, 9), (20, 255), (22, 0)],
)
@pytest.mark.usefixtures("cheap")
def test_a_lock_cannot_ask_for_much_memory_or_time(tmp_path: Path, place: int, value: int) -> None:
    path = pack(comparison_in(tmp_path), tmp_path / "it", passphrase=WORD).path
    whole = bytearray(path.read_bytes())
    whole[place] = value
    if place == 22:
        whole[20:24] = bytes(4)
    if (place, value) == (18, 255):
        whole[17] = 17
    path.write_bytes(whole)
    assert refused(unpack, path, tmp_path / "there", WORD) == "bundle_lock_odd"


def test_locking_is_measured() -> None:
    cost = sealing.measured(4 << 20)
    assert cost.bytes == 4 << 20
    assert cost.seal_s > 0.0
    assert cost.key_s > 0.01, "a key that is cheap to make is cheap to guess"


def test_a_passphrase_comes_from_the_first_line_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "word"
    file.write_text("correct horse\r\nand more")
    assert sealing.passphrase_in(file) == "correct horse"
    file.write_text("\n")
    assert refused(sealing.passphrase_in, file) == "passphrase_empty"
    file.write_bytes(b"\xff\xfe")
    assert refused(sealing.passphrase_in, file) == "passphrase_file_unreadable"
    assert refused(sealing.passphrase_in, tmp_path) == "passphrase_file_unreadable"
