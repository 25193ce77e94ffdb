"""Head office is upgraded first: what it adds to a message, a store of before leaves out."""

import json

import pytest

from agent.core.values import Value
from sync.messages import (
    AccountItem,
    Ack,
    Allowance,
    CardItem,
    Challenge,
    DecisionItem,
    FeedPage,
    Grant,
    Halt,
    Hello,
    MalformedMessage,
    Ok,
    ProgramItem,
    PushedItem,
    Recall,
    Welcome,
    decode,
    decode_feed,
    encode,
    encode_feed,
)
from sync.messages.channels import CHANNELS
from sync.messages.coding import deflate_lines, inflate_lines

HASH = "ab" * 32
OF_MEMBER = {"account": "a-1", "epoch": 1, "generation": 0}
SAID: dict[str, Value] = {
    "down/ok": Ok(nonce="n", epoch=1, seq=0, hash=HASH, time="t"),
    "down/challenge": Challenge(nonce="n", challenge="c"),
    "down/welcome": Welcome(nonce="n", new_epoch=2, time="t"),
    "down/halt": Halt(reason="retired", text="It was retired."),
    "down/ack": Ack(incarnation="i", epoch=1, seq=3, hash=HASH),
    "down/grant": Grant(**OF_MEMBER, granted_total=5),
    "down/recall": Recall(**OF_MEMBER, recall=1),
    "down/floor": Allowance(epoch=1, floor_total=9, generation=0),
    "down/feed": FeedPage(nonce="n", cursor=3, generation=0),
}
ITEMS = (
    AccountItem(account="a-1", active=5),
    CardItem(token="em4100:0C000621A5", account="a-1", state="active"),
    ProgramItem(name="simple", edition="simple@1", text="x"),
    PushedItem(promotions="[]"),
    DecisionItem(seq=1, hash=HASH, canonical="{}"),
)


def with_more(line: bytes) -> bytes:
    """Say something else beside it, as a later head office may."""
    return json.dumps(json.loads(line) | {"later": {"words": "of a later version"}}).encode()


def test_every_message_of_head_office_is_tried() -> None:
    """None is left out below."""
    assert SAID.keys() == {each.kind for each in CHANNELS if each.sender == "head office"}


@pytest.mark.parametrize("kind", SAID)
def test_what_a_later_head_office_adds_is_left_out(kind: str) -> None:
    """The rest is taken as it is meant."""
    said = SAID[kind]
    assert decode(with_more(encode(said)), type(said)) == said


def test_a_page_of_a_later_head_office_is_taken() -> None:
    """Also where it is the items that say more."""
    page = FeedPage(nonce="n", cursor=3, generation=0)
    head, *lines = inflate_lines(encode_feed(page, ITEMS))
    more = [
        json.dumps({"item": json.loads(with_more(json.dumps(json.loads(line)["item"]).encode()))})
        for line in lines
    ]
    payload = deflate_lines((with_more(head), *(line.encode() for line in more)))
    assert decode_feed(payload) == (page, ITEMS)


def test_what_a_device_says_is_taken_whole_or_not() -> None:
    """Head office knows all that its stores say; what it does not know it must not leave out."""
    hello = Hello(incarnation="i", nonce="n", epoch=1, head_seq=0, head_hash=HASH, key="A" * 43)
    assert decode(encode(hello), Hello) == hello
    with pytest.raises(MalformedMessage):
        decode(with_more(encode(hello)), Hello)
