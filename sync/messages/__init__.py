"""The wire: which topics there are and what each carries.

A device publishes under ``tapledger/1/{tenant}/{store}/{device}/`` and head office answers below
``…/down/``. Control messages are JSON; journals and feed pages are deflated lines.

``channels.py`` says which topic carries which of them, and when.
"""

from sync.messages.address import LARGEST_NUMBER, DeviceAddress, EpochNumber, HashHex, Name, Seq
from sync.messages.channels import CHANNELS, Channel, topics_down, topics_up
from sync.messages.coding import (
    MAX_ENTRY_BYTES,
    MAX_INFLATED_BYTES,
    MAX_PAYLOAD_BYTES,
    SCHEMA,
    MalformedMessage,
    UnknownSchema,
    decode,
    encode,
)
from sync.messages.feed import (
    AccountItem,
    CardItem,
    DecisionItem,
    FeedItem,
    FeedPage,
    FeedRequest,
    FeedScope,
    HeardItem,
    LotItem,
    MonthItem,
    ProgramItem,
    PushedItem,
    UnknownItem,
    decode_feed,
    encode_feed,
)
from sync.messages.greeting import (
    MOST_TAILS,
    Challenge,
    FeedPlace,
    Halt,
    Held,
    Hello,
    Ok,
    Presence,
    Tail,
    Welcome,
)
from sync.messages.journal import (
    MOST_BATCHES,
    MOST_ENTRIES,
    Ack,
    Journal,
    decode_journal,
    encode_journal,
)
from sync.messages.rights import Allowance, Ask, Grant, Recall

__all__ = [
    "CHANNELS",
    "LARGEST_NUMBER",
    "MAX_ENTRY_BYTES",
    "MAX_INFLATED_BYTES",
    "MAX_PAYLOAD_BYTES",
    "MOST_BATCHES",
    "MOST_ENTRIES",
    "MOST_TAILS",
    "SCHEMA",
    "AccountItem",
    "Ack",
    "Allowance",
    "Ask",
    "CardItem",
    "Challenge",
    "Channel",
    "DecisionItem",
    "DeviceAddress",
    "EpochNumber",
    "FeedItem",
    "FeedPage",
    "FeedPlace",
    "FeedRequest",
    "FeedScope",
    "Grant",
    "Halt",
    "HashHex",
    "HeardItem",
    "Held",
    "Hello",
    "Journal",
    "LotItem",
    "MalformedMessage",
    "MonthItem",
    "Name",
    "Ok",
    "Presence",
    "ProgramItem",
    "PushedItem",
    "Recall",
    "Seq",
    "Tail",
    "UnknownItem",
    "UnknownSchema",
    "Welcome",
    "decode",
    "decode_feed",
    "decode_journal",
    "encode",
    "encode_feed",
    "encode_journal",
    "topics_down",
    "topics_up",
]
