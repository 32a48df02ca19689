"""A model that was trained reads only text that is cut as its own text was, so tokenizers are kept and found again.

Each run's folder keeps its tokenizer. A folder with GPT-2's weights brings `vocab.json` and `merges.txt`, or the
`tokenizer.json` of the Hugging Face libraries. A run from before tokenizers were kept has it made anew from its text.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from gpulab.spec.experiment import Data
from gpulab.spec.problem import BadInput, refuse
from gpulab.text.bpe import BPE
from gpulab.text.prepared import prepare
from gpulab.text.tokenizers import AnyTokenizer, tokenizer_from

KEPT_IN = "tokenizer.json"
_VOCABULARY, _MERGES, _EXPERIMENT = "vocab.json", "merges.txt", "experiment.toml"
_LARGEST_BYTES = 50_000_000


def keep_tokenizer(tokenizer: AnyTokenizer, run_dir: Path) -> None:
    """Writes `tokenizer` into the run's folder in one piece. Raises OSError where the disk does not take it."""
    draft = run_dir / f".{KEPT_IN}.{os.getpid()}"
    draft.write_bytes(msgspec.json.encode(tokenizer.state()))
    draft.replace(run_dir / KEPT_IN)


def tokenizer_in(folder: str | Path, field: str = "") -> AnyTokenizer:
    """The tokenizer of the run, or of the GPT-2, in `folder`. Raises BadInput at `field` where there is none."""
    place = Path(folder).expanduser()
    try:
        if (place / KEPT_IN).is_file():
            return _from_json(msgspec.json.decode(_read(place / KEPT_IN)))
        if (place / _VOCABULARY).is_file():
            merges = _read(place / _MERGES).decode().splitlines()
            return _from_merges(msgspec.json.decode(_read(place / _VOCABULARY)), merges)
        return _made_anew(place)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        detail = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
        raise refuse("tokenizer_unreadable", field, path=str(place), detail=detail.splitlines()[0]) from error


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"{path.name} is far too large")
    return path.read_bytes()


def _from_json(table: Any) -> AnyTokenizer:
    """Our own file, or the one of the Hugging Face libraries, which has the same name."""
    if not isinstance(table, dict) or "kind" in table:
        return tokenizer_from(msgspec.convert(table, dict[str, str]))
    model = table["model"]
    if model.get("type", "BPE") != "BPE" or '"ByteLevel"' not in msgspec.json.encode(table["pre_tokenizer"]).decode():
        raise ValueError("only byte-level BPE, as GPT-2 has it, can be read")
    special = {token["content"]: token["id"] for token in table.get("added_tokens") or []}
    return _from_merges({**special, **model["vocab"]}, model["merges"])


def _from_merges(vocabulary: Any, merges: list[Any]) -> BPE:
    lines = [line for line in merges if not isinstance(line, str) or (line and not line.startswith("#version"))]
    pairs = [tuple(line.split(" ") if isinstance(line, str) else line) for line in lines]
    if wrong := next((pair for pair in pairs if len(pair) != 2), None):
        raise ValueError(f"not a merge of two: {' '.join(wrong)}")
    return BPE.of_merges(msgspec.convert(vocabulary, dict[str, int]), [(one, other) for one, other in pairs])


def _made_anew(run_dir: Path) -> AnyTokenizer:
    """Of a run without techniques that edit text: there were none when tokenizers were not yet kept."""
    try:
        table = tomllib.loads(_read(run_dir / _EXPERIMENT).decode())
    except FileNotFoundError as error:
        raise ValueError("there is none in this folder") from error
    data = msgspec.convert(table.get("data", {}), Data)
    try:
        shares = (data.validation_share, data.test_share)
        return prepare(data.corpus, data.path, data.tokenizer, *shares, (), data.vocabulary_size).tokenizer
    except BadInput as error:
        raise ValueError(f"its text cannot be read again ({error.problems[0].key})") from error
