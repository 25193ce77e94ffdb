"""What makes the API easier to get into than it looks is said when the agent starts."""

import pytest

from agent.settings import ApiSettings

OWN = {"till1": "a secret of its own"}


def warned(listen: str = "127.0.0.1:8100", **tokens: str) -> list[str]:
    """What is warned of."""
    settings = ApiSettings.model_validate({"listen": listen, "tokens": tokens or OWN})
    return [warning for warning, _ in settings.warnings()]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "[::1]", "::1", "localhost"])
def test_nothing_is_said_where_only_the_machine_gets_in(host: str) -> None:
    """A till's own secret and an address of the machine itself are what is meant."""
    assert warned(f"{host}:8100") == []


_OPEN = "0.0.0.0"  # noqa: S104 - nothing listens there: it is what is warned of


@pytest.mark.parametrize("host", [_OPEN, "192.168.1.5", "[::]", "edge-1.lan", "localhost.lan"])
def test_tokens_in_clear_are_said(host: str) -> None:
    """Where the network gets in, tokens travel in clear unless TLS stands before the agent."""
    settings = ApiSettings.model_validate({"listen": f"{host}:8100", "tokens": OWN})
    ((warning, said),) = settings.warnings()
    assert (warning, said["listen"]) == ("listens_on_the_network", f"{host}:8100")
    assert "TLS" in said["advice"]


def test_tokens_that_anybody_knows_are_said() -> None:
    """The example's token, and none at all."""
    assert warned(till1="change-me") == ["example_till_token"]
    assert [warning for warning, _ in ApiSettings().warnings()] == ["no_till_token"]
