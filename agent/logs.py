"""How every program of tapledger logs: one line of JSON for each thing, on standard output."""

import logging
import sys
import threading
import traceback

import structlog

__all__ = ["configure_logs"]


def configure_logs(*, level: str = "INFO") -> None:
    """Write JSON lines to standard output, where journald keeps them."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    _adopt_library_logs(shared)


def _adopt_library_logs(shared: list[structlog.typing.Processor]) -> None:
    """Have what libraries log, and what ends a thread, written in the same form."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    log = structlog.get_logger(__name__)

    def thread_ended(ended: threading.ExceptHookArgs) -> None:
        name = ended.thread and ended.thread.name
        at = "".join(traceback.format_tb(ended.exc_traceback))
        # Not what it says: a driver's thread may say it of a card.
        log.error("thread_ended", thread=name, error=ended.exc_type.__name__, at=at)

    threading.excepthook = thread_ended
