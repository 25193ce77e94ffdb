"""An ACR122U's light and buzzer: a cashier hears whether a card was taken (its API 2.04, 6.2).

The command goes to the reader the way of any other to a card, and the reader keeps it. Its answer
says what the lights are, and comes when they have blinked; nothing depends on it.
"""

__all__ = ["REFUSED", "TAKEN", "gives_signals"]

TAKEN = bytes.fromhex("FF0040A00401000101")
"""Green and a beep of 100 ms."""

REFUSED = bytes.fromhex("FF0040500401010201")
"""Red and two beeps of 100 ms."""


def gives_signals(reader: str) -> bool:
    """Say whether a reader of this name has light and buzzer of that kind.

    >>> gives_signals("ACS ACR122U PICC Interface 00 00"), gives_signals("Virtual PCD 00 00")
    (True, False)
    """
    return "ACR122" in reader
