"""Seeds that once found something, each with what it was. They are played in every run."""

__all__ = ["BY_DICE_ALONE", "FOUND", "MIXES_OF", "TRADES_OF"]

FOUND: dict[int, str] = {
    29: "an activation of points of three sales, one of which two stores wrote: a replay left "
    "out the other two, and said that the books were wrong",
    37: "a sale whose points still waited came back at another store, and its void was refused: "
    "its entry would have said that less than nothing waits",
    125: "rights were granted as a day began, and points ran out then: head office was looked at "
    "only after both, as if it had granted what runs out",
    195: "a clone wrote another end of the epoch before the first welcome, which nobody had ended: "
    "head office took only one of the two, and the other was offered for ever",
    278: "a return at a store that had sold without the card took points that had been spent: a "
    "debt that is right, and was thought too large",
    1005: "a void that a copied box had covered by its rights, as in 5025",
    1019: "a head office that was set back heard that a card was lost before it heard in an older "
    "epoch whose it was, and took it for good",
    1684: "a return at a store that had the sale and one at a store that had not were rounded each "
    "by itself: a point too many was taken",
    5025: "a return that a copied box had covered by its rights, on a branch whose rights count no "
    "more: a debt that is right until a person writes those off, and was thought too large",
    5623: "head office gave a card, was set back, and heard of it again only as a store ended it: "
    "a card that is rightly known, and was thought to be given to nobody",
    5780: "a head office was set back while its devices caught up with the time before, and nobody "
    "noticed: a store went on from a place of the feed that was another one's by then",
    11703: "a card that another had replaced was good again for whoever got it after its member "
    "was forgotten",
    12515: "of a copied box and its copy, which had lost its disk, one heard no contradiction: "
    "head office was asked whether it had noticed before that one had greeted again",
    13280: "of a copied box one had rights to what the other had made active too, and had been "
    "granted: a debt that is right until a person writes those off, and was thought too large",
    15085: "a sale of a member who was forgotten came back at another store, while a lost disk had "
    "rights to its points: less than nothing is right until a person writes those off, and was "
    "thought wrong",
    15465: "a card that head office had forgotten giving, as in 5623",
    16239: "rights to what a copy had been granted, as in 13280",
    17331: "a head office that was set back held the present epoch of a device and not the one "
    "before it, of which the device had been told that all is held: it was never sent again",
    20022: "an activation of points of two sales, one of which two stores wrote: head office "
    "counted nothing of the other, and took the device's rights to it for a debt",
    20031: "points that waited stayed when older ones ran out, and were thought to be active",
    20059: "a copied box gave back what was held when it was copied, and the other one captured "
    "it: a debt that is right, and was thought too large",
    20088: "a head office that was set back twice to one moment gave its second generation the "
    "number of the first: a store that had heard of that one was never told of a merge",
    20078: "a third of a sale came back at a store that did not know whose it was, and when older "
    "points ran out all of it was thought to be left",
    38925: "an old epoch that had come to nothing once waited anew each time that its session was "
    "opened: where another box took the line again and again, what was held in it was never sent",
    42457: "points that a copied box made active ran out before head office heard that the other "
    "box has rights to them: what is owed for that was thought too much",
    45713: "a store that head office had told of a card, and not yet of its member, gave a new "
    "card in its place and then did not know that one",
}
"""A seed, and what was wrong when it was found."""

MIXES_OF: dict[int, str] = {
    29: "storm",
    37: "lost",
    125: "everything",
    195: "everything",
    278: "office",
    1005: "cloned",
    1019: "office",
    1684: "office",
    5025: "everything",
    5623: "members",
    5780: "office",
    11703: "members",
    12515: "everything",
    13280: "members",
    15085: "members",
    15465: "members",
    16239: "everything",
    17331: "everything",
    20022: "islands",
    20031: "cloned",
    20059: "cloned",
    20078: "islands",
    20088: "office",
    38925: "everything",
    42457: "cloned",
    45713: "members",
}
"""What mix of faults each was found in: a seed has another one where there are more mixes."""

TRADES_OF: dict[int, str] = {
    29: "vouchers",
    37: "vouchers",
    125: "running_out",
    195: "plain",
    278: "plain",
    1005: "plain",
    1019: "plain",
    1684: "running_out",
    5025: "plain",
    5623: "plain",
    5780: "running_out",
    11703: "plain",
    12515: "plain",
    13280: "vouchers",
    15085: "plain",
    15465: "plain",
    16239: "vouchers",
    17331: "plain",
    20022: "vouchers",
    20031: "vouchers",
    20059: "running_out",
    20078: "vouchers",
    20088: "vouchers",
    38925: "running_out",
    42457: "vouchers",
    45713: "plain",
}
"""What trade each was found in: in another one it would be another history."""

BY_DICE_ALONE = frozenset(
    (29, 37, 125, 195, 278, 1005, 5025, 20022, 20031, 20059, 20078, 20088),
)
"""Those that were found when no mix was sure of what it is about: so they would be others, too."""
