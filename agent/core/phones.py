"""Telephone numbers as people say them, in the one form that finds a member: E.164.

>>> Phone.parse("(202) 555-0143", "US").number
'+12025550143'
>>> Phone.parse("+36 20 123 4567", "US").number
'+36201234567'

A number is judged by its length only. Which area codes exist changes every month, and a box in a
back room must not turn a member away because its list is old. A number with an extension reaches
more than one person, and a local one without its area code is not the same everywhere; both are
refused.

A number prints masked and is written ``phone``, so that neither a log nor a journal can hold it by
accident; ``number`` gives it in full.
"""

from dataclasses import dataclass
from typing import Annotated, Self

import phonenumbers
from pydantic import AfterValidator

__all__ = ["BY_PHONE", "Country", "Phone", "PhoneRefused", "is_by_phone"]

BY_PHONE = "phone"
"""What stands before the colon, and all that a journal holds of a number."""

_SHOWN = 4


class PhoneRefused(ValueError):
    """A text is no whole telephone number; the message does not repeat it."""


def _known_country(country: str) -> str:
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("write the country as ISO 3166 does, in two capitals, such as US")
    return country


Country = Annotated[str, AfterValidator(_known_country)]
"""ISO 3166-1 alpha-2 code of a country that has telephone numbers."""


@dataclass(frozen=True, slots=True, repr=False)
class Phone:
    """A telephone number in E.164: a plus, the country's code, and the rest as digits."""

    number: str

    @classmethod
    def parse(cls, text: str, country: str) -> Self:
        """Read a number; one without a country's code is read in ``country``.

        Raises PhoneRefused.
        """
        try:
            read = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            raise PhoneRefused("no telephone number") from None
        whole = phonenumbers.is_possible_number_with_reason(read)
        if read.extension or whole != phonenumbers.ValidationResult.IS_POSSIBLE:
            raise PhoneRefused("no whole telephone number")
        return cls(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))

    def __str__(self) -> str:
        return BY_PHONE

    def __repr__(self) -> str:
        return f"Phone(***{self.number[-_SHOWN:]})"


def is_by_phone(text: str) -> bool:
    """Say whether a text names a member by telephone, well written or not."""
    return text.strip().partition(":")[0].lower() == BY_PHONE
