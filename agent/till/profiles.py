"""Profiles: what a member told the shop of themselves, kept beside the journal and erasable.

No entry ever holds a name, a birthday or a number, so that erasing a person breaks no chain.
"""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from agent.core.values import NO_CONTROL_CHARACTERS, Code, Value
from agent.ledger import Profile, Transaction, View
from agent.till.members import parse_phone
from agent.till.refusals import PhoneInUse, UnknownAccount
from agent.till.terms import Terms

__all__ = [
    "AtTill",
    "Personal",
    "ProfileChange",
    "erase_profile",
    "keep_profile",
    "profile_of",
    "put_profile",
    "refuse_phone_of_another",
]

_LEAP_YEAR = 2000


def _day_of_a_year(birthday: str) -> str:
    """Hold that there is such a day in some year."""
    try:
        if re.fullmatch(r"[0-9]{2}-[0-9]{2}", birthday):
            date.fromisoformat(f"{_LEAP_YEAR}-{birthday}")
            return birthday
    except ValueError:
        pass
    raise ValueError("write it as MM-DD, a day that there is")


_Birthday = Annotated[str, AfterValidator(_day_of_a_year)]
_DisplayName = Annotated[
    str,
    StringConstraints(
        strict=True,
        strip_whitespace=True,
        min_length=1,
        max_length=60,
        pattern=NO_CONTROL_CHARACTERS,
    ),
]
_PhoneText = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=60)]


class AtTill(Value):
    """Where something is asked for, and by whom, as far as the POS says."""

    lane: Code | None = None
    """The lane it is asked for at."""
    cashier: Code | None = None
    """Who asks for it."""


class Personal(Value):
    """What a member tells of themselves. ``birthday`` is ``MM-DD``; a telephone number without a
    country's code is read in the store's country.
    """

    phone: _PhoneText | None = None
    """The telephone number; without a country's code it is the store's country's."""
    display_name: _DisplayName | None = None
    """What screens call the member."""
    birthday: _Birthday | None = None
    """A day of the year: `MM-DD`."""


class ProfileChange(Personal, AtTill):
    """What is to be known of a member from now on, and who says so."""


def profile_of(account: str, personal: Personal, terms: Terms) -> Profile:
    """Read what a member told. Raises MalformedPhone."""
    phone = None if personal.phone is None else parse_phone(personal.phone, terms)
    return Profile(
        account=account,
        display_name=personal.display_name,
        birthday=personal.birthday,
        phone=None if phone is None else phone.number,
    )


def refuse_phone_of_another(view: View, profile: Profile) -> None:
    """Hold that no other member has a profile's number. Raises PhoneInUse."""
    owner = _other_owner(view, profile)
    if owner is not None and view.account(owner) is not None:
        raise PhoneInUse("another member has this telephone number")


def _other_owner(view: View, profile: Profile) -> str | None:
    owner = None if profile.phone is None else view.account_of_phone(profile.phone)
    return None if owner == profile.account else owner


def keep_profile(transaction: Transaction, profile: Profile) -> None:
    """Keep a profile that says something, and forget one that says nothing.

    A profile without a member, whose enrolment went with a damaged disk, gives its number up.
    """
    orphan = _other_owner(transaction, profile)
    if orphan is not None:
        transaction.erase_profile(orphan)
    if profile == Profile(account=profile.account):
        transaction.erase_profile(profile.account)
    else:
        transaction.keep_profile(profile)


def put_profile(transaction: Transaction, profile: Profile) -> Personal:
    """Replace what is known of a member. Raises UnknownAccount, PhoneInUse."""
    if transaction.account(profile.account) is None:
        raise UnknownAccount("no member has this account here")
    refuse_phone_of_another(transaction, profile)
    keep_profile(transaction, profile)
    return Personal(
        phone=profile.phone, display_name=profile.display_name, birthday=profile.birthday
    )


def erase_profile(transaction: Transaction, account: str) -> None:
    """Forget a person; their points stay the account's. Raises UnknownAccount."""
    if transaction.account(account) is None and transaction.profile(account) is None:
        raise UnknownAccount("no member has this account here")
    transaction.erase_profile(account)
