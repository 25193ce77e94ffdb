"""Two tills that play a planned day against an agent, which is killed now and then.

A till does what a careful POS does: a call that was not answered is made again, the very same,
until it is answered.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from day_of_baskets import Day, Step

from agent.tools.site import StoreKit

__all__ = ["DayRun", "Told"]

_ENDS_WITHIN_S = 1_800
_TILLS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a till was told about a step; ``attempts`` is how often it had to ask."""

    status: int
    replayed: bool
    content: bytes
    body: dict[str, Any]
    attempts: int


class DayAborted(Exception):
    """A till was told something that no till should be told, and the day ends."""


@dataclass(kw_only=True)
class DayRun:
    """One day. ``told`` is what was answered, by the number of the step."""

    store: StoreKit
    day: Day
    open_till: Callable[[StoreKit], httpx.Client]
    told: dict[int, Told] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_open: threading.Event = field(default_factory=threading.Event)

    def play(self, seed: str, *, kills: int) -> None:
        """Play the day to its end, with so many kills at moments that the seed settles."""
        dice = random.Random(f"{seed}/kills")  # noqa: S311 - deals kills, keeps no secret
        moments = sorted(dice.sample(range(1, len(self.day.steps) * 9 // 10), kills))
        self.store.start()
        tills = [self._make_till(number) for number in range(_TILLS)]
        self._is_open.set()
        for till in tills:
            till.start()
        try:
            for moment in moments:
                self._kill_after(moment)
        except DayAborted:
            pass  # what a till was told says why
        except BaseException:
            self.trouble.append("the agent did not come back")
            raise
        finally:
            self._is_open.set()
        for till in tills:
            till.join(_ENDS_WITHIN_S)
            assert not till.is_alive(), f"{till.name} stands still"

    def _make_till(self, number: int) -> threading.Thread:
        client = self.open_till(self.store)
        steps = [step for step in self.day.steps if step.till == number]
        return threading.Thread(
            target=self._work, args=(client, steps), name=f"till {number}", daemon=True
        )

    def _kill_after(self, answers: int) -> None:
        with self._changed:
            self._wait_for(lambda: len(self.told) >= answers)
        self._is_open.clear()
        self.store.agent.kill()
        self.store.agent.start()
        self._is_open.set()

    def _wait_for(self, reached: Callable[[], bool]) -> None:
        if not self._changed.wait_for(lambda: reached() or bool(self.trouble), _ENDS_WITHIN_S):
            self.trouble.append("the tills stand still")
        if self.trouble:
            raise DayAborted

    def _work(self, client: httpx.Client, steps: list[Step]) -> None:
        try:
            for step in steps:
                self._wait_turn(step)
                self._note(step, self._until_answered(client, step))
        except DayAborted:
            return
        except (httpx.HTTPError, ValueError) as error:
            with self._changed:
                self.trouble.append(f"{step.method} {step.path}: {type(error).__name__} {error}")
                self._changed.notify_all()

    def _wait_turn(self, step: Step) -> None:
        with self._changed:
            self._wait_for(lambda: step.after is None or step.after in self.told)

    def _until_answered(self, client: httpx.Client, step: Step) -> Told:
        attempts = 0
        while True:
            attempts += 1
            self._is_open.wait()
            try:
                answer = client.request(step.method, step.path, json=step.body)
            except httpx.TimeoutException:
                raise
            except httpx.TransportError:
                if self.trouble:
                    raise DayAborted from None
                continue
            return Told(
                status=answer.status_code,
                replayed=answer.headers.get("Idempotent-Replay") == "true",
                content=answer.content,
                body=answer.json(),
                attempts=attempts,
            )

    def _note(self, step: Step, told: Told) -> None:
        with self._changed:
            self.told[step.number] = told
            self._changed.notify_all()
