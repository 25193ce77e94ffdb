"""Ids that a POS mints, and answers that were given before."""

from typing import Annotated

from fastapi import Path, Query, Response

from agent.core.values import POS_ID_FORM, Code

__all__ = ["AskedBy", "AskedLane", "PosId", "mark_replay"]

PosId = Annotated[
    str,
    Path(
        pattern=POS_ID_FORM,
        description="Minted by the POS, unique for ever: printable ASCII, no space, no slash",
    ),
]


AskedLane = Annotated[Code | None, Query(description="The lane it is asked for at.")]
AskedBy = Annotated[Code | None, Query(description="Who asks for it.")]


def mark_replay(response: Response) -> None:
    """Say that nothing was written: this was asked and answered before."""
    response.status_code = 200
    response.headers["Idempotent-Replay"] = "true"
