"""A payment card's number is not stored because somebody calls it a chip's, and chips are taken."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.core.tokens import Token, TokenRefused


def luhn(digits: str) -> str:
    """``digits`` and the digit that ISO/IEC 7812-1 annex B asks for after them."""
    doubled = [int(d) * 2 if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits))]
    return f"{digits}{-sum(n // 10 + n % 10 for n in doubled) % 10}"


def refusal_of(text: str) -> str:
    """The reason word with which ``text`` is refused."""
    with pytest.raises(TokenRefused) as refused:
        Token.parse(text)
    return str(refused.value)


@pytest.mark.parametrize(
    "number",
    [
        # The test numbers that payment companies publish.
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "6011111111111117",
        "30569309025904",
        "38520000023237",
        "378282246310005F",  # as a terminal holds fifteen digits
        "4222222222222FFF",
    ],
)
@pytest.mark.parametrize("written", [str.upper, str.lower])
def test_a_payment_card_called_uid_is_refused(number: str, written: object) -> None:
    """Under ``uid:`` each is what it is, also filled up to whole bytes, in either case."""
    assert callable(written)
    assert refusal_of(f"uid:{written(number)}") == "payment_card"


@given(st.from_regex(r"[23456][0-9]{14}(?:[0-9]{2})?", fullmatch=True).map(luhn))
def test_no_number_of_a_payment_issuer_passes_as_eight_bytes(number: str) -> None:
    """Sixteen or eighteen digits that a payment issuer may have given out are never a UID."""
    assert refusal_of(f"uid:{number}") == "payment_card"


@pytest.mark.parametrize("odd", ["378282246310005", "4222222222222"])
def test_half_a_byte_is_no_uid(odd: str) -> None:
    """An odd number of digits is no chip's number whatever it is, and not stored either."""
    assert refusal_of(f"uid:{odd}") == "unknown"


@pytest.mark.parametrize(
    "uid",
    [
        "0416C6C2D73881",
        luhn("0412345678901"),  # NXP: seven bytes, decimal by chance, and the digit fits
        luhn("0212345678901"),  # STMicroelectronics
        luhn("1612345678901"),  # EM Microelectronic
        luhn("2012345678901"),  # another maker's code, which begins like an issuer's number
        luhn("4412345678901"),
        luhn("5312345678901"),
        "36123456",  # four bytes, which may begin with anything
        "40000002",
        "E004015012345678",  # ISO/IEC 15693, as it is written and as it is sent
        "78563412500104E0",
    ],
)
def test_a_chip_is_taken(uid: str) -> None:
    """A chip's number is a token also where it happens to be decimal and to end in a Luhn digit."""
    assert str(Token.parse(f"uid:{uid}")) == f"uid:{uid}"


@given(st.binary(min_size=4, max_size=4) | st.binary(min_size=7, max_size=7))
def test_hardly_any_chip_is_refused(number: bytes) -> None:
    """Of the sizes that cards have, only a Diners Club number would be refused."""
    uid = number.hex().upper()
    assume(not (uid.isdigit() and uid[:2] in ("30", "36", "38", "39")))
    assert Token.parse(f"uid:{uid}").value == uid
