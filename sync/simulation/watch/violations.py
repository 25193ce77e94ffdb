"""A broken invariant: which one, where, and what was seen."""

__all__ = ["Violation", "hold"]


class Violation(AssertionError):
    """An invariant of ARCHITECTURE.md does not hold. ``invariant`` is its name, such as ``I5``."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant
        self.text = text

    def __reduce__(self) -> tuple[type["Violation"], tuple[str, str]]:
        return (Violation, (self.invariant, self.text))


def hold(invariant: str, holds: bool, text: str) -> None:
    """Hold an invariant. Raises Violation."""
    if not holds:
        raise Violation(invariant, text)
