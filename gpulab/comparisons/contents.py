"""Each file of a bundle is read by its own strict reader before any of them is written anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gpulab.comparisons.manifest import JOBS, RUNS, Manifest, Role, is_name
from gpulab.events.codec import decode
from gpulab.events.documents import AnyDocument, ArmRun, ArmTuned, Sample
from gpulab.runs.folder import EXPERIMENT, Meta
from gpulab.spec import comparison as comparisons
from gpulab.spec import files, jobs
from gpulab.spec.comparison import ARMS, COMPARISON, Comparison
from gpulab.spec.problem import BadInput, refuse
from gpulab.techniques import REGISTRY
from gpulab.text.tokenizers import tokenizer_from

_LONGEST_LINE = 64 << 20
_LARGEST_HEADER = 100 << 20
_MOST = 1 << 53  # beyond it curves could not tell one step from the next
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16}
_BITS |= {"BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4}


class _Tensor(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def check(path: str, role: Role, size: int, chunks: Iterable[bytes], origin: str) -> Comparison | None:
    """Reads all of `chunks`; returns the comparison where the file holds one.

    Raises BadInput where whoever is to read the file could not; it names the file as `origin`.
    """
    try:
        match role:
            case "events":
                _check_events(chunks, in_comparison="/" not in path)
            case "model":
                _check_tensors(size, chunks)
            case _:
                return _small(role, b"".join(chunks), origin)
    except BadInput:
        raise
    except (ValueError, TypeError, LookupError, RecursionError, msgspec.MsgspecError) as error:
        raise refuse("bundle_file_unreadable", path=origin, detail=str(error) or type(error).__name__) from error
    return None


def _small(role: Role, content: bytes, origin: str) -> Comparison | None:
    match role:
        case "comparison":
            return comparisons.checked(msgspec.json.decode(content, type=Comparison))
        case "experiment":
            files.from_file(content, origin, REGISTRY)
        case "job":
            jobs.from_json(content, origin)
        case "meta":
            msgspec.json.decode(content, type=Meta)
        case _:
            tokenizer_from(msgspec.json.decode(content, type=dict[str, str]))
    return None


def check_together(manifest: Manifest, comparison: Comparison | None, origin: str) -> None:
    """Raises BadInput where the files are each in order, but something that belongs with them is missing."""
    paths = {member.path for member in manifest.files}
    if manifest.kind == "run":
        wanted = {EXPERIMENT}
    else:
        arms = comparison.arms if comparison else ()
        wanted = {COMPARISON, *(f"{ARMS}/{arm.key}{files.SUFFIX}" for arm in arms)}
        if comparison and (odd := next((path for path in sorted(paths - wanted) if path.startswith(ARMS)), None)):
            raise refuse("bundle_odd_name", path=origin, name=odd)
    if missing := next(iter(sorted(wanted - paths)), None):
        raise refuse("bundle_incomplete", path=origin, name=missing)


def _check_events(chunks: Iterable[bytes], in_comparison: bool) -> None:
    for number, line in enumerate(_lines(chunks), 1):
        try:
            document = decode(line)
        except (ValueError, msgspec.MsgspecError) as error:
            raise ValueError(f"line {number} is damaged") from error
        if isinstance(document, Sample) and not (0 <= document.step < _MOST and 0 <= document.tokens < _MOST):
            raise ValueError(f"line {number} counts absurdly many steps or tokens")
        if in_comparison:
            _check_place(document)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > _LONGEST_LINE:
            raise ValueError("a line never ends")
    if rest:
        raise ValueError("its last line is cut off")


def _check_place(document: AnyDocument) -> None:
    """A comparison's record may name only what lies inside its folder; what it names may have been deleted."""
    match document:
        case ArmRun():
            place, kind = document.run, RUNS
        case ArmTuned():
            place, kind = document.job, JOBS
        case _:
            return
    above, _, name = place.partition("/")
    if above != kind or not is_name(name):
        raise ValueError(f"it names {place}, which lies outside")


def _check_tensors(size: int, chunks: Iterable[bytes]) -> None:
    """The header of a safetensors file (huggingface.co/docs/safetensors): every tensor has its place, none another's.

    The tensors themselves are any bytes at all: nothing runs them.
    """
    stream, head = iter(chunks), b""
    while len(head) < 8 and (chunk := next(stream, b"")):
        head += chunk
    length = int.from_bytes(head[:8], "little")
    if len(head) < 8 or length > min(_LARGEST_HEADER, size - 8):
        raise ValueError("its header is cut off or far too large")
    while len(head) < 8 + length:
        head += next(stream)
    for _ in stream:  # read to the end, so that its hash is compared
        pass
    _check_header(msgspec.json.decode(head[8 : 8 + length], type=dict[str, msgspec.Raw]), size - 8 - length)


def _check_header(header: Mapping[str, msgspec.Raw], room: int) -> None:
    entries = dict(header)
    msgspec.json.decode(entries.pop("__metadata__", b"{}"), type=dict[str, str])
    tensors = {name: msgspec.json.decode(raw, type=_Tensor) for name, raw in entries.items()}
    end = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        begin, stop = tensor.data_offsets
        if begin != end or stop < begin or stop > room or 8 * (stop - begin) != _bits(tensor):
            raise ValueError(f"the tensor {name} has no place of its own")
        end = stop
    if end != room:
        raise ValueError("it holds bytes that belong to no tensor")


def _bits(tensor: _Tensor) -> int:
    bits = _BITS.get(tensor.dtype, -1)
    for side in tensor.shape:
        bits *= side if side >= 0 else -1
    return bits
