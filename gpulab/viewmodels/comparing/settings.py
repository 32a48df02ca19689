"""Only what differs: the settings in which arms are not alike, each with every arm's value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from gpulab.comparisons import differing
from gpulab.spec.comparison import Arm
from gpulab.spec.decode import all_settings
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting, Value
from gpulab.techniques import BY_NAME, REGISTRY


class Difference(msgspec.Struct, frozen=True):
    """A setting that differs. `values` has each arm's value by key, None where it is not read at all.

    A technique as a whole has no `setting`: its values say whether it is on. `within` names the technique that a
    setting belongs to.
    """

    path: str
    label: str
    within: str
    setting: Setting | None
    values: Mapping[str, Value | None]


def differences(arms: Sequence[Arm], experiments: Mapping[str, Experiment]) -> tuple[Difference, ...]:
    """What differs between the experiments of `arms`: their own settings, then technique by technique."""
    base, *others = (experiments[arm.key] for arm in arms)
    there = [differing.differences(base, other) for other in others]
    back: dict[str, Value | None] = {}
    for other in others:
        back |= differing.differences(other, base)
    found = []
    for path in _in_order({path for one in there for path in one}):
        values = {arms[0].key: back[path]}
        values |= {arm.key: one.get(path, back[path]) for arm, one in zip(arms[1:], there, strict=True)}
        found.append(_difference(path, values))
    return tuple(found)


def _difference(path: str, values: Mapping[str, Value | None]) -> Difference:
    setting = all_settings(REGISTRY).get(path)
    technique = path.split(".")[1] if path.startswith("techniques.") else ""
    if setting is None:
        return Difference(path, BY_NAME[technique].label, "", None, values)
    return Difference(path, setting.label, BY_NAME[technique].label if technique else "", setting, values)


def _in_order(paths: Iterable[str]) -> list[str]:
    wanted = set(paths)
    settings = list(all_settings(REGISTRY))
    order = [path for path in settings if not path.startswith("techniques.")]
    for name in BY_NAME:
        order += [f"techniques.{name}", *(path for path in settings if path.startswith(f"techniques.{name}."))]
    return [path for path in order if path in wanted]
