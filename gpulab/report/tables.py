"""The figures of a comparison or a run for other programs: CSV for a spreadsheet, JSON with everything.

CSV is one long table: what was measured of each side with each seed, then how each side changed. Text that a
spreadsheet would take for a formula is defused (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from gpulab import __version__
from gpulab.analysis.metrics import BY_KEY, METRICS, figures_of
from gpulab.comparisons.folder import is_comparison
from gpulab.comparisons.standing import Standing, read
from gpulab.report.history import History
from gpulab.report.outcome import as_object
from gpulab.runs.digest import Digest
from gpulab.runs.folder import is_run
from gpulab.runs.reading import digest_of
from gpulab.spec.decode import encode
from gpulab.spec.jobs import is_job
from gpulab.spec.problem import refuse

FORMAT = 1
HEADER = (
    *("table", "arm", "name", "seed", "state", "unfair", "metric", "value", "unit"),
    *("base", "change", "low", "high", "word", "pairs", "detectable", "region"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Row = Mapping[str, object]


def csv_text(rows: Iterable[Row]) -> bytes:
    """`rows` below the header, as UTF-8; what a row leaves out stays empty."""
    written = io.StringIO()
    writer = csv.DictWriter(written, HEADER, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return written.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value.replace("\0", "\u2400")
    return value


def json_text(value: Mapping[str, Any]) -> bytes:
    """`value` as readable JSON; a figure that is not finite is null, as JSON knows no other."""
    text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, indent=1)
    return f"{text}\n".encode("utf-8", "backslashreplace")  # half a character of a file's name stays its escape


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def csv_of(path: Path) -> bytes:
    """The figures of the comparison or run at `path`. Raises BadInput."""
    if is_comparison(path):
        standing = read(path)
        return csv_text((*_measured(standing), *_changed(standing)))
    _, digest = _run(path)
    return csv_text(
        row
        for part, figures in _parts(digest.summary)
        for row in _figures({"arm": part, "name": digest.name, "seed": digest.seed, "state": _state(digest)}, figures)
    )


def _state(digest: Digest) -> str:
    return digest.status or "running"


def _measured(standing: Standing) -> Iterator[Row]:
    for one in standing.observations:
        name = standing.comparison.arm(one.arm).name
        known = {"arm": one.arm, "name": name, "seed": one.seed, "state": one.state, "unfair": one.unfair}
        yield from _figures(known, one.figures)


def _figures(known: Row, figures: Mapping[str, float]) -> Iterator[Row]:
    """A row for each figure; one without a figure where there is none, so that a failed run is not passed over."""
    for metric in METRICS:
        if metric.key in figures:
            row = {"metric": metric.key, "value": figures[metric.key], "unit": metric.unit}
            yield {"table": "measured", **known, **row}
    if not figures:
        yield {"table": "measured", **known}


def _changed(standing: Standing) -> Iterator[Row]:
    for change in standing.judgement.changes:
        metric, row = BY_KEY[change.metric], msgspec.structs.asdict(change)
        told = {name: row[name] for name in row if name in HEADER}
        told |= {"name": standing.comparison.arm(change.arm).name, "word": change.word if metric.judged else ""}
        yield {"table": "changes", "unit": metric.unit, **told}


def json_of(path: Path) -> bytes:
    """Everything about the comparison or run at `path`. Raises BadInput."""
    if is_comparison(path):
        return json_text(comparison_table(read(path)))
    run_dir, digest = _run(path)
    started = History(run_dir).started
    return json_text(
        {
            "format": FORMAT,
            "kind": "run",
            "gpulab": __version__,
            "run_dir": str(run_dir),
            **{name: getattr(digest, name) for name in _OF_RUN},
            "started": msgspec.to_builtins(started) if started else None,
            "arguments": dict(digest.arguments),
            "summary": digest.summary,
        }
    )


_OF_RUN = ("name", "status", "reason", "step", "steps", "tokens", "seconds", "seed", "started_at", "ended_at")


def comparison_table(standing: Standing) -> dict[str, Any]:
    """What `gpulab compare --json` tells of it, and everything that this was worked out from."""
    comparison = standing.comparison
    return {
        "format": FORMAT,
        "kind": "comparison",
        "gpulab": __version__,
        **as_object(standing),
        "dose": comparison.dose,
        "rules": msgspec.to_builtins(comparison.rules),
        "experiments": {arm.key: encode(standing.experiments[arm.key]) for arm in comparison.arms},
        "observations": msgspec.to_builtins(standing.observations),
    }


def _run(path: Path) -> tuple[Path, Digest]:
    if not is_run(path) or is_job(path):
        raise refuse("nothing_to_report", path=str(path))
    run_dir = path.resolve()
    digest = digest_of(run_dir)
    if not digest.began:
        raise refuse("nothing_recorded", path=str(path))
    return run_dir, digest


def _parts(summary: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    yield "trained", figures_of(summary, "trained")
    if summary.get("compressed"):
        yield "compressed", figures_of({**summary, **summary["compressed"]}, "trained")
