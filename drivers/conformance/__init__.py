"""What every device must do, as tests: ours run them for each driver, and anybody can for theirs.

A rig plays moves on a device and says what came of them. For a driver of a serial line ``LineRig``
is one already; it wants the bytes of a card and no more:

    class TestAcme(DeviceConformance):
        def rig(self) -> Rig:
            return LineRig(ACME, acme_frame, acme_token)

For one that wants to be asked, ``AskedRig`` wants a virtual device to ask.

``PcscRig`` is one for a driver of PC/SC readers. ``pytest`` collects the class like any other. A
move that a device cannot be played raises NotApplicable with the reason, and the test that needs it
is skipped with it.
"""

from drivers.conformance.asked import AskedRig, VirtualDevice
from drivers.conformance.line import LineRig
from drivers.conformance.moves import (
    Busy,
    ClockJump,
    Denied,
    Flood,
    Gone,
    Half,
    Lay,
    Move,
    Noise,
    NotApplicable,
    Pause,
    Rest,
    Rig,
    Seen,
    Stops,
    Together,
)
from drivers.conformance.pcsc import PcscRig
from drivers.conformance.suite import DeviceConformance

__all__ = [
    "AskedRig",
    "Busy",
    "ClockJump",
    "Denied",
    "DeviceConformance",
    "Flood",
    "Gone",
    "Half",
    "Lay",
    "LineRig",
    "Move",
    "Noise",
    "NotApplicable",
    "Pause",
    "PcscRig",
    "Rest",
    "Rig",
    "Seen",
    "Stops",
    "Together",
    "VirtualDevice",
]
