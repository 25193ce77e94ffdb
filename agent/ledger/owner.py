"""Whose a ledger is: what root writes into it goes to the owner of its directory.

A service of systemd runs under a user of its own (``DynamicUser``), and a person who restores a
backup runs as root. A database, a lock or a directory that stayed root's would keep the agent from
its own ledger.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from agent.ledger.places import Places

__all__ = ["kept_by_owner"]

_ROOT = 0


@contextmanager
def kept_by_owner(places: Places) -> Iterator[None]:
    """Give the files of a ledger that root makes meanwhile to whom the ledger belongs.

    That is the owner of its directory; where root owns that, the owner of its database. Also what
    an attempt left that failed. Raises OSError where the owner cannot be changed.
    """
    owner = _owner_of(places) if os.geteuid() == _ROOT else None
    try:
        yield
    finally:
        if owner is not None:
            _give(places, *owner)


def _owner_of(places: Places) -> tuple[int, int] | None:
    """Answer user and group; None where it is root's own."""
    for path in (places.database.parent, places.database):
        with suppress(FileNotFoundError):
            found = path.stat()
            if found.st_uid != _ROOT:
                return found.st_uid, found.st_gid
    return None


def _give(places: Places, user: int, group: int) -> None:
    """Change the owner of everything of the ledger that is root's.

    By descriptor and never through a link: the directory is another's, who may move things about.
    """
    top = places.database.parent.resolve()
    for directory, inner, files, here in os.fwalk(top):
        names = [*inner, *files]
        if directory == str(top):
            names = [name for name in names if places.owns(name)]
            inner[:] = [name for name in inner if places.owns(name)]
        for name in names:
            with suppress(FileNotFoundError):
                if os.stat(name, dir_fd=here, follow_symlinks=False).st_uid == _ROOT:
                    os.chown(name, user, group, dir_fd=here, follow_symlinks=False)
