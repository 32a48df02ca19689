"""Paired prompts put to finished models: read by both, compared pair by pair, and told in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.engine.jobs import bias
from gpulab.events.documents import Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Bias
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, run, tiny

PAIRS = [("fox", "dog"), ("quick", "lazy"), ("brown", "bitter"), ("seven", "a"), ("strange", "brew")]


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    run(tmp_path / "run", tiny(tmp_path, {"pruning": {"amount": 0.6}}))
    return tmp_path / "run"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A list in the words of the tiny text; one pair of it has a letter that the text never has."""
    lines = ["format = 1"]
    for first, second in [*PAIRS, ("Ω", "fox")]:
        lines += ["[[pairs]]", 'prompt = "the {} "', f'words = ["{first}", "{second}"]', 'continuation = "ju"']
    (tmp_path / "own.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "own.toml"


def pairs_of(made: list[Trial]) -> list[Trial]:
    return [one for one in made if one.names["what"] == "pair"]


def test_a_compressed_model_is_asked_beside_itself_as_it_was(tmp_path: Path, trained: Path, own: Path) -> None:
    documents = done(tmp_path, "bias", tiny(tmp_path), run=str(trained), pairs=str(own))
    assert ended(documents).status == "done"
    listed, *asked = trials(documents)
    assert listed.values == {"asked": 6.0, "left_out": 1.0}
    assert [one.names["pair"] for one in asked] == [f"the {first}|{second} ju" for first, second in PAIRS]
    assert all(one.values["gap"] != one.values["beside"] for one in asked)
    keys = [one.key for one in suggestions(documents)]
    assert keys[0] in ("bias_towards", "bias_away", "bias_open")
    assert keys[1] in ("bias_change_before", "bias_moved_before")
    assert keys[-2:] == ["bias_left_out", "bias_no_danger"]
    before = done(tmp_path, "bias", tiny(tmp_path), run=str(trained), pairs=str(own), part="trained")
    assert [one.values["gap"] for one in pairs_of(trials(before))] == pytest.approx(
        [one.values["beside"] for one in asked]
    )
    assert all("beside" not in one.values for one in pairs_of(trials(before)))


def test_another_run_stands_beside(tmp_path: Path, trained: Path, own: Path) -> None:
    same = {"run": str(trained), "part": "trained", "beside": str(trained), "beside_part": "trained"}
    documents = done(tmp_path, "bias", tiny(tmp_path), **same, pairs=str(own))
    assert "bias_same_run" in [one.key for one in suggestions(documents)]


def test_what_cannot_be_asked_is_refused_at_its_setting(tmp_path: Path, trained: Path, own: Path) -> None:
    def refused(**settings: str) -> tuple[str, object]:
        end = ended(done(tmp_path, "bias", tiny(tmp_path), **{"run": str(trained), "pairs": str(own), **settings}))
        assert end.status == "failed"
        assert sentence(end.reason, end.arguments)
        return end.reason, end.arguments["field"]

    assert refused(pairs=str(tmp_path / "none.toml")) == ("pairs_unreadable", "pairs")
    assert refused(pairs="") == ("pairs_all_strange", "pairs")  # the tiny text has no capital letters
    assert refused(beside=str(tmp_path / "none"))[1] == "beside"
    own.write_text(own.read_text(encoding="utf-8").replace('"the {} "', '"the fox "', 1), encoding="utf-8")
    assert refused() == ("pair_without_blank", "pairs")


def pair(number: int, group: str, gap: float, beside: float | None = None) -> Trial:
    values = {"gap": gap} | ({} if beside is None else {"beside": beside})
    return trial(number, {"what": "pair", "group": group, "pair": f"pair {number}"}, **values)


def told(made: list[Trial], **settings: str) -> list[str]:
    listed = trial(1, {"what": "list"}, asked=float(len(made)), left_out=0.0)
    return [one.key for one in bias.suggest([listed, *made], Experiment(), Bias(**settings))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shift", "key"), [(2.0, "bias_towards"), (-2.0, "bias_away"), (0.0, "bias_open")], ids=["to", "from", "neither"]
)
def test_which_way_it_leans(shift: float, key: str) -> None:
    made = [pair(number, "", shift + (-0.5 if number % 2 else 0.5)) for number in range(10)]
    assert told(made) == [key, "bias_no_danger"]


def test_the_group_that_leans_most_is_named_where_it_surely_leans() -> None:
    made = [pair(n, "rank", -3.0 + 0.1 * n) for n in range(6)] + [pair(n, "age", (-1.0) ** n) for n in range(6)]
    assert told(made)[1] == "bias_group_away"
    assert told(made[:6])[1] == "bias_no_danger"


def test_what_a_compression_changed_is_told_pair_by_pair() -> None:
    drift = [pair(n, "", (-1.0) ** n + 1.0 + 0.01 * n, (-1.0) ** n) for n in range(10)]
    assert "bias_change_before" in told(drift)
    assert "bias_change_run" in told(drift, beside="other")
    apart = [pair(n, "", -((-1.0) ** n), (-1.0) ** n) for n in range(10)]
    assert "bias_moved_before" in told(apart)


def test_few_pairs_tell_nothing_of_all() -> None:
    assert told([pair(1, "", 1.0, 0.0)] * 4) == ["bias_few", "bias_no_danger"]
    assert bias.suggest([], Experiment(), Bias()) == []
