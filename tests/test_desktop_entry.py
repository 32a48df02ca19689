"""The entry in the application menu must start the right program wherever it is installed."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gpulab.desktop_entry import install


def _read(entry: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read(entry, encoding="utf-8")
    return parser["Desktop Entry"]


@pytest.mark.parametrize(
    "executable", ["/opt/gpulab/bin/gpulab", "/home/a b/50% off/gpulab", '/odd/"quoted"/$HOME/`x`/back\\slash']
)
def test_the_entry_starts_the_program(tmp_path: Path, executable: str) -> None:
    entry = _read(install(tmp_path, executable))
    argument = entry["Exec"].replace("%%", "%").replace("\\\\", "\\")
    quoted = re.fullmatch(r'"((?:[^"`$\\]|\\["`$\\])*)"', argument)
    assert quoted
    assert re.sub(r"\\(.)", r"\1", quoted[1]) == executable


def test_the_icon_is_installed_beside_it(tmp_path: Path) -> None:
    path = install(tmp_path, "/bin/gpulab")
    assert path == tmp_path / "applications" / "gpulab.desktop"
    icon = Path(_read(path)["Icon"])
    assert icon.is_relative_to(tmp_path)
    assert ElementTree.parse(icon).getroot().tag.endswith("svg")


def test_installing_again_replaces(tmp_path: Path) -> None:
    install(tmp_path, "/old/gpulab")
    assert _read(install(tmp_path, "/new/gpulab"))["Exec"] == '"/new/gpulab"'
