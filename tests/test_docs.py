"""Documentation that nobody executes goes stale: its paths must exist, its example must train."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from gpulab import techniques
from gpulab.events.documents import AnyDocument, Sample
from gpulab.resources import resource
from gpulab.spec.decode import decode, encode
from gpulab.spec.problem import BadInput
from gpulab.techniques.base import PHASES, Technique
from tests.engine.support import ended, run, tiny

DOCS = resource("docs")
ROOT = DOCS.parent.parent
PACKAGES = sorted(path.parent.name for path in (ROOT / "gpulab").glob("*/__init__.py"))
ADDED_BY_THE_EXAMPLE = "gpulab/techniques/gradient_noise.py"


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["architecture.md", "adding-a-technique.md", "comparing.md", "hardware.md", "bias.md"])
def test_every_path_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"`((?:gpulab|tests|resources|packaging)/[\w./-]+)`", _text(name))) - {ADDED_BY_THE_EXAMPLE}
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_explained(package: str) -> None:
    assert f"| `gpulab/{package}` |" in _text("architecture.md")


def test_the_phases_are_told_in_their_order() -> None:
    assert tuple(re.findall(r"^\| `(\w+)` \|", _text("architecture.md"), re.MULTILINE)) == PHASES


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Technique]:
    """The page's example, taken out of it and added to the list of techniques."""
    block = re.search(r"```python\n(.*?)```", _text("adding-a-technique.md"), re.DOTALL)
    assert block
    file = tmp_path / "gradient_noise.py"
    file.write_text(block.group(1), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("gradient_noise", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gradient_noise", module)
    spec.loader.exec_module(module)
    added: type[Technique] = module.GradientNoise
    monkeypatch.setitem(techniques.BY_NAME, added.name, added)
    monkeypatch.setitem(techniques.REGISTRY, added.name, added.Settings)
    return added


def _norms(documents: list[AnyDocument]) -> list[float]:
    found = [document.values.get("grad_norm") for document in documents if isinstance(document, Sample)]
    return [norm for norm in found if norm is not None]


def test_the_example_of_a_technique_trains_and_does_what_it_says(example: type[Technique], tmp_path: Path) -> None:
    """Over so many weights the length of the noise hardly varies, and it is far longer than the gradient."""
    documents = run(tmp_path / "with", tiny(tmp_path, {example.name: {"variance": 1.0}}))
    assert ended(documents).status == "done"
    weights = ended(documents).summary["parameters"]
    expected = [(weights / (1 + step) ** 0.55) ** 0.5 for step in range(12)]
    assert _norms(documents) == pytest.approx(expected, rel=0.1)
    assert max(_norms(run(tmp_path / "without", tiny(tmp_path)))) < 0.1 * min(expected)


def test_the_example_refuses_bad_settings(example: type[Technique], tmp_path: Path) -> None:
    table = encode(tiny(tmp_path, {example.name: {}}))
    table["techniques"][example.name]["variance"] = -1.0
    with pytest.raises(BadInput, match=r"techniques\.gradient_noise\.variance"):
        decode(table, techniques.REGISTRY)


def test_the_example_shows_itself_as_all_techniques_do(example: type[Technique]) -> None:
    for words in (example.card, example.label, example.summary, example.promise, example.risk, *example.sources):
        assert words
