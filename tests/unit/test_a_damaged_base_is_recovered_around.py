"""A base that is damaged costs what it held, and never the ledger."""

from pathlib import Path

from stocked import Stock

from agent.ledger import replay


def test_a_ledger_is_made_without_its_base(tmp_path: Path) -> None:
    """Base and database are both ruined, and there is no backup: the shop goes on selling, the
    damaged base lies in quarantine, and what was made replays.
    """
    stock = Stock(tmp_path / "ledger.db")
    with stock.running() as ledger:
        stock.enrol(ledger)
        stock.sell_and_seal(ledger, 20, times=2)
        stock.drop_oldest(ledger)
    for file in stock.places.backups.iterdir():
        file.unlink()
    content = bytearray(stock.places.base.read_bytes())
    for page in range(3, len(content) // 4096):  # what it says of itself can still be read
        content[page * 4096 : page * 4096 + 64] = b"\xaa" * 64
    stock.places.base.write_bytes(content)
    stock.path.write_bytes(b"")
    with stock.running() as ledger:
        assert ledger.frozen is not None
        stock.enrol(ledger, "em4100:0000000077")
    replay(stock.path)
    (kept,) = stock.places.quarantine.glob("*/damaged.base")
    assert kept.read_bytes() == bytes(content)
