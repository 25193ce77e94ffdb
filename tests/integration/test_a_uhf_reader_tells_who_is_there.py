"""A UHF reader on a real port tells who comes into its zone and who leaves it."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from agent.core.tokens import Token
from drivers.device import Device, DeviceEvent, Place, ZoneVisited
from drivers.readers.uhf18 import BAUD, report
from drivers.serial_drivers import UHF18, Uhf18Options
from drivers.virtual.line import VirtualLine
from drivers.virtual.tags import gsrn_epc
from drivers.virtual.talk import Answering, Speaking, Talk
from drivers.virtual.uhf18 import VirtualUhf18

MEMBER = Token("gsrn", "061414112345678902")
WITHIN_S = 20


@contextmanager
def _served(
    port: Path, options: Uhf18Options, told: "queue.Queue[DeviceEvent]"
) -> Iterator[Device]:
    device = UHF18.make(Place(name="door", port=str(port)), options, told.put)
    device.start()
    try:
        yield device
    finally:
        device.stop()


def _next_visit(told: "queue.Queue[DeviceEvent]") -> ZoneVisited:
    """Who begins to listen in the middle of a report refuses the rest of it, and says so."""
    while True:
        event = told.get(timeout=WITHIN_S)
        if isinstance(event, ZoneVisited):
            return event


TALKS: dict[str, Talk[bytes]] = {
    "answer": Answering(VirtualUhf18),
    "active": Speaking(report, repeat_s=0.05),
}


@pytest.mark.parametrize("mode", ["answer", "active"])
def test_a_tag_arrives_and_leaves(mode: Literal["answer", "active"], tmp_path: Path) -> None:
    """Who stays before a reader arrives in its zone, and leaves it some time after going."""
    reader = VirtualLine(TALKS[mode], baud=BAUD, link=tmp_path / "uhf")
    told: queue.Queue[DeviceEvent] = queue.Queue()
    options = Uhf18Options(mode=mode, zone="entrance", gone_after_s=0.3)
    reader.plug_in()
    try:
        with _served(reader.port, options, told) as device:
            reader.lay(gsrn_epc(MEMBER))
            arrived = _next_visit(told)
            reader.take_away()
            left = _next_visit(told)
            assert device.fault is None
    finally:
        reader.unplug()
    assert arrived == ZoneVisited(device="door", token=MEMBER, change="arrived", zone="entrance")
    assert left == ZoneVisited(device="door", token=MEMBER, change="left", zone="entrance")
    assert told.empty()
