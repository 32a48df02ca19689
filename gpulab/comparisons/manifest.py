"""What a bundle says of itself, which files may be in one, and how large they may claim to be.

A bundle is a zip whose first member, `manifest.json`, names every other one with its size and SHA-256, in their order.
What is not named here never goes in (checkpoints, logs, locks) and is never taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from gpulab.events.reader import EVENTS
from gpulab.runs.folder import EXPERIMENT, META
from gpulab.spec.comparison import ARMS, COMPARISON
from gpulab.spec.files import SUFFIX as EXPERIMENT_SUFFIX
from gpulab.spec.jobs import JOB
from gpulab.spec.problem import refuse
from gpulab.text.earlier import KEPT_IN as TOKENIZER

FORMAT = 1
MANIFEST = "manifest.json"
SUFFIX = ".gpulab.zip"
LOCKED_SUFFIX = ".gpulab.locked"
RUNS, JOBS = "runs", "jobs"

Kind = Literal["comparison", "run"]
Role = Literal["comparison", "experiment", "events", "meta", "job", "tokenizer", "model"]
"""What a file is, which says who can read it."""

ROLES: dict[str, Role] = {
    COMPARISON: "comparison",
    EXPERIMENT: "experiment",
    EVENTS: "events",
    META: "meta",
    JOB: "job",
    TOKENIZER: "tokenizer",
    "model.safetensors": "model",
    "compressed.safetensors": "model",
}
RUN_FILES = (EXPERIMENT, EVENTS, META)
MODEL_FILES = (TOKENIZER, "model.safetensors", "compressed.safetensors")

MOST_FILES = 20_000
LARGEST: dict[Role, int] = {
    "comparison": 1_000_000,
    "experiment": 1_000_000,
    "meta": 1_000_000,
    "job": 1_000_000,
    "tokenizer": 50_000_000,
    "events": 16 << 30,
    "model": 256 << 30,
}
LARGEST_MANIFEST = 16 << 20
LARGEST_BUNDLE = 1 << 40

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)  # devices, where Windows runs


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the bundle: its place in the folder, its bytes, their SHA-256 in hexadecimal digits."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` is for people; `folder` is what the unpacked folder is called where nobody says otherwise.

    `gpulab` is the version that packed it, `made` the time, as ISO 8601 says it.
    """

    format: int
    kind: Kind
    name: str
    folder: str
    gpulab: str
    made: str
    models: bool
    files: tuple[Member, ...]

    @property
    def bytes(self) -> int:
        return sum(member.bytes for member in self.files)


def role_of(path: str, kind: Kind) -> Role | None:
    """What the file at `path` of such a bundle is; None where no bundle of ours has one there."""
    parts = path.split("/")
    if not all(is_name(part) for part in parts):
        return None
    role: Role | None
    match kind, parts:
        case "comparison", [arms, file] if arms == ARMS and file.endswith(EXPERIMENT_SUFFIX):
            return "experiment"
        case "comparison", [file] if file in (COMPARISON, EVENTS):
            return ROLES[file]
        case "comparison", [place, _, file] if place in (RUNS, JOBS):
            role = ROLES.get(file)
            return None if role == "comparison" or (role == "job") > (place == JOBS) else role
        case "run", [file] if file in (*RUN_FILES, *MODEL_FILES):
            return ROLES[file]
    return None


def is_name(part: str) -> bool:
    """Whether `part` can be a file's or folder's name on every system, and nothing but a name."""
    return bool(_NAME.fullmatch(part)) and not _RESERVED.fullmatch(part) and not part.endswith(".")


def fresh_name(wished: str, taken: set[str]) -> str:
    """`wished` as a name that is legal everywhere and, whatever the case, not among `taken`, which it then joins."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", wished).strip("-.")[:80] or "run"
    plain = plain if is_name(plain) else f"run-{plain}".rstrip(".")
    name, number = plain, 2
    while name.casefold() in taken:
        name, number = f"{plain}-{number}", number + 1
    taken.add(name.casefold())
    return name


def checked(manifest: Manifest, origin: str) -> Manifest:
    """`manifest` itself if a bundle could say so. Raises BadInput that names the bundle as `origin`."""
    if not is_name(manifest.folder):
        raise refuse("bundle_odd_name", path=origin, name=manifest.folder)
    if len(manifest.files) > MOST_FILES:
        raise refuse("bundle_too_many_files", path=origin, count=len(manifest.files), limit=MOST_FILES)
    for member in manifest.files:
        role = role_of(member.path, manifest.kind)
        if role is None:
            raise refuse("bundle_odd_name", path=origin, name=member.path)
        if not 0 <= member.bytes <= LARGEST[role]:
            raise refuse("bundle_absurd_size", path=origin, name=member.path, bytes=member.bytes, limit=LARGEST[role])
    if manifest.bytes > LARGEST_BUNDLE:
        raise refuse("bundle_absurd_size", path=origin, name=MANIFEST, bytes=manifest.bytes, limit=LARGEST_BUNDLE)
    if twice := _twice(member.path for member in manifest.files):
        raise refuse("bundle_names_twice", path=origin, name=twice)
    return manifest


def _twice(paths: Iterable[str]) -> str:
    seen: set[str] = set()
    for path in paths:
        if path.casefold() in seen:
            return path
        seen.add(path.casefold())
    return ""
