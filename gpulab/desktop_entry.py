"""Puts GPU Lab into the desktop's application menu, so that the next start is a click.

Follows freedesktop.org's Desktop Entry Specification 1.5 (how `Exec` is quoted) and Icon Theme Specification.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template

from gpulab.resources import resource


def install(data_home: Path, executable: str) -> Path:
    """Writes the entry and its icon below `data_home` (XDG_DATA_HOME, mostly `~/.local/share`); returns the entry.

    `executable` is the absolute path of the program to start. Installing again replaces what was there.
    """
    icon = data_home / "icons" / "hicolor" / "scalable" / "apps" / "gpulab.svg"
    entry = data_home / "applications" / "gpulab.desktop"
    template = Template(resource("desktop", "gpulab.desktop.in").read_text(encoding="utf-8"))
    for path in (icon, entry):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(resource("icons", "gpulab.svg"), icon)
    entry.write_text(template.substitute(executable=_quoted(executable), icon=_escaped(str(icon))), encoding="utf-8")
    return entry


def _escaped(value: str) -> str:
    """A value of type string: a backslash starts an escape there."""
    return value.replace("\\", "\\\\")


def _quoted(executable: str) -> str:
    """One argument of `Exec`: quoted first, then escaped like every string; `%` would begin a field code."""
    for special in '\\"`$':
        executable = executable.replace(special, "\\" + special)
    return '"' + _escaped(executable).replace("%", "%%") + '"'
