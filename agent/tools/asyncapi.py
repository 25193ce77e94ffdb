"""The wire between stores and head office as AsyncAPI 3, for whoever builds on it.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import inspect
from typing import Any

import yaml
from pydantic import TypeAdapter

from agent import __version__
from sync.messages import CHANNELS, Channel, FeedItem

__all__ = ["asyncapi"]

_ADDRESS = "tapledger/1/{tenant}/{store}/{device}/"
_LEVELS = {
    "tenant": "the company",
    "store": "the shop",
    "device": "the agent in it",
}


def asyncapi() -> str:
    """Describe every channel and message, in YAML."""
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tapledger between stores and head office",
            "version": __version__,
            "description": (
                "MQTT 5, QoS 1, sessions that outlive a connection. A device publishes under its "
                "own address, and head office answers below `down/`. Nothing rests on what the "
                "broker keeps: a journal is sent again until head office has acknowledged it."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {_id(each): _channel(each) for each in CHANNELS},
        "operations": {_id(each): _operation(each) for each in CHANNELS},
        "components": {
            "messages": {each.message.__name__: _message(each) for each in CHANNELS},
            "schemas": _schemas(),
        },
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text


def _id(channel: Channel) -> str:
    return channel.kind.replace("/", "_")


def _channel(channel: Channel) -> dict[str, Any]:
    name = channel.message.__name__
    return {
        "address": _ADDRESS + channel.kind,
        "description": f"{channel.sender} says so: {channel.when}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {level: {"description": what} for level, what in _LEVELS.items()},
        "bindings": {"mqtt": {"bindingVersion": "0.2.0"}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    """Describe it as seen from a device."""
    return {
        "action": "send" if channel.sender == "device" else "receive",
        "channel": {"$ref": f"#/channels/{_id(channel)}"},
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _message(channel: Channel) -> dict[str, Any]:
    name = channel.message.__name__
    described: dict[str, Any] = {
        "name": name,
        "summary": (inspect.getdoc(channel.message) or "").splitlines()[0],
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
    if channel.lines is not None:
        described["contentType"] = "application/zlib"
        described["description"] = (
            "Deflated (RFC 1950) lines: the first is this JSON, those after it are "
            f"{channel.lines}. At most 64 KiB deflated, one entry alone 1280 KiB, and 4 MiB "
            "inflated."
        )
    return described


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    reference = "#/components/schemas/{model}"
    kinds = {each.message.__name__: TypeAdapter(each.message) for each in CHANNELS}
    for name, adapter in (kinds | {"FeedItem": TypeAdapter(FeedItem)}).items():
        schema = adapter.json_schema(ref_template=reference)
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema
    return dict(sorted(schemas.items()))
