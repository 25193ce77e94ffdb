"""A link to a real mosquitto: what the broker refuses is seen, and nobody is stormed."""

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import Authority
from open_link import link

from agent.tools.processes import Daemon, Mosquitto, _tool, free_port
from agent.tools.waiting import wait_until
from sync.broker import Broker
from sync.link import Arrived, Link, Will
from sync.messages import DeviceAddress

EDGE = DeviceAddress(tenant="house", store="s001", device="edge-1")
PASSWORD = "a-password-of-this-test"


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker with the shipped access rules, that lets more through than the shipped one."""
    users = dict.fromkeys(("hub", str(EDGE)), PASSWORD)
    broker = Mosquitto(
        tmp_path_factory.mktemp("mosquitto"), users=users, settings=("max_packet_size 4000000",)
    )
    broker.start()
    yield broker
    broker.stop()


def login(mosquitto: Mosquitto, user: str) -> Broker:
    """How a user gets in."""
    url = f"mqtt://127.0.0.1:{mosquitto.port}"
    return Broker(url=url, username=user, password=PASSWORD)


def test_what_the_broker_forbids_is_a_fault_that_is_seen(mosquitto: Mosquitto) -> None:
    """A message that the access rules forbid counts as sent for paho; here it is said which topic
    was refused and why, until a message to that topic is taken.
    """
    other = DeviceAddress(tenant="house", store="s002", device="edge-1")
    with link(login(mosquitto, str(EDGE)), "refused") as device:
        assert device.refusal is None
        assert device.publish(EDGE.topic("hello"), b"{}")
        assert device.publish(other.topic("hello"), b"{}")
        wait_until(lambda: device.refusal is not None, "the broker's word")
        assert device.refusal is not None
        assert other.topic("hello") in device.refusal
        assert "Not authorized" in device.refusal
        assert device.connected


def test_two_clients_of_one_name_are_noticed(mosquitto: Mosquitto) -> None:
    """Two clients of one name throw each other out; both say soon that there seems to be a copy."""
    broker, said = login(mosquitto, str(EDGE)), set[str]()
    with (
        link(broker, "the-only-one", on_down=lambda: said.add("first")) as first,
        link(broker, "the-only-one", on_down=lambda: said.add("second")) as second,
    ):
        wait_until(
            lambda: "a copy" in f"{first.fault}{second.fault}", "somebody to say so", timeout_s=30
        )
    assert said == {"first", "second"}


def test_a_message_beyond_the_bound_is_never_handed_over(mosquitto: Mosquitto) -> None:
    """A message that is larger than any of ours does not reach this process's memory, and those
    behind it come.
    """
    topic, heard = EDGE.topic("down/ok"), list[int]()

    def take(message: Arrived) -> None:
        heard.append(len(message.payload))
        message.done()

    with (
        link(login(mosquitto, str(EDGE)), "careful", topic, take=take),
        link(login(mosquitto, "hub"), "generous") as hub,
    ):
        assert hub.publish(topic, bytes(2_000_000))
        assert hub.publish(topic, b"after")
        wait_until(lambda: bool(heard), "the message behind it")
    assert heard == [5]


def test_a_broker_that_takes_less_is_not_sent_more(tmp_path: Path) -> None:
    """Where a broker says how large a packet may be, a larger message is refused here, and said;
    it would hang up on us, again and again.
    """
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_packet_size 2000\n")
    broker = Daemon(
        [_tool("mosquitto"), "-c", str(config)], tmp_path / "mosquitto.log", ready=" running"
    )
    broker.start()
    try:
        with link(Broker(url=f"mqtt://127.0.0.1:{port}"), "small") as device:
            assert not device.publish(EDGE.topic("journal"), bytes(2_000))
            assert device.refusal is not None
            assert "2000 bytes" in device.refusal
            assert device.publish(EDGE.topic("journal"), bytes(1_000))
            wait_until(lambda: device.refusal is None, "the smaller one to be taken")
            assert device.connected
    finally:
        broker.stop()


def test_a_good_bye_is_published(mosquitto: Mosquitto) -> None:
    """A link that ends says so itself: the broker keeps the last word, and needs no will."""
    topic, heard = EDGE.topic("presence"), list[bytes]()

    def take(message: Arrived) -> None:
        heard.append(message.payload)
        message.done()

    with link(login(mosquitto, "hub"), "listening", topic, take=take):
        with link(login(mosquitto, str(EDGE)), "polite", will=Will(topic=topic, death=b"gone")):
            pass
        wait_until(lambda: b"gone" in heard, "the good-bye")


def test_our_own_certificate_opens_a_broker_that_asks_for_one(tmp_path: Path) -> None:
    """With certificate and key the broker knows us by it; without, or with a key that is another
    certificate's, the link says which files or that it is not let in, and tries again.
    """
    authority = Authority("ours", tmp_path)
    cert_file, key_file = authority.vouch(str(EDGE).replace("/", "-"), tmp_path)
    other_cert, other_key = authority.vouch("another", tmp_path)
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nuser {getpass.getuser()}\n"
        f"{authority.sign('broker')}cafile {authority.file}\n"
        "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n"
    )
    broker = Daemon(
        [_tool("mosquitto"), "-c", str(config)], tmp_path / "mosquitto.log", ready=" running"
    )
    broker.start()
    url, ca_file = f"mqtts://127.0.0.1:{port}", str(authority.file)
    try:
        known = Broker(url=url, ca_file=ca_file, cert_file=cert_file, key_file=key_file)
        with link(known, "known") as device:
            assert device.fault is None
        for wrong, said in (
            (Broker(url=url, ca_file=ca_file, cert_file=cert_file, key_file=other_key), other_key),
            (Broker(url=url, ca_file=ca_file, cert_file="/gone", key_file=key_file), "/gone"),
            (Broker(url=url, ca_file="/gone.pem"), "/gone.pem"),
        ):
            assert said in _fault_of(wrong)
        assert _fault_of(Broker(url=url, ca_file=ca_file))
    finally:
        broker.stop()
    assert other_cert


def _fault_of(broker: Broker) -> str:
    made = Link(
        broker,
        client_id="wrong",
        topics=(),
        window=1,
        on_up=lambda: None,
        on_down=lambda: None,
        on_message=lambda message: message.done(),
    )
    made.start()
    try:
        wait_until(lambda: made.fault not in (None, "not connected yet"), "a fault")
        return made.fault or ""
    finally:
        made.stop()
