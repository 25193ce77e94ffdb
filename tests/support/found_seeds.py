"""Seeds that once found something, each with what it was. They are played in every run."""

__all__ = ["FOUND"]

FOUND: dict[int, str] = {
    37: "a sale whose points still waited came back at another store, and its void was refused: "
    "its entry would have said that less than nothing waits",
    195: "a clone wrote another end of the epoch before the first welcome, which nobody had ended: "
    "head office took only one of the two, and the other was offered for ever",
    278: "a return at a store that had sold without the card took points that had been spent: a "
    "debt that is right, and was thought too large",
}
"""A seed, and what was wrong when it was found."""
