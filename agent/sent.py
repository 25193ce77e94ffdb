"""What head office sent of the program, kept beside the ledger so that it outlives a restart.

A version's text lies in a file of its own, the promotions that are pushed now in another. Only what
was found good is written, whole or not at all; what lies there broken is as if it were not there.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.core.mistakes import Amiss
from agent.core.program import Editions, Program, Promotion
from agent.core.pushing import accept
from agent.core.strict_toml import InvalidDocument
from agent.ledger.places import make_private, sync_directory

__all__ = ["Sent", "accepted", "beside", "not_over", "read_pushed"]

_PUSHED = "pushed.json"
_REFUSED = "refused.txt"
_STILL_KEPT = timedelta(days=1)
"""For how long a promotion that is over is kept for sales that are handed in late."""

_PROMOTIONS = TypeAdapter(tuple[Promotion, ...])


class Sent:
    """One directory of such files. Every write is on disk when it returns; raises OSError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def programs(self) -> list[Program]:
        """Read the versions that were kept, as far as they can be read."""
        found = []
        for file in sorted(self._directory.glob("*.toml")):
            with suppress(InvalidDocument, OSError, UnicodeDecodeError):
                found.append(Program.parse(file.read_text("utf-8"), source=str(file)))
        return found

    def pushed(self) -> tuple[Promotion, ...]:
        """Read the promotions that were pushed last, as far as they can be read."""
        with suppress(OSError, ValueError):
            return read_pushed((self._directory / _PUSHED).read_text("utf-8"))
        return ()

    def refused(self) -> str | None:
        """Say why what was sent last was refused; None where it was not."""
        with suppress(OSError, UnicodeDecodeError):
            return (self._directory / _REFUSED).read_text("utf-8")
        return None

    def keep_program(self, program: Program, text: str) -> None:
        """Keep the text of a version."""
        self._write(f"{program.version:09}.toml", text)

    def keep_pushed(self, text: str) -> None:
        """Keep what is pushed, in place of what was pushed before."""
        self._write(_PUSHED, text)

    def keep_refused(self, why: str | None) -> None:
        """Remember why the last was refused, or that it was not."""
        if why is not None:
            self._write(_REFUSED, why)
        elif (self._directory / _REFUSED).exists():
            (self._directory / _REFUSED).unlink()
            sync_directory(self._directory)

    def _write(self, name: str, text: str) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._directory / f"{name}.unfinished"
        make_private(unfinished)
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._directory / name)
        sync_directory(self._directory)


def beside(files: Editions, sent: Iterable[Program]) -> Editions:
    """Put the versions that head office sent before those of the store's own files.

    Of two that begin on one day the higher version counts. A file that is newer than all that was
    sent counts for nothing: what head office says is what holds. Raises ValueError where they are
    not versions of one program.
    """
    told = {each.version: each for each in sent}
    if not told:
        return files
    own = {each.version: each for each in files.programs if each.version < max(told)}
    return Editions.as_they_came((own | told).values())


def read_pushed(text: str) -> tuple[Promotion, ...]:
    """Read promotions as they are pushed: a JSON list. Raises ValueError in one line."""
    try:
        return _PROMOTIONS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"pushed.{place}: {first['msg']}") from error


def accepted(
    editions: Editions, pushed: tuple[Promotion, ...], now: datetime
) -> tuple[Promotion, ...]:
    """Answer those that are not over, where they may stand beside the version of the program that
    is in force and the newest. Raises ValueError in one line.
    """
    there = not_over(pushed, now)
    for program in (editions.on(now.date()), editions.newest):
        try:
            accept(program, there)
        except Amiss as amiss:
            raise ValueError(f"pushed: {str(amiss).splitlines()[0]}") from amiss
    return there


def not_over(pushed: tuple[Promotion, ...], now: datetime) -> tuple[Promotion, ...]:
    """Leave out the promotions whose time has been over for long enough."""
    return tuple(
        each for each in pushed if each.ends_at is None or each.ends_at > now - _STILL_KEPT
    )
