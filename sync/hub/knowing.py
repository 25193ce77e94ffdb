"""What is known of a device that greets: read in one statement, as a thousand devices greet in one
minute when a broker was started again.
"""

from dataclasses import dataclass

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from sync.hub.meeting import Known, Life, Offer
from sync.hub.places import is_followed, is_held, is_missing_what_was_told
from sync.hub.registry import DeviceRow, JournalRow
from sync.hub.tables import device_keys, journals, office, tenants
from sync.messages import Hello

__all__ = ["Acquaintance", "look_up"]

_OF_DEVICE: BindParameter[int] = bindparam("device_id")
_FOUND = (
    select(
        journals,
        office.c.generation,
        device_keys.c.public_key,
        tenants.c.feed_seq,
        tenants.c.run,
    )
    .select_from(
        office.outerjoin(journals, journals.c.device_id == _OF_DEVICE)
        .outerjoin(tenants, tenants.c.tenant == bindparam("tenant"))
        .outerjoin(
            device_keys,
            and_(
                device_keys.c.device_id == _OF_DEVICE,
                device_keys.c.incarnation == bindparam("of_incarnation"),
            ),
        )
    )
    .order_by(journals.c.id)
)
"""A row for each journal, or one without any. Made once: to make it costs more than to run it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acquaintance:
    """What a HELLO is judged by, all journals of its device, head office's generation, and the
    newest number of the feed with its run.
    """

    known: Known
    held: tuple[JournalRow, ...]
    generation: int
    newest: tuple[int, str | None]


def look_up(c: Connection, device: DeviceRow, hello: Hello) -> Acquaintance:
    """Read what is known of a device, whose row is locked, and of the epoch that it names."""
    wanted = {"device_id": device.id, "of_incarnation": hello.incarnation}
    wanted["tenant"] = device.tenant
    rows = c.execute(_FOUND, wanted).all()
    held = tuple(JournalRow.of(row) for row in rows if row.id is not None)
    known = _known(c, device, hello, held, key=rows[0].public_key)
    newest = (rows[0].feed_seq or 0, rows[0].run)
    return Acquaintance(known=known, held=held, generation=rows[0].generation, newest=newest)


def _known(
    c: Connection, device: DeviceRow, hello: Hello, held: tuple[JournalRow, ...], *, key: str | None
) -> Known:
    branches = [each for each in held if _is_named(each.incarnation, each.epoch, hello)]
    live = next((each for each in held if each.id == device.journal_id), None)
    most = max((each.seq for each in branches), default=0)
    acknowledged = hello.acknowledged
    differs = (
        acknowledged is not None
        and _is_named(acknowledged.incarnation, acknowledged.epoch, hello)
        and acknowledged.seq <= most
        and not is_held(c, branches, acknowledged.seq, acknowledged.hash)
    )
    return Known(
        state=device.state,  # type: ignore[arg-type]  # the table says which states there are
        challenge=device.challenge,
        highest_epoch=device.highest_epoch,
        newest_held=max((each.epoch for each in held), default=0),
        live=None if live is None else _life(live),
        offer=_offer(device),
        key=key,
        named_held_seq=most,
        named_fenced=any(each.fenced is not None for each in branches),
        is_followed=is_followed(c, held, hello),
        acknowledged_differs=differs,
        told_whole_and_is_not=is_missing_what_was_told(c, held, branches, hello),
    )


def _life(held: JournalRow) -> Life:
    return Life(incarnation=held.incarnation, epoch=held.epoch, seq=held.seq, hash=held.hash)


def _is_named(incarnation: str, epoch: int, hello: Hello) -> bool:
    return (incarnation, epoch) == (hello.incarnation, hello.epoch)


def _offer(device: DeviceRow) -> Offer | None:
    if device.welcomed_epoch is None or device.welcomed_incarnation is None:
        return None
    return Offer(
        incarnation=device.welcomed_incarnation,
        from_epoch=device.welcomed_from_epoch or 0,
        epoch=device.welcomed_epoch,
    )
