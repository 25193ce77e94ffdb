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


def _come(
    reader: VirtualLine[bytes], told: "queue.Queue[DeviceEvent]", *, times: int = 5
) -> DeviceEvent:
    """Come until the reader says so. One that begins to listen in the middle of a report that is
    repeated without a pause may find no beginning until there is one.
    """
    reader.lay(gsrn_epc(MEMBER))
    try:
        return told.get(timeout=WITHIN_S / times)
    except queue.Empty:
        if times == 1:
            raise
        reader.take_away()
        return _come(reader, told, times=times - 1)


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
            arrived = _come(reader, told)
            reader.take_away()
            left = told.get(timeout=WITHIN_S)
            assert device.fault is None
    finally:
        reader.unplug()
    assert arrived == ZoneVisited(device="door", token=MEMBER, change="arrived", zone="entrance")
    assert left == ZoneVisited(device="door", token=MEMBER, change="left", zone="entrance")
    assert told.empty()
