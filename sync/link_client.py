"""paho's client, as the link needs it: with word of a thread that ends, and MQTT 5 properties."""

from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties

__all__ = ["LinkClient", "properties"]


class LinkClient(Client):
    """Tells the link, which is its user data, when its thread ends, whatever ended it."""

    def loop_forever(self, *arguments: Any, **options: Any) -> MQTTErrorCode:
        try:
            return super().loop_forever(*arguments, **options)
        except Exception as error:  # noqa: BLE001 - a callback's mistake, or paho's at a bad packet
            self.user_data_get().broken(error)
            return MQTTErrorCode.MQTT_ERR_UNKNOWN


def properties(packet: int, **named: int) -> Properties:
    """Make MQTT 5 properties for one kind of packet, a ``PacketTypes`` number."""
    made = Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    for name, value in named.items():
        setattr(made, name, value)
    return made
