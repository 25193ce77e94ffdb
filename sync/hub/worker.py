"""One worker of several: ``python -m sync.hub.worker NUMBER PIPE CONFIG...``, started by the hub.

It says once a second how it is, as a line of JSON in the pipe. When the pipe breaks, the hub is
gone, and so is the worker.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from agent.layered import load
from agent.logs import configure_logs
from agent.service import leave
from sync.hub.crew import OneWorker
from sync.hub.database import Database
from sync.hub.settings import HubSettings

__all__ = ["main"]

_EVERY_S = 1.0


def main(arguments: list[str]) -> None:
    """Work until told to stop, or until nobody listens."""
    number, pipe = int(arguments[0]), int(arguments[1])
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    configure_logs()
    settings = load(HubSettings, tuple(Path(name) for name in arguments[2:]))
    database = Database(settings.database.url)
    database.start(migrate=False)  # the hub did
    worker = OneWorker(settings, database, number=number)
    worker.begin()
    while _says(pipe, worker) and not stop.wait(_EVERY_S):
        pass
    worker.end()
    database.stop()


def _says(pipe: int, worker: OneWorker) -> bool:
    try:
        os.write(pipe, worker.status().model_dump_json().encode() + b"\n")
    except BrokenPipeError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
    leave()
