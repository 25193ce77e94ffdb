"""A voucher's code is read however it is typed, and a slip of the finger is no other voucher."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.core.program import Discount
from agent.core.vouchers import (
    CODE_BYTES,
    MalformedCode,
    code_of,
    good_until,
    is_good_on,
    masked,
    read_code,
    worth_of,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODES = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES).map(code_of)
GROCER = Discount(
    id="off", text="Points off", points=1, worth_minor=1, step=50, minimum=150,
    partner_rate="2", voucher_months=24,
)  # fmt: skip


def plain(code: str) -> str:
    """A code without its dashes."""
    return code.replace("-", "")


@given(CODES)
def test_a_code_has_one_form(code: str) -> None:
    """Twelve characters and one that checks them, in groups of four, without I, L, O and U."""
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 1]
    assert set(plain(code)) <= set(ALPHABET)
    assert read_code(code) == code


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES), st.integers(4, 63))
def test_every_bit_that_is_used_is_in_the_code(random: bytes, bit: int) -> None:
    """No two numbers of 60 bits have one code, so that a code says all of its randomness."""
    other = (int.from_bytes(random) ^ (1 << bit)).to_bytes(CODE_BYTES)
    assert code_of(random) != code_of(other)


@given(CODES, st.data())
def test_it_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    """In lower case, with blanks and dashes anywhere, with O for 0 and with I or L for 1."""
    typed = []
    for character in plain(code):
        meant = {"0": "0Oo", "1": "1IiLl"}.get(character, character + character.lower())
        typed.append(data.draw(st.sampled_from(meant)))
        typed.append(data.draw(st.sampled_from(["", "-", " ", " - "])))
    assert read_code("".join(typed)) == code


@given(CODES, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(code: str, place: int, wrong: str) -> None:
    """Each single character that is another one makes it no code."""
    right = plain(code)
    assume(right[place] != wrong)
    with pytest.raises(MalformedCode, match="check"):
        read_code(right[:place] + wrong + right[place + 1 :])


@given(CODES, st.integers(0, 12), st.integers(0, 12))
def test_two_that_changed_places_are_found(code: str, first: int, second: int) -> None:
    """Any two characters in each other's place make it no code, not only neighbours."""
    characters = list(plain(code))
    assume(characters[first] != characters[second])
    characters[first], characters[second] = characters[second], characters[first]
    with pytest.raises(MalformedCode, match="check"):
        read_code("".join(characters))


@given(st.text(max_size=80))
def test_whatever_else_is_typed_is_refused(typed: str) -> None:
    """No text is taken that is no code, and none makes the reader fail otherwise."""
    try:
        assert read_code(typed)[4::5] == "---"
    except MalformedCode:
        return


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "length"),
        ("-" * 13, "length"),
        ("0" * 12, "length"),
        ("0" * 14, "length"),
        (" " * 52 + "0" * 13, "length"),
        ("UUUU-UUUU-UUUU-U", "character"),
        ("\u0660" * 13, "character"),
        ("0000-0000-0000-1", "check"),
    ],
)
def test_what_is_wrong_is_told_apart(typed: str, why: str) -> None:
    """Too few characters, one that none has, and one that is wrong are three things."""
    with pytest.raises(MalformedCode, match=why):
        read_code(typed)


@given(CODES)
def test_a_masked_code_cannot_be_used(code: str) -> None:
    """What an export shows of a code is its first group, and its form."""
    assert masked(code) == f"{code[:4]}-****-****-*"


@pytest.mark.parametrize(
    ("points", "partner", "value_minor"),
    [(250, False, 250), (150, False, 150), (250, True, 500), (10**9, True, 2 * 10**9)],
)
def test_points_are_worth_what_the_program_says(
    points: int, partner: bool, value_minor: int
) -> None:
    """At the grocer a point is a penny, and at a partner two."""
    worth = worth_of(GROCER, points, date(2026, 11, 22), partner=partner)
    assert worth is not None
    assert (worth.value_minor, worth.good_until) == (value_minor, date(2028, 11, 21))


def test_a_fraction_of_a_minor_unit_is_dropped_once() -> None:
    """Where a partner's rate makes no whole money, the whole voucher is floored, not each step."""
    odd = GROCER.model_copy(update={"partner_rate": "1.333", "points": 3, "step": 3})
    worth = worth_of(odd, 300, date(2026, 11, 22), partner=True)
    assert worth is not None
    assert worth.value_minor == 133


def test_no_partner_no_voucher_for_one() -> None:
    """A program without a rate for partners has none."""
    alone = GROCER.model_copy(update={"partner_rate": None})
    assert worth_of(alone, 250, date(2026, 11, 22), partner=True) is None
    assert worth_of(alone, 250, date(2026, 11, 22), partner=False) is not None


@pytest.mark.parametrize(
    ("issued_on", "last_day"),
    [
        (date(2026, 11, 22), date(2028, 11, 21)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2027, 12, 31)),
    ],
)
def test_a_voucher_runs_for_its_months(issued_on: date, last_day: date) -> None:
    """It is good on its last day, and on the next one it is not."""
    assert good_until(GROCER, issued_on) == last_day
    assert is_good_on(last_day, last_day)
    assert not is_good_on(last_day, date.fromordinal(last_day.toordinal() + 1))


def test_without_months_it_is_good_for_ever() -> None:
    """A program that says nothing of months lets none of its vouchers end."""
    assert good_until(GROCER.model_copy(update={"voucher_months": None}), date(2026, 1, 1)) is None
    assert is_good_on(None, date.max)
