"""The wire: which topics there are and what each carries.

A device publishes under ``tapledger/1/{tenant}/{store}/{device}/`` and head office answers below
``…/down/``. Control messages are JSON; journals and feed pages are deflated lines.

=============  ==============  =================================================================
topic          message         when
=============  ==============  =================================================================
hello          Hello           on every connect, and when answers are overdue
journal        Journal         a signed batch of entries
ask            Ask             a customer waits for points that are elsewhere; expires at once
feed           FeedRequest     what changed since a cursor
presence       Presence        retained; the broker publishes the will
down/ok        Ok              the greeting matches: what head office holds
down/challenge Challenge       it does not: say it again with this
down/welcome   Welcome         begin this epoch
down/halt      Halt            a person must look
down/ack       Ack             after the commit of a batch
down/grant     Grant           rights, cumulative; answers an Ask
down/recall    Recall          return rights
down/floor     Allowance       how much may be redeemed beyond rights, cumulative
down/feed      FeedPage        a page of the feed
=============  ==============  =================================================================
"""

from sync.messages.address import DeviceAddress, EpochNumber, HashHex, Name, Seq
from sync.messages.coding import (
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
    ForeignLot,
    ProgramItem,
    PushedItem,
    decode_feed,
    encode_feed,
)
from sync.messages.greeting import (
    Challenge,
    Halt,
    Held,
    Hello,
    Ok,
    Presence,
    Tail,
    Welcome,
)
from sync.messages.journal import MOST_BATCHES, Ack, Journal, decode_journal, encode_journal
from sync.messages.rights import Allowance, Ask, Grant, Recall

__all__ = [
    "MAX_INFLATED_BYTES",
    "MAX_PAYLOAD_BYTES",
    "MOST_BATCHES",
    "SCHEMA",
    "AccountItem",
    "Ack",
    "Allowance",
    "Ask",
    "CardItem",
    "Challenge",
    "DecisionItem",
    "DeviceAddress",
    "EpochNumber",
    "FeedItem",
    "FeedPage",
    "FeedRequest",
    "FeedScope",
    "ForeignLot",
    "Grant",
    "Halt",
    "HashHex",
    "Held",
    "Hello",
    "Journal",
    "MalformedMessage",
    "Name",
    "Ok",
    "Presence",
    "ProgramItem",
    "PushedItem",
    "Recall",
    "Seq",
    "Tail",
    "UnknownSchema",
    "Welcome",
    "decode",
    "decode_feed",
    "decode_journal",
    "encode",
    "encode_feed",
    "encode_journal",
]
