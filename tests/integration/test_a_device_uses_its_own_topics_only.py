"""The shipped broker configuration: certificates say who somebody is, and what they may do."""

import getpass
import queue
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authority import Authority
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.paths import shipped_config
from agent.tools.processes import Daemon, _tool, free_port

OURS = "house/s001/edge-1"
THEIRS = "house/s002/edge-1"
ASK_WITHIN_S = 10


class ShippedBroker(Daemon):
    """A mosquitto with the configuration as it is shipped, but for its port and where files are."""

    def __init__(self, directory: Path, authority: Path) -> None:
        self.port, self.ca_file = free_port(), authority
        places = {
            "listener 8883": f"listener {self.port} 127.0.0.1\nuser {getpass.getuser()}",
            "/etc/mosquitto/certs/tapledger-ca.crt": str(authority),
            "/etc/mosquitto/certs": str(directory),
            "/etc/mosquitto/conf.d/mosquitto.acl": str(shipped_config("mosquitto.acl")),
            "persistence true": f"persistence true\npersistence_location {directory}/",
        }
        config = shipped_config("mosquitto.conf").read_text("utf-8")
        for shipped, here in places.items():
            assert shipped in config, shipped
            config = config.replace(shipped, here)
        file = directory / "mosquitto.conf"
        file.write_text(config, "utf-8")
        super().__init__(
            [_tool("mosquitto"), "-c", str(file)], directory / "mosquitto.log", ready=" running"
        )


class Peer:
    """Somebody who connects with a certificate, and what the broker says to what they do."""

    def __init__(
        self, broker: ShippedBroker, name: str, certificate: tuple[str, str] | None
    ) -> None:
        self.said: queue.Queue[object] = queue.Queue()
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.client = client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
        )
        context = ssl.create_default_context(cafile=str(broker.ca_file))
        if certificate is not None:
            context.load_cert_chain(*certificate)
        client.tls_set_context(context)
        client.on_connect = lambda _c, _d, _f, reason, _p: self.said.put(reason)
        client.on_subscribe = lambda _c, _d, _m, reasons, _p: self.said.put(reasons[0])
        client.on_publish = lambda _c, _d, _m, reason, _p: self.said.put(reason)
        client.on_disconnect = lambda _c, _d, _f, reason, _p: self.said.put(reason)
        client.on_message = lambda _c, _d, it: self.heard.put((it.topic, it.payload))
        client.connect("127.0.0.1", broker.port)
        client.loop_start()

    def answer(self) -> str:
        """What the broker said next."""
        return str(self.said.get(timeout=ASK_WITHIN_S))

    def subscribe(self, topic: str) -> str:
        """Ask for a topic; answers what the broker said."""
        self.client.subscribe(topic, options=SubscribeOptions(qos=1))
        return self.answer()

    def publish(self, topic: str, payload: bytes = b"{}") -> str:
        """Say something; answers what the broker said."""
        self.client.publish(topic, payload, qos=1)
        return self.answer()

    def leave(self) -> None:
        """Be gone."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of our shops."""
    return Authority("ca", tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def broker(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[ShippedBroker]:
    """The shipped broker, running."""
    directory = tmp_path_factory.mktemp("broker")
    authority.sign("broker", directory=directory)
    broker = ShippedBroker(directory, authority.file)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def come(
    broker: ShippedBroker, authority: Authority, tmp_path: Path
) -> Iterator[Callable[[str], Peer]]:
    """Connect somebody under a name that the broker's authority vouches for."""
    peers: list[Peer] = []

    def come(name: str) -> Peer:
        peer = Peer(broker, f"{name}.{len(peers)}", authority.vouch(name, tmp_path))
        peers.append(peer)
        assert peer.answer() == "Success"
        return peer

    yield come
    for peer in peers:
        peer.leave()


def is_turned_away(broker: ShippedBroker, certificate: tuple[str, str] | None) -> bool:
    """Say whether whoever shows a certificate, or none, is told nothing but no."""
    try:
        peer = Peer(broker, "somebody", certificate)
    except OSError:
        return True
    try:
        return peer.answer() != "Success"
    finally:
        peer.leave()


def test_a_device_speaks_and_hears_under_its_own_address(come) -> None:
    """A device's messages reach head office, and head office's reach the device."""
    device, hub = come(OURS), come("hub")
    for kind in ("hello", "journal", "ask", "feed", "presence"):
        assert hub.subscribe(f"$share/hub/tapledger/1/+/+/+/{kind}") == "Granted QoS 1"
    assert device.subscribe(f"tapledger/1/{OURS}/down/#") == "Granted QoS 1"
    for kind in ("hello", "journal", "ask", "feed", "presence"):
        assert device.publish(f"tapledger/1/{OURS}/{kind}", kind.encode()) == "Success"
        assert hub.heard.get(timeout=ASK_WITHIN_S) == (
            f"tapledger/1/{OURS}/{kind}",
            kind.encode(),
        )
    assert hub.publish(f"tapledger/1/{OURS}/down/ack", b"held") == "Success"
    assert device.heard.get(timeout=ASK_WITHIN_S) == (f"tapledger/1/{OURS}/down/ack", b"held")


@pytest.mark.parametrize("kind", ["hello", "journal", "ask", "feed", "presence", "down/ack"])
def test_a_device_cannot_speak_for_another(come, kind: str) -> None:
    """What a device publishes under another's address is refused, and reaches nobody."""
    device, hub, other = come(OURS), come("hub"), come(THEIRS)
    hub.subscribe("$share/hub/tapledger/1/+/+/+/hello")
    other.subscribe(f"tapledger/1/{THEIRS}/down/#")
    assert device.publish(f"tapledger/1/{THEIRS}/{kind}") == "Not authorized"
    # What came after it has arrived: so nothing is on its way.
    device.publish(f"tapledger/1/{OURS}/hello", b"after")
    assert hub.heard.get(timeout=ASK_WITHIN_S) == (f"tapledger/1/{OURS}/hello", b"after")
    assert other.heard.empty()


def test_a_device_cannot_answer_itself(come) -> None:
    """A device cannot speak with head office's voice, not even to itself."""
    assert come(OURS).publish(f"tapledger/1/{OURS}/down/grant") == "Not authorized"


@pytest.mark.parametrize(
    "topic", [f"tapledger/1/{THEIRS}/down/#", f"tapledger/1/{THEIRS}/journal", "tapledger/1/#", "#"]
)
def test_a_device_hears_nothing_of_another(come, topic: str) -> None:
    """A device may ask for another's topics, and hears nothing of what is said there."""
    device, hub, other = come(OURS), come("hub"), come(THEIRS)
    device.subscribe(topic)  # a broker may grant it and pass nothing on
    device.subscribe(f"tapledger/1/{OURS}/down/#")
    hub.publish(f"tapledger/1/{THEIRS}/down/grant", b"secret")
    other.publish(f"tapledger/1/{THEIRS}/journal", b"secret")
    hub.publish(f"tapledger/1/{OURS}/down/ack", b"ours")
    assert device.heard.get(timeout=ASK_WITHIN_S) == (f"tapledger/1/{OURS}/down/ack", b"ours")


def test_nobody_comes_in_without_a_certificate(broker: ShippedBroker) -> None:
    """Whoever shows no certificate is turned away before anything is said."""
    assert is_turned_away(broker, None)


def test_nobody_comes_in_with_a_strangers_certificate(
    broker: ShippedBroker, tmp_path: Path
) -> None:
    """A certificate of another authority is no certificate."""
    stranger = Authority("stranger", tmp_path)
    assert is_turned_away(broker, stranger.vouch("hub", tmp_path))


def test_no_hundred_megabytes_come_in(come) -> None:
    """A payload far beyond any batch is stopped at the broker: its sender is thrown out, and head
    office hears only what others say.
    """
    device, hub, other = come(OURS), come("hub"), come(THEIRS)
    hub.subscribe("$share/hub/tapledger/1/+/+/+/journal")
    assert device.publish(f"tapledger/1/{OURS}/journal", bytes(100_000_000)) != "Success"
    other.publish(f"tapledger/1/{THEIRS}/journal", b"small")
    assert hub.heard.get(timeout=ASK_WITHIN_S) == (f"tapledger/1/{THEIRS}/journal", b"small")


def test_the_readme_makes_certificates_that_work(tmp_path: Path) -> None:
    """The commands of the README make what a broker, head office and a device need to meet."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("openssl ")]
    subprocess.run(
        ["bash", "-ec", "\n".join(commands)], cwd=tmp_path, check=True, capture_output=True
    )
    broker = ShippedBroker(tmp_path, tmp_path / "tapledger-ca.crt")
    broker.start()
    try:
        for who, topic in (("hub", f"{OURS}/down/ack"), ("edge-1", f"{OURS}/hello")):
            certificate = (str(tmp_path / f"{who}.crt"), str(tmp_path / f"{who}.key"))
            peer = Peer(broker, who, certificate)
            try:
                assert peer.answer() == "Success"
                assert peer.publish(f"tapledger/1/{topic}") in (
                    "Success",
                    "No matching subscribers",
                )
            finally:
                peer.leave()
    finally:
        broker.stop()
