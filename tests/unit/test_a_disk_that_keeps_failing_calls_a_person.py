"""A box whose disk forgets: it is taken in each time, and head office calls for a person once."""

from datetime import timedelta

from paper_device import NOW, House, PaperDevice
from sqlalchemy import func, update

from agent.core.instant import rfc3339
from sync.hub.decisions import settle_by_hand
from sync.hub.failing_disks import MOST_A_DAY
from sync.hub.tables import conflicts, decisions, devices, entries


def loses_its_disk(hub: House, life: str, device: str = "edge-1") -> None:
    """A box with an empty ledger greets, is welcomed, and says what it sold."""
    box = PaperDevice(device).writes()
    box.lives[0].incarnation = life
    box.is_welcomed(hub.office)
    assert box.is_heard(hub.office).epoch == box.life.epoch


def calls(hub: House) -> list[tuple[int, str]]:
    """The rows that call for a person."""
    found = hub.rows(conflicts.c.id, conflicts.c.state, conflicts.c.kind)
    return [(row.id, row.state) for row in found if row.kind == "disk_keeps_failing"]


def test_a_box_in_a_crash_loop_is_one_call_for_a_person(hub: House) -> None:
    """After twenty times within a day there is one open row, and none for each time any more: every
    row is kept for ever and told to every store. What the box sells is taken all the while, and
    another device's lost disk has a row as ever.
    """
    for number in range(1 + MOST_A_DAY):
        loses_its_disk(hub, f"disk-{number}")
    assert hub.kinds() == ["disk_lost"] * MOST_A_DAY
    told = hub.rows(func.count(decisions.c.seq))
    for number in range(5):
        loses_its_disk(hub, f"later-{number}")
    assert [state for _, state in calls(hub)] == ["open"]
    assert hub.kinds().count("disk_lost") == MOST_A_DAY
    assert hub.rows(func.count(decisions.c.seq))[0][0] == told[0][0] + 1
    assert len(hub.rows(entries.c.seq)) == 2 * (1 + MOST_A_DAY + 5)
    assert hub.rows(devices.c.state) == [("live",)]
    for life in ("first", "second"):
        loses_its_disk(hub, life, "edge-2")
    assert hub.kinds().count("disk_lost") == MOST_A_DAY + 1


def test_what_comes_after_a_look_calls_again(hub: House) -> None:
    """A person looked and nothing changed: one more row. A day later each time has its row again,
    until there are too many once more.
    """
    for number in range(2 + MOST_A_DAY):
        loses_its_disk(hub, f"disk-{number}")
    ((first, _),) = calls(hub)
    hub.database.transact(
        lambda c: settle_by_hand(c, "house", first, by="ana", reason="a new disk", now=NOW)
    )
    for number in range(3):
        loses_its_disk(hub, f"later-{number}")
    assert [state for _, state in calls(hub)] == ["resolved", "open"]
    yesterday = rfc3339(NOW - timedelta(days=1))
    hub.database.transact(lambda c: c.execute(update(conflicts).values(found_at=yesterday)))
    loses_its_disk(hub, "the-next-day")
    assert hub.kinds().count("disk_lost") == MOST_A_DAY + 1
    assert len(calls(hub)) == 2
