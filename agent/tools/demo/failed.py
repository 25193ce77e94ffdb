"""What ends the demo when something did not do what it must."""

__all__ = ["DemoFailed"]


class DemoFailed(Exception):
    """Something in the demo did not do what it must; the message says what."""
