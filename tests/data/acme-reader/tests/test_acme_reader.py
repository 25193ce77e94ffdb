"""Acme's reader survives whatever a shop floor does to readers."""

from acme_reader import ACME, AcmeParser, line_of

from agent.core.tokens import Token
from drivers.conformance import DeviceConformance, LineRig, Rig
from drivers.events import RefusedFrame


def uid(card: int) -> bytes:
    """The UID of card number ``card``."""
    return bytes.fromhex("04A0") + card.to_bytes(5)


class TestAcme(DeviceConformance):
    """The suite that each of tapledger's own drivers is held to."""

    def rig(self) -> Rig:
        """Play it on Acme's driver."""
        return LineRig(
            ACME, lambda n: line_of(uid(n)), lambda n: Token("uid", uid(n).hex().upper())
        )


def test_a_number_that_is_made_up_is_no_card() -> None:
    """A telephone's random number is refused."""
    assert AcmeParser().feed(line_of(bytes.fromhex("08123456"))) == [
        RefusedFrame(reason="random_uid")
    ]
