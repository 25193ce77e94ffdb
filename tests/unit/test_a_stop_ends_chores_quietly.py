"""A daemon that is stopped in the middle of a chore says nothing of it in its log."""

import asyncio
import logging

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from agent.chores import until_stopped


async def _stop_within(failing: Exception | None) -> None:
    """Stop a scheduler in the middle of a chore, or once it has failed."""
    begun, scheduler = asyncio.Event(), AsyncIOScheduler()

    async def replay() -> None:
        begun.set()
        if failing is not None:
            raise failing
        await asyncio.Event().wait()

    scheduler.add_job(until_stopped(replay))
    scheduler.start()
    await begun.wait()
    scheduler.shutdown(wait=False)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


def test_a_chore_under_way_ends_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log after a stop finds no mistake there that was none."""
    with caplog.at_level(logging.WARNING):
        asyncio.run(_stop_within(None))
    assert caplog.records == []


def test_a_chore_that_fails_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A real mistake is still logged, by its name."""
    with caplog.at_level(logging.WARNING):
        asyncio.run(_stop_within(ValueError("no")))
    assert any("replay" in record.getMessage() for record in caplog.records)
