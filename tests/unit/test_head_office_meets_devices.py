"""Greetings at head office, with its database: who is welcomed, answered, stopped, caught up."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paper_device import NOW, House, PaperDevice, answers

from sync.hub.office import HeadOffice
from sync.hub.retiring import retire
from sync.hub.tables import conflicts, devices, entries, journals, office
from sync.messages import MOST_TAILS, Ack, Challenge, Halt, Held, Ok, Welcome


@pytest.fixture
def device(hub: House) -> PaperDevice:
    """A device that was welcomed, and whose three entries are acknowledged."""
    made = PaperDevice().writes(2)
    made.is_welcomed(hub.office)
    made.writes(2).is_heard(hub.office)
    return made


def test_a_new_device_is_challenged_welcomed_and_answered(hub: House) -> None:
    """Its first epoch of head office's word is 1, and what it wrote before is asked for."""
    device = PaperDevice().writes(2)
    challenge = hub.told(device.hello())
    assert isinstance(challenge, Challenge)
    assert hub.told(device.hello()) == challenge.model_copy(update={"nonce": "n2"})
    welcome = hub.told(device.hello(challenge.challenge))
    assert isinstance(welcome, Welcome)
    assert welcome.new_epoch == 1
    device.opens(1)
    ok = hub.told(device.hello())
    assert isinstance(ok, Ok)
    assert (ok.epoch, ok.seq, ok.tails[0].epoch, ok.tails[0].seq) == (1, 0, 0, 0)
    assert device.is_heard(hub.office).seq == 1
    ok = hub.told(device.hello())
    assert (ok.seq, ok.tails[0].seq, ok.tails[0].hash) == (
        1,
        2,
        device.lives[0].hashes[2].hex(),
    )
    assert hub.kinds() == []


def test_a_welcome_is_the_same_until_its_opening_is_heard(hub: House) -> None:
    """However often the device greets from where it was, one number is offered."""
    device = PaperDevice().writes(2)
    challenge = hub.told(device.hello()).challenge
    for said in (challenge, challenge, None, "another"):
        assert hub.told(device.hello(said)).new_epoch == 1
    device.opens(1)
    assert isinstance(hub.told(device.hello()), Ok)
    assert isinstance(hub.told(device.batch()), Ack)


def test_a_replayed_greeting_destroys_nothing(hub: House, device: PaperDevice) -> None:
    """What the device said in older sessions, challenges and all, ends no epoch and opens none."""
    old = PaperDevice()
    old.key, old.lives = device.key, device.lives[:1]
    before = hub.rows(journals.c.epoch, journals.c.fenced, journals.c.seq)
    for challenge in (None, "c1", "c0"):
        said = hub.told(old.hello(challenge))
        assert isinstance(said, Challenge)
    assert hub.rows(journals.c.epoch, journals.c.fenced, journals.c.seq) == before
    assert isinstance(hub.told(device.hello()), Ok)
    (row,) = hub.rows(devices.c.challenge, devices.c.journal_id)
    assert row.challenge is None
    assert row.journal_id is not None


@pytest.mark.usefixtures("device")
def test_a_lost_disk_is_welcomed_with_a_new_key(hub: House) -> None:
    """The old epoch ends uncleanly; a clerk reads that the disk was lost and the key is new."""
    new = PaperDevice().writes()
    new.lives[0].incarnation = "second"
    assert new.is_welcomed(hub.office).new_epoch == 2
    assert new.is_heard(hub.office).epoch == 2
    assert hub.kinds() == ["disk_lost"]
    (row,) = hub.rows(conflicts.c.text)
    assert "lost its disk" in row.text
    assert "new key" in row.text
    fenced = {row.epoch: row.fenced for row in hub.rows(journals.c.epoch, journals.c.fenced)}
    assert fenced == {0: None, 1: "unclean", 2: None}


def test_a_batch_that_overtook_another_is_asked_for_again(hub: House, device: PaperDevice) -> None:
    """Its answer names what is held and says that it did not follow; in its turn it is taken."""
    device.writes(2)
    assert [(ack.seq, ack.again) for ack in map(hub.told, [
        device.batch(5, 5), device.batch(4, 4), device.batch(5, 5), device.batch(4, 5)
    ])] == [(3, True), (4, False), (5, False), (5, False)]  # fmt: skip


def test_what_the_old_disk_had_sent_is_still_taken(hub: House, device: PaperDevice) -> None:
    """A batch that was under way when the disk was lost is signed by the old key, and good."""
    late = device.writes().batch(4)
    new = PaperDevice()
    new.lives[0].incarnation = "second"
    new.is_welcomed(hub.office)
    new.is_heard(hub.office)
    ack = hub.told(late)
    assert (ack.epoch, ack.seq, ack.fenced) == (1, 4, True)


def test_a_disk_set_back_unknowingly_is_found(hub: House, device: PaperDevice) -> None:
    """Fewer entries than are held, under the same incarnation: a new epoch, and a row."""
    device.lives[-1].lines.pop()
    device.lives[-1].hashes.pop()
    assert device.is_welcomed(hub.office).new_epoch == 2
    assert hub.kinds() == ["disk_restored"]
    assert device.is_heard(hub.office).epoch == 2
    ok = hub.told(device.hello())
    assert [(held.epoch, held.seq) for held in ok.tails] == [(0, 2), (1, 2)]


def test_a_restored_backup_is_found(hub: House, device: PaperDevice) -> None:
    """It froze under a new incarnation; its reason stands in the row."""
    device.opens(2, cause="restored", incarnation="second")
    assert device.is_welcomed(hub.office).new_epoch == 3
    assert hub.kinds() == ["disk_restored"]
    assert device.is_heard(hub.office).epoch == 3
    assert isinstance(hub.told(device.hello()), Ok)


def test_two_clones_are_stopped_and_both_are_booked(hub: House, device: PaperDevice) -> None:
    """The clone is taken for a disk set back; when the true device speaks again, both must stop."""
    clone = device.copied()
    device.writes(2, "true").is_heard(hub.office)
    clone.writes(1, "clone")
    clone.is_welcomed(hub.office)
    clone.is_heard(hub.office)
    challenge = hub.told(device.hello())
    halt, both = answers(hub.office.handle(*device.hello(challenge.challenge)))
    assert isinstance(halt, Halt)
    assert (halt.reason, both.nonce) == ("two_live", None)
    assert "disk_cloned" in hub.kinds()
    for each in (device, clone):
        assert hub.told(each.hello()).reason == "two_live"
        each.writes()
    device.is_heard(hub.office)
    hub.office.handle(*clone.batch(2))
    held = {
        (row.epoch, row.branch): row.seq
        for row in hub.rows(journals.c.epoch, journals.c.branch, journals.c.seq)
    }
    assert held == {(0, 0): 2, (1, 0): 6, (1, 1): 4, (2, 0): 2}


def test_a_disk_that_is_put_back_is_told_from_a_clone_by_a_person(hub: House) -> None:
    """A box got an empty disk, and its old one again: from here that looks like two boxes. The row
    says both, and what to do in each case; once the name is released, the box goes on.
    """
    device = PaperDevice().writes(2)
    device.is_welcomed(hub.office)
    device.is_heard(hub.office)
    new = PaperDevice()
    new.lives[0].incarnation = "second"
    new.is_welcomed(hub.office)
    new.is_heard(hub.office)
    challenge = hub.told(device.hello())
    hub.office.handle(*device.hello(challenge.challenge))
    (row,) = hub.rows(conflicts.c.kind, conflicts.c.text, conflicts.c.state)[1:]
    (known,) = hub.rows(devices.c.id, devices.c.state)
    assert (row.kind, row.state, known.state) == ("disk_cloned", "open", "halted")
    assert "Are there two boxes, switch one of them off" in row.text
    assert "Is there one, into which an older disk was put back, leave it" in row.text
    assert f"POST /v1/devices/{known.id}/release" in row.text
    hub.office.release(device.address)
    device.is_welcomed(hub.office)
    device.is_heard(hub.office)
    assert isinstance(hub.told(device.hello()), Ok)


def test_a_disk_set_back_twice_is_nobody_else(hub: House, device: PaperDevice) -> None:
    """The second image is of a time that the present life never went through; it is the same box,
    as what it wrote after that is held.
    """
    first, second = device.copied(), device.writes().copied()
    device.writes().is_heard(hub.office)
    assert first.is_welcomed(hub.office).new_epoch == 2
    first.is_heard(hub.office)
    assert second.is_welcomed(hub.office).new_epoch == 3
    second.is_heard(hub.office)
    assert hub.kinds() == ["disk_restored", "disk_restored"]


def test_a_clone_that_wrote_nothing_is_found_at_the_second_turn(
    hub: House, device: PaperDevice
) -> None:
    """Two boxes at the very same entry: whoever speaks is welcomed, until the other one does."""
    clone = device.copied()
    device.writes().is_heard(hub.office)
    clone.is_welcomed(hub.office)
    clone.is_heard(hub.office)
    challenge = hub.told(device.hello())
    sent = answers(hub.office.handle(*device.hello(challenge.challenge)))
    assert {each.reason for each in sent} == {"two_live"}


def test_a_released_name_goes_on(hub: House, device: PaperDevice) -> None:
    """After a person has looked, whoever greets is challenged and welcomed to a new epoch."""
    test_two_clones_are_stopped_and_both_are_booked(hub, device)
    assert "open" in {row.state for row in hub.rows(conflicts.c.state)}
    assert hub.office.release(device.address)
    assert "open" not in {row.state for row in hub.rows(conflicts.c.state)}
    assert not hub.office.release(device.address)
    assert device.is_welcomed(hub.office).new_epoch == 3
    device.is_heard(hub.office)
    assert isinstance(hub.told(device.hello()), Ok)


def test_two_boxes_that_go_on_after_a_release_are_told_of_again(
    hub: House, device: PaperDevice
) -> None:
    """Nobody switched one off: both are stopped once more, and that waits for a person, too."""
    clone = device.copied()
    device.writes(2, "true").is_heard(hub.office)
    for turn in (1, 2):
        clone.writes(1, "clone")
        clone.is_welcomed(hub.office)
        clone.is_heard(hub.office)
        challenge = hub.told(device.hello())
        assert hub.office.handle(*device.hello(challenge.challenge))
        found = hub.rows(conflicts.c.kind, conflicts.c.state)
        assert [row.state for row in found if row.kind == "disk_cloned"][turn - 1 :] == ["open"]
        assert hub.office.release(device.address)


def test_another_key_under_the_same_incarnation_is_halted(hub: House, device: PaperDevice) -> None:
    """Nobody else is stopped by it: the device with the right key goes on."""
    thief = device.copied()
    thief.key = Ed25519PrivateKey.generate()
    assert hub.told(thief.hello()).reason == "key"
    assert hub.kinds() == ["bad_signature"]
    assert isinstance(hub.told(device.hello()), Ok)


def test_a_restored_head_office_is_noticed_once(hub: House, device: PaperDevice) -> None:
    """One device shows it; the generation rises once; each must deliver what it has first."""
    other = PaperDevice("edge-2")
    other.is_welcomed(hub.office)
    other.is_heard(hub.office)
    backup = hub.database.snapshot()
    device.writes(3)
    hub.office.handle(*device.batch(4))
    device.acknowledged = _held_at(device, 6)
    hub.database.restore(backup)

    ok = hub.told(device.hello())
    assert isinstance(ok, Ok)
    generation = ok.generation
    assert ok.seq == 3
    assert generation > 0
    assert hub.kinds() == ["head_office_restored"]
    assert hub.told(device.hello()).generation == generation
    assert _behind(hub) == {"edge-1", "edge-2"}

    device.generation, device.acknowledged = generation, None  # as one that offers all again
    assert hub.told(device.hello()).generation == generation
    assert _behind(hub) == {"edge-1", "edge-2"}
    assert hub.told(device.batch(4)).seq == 6
    assert _behind(hub) == {"edge-2"}

    assert hub.told(other.hello()).generation == generation
    assert _behind(hub) == {"edge-2"}
    other.generation = generation
    assert hub.told(other.hello()).generation == generation
    assert _behind(hub) == set()
    (row,) = hub.rows(office.c.generation)
    assert row.generation == generation


def test_a_head_office_that_is_set_back_twice_begins_two_generations(
    hub: House, device: PaperDevice
) -> None:
    """Set back to the same moment twice, head office knows nothing of its first new generation: the
    second one is another all the same, or who has heard of the first would take it for that.
    """
    other = PaperDevice("edge-2")
    other.is_welcomed(hub.office)
    other.is_heard(hub.office)
    backup = hub.database.snapshot()
    device.writes(3)
    hub.office.handle(*device.batch(4))
    device.acknowledged = _held_at(device, 6)

    def opened_at(now: datetime) -> HeadOffice:
        return HeadOffice(hub.database, clock=lambda: now, mint=lambda: "c")

    generations: list[int] = []
    for _ in range(2):
        hub.database.restore(backup)
        hub.office = opened_at(NOW + timedelta(minutes=len(generations)))
        generations.append(hub.told(device.hello()).generation)
    assert 0 < generations[0] < generations[1]


def test_whoever_has_more_epochs_than_a_greeting_names_has_not_caught_up(hub: House) -> None:
    """A restored head office forgot more epochs of a device than one HELLO can name: the device has
    caught up when those that it named next were delivered, too.
    """
    device = PaperDevice().writes()
    for epoch in range(1, MOST_TAILS + 2):
        device.opens(epoch, cause="rebuilt")
    backup = hub.database.snapshot()
    device.is_welcomed(hub.office)
    hub.database.restore(backup)
    assert device.is_welcomed(hub.office).generation > 0
    assert isinstance(hub.told(device.hello()), Ok)
    for life in (*device.lives[:MOST_TAILS], device.life):
        hub.office.handle(*device.batch(life=life))
    assert _behind(hub) == {"edge-1"}
    assert isinstance(hub.told(device.hello(held_tails=MOST_TAILS)), Ok)
    assert _behind(hub) == {"edge-1"}
    device.is_heard(hub.office)
    assert _behind(hub) == set()


def test_an_epoch_that_head_office_forgot_is_noticed(hub: House) -> None:
    """The database was set back to before the WELCOME: the device gets a newer epoch than its."""
    device = PaperDevice().writes(2)
    backup = hub.database.snapshot()
    device.is_welcomed(hub.office)
    device.is_heard(hub.office)
    hub.database.restore(backup)
    assert device.is_welcomed(hub.office).new_epoch == 2
    assert hub.kinds() == ["head_office_restored"]
    assert device.is_heard(hub.office).epoch == 2
    held = {(row.epoch, row.seq) for row in hub.rows(journals.c.epoch, journals.c.seq)}
    assert held == {(0, 2), (1, 1), (2, 1)}
    assert isinstance(hub.told(device.hello()), Ok)


def test_a_retired_device_is_halted_and_still_booked(hub: House, device: PaperDevice) -> None:
    """It may not go on, and what it had written is not lost."""
    ((number,),) = hub.rows(devices.c.id)
    hub.database.transact(lambda c: retire(c, "house", number, by="ana", now=NOW))
    assert hub.told(device.hello()).reason == "retired"
    assert hub.told(device.writes().batch(4)).seq == 4
    assert len(hub.rows(entries.c.seq)) == 6


def _held_at(device: PaperDevice, seq: int) -> Held:
    life = device.life
    return Held(
        incarnation=life.incarnation, epoch=life.epoch, seq=seq, hash=life.hashes[seq].hex()
    )


def _behind(hub: House) -> set[str]:
    (now,) = hub.rows(office.c.generation)
    rows = hub.rows(devices.c.device, devices.c.generation)
    return {row.device for row in rows if row.generation < now.generation}
