"""A PIN is 4 to 12 digits, and not one of the first that somebody would try."""

import pytest
from pydantic import TypeAdapter, ValidationError

from agent.core.pins import DUMMY_HASH, Pin, PinHash, is_pin, is_trivial


@pytest.mark.parametrize(
    ("pin", "trivial"),
    [("0000", True), ("1234", True), ("7890", True), ("4321", True), ("1357", False),
     ("1235", False)],
)  # fmt: skip
def test_a_pattern_is_trivial(pin: str, trivial: bool) -> None:
    """One digit all over and digits in a row are trivial."""
    assert is_trivial(pin) == trivial


@pytest.mark.parametrize("text", ["123", "1234567890123", "12a4", ""])
def test_anything_else_is_no_pin(text: str) -> None:
    """Too short, too long or no digits is refused, and is not repeated."""
    assert not is_pin(text)
    with pytest.raises(ValidationError, match="a PIN is 4 to 12 digits"):
        TypeAdapter(Pin).validate_python(text)
    assert TypeAdapter(Pin).validate_python("2580").get_secret_value() == "2580"


def test_a_hash_is_one_that_the_command_makes() -> None:
    """Another text, or a hash of weaker parameters, is refused."""
    hashes = TypeAdapter(PinHash)
    assert hashes.validate_python(DUMMY_HASH).get_secret_value() == DUMMY_HASH
    for wrong in ("", "2580", DUMMY_HASH[:-1], DUMMY_HASH.replace("argon2id", "argon2i")):
        with pytest.raises(ValidationError, match="no PIN's hash"):
            hashes.validate_python(wrong)
