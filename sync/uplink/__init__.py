"""The store's side: greet head office, send the journal, keep what it says of rights and members.

- :mod:`.protocols`: what is needed of the agent around it;
- :mod:`.greeting`: what a HELLO and a birth say;
- :mod:`.hearing`: what head office says, and what the store makes of it;
- :mod:`.batches`: the journal in batches, signed;
- :mod:`.feeding`: when to ask for the next page of the feed;
- :mod:`.questions`: what tills wait for;
- :mod:`.conversation`: the protocol, of these, which needs no event loop;
- :mod:`.shell`: the same in a running agent.
"""

from sync.uplink.conversation import Conversation, Wishes
from sync.uplink.protocols import Clock, Desk, Epochs, JournalSource, Outlet, Standing
from sync.uplink.questions import UNANSWERED, Answer
from sync.uplink.shell import Uplink

__all__ = [
    "UNANSWERED",
    "Answer",
    "Clock",
    "Conversation",
    "Desk",
    "Epochs",
    "JournalSource",
    "Outlet",
    "Standing",
    "Uplink",
    "Wishes",
]
