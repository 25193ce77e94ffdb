"""SQLite from 3.7.0 to 3.51.2 may damage a database in which two connections write or checkpoint at
once, and each commit may checkpoint: head office has one connection at a time do so.
"""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from sync.hub.database import Database

THREADS, TIMES = 4, 25


def test_nobody_begins_before_the_commit_of_another_has_returned(tmp_path: Path) -> None:
    """Four threads write: each has its connection back in the pool before the next takes one."""
    database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    database.start(migrate=False)
    database.transact(lambda c: c.execute(text("CREATE TABLE t (n INTEGER)")))
    writing, most, turning = 0, 0, threading.Lock()

    def came(*_: Any) -> None:
        nonlocal writing, most
        with turning:
            writing += 1
            most = max(most, writing)

    def went(*_: Any) -> None:
        nonlocal writing
        with turning:
            writing -= 1

    event.listen(database.engine, "checkout", came)
    event.listen(database.engine, "checkin", went)

    def write() -> None:
        for number in range(TIMES):
            database.transact(
                lambda c, n=number: c.execute(text("INSERT INTO t VALUES (:n)"), {"n": n})
            )

    threads = [threading.Thread(target=write) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = database.read(lambda c: c.execute(text("SELECT count(*) FROM t")).scalar_one())
    database.stop()
    assert found == THREADS * TIMES
    assert most == 1
