"""``tapledger program compare`` replays baskets under two programs and shows what it costs."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_programs import sale_body, write_baskets

from agent.cli import main
from agent.paths import shipped_program

_SIMPLE = shipped_program("simple")


@pytest.fixture
def dearer(tmp_path: Path) -> Path:
    """The program `simple` with a point for every 2.00, and double points in March 2026."""
    file = tmp_path / "dearer.toml"
    march = (
        '[[promotion]]\nid = "march"\nmultiplier = "3"\ntext = "March"\n'
        'first_day = "2026-03-01"\nlast_day = "2026-03-31"\n'
    )
    text = _SIMPLE.read_text("utf-8").replace("per_minor = 100", "per_minor = 200")
    file.write_text(f"{text}\n{march}".replace("version = 1", "version = 2"), "utf-8")
    return file


@pytest.fixture
def baskets(tmp_path: Path) -> Path:
    """A member buys for 10.00 in January 2017, another for 7.50 in March."""
    return write_baskets(
        tmp_path / "baskets.jsonl",
        sale_body(1_000, day="2017-01-10"),
        sale_body(750, day="2017-03-10", token="em4100:2A00000002"),
    )


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["program", "compare", *map(str, arguments)])


def test_the_json_has_every_number(dearer: Path, baskets: Path) -> None:
    """Points, worth, members and baskets of both programs stand in the JSON."""
    ran = _run(_SIMPLE, dearer, "--baskets", baskets, "--json")
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    assert said["old"] == {
        "program": "simple@1",
        "currency": "USD",
        "points": 17,
        "withheld": 0,
        "baskets_earning": 2,
        "rules": {"base": 17},
        "liability_minor": 17,
        "liability_by": "dollars-off",
    }
    assert (said["new"]["program"], said["new"]["points"]) == ("simple@2", 8)
    assert said["difference"] == {"points": -9, "liability_minor": -9}
    assert said["baskets"] == {
        "count": 2,
        "first_day": "2017-01-10",
        "last_day": "2017-03-10",
        "changed": 2,
        "without_card": 0,
        "other_currency": 0,
    }
    assert said["members"] == {
        "count": 2,
        "unit": "points",
        "better": {"count": 0, "p50": 0, "p90": 0},
        "worse": {"count": 2, "p50": 4, "p90": 5},
    }
    first = said["most_changed"][0]
    assert (first["sale_id"], first["difference"]) == ("line 1", -5)
    assert first["old"]["because"] == [
        {"rule": "base", "points": 10, "lines": [0], "text": "1 point per $1"}
    ]


def test_the_table_is_for_people(dearer: Path, baskets: Path) -> None:
    """Without --json the same is said in words, with signs and the currency."""
    ran = _run(_SIMPLE, dearer, "--baskets", baskets)
    assert ran.exit_code == 0, ran.output
    text = ran.stdout
    head, *_ = text.splitlines()
    assert head == "simple@1 -> simple@2: 2 baskets of 2 members, 2017-01-10 to 2017-03-10"
    for words in (
        "-9 (-52.9%)",
        "-0.09 USD",
        "better off: 0 members",
        "worse off:  2 members, p50 -4 points, p90 -5 points",
        "the most changed of 2 changed baskets",
        "line 1  2017-01-10  10.00 USD  10 -> 5  (-5 points)",
        "old: base 10",
    ):
        assert words in text, words


def test_a_change_under_the_old_version_is_pointed_out(
    dearer: Path, baskets: Path, tmp_path: Path
) -> None:
    """Two programs that say the same version are compared, with a word on what a store does."""
    same = tmp_path / "same.toml"
    same.write_text(dearer.read_text("utf-8").replace("version = 2", "version = 1"), "utf-8")
    note = "both files say version 1: a store takes the new one as 2"
    assert note in _run(_SIMPLE, same, "--baskets", baskets).stdout
    assert note not in _run(_SIMPLE, _SIMPLE, "--baskets", baskets).stdout
    assert note not in _run(_SIMPLE, dearer, "--baskets", baskets).stdout


def test_baskets_can_be_put_into_another_year(dearer: Path, baskets: Path) -> None:
    """With --from old baskets meet a campaign that is still to come."""
    ran = _run(_SIMPLE, dearer, "--baskets", baskets, "--from", "2026-01-10", "--json")
    said = json.loads(ran.stdout)
    assert said["baskets"]["last_day"] == "2026-03-10"
    assert said["new"]["rules"] == {"base": 8, "march": 6}
    assert said["members"]["better"]["count"] == 1


def test_packed_baskets_are_taken(dearer: Path, baskets: Path, tmp_path: Path) -> None:
    """A file packed with gzip gives the same as the file itself."""
    packed = tmp_path / "baskets.jsonl.gz"
    packed.write_bytes(gzip.compress(baskets.read_bytes()))
    plain, unpacked = (
        _run(_SIMPLE, dearer, "--baskets", file, "--json").stdout for file in (baskets, packed)
    )
    assert json.loads(plain) == json.loads(unpacked)


def test_without_a_file_the_shipped_baskets_are_taken() -> None:
    """Without --baskets the 7,793 real baskets are replayed; a program beside itself costs 0."""
    ran = _run(_SIMPLE, _SIMPLE, "--json")
    said = json.loads(ran.stdout)
    assert (said["baskets"]["count"], said["baskets"]["changed"]) == (7_793, 0)
    assert said["difference"] == {"points": 0, "liability_minor": 0}


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    """No baskets are nothing to compare, and are said to be none."""
    file = write_baskets(tmp_path / "none.jsonl")
    ran = _run(_SIMPLE, _SIMPLE, "--baskets", file)
    assert ran.exit_code == 0
    assert "no baskets" in ran.stdout


def test_what_cannot_be_read_is_said_in_a_line(baskets: Path, tmp_path: Path) -> None:
    """A bad program, bad baskets and a missing file each end with exit code 2 and say which."""
    bad = tmp_path / "bad.toml"
    bad.write_text("id = 'x'\n", "utf-8")
    late = write_baskets(tmp_path / "late.jsonl", sale_body(100), sale_body(100, day="2026-03-01"))
    for arguments, said in (
        ([_SIMPLE, bad, "--baskets", baskets], "bad.toml"),
        ([_SIMPLE, _SIMPLE, "--baskets", bad], "bad.toml:1: not JSON"),
        ([_SIMPLE, _SIMPLE, "--baskets", late], "late.jsonl:2"),
        ([_SIMPLE, tmp_path / "none.toml"], "none.toml"),
    ):
        ran = _run(*arguments)
        assert ran.exit_code == 2, said
        assert said in ran.stderr
        assert not ran.stdout
