"""Help texts that are made from the declarations, so that they are never out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gpulab.hardware.machine import Machine
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, settings_of
from gpulab.techniques import BY_NAME, cautions, unusable
from gpulab.techniques.base import Technique
from gpulab.viewmodels.figures import figure

Words = Callable[[str], str]
Explain = Callable[[Problem], str]

LIBRARIES = ("torch", "torchao", "PySide6-Essentials", "pyqtgraph", "numpy", "scipy", "safetensors", "msgspec")


def techniques_page(words: Words) -> str:
    """Every technique: what it does, buys and costs, its settings, where that is known from."""
    return "\n\n".join(_technique(technique, words) for technique in BY_NAME.values())


def _technique(technique: type[Technique], words: Words) -> str:
    lines = [
        f"## {words(technique.label)}",
        words(technique.summary),
        f"**{words('Buys')}:** {words(technique.promise)}",
        f"**{words('Costs')}:** {words(technique.risk)}",
    ]
    settings = {each.name: each for each in settings_of(technique.Settings)}
    if settings:
        told = (f"- **{words(s.label)}**: {words(s.help)}{_condition(s, settings, words)}" for s in settings.values())
        lines.append("\n".join(told))
    lines.append("\n".join(f"- *{source}*" for source in technique.sources))
    return "\n\n".join(lines)


def _condition(setting: Setting, beside: Mapping[str, Setting], words: Words) -> str:
    name, values = setting.when
    if not name:
        return ""
    said = (words("on") if value is True else words(beside[name].label_of(str(value))) for value in values)
    return " " + words("Only for {label}: {values}.").format(label=words(beside[name].label), values=", ".join(said))


def machine_page(machine: Machine, words: Words, explain: Explain) -> str:
    """What this machine has, which libraries, what cannot be used here and why."""
    rows = [
        (words("Processor"), machine.processor),
        (words("Cores"), str(machine.cores)),
        (words("Memory"), figure(machine.memory_bytes, "bytes")),
        *(
            (words("GPU {n}").format(n=gpu.index), f"{gpu.name}, {figure(gpu.memory_bytes, 'bytes')}")
            for gpu in machine.gpus
        ),
    ]
    if not machine.gpus:
        rows.append((words("GPU"), words("none that NVIDIA's driver knows of")))
    device = machine.resolved("auto")
    return "\n\n".join(
        (
            f"## {words('This machine')}\n\n{_table(rows)}",
            f"## {words('Libraries')}\n\n{_table(list(libraries().items()))}",
            f"## {words('What cannot be used here')}\n\n{_reasons(unusable, machine, device, words, explain)}",
            f"## {words('What works here, but will not pay')}\n\n{_reasons(cautions, machine, device, words, explain)}",
        )
    )


def libraries() -> Mapping[str, str]:
    """The versions of the libraries that results depend on, read without importing them."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and rarely asked for

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "–"
    return found


def _reasons(
    ask: Callable[[type[Technique], Machine, str], Iterable[tuple[str, str, Problem]]],
    machine: Machine,
    device: str,
    words: Words,
    explain: Explain,
) -> str:
    lines = []
    for technique in BY_NAME.values():
        labels = {setting.name: setting for setting in settings_of(technique.Settings)}
        for name, choice, problem in ask(technique, machine, device):
            shown = f", {words(labels[name].label_of(choice))}" if name in labels else ""
            lines.append(f"- **{words(technique.label)}{shown}**: {explain(problem)}")
    return "\n".join(lines) or words("Nothing.")


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Markdown wants a head: the first row is as good as any."""
    first, *rest = (f"| **{name}** | {value} |" for name, value in rows)
    return "\n".join((first, "|---|---|", *rest))
