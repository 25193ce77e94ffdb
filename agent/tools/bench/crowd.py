"""Many simulated devices in one process: started with a broker's port and a password.

It reads a command a line on standard input, as JSON, and prints a line of JSON when it is done; a
command whose work is to be watched says ``began`` in a line before.
"""

import asyncio
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import Any

from msgspec.structs import replace

from agent.core.facts import AccumulatePoints, Enrol, Fact
from agent.logs import configure_logs
from agent.tools.bench.bare_devices import BareDevices
from agent.tools.bench.crowd_device import CrowdDevice
from agent.tools.bench.ledger_sales import History
from sync.messages import DeviceAddress

__all__ = ["Crowd", "main"]

_MEMBERS = 2
"""Members of each device."""

_WITHIN_S = 300
"""Head office answers a thousand devices within that, or something is wrong."""

_AT_ONCE = 50
"""Devices that connect together; a thousand stores do not come up in one millisecond."""


class Crowd:
    """Devices by name. Every command is a method that answers what is printed."""

    def __init__(self, port: int, password: str) -> None:
        self._port = port
        self._password = password
        self._devices: dict[str, CrowdDevice] = {}
        self._histories: dict[str, History] = {}
        self._bare = BareDevices(port, password)

    async def join(
        self, tenant: str, devices: list[str], members: list[list[str]], points: int
    ) -> Any:
        """Connect devices; the first has written ``members`` (account, token) with so many points
        in its own epoch, which has no rights: they are for head office to grant.
        """
        names = asyncio.Semaphore(_AT_ONCE)
        began_s = time.perf_counter()

        async def join_one(name: str) -> None:
            async with names:
                address = DeviceAddress(tenant=tenant, store=name, device="edge-1")
                device = self._devices[name] = CrowdDevice(address)
                if name == devices[0]:
                    device.journal.append(*_with_points(members, points))
                await device.join(self._port, self._password)
                history = self._histories[name] = _history(_MEMBERS, name)
                device.journal.append(*(each.fact for each in history.enrolments()))
                device.go_on()
                await device.until_acknowledged()

        await self._all(map(join_one, devices))
        return {"took_s": time.perf_counter() - began_s, **self._counted()}

    async def come_back(self, devices: list[str]) -> Any:
        """Have devices greet at the same moment, as when a broker was started again; answers when
        the last of them is in session.
        """
        before, began_s = self._counted(), time.perf_counter()
        await self._all(self._devices[name].come_back() for name in devices)
        took_s = time.perf_counter() - began_s
        return {"took_s": took_s, "greetings": self._counted()["greetings"] - before["greetings"]}

    async def _all(self, work: Iterable[Awaitable[None]]) -> None:
        """Do all at once. Raises RuntimeError where head office leaves devices without answers."""
        try:
            async with asyncio.timeout(_WITHIN_S):
                await asyncio.gather(*work)
        except TimeoutError:
            stand = Counter(each.standing for each in self._devices.values())
            raise RuntimeError(f"not done after {_WITHIN_S} s: {dict(stand)}") from None

    async def write(self, device: str, members: int, entries: int, seed: int) -> Any:
        """Have one device send a backlog; answers when head office holds all of it."""
        one = self._devices[device]
        history = _history(members, f"{device}-{seed}", seed=seed)
        said = [*history.enrolments(), *history.sales(entries - members)]
        one.journal.append(*(each.fact for each in said))
        before = one.batches
        _say({"began": len(said)})
        began_s = time.perf_counter()
        one.go_on()
        await one.until_acknowledged()
        took_s = time.perf_counter() - began_s
        return {"took_s": took_s, "batches": one.batches - before, "entries": len(said)}

    async def rounds(self, devices: list[str], rounds: int, sales: int) -> Any:
        """Have devices sell at once, each its next sales when the last are acknowledged."""
        answers_s: list[float] = []
        began_s = time.perf_counter()

        async def sell(name: str) -> None:
            one, history = self._devices[name], self._histories[name]
            for _ in range(rounds):
                facts = [each.fact for each in history.sales(sales)]
                sent_s = time.perf_counter()
                one.journal.append(*facts)
                one.go_on()
                await one.until_acknowledged()
                answers_s.append(time.perf_counter() - sent_s)

        before = self._counted()
        await self._all(map(sell, devices))
        after = {name: number - before[name] for name, number in self._counted().items()}
        return {"took_s": time.perf_counter() - began_s, "answers_s": answers_s, **after}

    async def bare_rounds(self, devices: list[str], rounds: int, size: int) -> Any:
        """Have bare devices do the same with messages of so many bytes, and a bare hub."""
        return await self._bare.rounds(devices, rounds, size)

    async def bare_paced(self, devices: list[str], count: int, every_s: float, size: int) -> Any:
        """Have bare devices send a message every so often, whatever becomes of the last one."""
        return await self._bare.paced(devices, count, every_s, size)

    async def leave(self) -> Any:
        """Have every device hang up."""
        await asyncio.gather(*(device.leave() for device in self._devices.values()))
        self._devices.clear()
        return {}

    def _counted(self) -> dict[str, int]:
        every = self._devices.values()
        return {
            "batches": sum(each.batches for each in every),
            "greetings": sum(each.greetings for each in every),
        }


def _history(accounts: int, prefix: str, *, seed: int = 1) -> History:
    prefix = f"{prefix}-{time.monotonic_ns()}"
    first = secrets.randbelow(2**40 - accounts)  # nobody else's cards
    return History(accounts=accounts, seed=seed, prefix=prefix, first_card=first)


def _with_points(members: list[list[str]], points: int) -> list[Fact]:
    """Say of each member that they came and bought something that gave so many points."""
    sale = next(History(accounts=1).sales(1)).fact
    facts: list[Fact] = []
    for account, token in members:
        assert isinstance(sale, AccumulatePoints)  # noqa: S101 - a history is of sales
        bought = replace(sale, sale_id=f"points-{account}", account=account, points=points)
        facts += [Enrol(account=account, token=token), bought]
    return facts


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


async def main(port: int, password: str) -> None:
    """Do what standard input says until it ends."""
    crowd = Crowd(port, password)
    lines = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        _say(await getattr(crowd, command.pop("do"))(**command))


if __name__ == "__main__":
    configure_logs(level="CRITICAL")  # standard output is for answers
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
