"""``tapledger ledger``: what each command prints, and that no card number leaves by it."""

import asyncio
import csv
import fcntl
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from stocked import CARD, Stock, digest, everything, scribble

from agent.cli import main
from agent.core.entry import link_hash
from agent.core.facts import AdjustPoints, CardState
from agent.ledger import Ledger, replay
from agent.ledger import backup as backup_module
from agent.ledger.tables import csv_line
from agent.tools.processes import tapledger

NUMBER = CARD.split(":")[1]
OTHER = "em4100:67003B51C6"
COMMANDS = ("verify", "balance", "history", "export", "backup", "restore", "confirm")


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """A ledger of two cards of one member, a sale of theirs and one of nobody."""
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell(ledger, 1)
        stock.sell(ledger, 1, card="em4100:0000000009")
        account = stock.identify(ledger).account
        lost = CardState(token=CARD, account=account, state="replaced", replaced_by=OTHER)
        gift = AdjustPoints(account=account, points=-4, reason="=HYPERLINK(1)", cashier="@ana")
        for fact in (lost, gift):
            asyncio.run(ledger.write(lambda t, fact=fact: t.append(fact)))
    return stock


@pytest.fixture
def running(stock: Stock) -> Iterator[Ledger]:
    """The same, owned by an agent."""
    with stock.running() as ledger:
        yield ledger


def run(stock: Stock, *words: str, code: int = 0) -> Result:
    """Run a command as a shell would; every known error is one line, without a traceback."""
    result = CliRunner().invoke(main, ["ledger", *words, "--db", str(stock.path)])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_balance_is_printed_for_people_and_programs(stock: Stock) -> None:
    """Every account with its active points, or one account with all its buckets."""
    with stock.running() as ledger:
        account = stock.identify(ledger).account
    assert run(stock, "balance").stdout == f"{account}           6\n"
    assert json.loads(run(stock, "balance", "--json").stdout) == {account: 6}
    one = json.loads(run(stock, "balance", "--json", "--account", account).stdout)
    assert one == {"active": 6, "pending": 0, "held": 0}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_account_that_is_none_has_no_balance(stock: Stock, words: tuple[str, ...]) -> None:
    """Of an account that nobody has, exit 1 says so, and no points are printed."""
    said = run(stock, "balance", "--account", "nobody", *words, code=1)
    assert said.stderr == "there is no account 'nobody'\n"
    assert said.stdout == ""


@pytest.mark.parametrize("whose", [CARD, NUMBER, OTHER, NUMBER.lower(), "0C00 0621 A5"])
def test_history_of_a_card_is_that_of_its_account(stock: Stock, whose: str) -> None:
    """Any card of a member, written as one likes, tells the same story, and names no card."""
    told = run(stock, "history", whose).stdout
    lines = [line for line in told.splitlines()[2:] if not line.startswith(" ")]
    assert [line[19:46].strip() for line in lines] == [
        "enrolled",
        "sale",
        "card replaced",
        "adjusted",
    ]
    assert lines[1].split()[2:] == ["sale", "+10", "10", "sale-1", "1", "ana", "0:2"]
    rows = [json.loads(line) for line in run(stock, "history", "--json", whose).stdout.splitlines()]
    assert [row["points"] for row in rows] == [None, 10, None, -4]
    for number in (NUMBER, OTHER.split(":")[1]):
        assert number not in told
        assert number not in json.dumps(rows)


def test_a_card_that_nobody_has_is_not_repeated(stock: Stock) -> None:
    """Where no entry speaks of a card, exit 1 says so without the whole number."""
    said = run(stock, "history", "em4100:00000ABCDE", code=1)
    assert said.stderr == "no entry speaks of em4100:******BCDE\n"
    assert "'acc-9'" in run(stock, "history", "acc-9", code=1).stderr


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("to_file", [False, True])
def test_an_export_has_every_entry_and_no_card(
    stock: Stock, tmp_path: Path, form: str, to_file: bool
) -> None:
    """JSON Lines and CSV have a line for each entry; card numbers are masked or left out."""
    out = tmp_path / "out"
    words = ("--out", str(out)) if to_file else ()
    printed = run(stock, "export", "--format", form, *words).stdout
    text = out.read_bytes().decode() if to_file else printed
    assert len(text.splitlines()) == 5 + (form == "csv")
    for number in (NUMBER, OTHER.split(":")[1], "0000000009"):
        assert number not in text
    assert ("******21A5" in text) == (form == "jsonl")


def test_an_export_to_the_byte_is_asked_for(stock: Stock) -> None:
    """With --card-numbers each line is what was hashed: the chain can be held to it."""
    lines = run(stock, "export", "--card-numbers").stdout_bytes.splitlines()
    assert lines == [canonical for _, canonical in everything(stock.path)]
    head = bytes(32)
    for line in lines:
        head = link_hash(head, line)
    assert head == replay(stock.path).head.hash
    assert NUMBER.encode() in lines[0]


def test_a_table_says_who_sold_what(stock: Stock) -> None:
    """A sale's line of CSV has its lane, cashier, total and currency; an adjustment its flag."""
    fact = AdjustPoints(account="a", points=1, reason="gift", cashier="ana", approver="eve")
    with stock.running() as ledger:
        asyncio.run(ledger.write(lambda t: t.append(fact)))
    printed = run(stock, "export", "--format", "csv").stdout
    table = list(csv.DictReader(io.StringIO(printed)))
    assert list(table[0])[-4:] == ["flag", "total_minor", "currency", "approver"]
    sale, gift = table[1], table[-1]
    assert [sale[name] for name in ("lane", "cashier", "total_minor", "currency", "flag")] == [
        *("1", "ana", "1000", "USD", ""),
    ]
    assert (gift["flag"], gift["approver"], gift["total_minor"]) == ("points_adjusted", "eve", "")


def test_a_table_has_no_card_numbers_to_ask_for(stock: Stock, tmp_path: Path) -> None:
    """--card-numbers with CSV, said or by the file's name, is wrong use, and makes no file."""
    out = tmp_path / "out.csv"
    for words in (("--format", "csv"), ("--out", str(out))):
        said = run(stock, "export", "--card-numbers", *words, code=2).stderr
        assert "a table has no card numbers" in said
    assert not out.exists()


def test_a_file_is_what_its_name_says(stock: Stock, tmp_path: Path) -> None:
    """Without --format a file called .csv is CSV and any other JSON Lines; --format is stronger."""
    for name, words, begins in (
        ("a.csv", (), "epoch,seq"),
        ("a.CSV", (), "epoch,seq"),
        ("a.jsonl", (), '{"id"'),
        ("b.csv", ("--format", "jsonl"), '{"id"'),
    ):
        run(stock, "export", "--out", str(tmp_path / name), *words)
        assert (tmp_path / name).read_text().startswith(begins)


def test_an_export_may_be_read_in_part(stock: Stock) -> None:
    """``export | head -1`` ends without a word of complaint."""
    with stock.running() as ledger:
        stock.sell(ledger, 400)
    exporting = subprocess.Popen(
        tapledger("ledger", "export", "--db", str(stock.path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert exporting.stdout is not None
    assert exporting.stderr is not None
    exporting.stdout.readline()
    exporting.stdout.close()
    assert exporting.stderr.read() == b""
    exporting.stderr.close()
    assert exporting.wait(60) == 0


def test_a_spreadsheet_runs_nothing(stock: Stock) -> None:
    """Text that a spreadsheet would take for a formula is made inert; negative points stay."""
    printed = run(stock, "export", "--format", "csv").stdout
    row = list(csv.DictReader(io.StringIO(printed)))[-1]
    assert (row["reason"], row["cashier"], row["points"]) == ("'=HYPERLINK(1)", "'@ana", "-4")
    for evil in ("=1", "+1", "-1", "@A1", "\t=1", "\r=1"):
        assert csv_line([evil]).lstrip('"').startswith("'")
    assert csv_line([-1, None, "a,b", 'c"d']) == '-1,,"a,b","c""d"\r\n'


def test_a_backup_is_named_with_its_proof(stock: Stock, tmp_path: Path) -> None:
    """``backup`` names the file; --json also its head and SHA-256; --to leaves the ring alone."""
    made = json.loads(run(stock, "backup", "--json").stdout)
    assert digest(Path(made["file"])) == made["sha256"]
    assert made["head"].startswith("0:5:")
    hourly = run(stock, "backup", "--hourly").stdout
    assert hourly.startswith(f"backed up to {stock.places.backups}/hourly-")
    before = {file.name for file in stock.places.backups.iterdir()}
    run(stock, "backup", "--to", str(tmp_path / "usb" / "deep"))
    assert {file.name for file in stock.places.backups.iterdir()} == before
    assert len(list((tmp_path / "usb" / "deep").glob("full-*.db"))) == 1


def test_an_export_does_not_write_over_its_ledger(stock: Stock) -> None:
    """A ledger named as its own export's file is wrong use, and stays as it is."""
    before = digest(stock.path)
    assert "--out" in run(stock, "export", "--out", str(stock.path), code=2).stderr
    assert digest(stock.path) == before


def test_the_file_that_fails_is_the_one_named(stock: Stock, tmp_path: Path) -> None:
    """Where a target cannot be written, the message names it, not the ledger."""
    for target in ("/dev/full", str(tmp_path / "none" / "out")):
        said = run(stock, "export", "--out", target, code=1).stderr
        assert said.splitlines()[-1].startswith(f"{target}: No ")


def test_a_backup_says_that_it_waits(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another backup is being made in that directory, the command says what it waits for."""
    asked = list[int]()

    def busy_at_first(_descriptor: int, how: int) -> None:
        asked.append(how)
        if len(asked) == 1:
            raise BlockingIOError

    monkeypatch.setattr(backup_module.fcntl, "flock", busy_at_first)
    made = run(stock, "backup")
    assert asked == [fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX]
    assert made.stderr == "another backup is being made there; waiting for it to end\n"
    assert made.stdout.startswith("backed up to ")


@pytest.mark.parametrize("words", [("verify",), ("export", "--out", "/dev/null"), ("backup",)])
def test_without_a_terminal_nothing_is_said_of_progress(
    stock: Stock, words: tuple[str, ...]
) -> None:
    """A command that goes well writes nothing to standard error where no person looks on."""
    assert run(stock, *words).stderr == ""


@pytest.mark.parametrize("words", [("verify",), ("balance",), ("export",), ("backup",)])
def test_a_ledger_in_use_can_be_looked_into(
    stock: Stock, running: Ledger, words: tuple[str, ...]
) -> None:
    """Every command that only reads works while an agent owns the ledger."""
    assert run(stock, *words).exit_code == 0
    stock.sell(running, 1)


def test_confirm_of_a_sound_ledger_has_nothing_to_do(stock: Stock) -> None:
    """Nothing is left behind that could thaw a later rebuild."""
    assert run(stock, "confirm").stdout.startswith("the ledger is not frozen")
    assert not stock.places.confirmation.exists()


def test_confirm_without_an_agent_waits_for_it(stock: Stock) -> None:
    """A frozen ledger that nobody runs keeps the word for its agent."""
    with stock.running() as ledger:
        ledger.recover("a test")
    said = run(stock, "confirm").stdout
    assert said == "the agent will take it once it runs (frozen: a test)\n"
    assert stock.places.confirmation.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_ledger_that_is_not_there_is_wrong_use(tmp_path: Path, command: str) -> None:
    """A --db that does not exist, or none, exits 2, and makes no file."""
    argument = {"history": ["x"], "restore": [str(tmp_path / "none.bak")]}.get(command, [])
    missing = tmp_path / "none.db"
    for words in ([command, *argument, "--db", str(missing)], [command, *argument]):
        result = CliRunner().invoke(main, ["ledger", *words])
        assert result.exit_code == 2, result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("balance",), ("history", "x"), ("export",), ("backup",)])
def test_a_file_that_is_no_ledger_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Another file than a ledger exits 1 with one line that names it."""
    stock = Stock(tmp_path / "notes.txt")
    stock.path.write_text("not a ledger " * 100)
    said = run(stock, *words, code=1).stderr
    assert "notes.txt" in said.splitlines()[-1]


def test_verify_says_damage_also_to_programs(stock: Stock) -> None:
    """``verify --json`` of a ledger that does not hold says what is wrong, as JSON, exit 1."""
    scribble(stock.path, "UPDATE balances SET points = points + 1 WHERE bucket = 'active'")
    found = run(stock, "verify", "--json", code=1)
    assert json.loads(found.stdout)["damaged"].startswith("balances: has ")
    assert "balances: has " in found.stderr
    assert run(stock, "verify", "--chain", "--json").exit_code == 0
