"""Seeds that once found something, each with what it was. They are played in every run.

Histories have been shaped otherwise since some of these were found; they stay, as any seed may.
"""

__all__ = ["FOUND"]

FOUND: dict[int, str] = {
    11: "an opening that came late left the lives that grew from it on a line of their own",
    13: "a page was told by a line that was empty, and its accounts were not marked afterwards",
    23: "a page was told between a disk's loss and its new epoch, by the sums of the old life",
    32: "a sale that one store took for nobody and another for a member explains a debt",
    41: "grants that head office had forgotten are adopted, also in an epoch that is over",
}
"""A seed, and what was wrong when it was found."""
