"""Whose messages: addresses of devices, and the topics under them.

>>> device = DeviceAddress(tenant="house", store="s001", device="edge-1")
>>> device.topic("journal")
'tapledger/1/house/s001/edge-1/journal'
>>> DeviceAddress.of_topic("tapledger/1/house/s001/edge-1/journal") == (device, "journal")
True
"""

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from sync.messages.coding import MalformedMessage

__all__ = ["LARGEST_NUMBER", "DeviceAddress", "EpochNumber", "HashHex", "Name", "Seq"]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_TOPIC = re.compile(rf"tapledger/1/({_NAME})/({_NAME})/({_NAME})/([a-z/]+)")

Name = Annotated[str, StringConstraints(strict=True, pattern=f"^{_NAME}$")]
"""A tenant, store or device: safe as one level of a topic."""

HashHex = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]
LARGEST_NUMBER = 2**53
"""The largest whole number that JSON readers everywhere agree on."""

EpochNumber = Annotated[int, Field(strict=True, ge=0, le=LARGEST_NUMBER)]
Seq = Annotated[int, Field(strict=True, ge=0, le=LARGEST_NUMBER)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceAddress:
    """One agent of one store of one tenant."""

    tenant: str
    store: str
    device: str

    def topic(self, kind: str) -> str:
        """Answer the topic of this device for one kind of message."""
        return f"tapledger/1/{self}/{kind}"

    @classmethod
    def of_topic(cls, topic: str) -> tuple[Self, str]:
        """Read address and kind off a topic. Raises MalformedMessage."""
        found = _TOPIC.fullmatch(topic)
        if found is None:
            raise MalformedMessage(f"topic {topic[:100]!r} is not ours")
        tenant, store, device, kind = found.groups()
        return cls(tenant=tenant, store=store, device=device), kind

    def __str__(self) -> str:
        return f"{self.tenant}/{self.store}/{self.device}"
