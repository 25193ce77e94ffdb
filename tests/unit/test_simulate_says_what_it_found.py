"""``tapledger simulate`` says how it went, in words and as JSON, and what it can leave out."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from agent.cli import main, simulate
from sync.simulation import histories
from sync.simulation.history import play
from sync.simulation.mutants import MUTANTS
from sync.simulation.watch.violations import Violation


@pytest.fixture(autouse=True)
def _logs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command turns the logs of its process off: other tests of this one look at them."""
    monkeypatch.setattr(simulate, "configure_logs", lambda **_: None)


def test_a_good_end_is_said_in_words_and_as_json() -> None:
    """Whoever plays it reads a sentence; the last line is for a program."""
    done = CliRunner().invoke(main, ["simulate", "--histories", "1", "--seed", "7", "--jobs", "1"])
    *_, words, last = done.output.splitlines()
    assert words.startswith("seed 7: every invariant held")
    assert json.loads(last) == {
        "histories": 1,
        "violations": 0,
        "mutants": 0,
        "caught": 0,
        "seed": 7,
    }


def test_a_wrong_name_of_a_rule_is_answered_with_the_right_ones() -> None:
    """The nearest is asked for, all are listed, and no line is cut by a terminal of 80 columns."""
    done = CliRunner().invoke(main, ["simulate", "--mutant", "frozen_spend"])
    assert done.exit_code == 2
    assert "did you mean 'frozen_spends'?" in done.output
    assert all(name in done.output for name in MUTANTS)
    assert max(len(line) for line in done.output.splitlines()) <= 80


def test_one_history_is_told_with_one_rule_left_out() -> None:
    """Nobody reads a trace of all of them as that of one."""
    done = CliRunner().invoke(main, ["simulate", "--trace", "--mutant", "all"])
    assert (done.exit_code, "name one rule" in done.output) == (2, True)


def test_what_caught_a_rule_that_was_left_out_is_said() -> None:
    """Which invariant, after how many histories, in which, and what the rule is for."""
    options = ["--mutant", "no_seal", "--histories", "1", "--jobs", "1"]
    done = CliRunner().invoke(main, ["simulate", *options])
    *_, words, last = done.output.splitlines()
    mutant = MUTANTS["no_seal"]
    assert words.startswith("no_seal: caught by I")
    assert words.split(":")[1].split()[2] in mutant.caught_by
    assert "after 1 history, made by hand: an_epoch_ends_unheard" in words
    assert words.endswith(mutant.breaks)
    assert (json.loads(last)["mutants"], json.loads(last)["caught"], done.exit_code) == (1, 1, 0)


def test_a_rule_that_nothing_caught_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in words, counted, and the command fails."""
    harmless = replace(MUTANTS["no_seal"], patches=tuple)
    monkeypatch.setitem(MUTANTS, "no_seal", harmless)
    options = ["--mutant", "no_seal", "--histories", "1", "--jobs", "1"]
    done = CliRunner().invoke(main, ["simulate", *options])
    *_, words, last = done.output.splitlines()
    assert words == "no_seal: NOT caught in 1 history"
    assert (json.loads(last)["caught"], done.exit_code) == (0, 1)


def test_a_seed_that_breaks_an_invariant_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what broke, and the words that show it again; the command fails."""
    broken = play(3, steps=1)
    broken = replace(broken, violation=Violation("I4", "points from nowhere"))
    monkeypatch.setattr(histories, "play_all", lambda *_, **__: iter([broken]))
    done = CliRunner().invoke(main, ["simulate", "--histories", "1", "--seed", "3"])
    *_, first, how, last = done.output.splitlines()
    assert first.startswith(f"seed 3 ({broken.mix}): I4")
    assert how.endswith("tapledger simulate --seed 3 --trace")
    assert (json.loads(last)["violations"], done.exit_code) == (1, 1)
