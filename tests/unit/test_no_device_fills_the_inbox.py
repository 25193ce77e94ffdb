"""What waits at head office of one device is bounded, in bytes too; others lose nothing by it."""

from structlog.testing import capture_logs

from sync.hub.inbox import Inbox
from sync.link import Arrived

_MIB = 1024 * 1024
_MOST = 32


class House:
    """An inbox, and what of its messages the broker may forget."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.inbox = Inbox(monotonic_s=lambda: self.now_s)
        self.done: list[str] = []

    def comes(self, store: str, kind: str = "journal", *, size: int = _MIB) -> None:
        """Have a store's device send so many bytes."""
        self.inbox.put(
            Arrived(
                topic=f"tapledger/1/house/{store}/edge-1/{kind}",
                payload=bytes(size),
                done=lambda: self.done.append(store),
            )
        )

    def handle(self) -> list[str]:
        """Take all that waits; answers whose it was."""
        every = iter(lambda: self.inbox.take(0), None)
        return [message.topic.split("/")[3] for message in every]


def test_a_device_that_sends_far_too_much_is_let_go_alone() -> None:
    """Beyond its bound a device's messages are counted and let go, so that it sends them again;
    those of every other device stay, whenever they come.
    """
    house = House()
    for _ in range(_MOST + 3):
        house.comes("bad")
    house.comes("good")
    assert house.done == ["bad"] * 3
    assert house.inbox.dropped == 3
    assert sorted(house.handle()) == ["bad"] * _MOST + ["good"]


def test_what_is_let_go_is_logged_once_a_minute() -> None:
    """At once with the device's name, and however much follows not again before a minute is over;
    the line says how many it were in all.
    """
    house = House()
    with capture_logs() as logs:
        for _ in range(_MOST + 5):
            house.comes("bad")
        house.now_s += 61
        house.comes("bad")
    said = [(line["log_level"], line["event"], line["dropped"]) for line in logs]
    assert said == [("warning", "messages_let_go", 1), ("warning", "messages_let_go", 6)]
    assert {line["newest_of"] for line in logs} == {"tapledger/1/house/bad/edge-1"}


def test_what_was_handled_makes_room() -> None:
    """The bound is for what waits, not for what ever came; also of what replaced what waited, and
    of messages that have no bytes at all.
    """
    house = House()
    for _ in range(3):
        for _ in range(_MOST - 1):
            house.comes("a")
        for _ in range(_MOST):
            house.comes("a", "presence")
        house.comes("a", "ask", size=0)
        house.comes("a", "ask", size=0)
        assert len(house.handle()) == _MOST + 2
    assert house.inbox.dropped == 0
