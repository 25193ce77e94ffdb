"""Each driver has its section in drivers/README.md, and every example there is tried."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from scale_rules import BY_ITS_OWN_TESTS, BY_THE_SUITE

from agent.cli import main
from agent.settings import AgentSettings
from drivers.registry import driver_of, names_of

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "drivers" / "README.md").read_text("utf-8")
_READERS, _SCANNERS = names_of("reader"), names_of("scanner")
_DRIVERS = (*_READERS, *_SCANNERS)

_UDEV = re.compile(r'[A-Z_]+(?:\{[A-Za-z_]+\})?(?:==|\+=|=)"[^"]+"')


def _blocks(language: str, text: str = _PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _section(driver: str) -> str:
    found = re.findall(rf"^## {driver}\n(.*?)(?=^## |\Z)", _PAGE, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, driver
    return str(found[0])


def _examples() -> list[tuple[str, list[str]]]:
    """Each command that the page shows, and the lines it shows below."""
    shown: list[tuple[str, list[str]]] = []
    for block in _blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                shown.append((line.removeprefix("$ "), []))
            else:
                shown[-1][1].append(line)
    return shown


def _settings(block: str) -> AgentSettings:
    listed = tomllib.loads(block)
    return AgentSettings.model_validate(
        {
            "device": {"tenant": "house", "store": "s001", "name": "edge-1"},
            "ledger": {"path": "ledger.db"},
            "program": {"path": "program.toml"},
            "lane": [{"name": "1", "devices": [each["name"] for each in _listed(block)]}],
            **listed,
        }
    )


def _listed(block: str) -> list[dict[str, object]]:
    return [each for entries in tomllib.loads(block).values() for each in entries]


@pytest.mark.parametrize("driver", _DRIVERS)
def test_each_driver_has_its_section(driver: str) -> None:
    """A section says what to buy, wire and set, what it proves, what was tried and who says so."""
    section = _section(driver)
    for said in ("Models.", "Cable.", "Proof.", "Traps.", "Tried.", "Sources."):
        assert f"**{said}**" in section, said
    assert f"(#{driver})" in _PAGE.partition("\n## ")[0], "the table at the top leads to it"


@pytest.mark.parametrize("driver", _DRIVERS)
def test_each_section_shows_what_to_write_and_how_to_try_it(driver: str) -> None:
    """Each section has lines of TOML for its own driver, and bytes for ``tapledger decode``."""
    section = _section(driver)
    assert _blocks("console", section)
    drivers = {each["driver"] for block in _blocks("toml", section) for each in _listed(block)}
    assert drivers == {driver}


@pytest.mark.parametrize("driver", _DRIVERS)
def test_each_setting_of_a_driver_is_on_the_page(driver: str) -> None:
    """Whatever may be said of a device stands in its section, or, of any line, above."""
    above = _PAGE.partition("## em4100")[0]
    kind = "reader" if driver in _READERS else "scanner"
    for name in driver_of(kind, driver).options.model_fields:
        text = above if name == "baud" else _section(driver)
        assert re.search(rf"`{name}\b|^(# )?{name} = ", text, re.MULTILINE), name


@pytest.mark.parametrize("block", _blocks("toml"))
def test_what_the_page_says_to_write_is_taken(block: str) -> None:
    """Each block of TOML is a reader or scanner as the agent's configuration wants it."""
    settings = _settings(block)
    assert len(settings.listed) == len(_listed(block)) >= 1


@pytest.mark.parametrize(("command", "said"), _examples())
def test_what_the_page_decodes_is_decoded_so(command: str, said: list[str]) -> None:
    """Each ``tapledger decode`` of the page prints the lines that stand below it."""
    program, *words = shlex.split(command)
    assert (program, words[0]) == ("tapledger", "decode")
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout.splitlines()) == (0, said)


@pytest.mark.parametrize("line", [line for block in _blocks("udev") for line in block.splitlines()])
def test_what_the_page_says_to_udev_is_a_rule(line: str) -> None:
    """Each line for udev matches a device and names it below /dev/tapledger."""
    assert all(_UDEV.fullmatch(part) for part in line.split(", ")), line
    assert 'SYMLINK+="tapledger/' in line
    assert re.search(r'SUBSYSTEM=="(tty|input)"', line)


def test_each_rule_of_the_scale_is_explained() -> None:
    """The table of what each rule promises has them all, in their order, and no other."""
    table = _PAGE.partition("## How good each driver is")[2].partition("\n## ")[0]
    rules = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
    assert rules == [*BY_THE_SUITE, *BY_ITS_OWN_TESTS]


def test_what_the_page_leads_to_is_there() -> None:
    """Each link is to a section of the page, or to a file and a heading in it."""
    for target in re.findall(r"\]\(([^)]+)\)", _PAGE):
        file, _, heading = target.partition("#")
        text = (_ROOT / "drivers" / file).read_text("utf-8") if file else _PAGE
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert not heading or heading in {each.lower().replace(" ", "-") for each in headings}
    for named in re.findall(r"`(systemd/[\w.-]+)`", _PAGE):
        assert (_ROOT / named).is_file(), named
