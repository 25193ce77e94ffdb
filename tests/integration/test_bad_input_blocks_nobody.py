"""What no agent of ours says, through a real broker: refused or kept aside, counted, told, and the
device's next batch is acknowledged all the same.
"""

import zlib
from collections.abc import Callable, Iterator

import pytest
from company import TENANT, Company, until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hub_house import LineDevice
from paper_device import Message, PaperDevice

from agent.core.facts import FlagActivity
from sync.messages import MAX_ENTRY_BYTES, Ack, Challenge, decode_journal, encode_journal

pytestmark = pytest.mark.long

PAPER = (f"{TENANT}/s001/edge-1", f"{TENANT}/s001/edge-2", f"{TENANT}/s002/edge-1")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A head office with no store of its own, and a broker that lets everything through."""
    made = Company(tmp_path_factory.mktemp("company"), stores=(), others=PAPER)
    with made.running() as company:
        yield company


@pytest.fixture(scope="module")
def device(company: Company) -> Iterator[LineDevice]:
    """A device that head office knows."""
    paper = PaperDevice("edge-1", tenant=TENANT, store="s001")
    with LineDevice(company, "paper", paper).on_line() as device:
        device.is_welcomed()
        yield device


Bad = Callable[[PaperDevice], Message]


def unsigned(paper: PaperDevice) -> Message:
    """A batch without a signature."""
    topic, payload = paper.batch()
    header, lines = decode_journal(payload)
    return topic, encode_journal(header.model_copy(update={"signature": None}), lines)


def of_another_key(paper: PaperDevice) -> Message:
    """A batch that somebody else has signed."""
    liar = paper.copied()
    liar.key = Ed25519PrivateKey.generate()
    return liar.batch()


def of_other_hash(paper: PaperDevice) -> Message:
    """A batch whose entries do not come to the hash that it names."""
    return paper.batch(last_hash="ab" * 32)


def of_other_version(paper: PaperDevice) -> Message:
    """A batch of a version that is not there yet."""
    return paper.batch(schema_version=99)


def too_large(paper: PaperDevice) -> Message:
    """More than any batch may have, and no more than the broker passes on."""
    return paper.address.topic("journal"), bytes(MAX_ENTRY_BYTES + 1)


def bomb(paper: PaperDevice) -> Message:
    """A small payload that inflates to 40 MB."""
    return paper.address.topic("journal"), zlib.compress(bytes(40_000_000), 9)


def endless(paper: PaperDevice) -> Message:
    """A small payload of a good header and two million entries of nothing."""
    topic, payload = paper.batch()
    return topic, zlib.compress(zlib.decompress(payload) + b"\n" * 2_000_000, 9)


def rubbish(paper: PaperDevice) -> Message:
    """No message at all."""
    return paper.address.topic("hello"), b"rubbish"


BAD: dict[str, tuple[Bad, str]] = {
    "unsigned": (unsigned, "bad_signature"),
    "of another key": (of_another_key, "bad_signature"),
    "of another hash": (of_other_hash, "malformed_message"),
    "of another version": (of_other_version, "unknown_schema"),
    "too large": (too_large, "too_large"),
    "a bomb": (bomb, "malformed_message"),
    "endless": (endless, "malformed_message"),
    "rubbish": (rubbish, "malformed_message"),
}


def look_at_all(company: Company, kind: str) -> set[int]:
    """Have a clerk look at every row of a kind, so that what comes next is another row; answers
    their ids.
    """
    rows = company.conflicts(kind)
    for row in rows:
        if row["state"] == "open":
            company.office.ask("POST", f"/v1/conflicts/{row['id']}/settle", {"reason": "it is odd"})
    return {row["id"] for row in rows}


@pytest.mark.parametrize("what", BAD)
def test_what_makes_no_sense_is_put_aside(company: Company, device: LineDevice, what: str) -> None:
    """It is counted, kept for somebody to look at, and told by an open row of its own, as a clerk
    has looked at what came before it; the next batch is taken.
    """
    make, kind = BAD[what]
    looked_at = look_at_all(company, kind)
    device.paper.writes(2)
    before = company.metric("tapledger_hub_refused_total", kind=kind)
    kept = company.metric("tapledger_hub_quarantined_messages")
    device.says(make(device.paper))
    until(
        lambda: company.metric("tapledger_hub_refused_total", kind=kind) == before + 1,
        "head office to refuse it",
    )
    assert company.metric("tapledger_hub_quarantined_messages") == kept + 1
    (row,) = [each for each in company.conflicts(kind) if each["id"] not in looked_at]
    assert (row["state"], row["store"], row["device"]) == ("open", "s001", "edge-1")
    assert company.metric("tapledger_hub_conflicts", kind=kind) == len(looked_at) + 1
    device.is_heard()
    until(lambda: row["decision"] in device.decisions(), "the stores to be told of it")


def test_a_hundred_megabytes_are_not_even_sent(company: Company, device: LineDevice) -> None:
    """The broker said how much it takes, the agent keeps to that and says so, and its next batch
    comes.
    """
    device.paper.writes(2)
    before = company.metric("tapledger_hub_refused_total")
    assert not device.link.publish(device.paper.address.topic("journal"), bytes(100_000_000))
    assert "it takes" in str(device.link.refusal)
    device.is_heard()
    assert company.metric("tapledger_hub_refused_total") == before
    assert company.hub_health()["status"] == "ok"


def test_a_device_cannot_speak_for_another(company: Company, device: LineDevice) -> None:
    """The broker refuses it, the device says so, and head office never hears of the other."""
    other = PaperDevice("edge-1", tenant=TENANT, store="s002")
    device.says(other.hello())
    until(lambda: "the broker refuses" in str(device.link.refusal), "the broker to refuse it")
    device.paper.writes(2)
    device.is_heard()
    assert {each["store"] for each in company.office.ask("GET", "/v1/stores")} == {"s001"}


def test_an_old_session_said_again_changes_nothing(company: Company, device: LineDevice) -> None:
    """Greetings and batches that were recorded and are sent again open nothing and end nothing."""
    old = [device.paper.hello(), device.paper.hello("an-old-challenge"), device.paper.batch()]
    device.paper.writes(3)
    device.is_heard()
    before = company.office.ask("GET", "/v1/devices")[0]["epochs"]
    for message in old:
        device.told(message, Ack if message[0].endswith("journal") else Challenge)
    assert company.office.ask("GET", "/v1/devices")[0]["epochs"] == before
    device.paper.writes(2)
    device.is_heard()


def test_entries_from_the_future_are_taken_and_told(company: Company, device: LineDevice) -> None:
    """They count like any others, and a row says that a clock cannot be right."""
    fact = FlagActivity(flag="tap_without_basket", reason="x")
    device.paper.life.append(fact, recorded_at="2031-01-01T00:00:00.000Z")
    device.is_heard()
    (row,) = company.conflicts("wrong_clock")
    assert "2031-01-01" in row["text"]


def test_a_device_that_never_greeted_is_counted_and_no_more(company: Company) -> None:
    """Nobody can say whose its batch is: it is not kept and makes no row and no device, however
    often it comes, so that no stranger fills head office's journal. Once it greets it is heard.
    """
    paper = PaperDevice("edge-2", tenant=TENANT, store="s001")
    kept = company.metric("tapledger_hub_quarantined_messages")
    rows = company.office.ask("GET", "/v1/conflicts")
    with LineDevice(company, "stranger", paper).on_line() as stranger:
        for _ in range(2):
            stranger.says(stranger.paper.writes().batch())
        until(
            lambda: company.metric("tapledger_hub_refused_total", kind="unknown_device") == 2,
            "head office to refuse it",
        )
        assert company.metric("tapledger_hub_quarantined_messages") == kept
        assert company.office.ask("GET", "/v1/conflicts") == rows
        known = [each["device"] for each in company.office.ask("GET", "/v1/devices")]
        assert "edge-2" not in known
        stranger.is_welcomed()
        stranger.is_heard()
