"""Cards on readers that a real pcscd serves: laid, taken, swapped, torn away, and pcscd killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pcsc_cards import GSRN
from pcsc_shop import FIRST, SECOND, PcscShop, may_not

from agent.tools.waiting import wait_until

CARD, OTHER = "04A1B2C3D4E5F6", "04010203040506"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PcscShop]:
    """A pcscd with two readers."""
    if why := may_not():
        pytest.skip(why)
    shop = PcscShop(tmp_path_factory.mktemp("pcsc"))
    shop.open()
    try:
        yield shop
    finally:
        shop.close()


def _tokens(shop: PcscShop, device: str = "front") -> list[str]:
    return [token for token, _ in shop.call("seen", device=device)["told"]]


def _wait_for(shop: PcscShop, *tokens: str, device: str = "front") -> None:
    wait_until(lambda: _tokens(shop, device) == list(tokens), f"'{device}' to tell {tokens}")


def _wait_for_fault(shop: PcscShop, *words: str) -> None:
    def says() -> bool:
        fault = shop.call("seen", device="front")["fault"]
        return fault is None if not words else all(word in (fault or "") for word in words)

    wait_until(says, f"the fault to say {words}")


def test_laid_taken_and_laid_again(shop: PcscShop) -> None:
    """A card is told once while it lies there, and again when it comes back; so is another."""
    with shop.watching("front", FIRST):
        for uid in (CARD, OTHER, CARD):
            before = _tokens(shop)
            shop.call("lay", slot=0, card="uid", uid=uid)
            _wait_for(shop, *before, f"uid:{uid}")
            shop.call("take", slot=0)
        seen: dict[str, Any] = shop.call("seen", device="front")
    assert seen["refused"] == 0
    assert seen["logged"] == ["reader_found"]
    assert seen["fault"] is None


def test_two_readers(shop: PcscShop) -> None:
    """Two readers of one kind are told apart by their numbers, and neither hears the other's."""
    with shop.watching("front", FIRST), shop.watching("back", SECOND):
        shop.call("lay", slot=0, card="uid", uid=CARD)
        shop.call("lay", slot=1, card="type_2", uid=OTHER)
        _wait_for(shop, f"uid:{CARD}")
        _wait_for(shop, f"gsrn:{GSRN}", device="back")
        shop.call("take", slot=0)
        shop.call("take", slot=1)


def test_a_beginning_that_two_readers_have(shop: PcscShop) -> None:
    """A port that two readers fit is a fault that names both."""
    with shop.watching("front", "Virtual PCD"):
        _wait_for_fault(shop, f"'{FIRST}'", f"'{SECOND}'")


def test_a_type_4_tag(shop: PcscShop) -> None:
    """A card with a processor is the member whose address it carries."""
    with shop.watching("front", FIRST):
        shop.call("lay", slot=0, card="type_4", uid=CARD)
        _wait_for(shop, f"gsrn:{GSRN}")
        shop.call("take", slot=0)


def test_a_card_that_signs(shop: PcscShop) -> None:
    """An NTAG 424 is known by its signature and a counter that moves; a tap that was seen before
    is refused.
    """
    with shop.watching("front", FIRST, sdm_meta_key="00" * 16, sdm_file_key="00" * 16):
        for card, taps in (("ntag_424", 1), ("ntag_424", 2), ("replayed", 2)):
            shop.call("lay", slot=0, card=card, uid=CARD)
            expected = [[f"sdm:{CARD}", counter + 1] for counter in range(taps)]
            wait_until(lambda: shop.call("seen", device="front")["told"] == expected, "the tap")  # noqa: B023
            refused = 1 if card == "replayed" else 0
            wait_until(lambda: shop.call("seen", device="front")["refused"] == refused, "no other")  # noqa: B023
            shop.call("take", slot=0)


def test_torn_away(shop: PcscShop) -> None:
    """A card that is taken in the middle of its reading is refused and not told; the next one is
    read.
    """
    with shop.watching("front", FIRST):
        shop.call("lay_torn", slot=0, card="type_2", uid=CARD)
        shop.call("wait_until_torn")
        shop.call("take", slot=0)
        wait_until(lambda: shop.call("seen", device="front")["refused"] == 1, "the refusal")
        shop.call("lay", slot=0, card="type_2", uid=CARD)
        _wait_for(shop, f"gsrn:{GSRN}")
        shop.call("take", slot=0)


def test_pcscd_is_killed(shop: PcscShop) -> None:
    """pcscd killed in the middle of a reading, and started again: the reader is lost and found by
    itself, each logged once, and the card that lies there then is told.
    """
    with shop.watching("front", FIRST):
        shop.call("lay_torn", slot=0, card="type_2", uid=CARD)
        shop.call("wait_until_torn")
        shop.call("kill_pcscd")
        _wait_for_fault(shop, "pcscd")
        shop.call("take_at_once", slot=0)
        assert _tokens(shop) == []
        shop.call("start_pcscd")
        shop.call("lay", slot=0, card="type_2", uid=CARD)
        _wait_for(shop, f"gsrn:{GSRN}")
        seen = shop.call("seen", device="front")
        shop.call("take", slot=0)
    assert seen["logged"] == ["reader_found", "reader_lost", "reader_found"]
    assert seen["fault"] is None


def test_an_agent_shows_the_tap(shop: PcscShop) -> None:
    """A card on the reader of a whole agent is shown at its lane."""
    told = shop.call("tap_at_an_agent", card="uid", uid=CARD)
    assert told["card"]["token"] == f"uid:{CARD}"
    assert (told["health"]["status"], told["health"]["reasons"]) == ("ok", [])
    assert told["health"]["readers"][0]["presentations"] == 1


def test_an_emulated_card_is_watched(shop: PcscShop, tmp_path: Path) -> None:
    """``devices emulate pcsc`` taps a card that ``devices watch`` sees, by the lines it prints."""
    config = tmp_path / "agent.toml"
    config.write_text(
        '[device]\ntenant = "t"\nstore = "s"\nname = "d"\n'
        f'[ledger]\npath = "{tmp_path}/l.db"\n[program]\npath = "p.toml"\n'
        '[api]\nlisten = "127.0.0.1:0"\n'
        f'[[reader]]\nname = "back"\ndriver = "pcsc"\nport = "{SECOND}"\n'
        f'sdm_meta_key = "{"00" * 16}"\nsdm_file_key = "{"00" * 16}"\n'
        '[[lane]]\nname = "1"\ndevices = ["back"]\n'
    )
    told = shop.call("emulate_and_watch", config=str(config), card="sdm:04DE5F1EACC040")
    assert [line["did"] for line in told["emulated"]] == ["open", "tap"]
    assert told["emulated"][0]["port"] == SECOND
    assert told["found"]["kind"] == "found"
    assert (told["seen"]["kind"], told["seen"]["proof"]) == ("card", "sdm")
