"""Judging: what a thing is worth, by all the entries that speak of it together. Pure.

Every device writes what it sees, and none sees all. Head office keeps the entries and adds up; what
it adds is never one entry's own postings but the change of the worth of the thing that the entry
speaks of. The worth depends on the set of entries alone, not on the order in which they came, so
that every order of arrival ends in the same sums. Where one device alone wrote of a thing, its
worth is exactly the sum of what that wrote; of one journal alone by definition, whatever it says.

``things_of`` names the things of an entry, ``postings_alone`` what of it belongs to none, and
``judge`` says what a thing is worth and what contradicted in it.
"""

from collections.abc import Sequence

from sync.hub.judging.adjustments import judge_adjustment
from sync.hub.judging.days import OF_OTHER_DAYS, Days, What, as_written, given_by
from sync.hub.judging.judgement import Conflict, Judgement, Worth, not_less
from sync.hub.judging.mentions import Mention, ThingAt, postings_alone, thing_of, things_of
from sync.hub.judging.redemptions import judge_redemption
from sync.hub.judging.sales import judge_sale
from sync.hub.judging.vouchers import judge_voucher
from sync.hub.judging.written import is_of_one_journal, sum_as_written

__all__ = [
    "OF_OTHER_DAYS",
    "Conflict",
    "Days",
    "Judgement",
    "Mention",
    "ThingAt",
    "What",
    "Worth",
    "given_by",
    "judge",
    "not_less",
    "postings_alone",
    "thing_of",
    "things_of",
]


def judge(thing: str, mentions: Sequence[Mention]) -> Judgement:
    """Judge a thing by all its mentions, in any order."""
    kind, _, name = thing.partition(":")
    if mentions and is_of_one_journal(mentions):
        return Judgement(worth=sum_as_written(mentions), days=as_written(mentions))
    match kind:
        case "sale":
            return judge_sale(name, mentions)
        case "redemption":
            return judge_redemption(name, mentions)
        case "voucher":
            return judge_voucher(mentions)
        case "adjust":
            return judge_adjustment(name, mentions)
    raise ValueError(f"no such sort of thing: {kind}")
