"""A reader at a door tells who arrives and who leaves, and one at a till tells cards."""

import pytest

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from agent.devices import ReaderSettings
from drivers.device import CardPresented, DeviceEvent, Place, ZoneVisited
from drivers.readers.uhf18 import report
from drivers.serial_drivers import UHF18, Uhf18Options
from drivers.virtual.tags import gsrn_epc
from drivers.virtual.world import Absent, Act, Refuses, ScriptedWorld, Sends, Silent, Vanishes

MEMBER = Token("gsrn", "061414112345678902")
SGTIN = bytes.fromhex("3074257BF7194E4000001A85")  # a product of the standard's section E.3
WALKS_PAST: list[Act] = [Sends(report(gsrn_epc(MEMBER))), Silent(0.2)]
STAYS = WALKS_PAST * 3


def told(*acts: Act, **options: object) -> list[DeviceEvent]:
    """What a reader in active mode tells that sees these."""
    events: list[DeviceEvent] = []
    model = Uhf18Options.model_validate({"mode": "active", **options})
    UHF18.make(
        Place(name="door", port="/dev/door"), model, events.append, ScriptedWorld(acts)
    ).run()
    return events


def visit(change: str, token: Token = MEMBER, zone: str = "door") -> ZoneVisited:
    """A change in the zone."""
    assert change in ("arrived", "left")
    return ZoneVisited(device="door", token=token, change=change, zone=zone)  # type: ignore[arg-type]


def test_who_stays_has_arrived_and_leaves_in_time() -> None:
    """Three readings within three seconds are an arrival, thirty seconds without any the end."""
    assert told(*STAYS, *STAYS, Silent(29.0)) == [visit("arrived")]
    assert told(*STAYS, *STAYS, Silent(31.0)) == [visit("arrived"), visit("left")]


def test_who_walks_past_is_nobody() -> None:
    """One reading is no visit, and neither are three that lie far apart, unless so configured."""
    assert told(*WALKS_PAST, Silent(60.0)) == []
    assert told(*WALKS_PAST, Silent(2.0), *WALKS_PAST, Silent(2.0), *WALKS_PAST) == []
    assert told(*WALKS_PAST, arrive_sightings=1) == [visit("arrived")]


def test_two_readers_may_share_a_zone() -> None:
    """A zone is called as its reader, unless it has a name of its own."""
    assert told(*STAYS, zone="entrance") == [visit("arrived", zone="entrance")]


def test_goods_are_nobody() -> None:
    """Tagged products in the field are no visit, and take no person's turn."""
    goods = [Sends(report(SGTIN)) for _ in range(100)]
    assert told(*goods, *STAYS, *goods) == [visit("arrived")]


def test_a_crowd_arrives_one_after_the_other() -> None:
    """Of thirty who come at once all arrive, ten of them at once, and all who arrived leave."""
    crowd = [Token("gsrn", with_check_digit(f"0614141{n:010d}")) for n in range(30)]
    all_seen = Sends(b"".join(report(gsrn_epc(token)) for token in crowd))
    again: list[Act] = [all_seen, Silent(0.3)]
    events = told(*again * 40, Silent(40.0))
    arrived = [e.token for e in events if isinstance(e, ZoneVisited) and e.change == "arrived"]
    left = [e.token for e in events if isinstance(e, ZoneVisited) and e.change == "left"]
    assert sorted(arrived, key=str) == sorted(left, key=str) == crowd
    assert len(events) == 60


def test_a_visit_ends_while_the_reader_is_away() -> None:
    """Who was there when the cable was pulled has left after the same time as ever."""
    assert told(*STAYS, Vanishes(), Absent(20)) == [visit("arrived")]
    assert told(*STAYS, Vanishes(), Absent(20), Refuses(20)) == [visit("arrived"), visit("left")]


def test_a_short_absence_of_the_reader_ends_no_visit() -> None:
    """A cable that was pulled and plugged in again makes nobody arrive a second time."""
    assert told(*STAYS, Vanishes(), Absent(5), *STAYS) == [visit("arrived")]


def test_a_reader_at_the_till_tells_cards() -> None:
    """A reader that tells cards tells each at its first reading, once for as long as it lies."""
    card = CardPresented(device="door", token=MEMBER)
    assert told(*STAYS, tells="cards") == [card]
    assert told(*STAYS, Silent(1.0), *STAYS, tells="cards") == [card, card]


@pytest.mark.parametrize(
    ("said", "because"),
    [
        (
            {"mode": "active", "power_dbm": 20},
            "power_dbm: a reader in active mode is only listened to",
        ),
        ({"mode": "active", "buzzer": True}, "buzzer: a reader in active mode is only listened to"),
        ({"tells": "cards", "zone": "entrance"}, "zone: a reader .* has no zone"),
        ({"power_dbm": 31}, "power_dbm"),
        ({"zone": "front door"}, "zone"),
        ({"powr_dbm": 20}, "power_dbm"),
    ],
)
def test_what_contradicts_itself_is_refused(said: dict[str, object], because: str) -> None:
    """An option that would do nothing, or cannot be, is named before anything starts."""
    with pytest.raises(ValueError, match=because):
        ReaderSettings(name="door", driver="uhf18", port="/dev/door", **said)
