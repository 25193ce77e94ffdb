"""A card that a reader refuses is refused once for as long as it lies there."""

from collections.abc import Callable
from functools import partial

from agent.core.tokens import Token
from drivers.device import CardPresented, DeviceEvent, Place, Refused
from drivers.serial_driver import SerialDriver
from drivers.serial_drivers import PN532, UHF18
from drivers.virtual.pn532 import VirtualPn532
from drivers.virtual.tags import Tag, gsrn_epc
from drivers.virtual.uhf18 import VirtualUhf18
from drivers.virtual.world import Act, Does, ScriptedWorld, Silent

MEMBER = Token("gsrn", "061414112345678902")
STRANGE = bytes.fromhex("E2000017221101441890ABCD")


def told(
    driver: SerialDriver, answer: Callable[[bytes], bytes], *acts: Act, **options: object
) -> list[DeviceEvent]:
    """What a device tells while these happen."""
    events: list[DeviceEvent] = []
    world = ScriptedWorld(acts, answer=answer)
    place = Place(name="front", port="/dev/front")
    device = driver.make(place, driver.options.model_validate(options), events.append, world)
    device.run()
    assert device.counters.refused == sum(isinstance(event, Refused) for event in events)
    return events


def test_a_telephone_is_refused_once() -> None:
    """A telephone makes up another number at each look, and is refused once all the same; taken
    away and laid again it is refused again.
    """
    chip, lying = VirtualPn532(), list[Tag]()

    def lay(number: int | None) -> None:
        while lying:
            chip.take(lying.pop())
        if number is not None:
            lying.append(Tag(bytes([0x08, 1, 2, number]), sak=0x20))
            chip.lay(lying[-1])

    acts: list[Act] = []
    for number in (*range(20), *[None] * 5, *range(20)):
        acts += [Does(partial(lay, number)), Silent(0.2)]
    refused = Refused(device="front", reason="random_uid")
    assert told(PN532, chip.feed, *acts) == [refused, refused]


def test_a_tag_of_somebody_else_is_refused_once() -> None:
    """A tag that hangs in a UHF reader's field and is nobody's is refused once and hides nobody."""
    reader = VirtualUhf18()
    reader.lay(STRANGE)
    epc = gsrn_epc(MEMBER)
    come_and_go: list[Act] = [
        Silent(5.0),
        Does(lambda: reader.lay(epc)),
        Silent(5.0),
        Does(lambda: reader.take(epc)),
        Silent(5.0),
    ]
    assert told(UHF18, reader.feed, *come_and_go, tells="cards") == [
        Refused(device="front", reason="unknown"),
        CardPresented(device="front", token=MEMBER),
    ]
