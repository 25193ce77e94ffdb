"""What a sale costs on the wire: real baskets sold at a real till, sent fifty to a batch.

Counted are the payload of each batch, with its header, signature and every line of the baskets, and
the payload of the acknowledgement that comes back; what TCP, TLS and MQTT put around them is not.
"""

import asyncio
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.clock import device_clock, mint_id
from agent.core.entry import Position
from agent.core.facts import Enrol
from agent.ledger import Ledger, Transaction
from agent.paths import shipped_baskets
from agent.till import Rights, Terms, Till
from agent.tools.baskets import read_baskets
from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.ledger_sales import program
from agent.tools.bench.measure import Progress
from sync.messages import Ack, DeviceAddress, encode
from sync.uplink.batches import Batches

__all__ = ["bytes_figure"]

_AT_A_TIME = 50
_ADDRESS = DeviceAddress(tenant="demo", store="s001", device="edge-1")


class _FewAtATime(Ledger):
    """A ledger that gives fifty entries at most, and remembers which it gave last."""

    last: tuple[bytes, ...] = ()

    async def read_after(self, position: tuple[int, int], *, at_most: int) -> list[bytes]:
        given = await super().read_after(position, at_most=min(at_most, _AT_A_TIME))
        self.last = tuple(given)
        return given


def bytes_figure(directory: Path, progress: Progress) -> Figure:
    """Sell every shipped basket and count."""
    ledger = _FewAtATime(directory / "ledger.db", clock=device_clock, mint_id=mint_id)
    ledger.start()
    try:
        first, sold = asyncio.run(_sell(ledger, progress))
        wire, alone = asyncio.run(_count(ledger, first, sold))
    finally:
        ledger.stop()
    return Figure(
        name=f"a sale on the wire, {_AT_A_TIME} to a batch",
        unit="bytes",
        value=wire / sold,
        raw="the same entries deflated, without header, hashes, signature and acknowledgement",
        raw_value=alone / sold,
        target=Target(of="value", at_most=400),
    )


async def _sell(ledger: Ledger, progress: Progress) -> tuple[int, int]:
    """Sell all baskets in an epoch that head office opened, as most of a store's life is.

    Answers after which entry the sales begin, and how many there are.
    """
    terms = Terms(program=program(), alone=False)
    till = Till(ledger, terms, mint_id=mint_id)
    await Rights(ledger, lambda: terms, mint_id=mint_id).welcome(1, "bench", 0)
    sales = list(read_baskets(shipped_baskets()))
    tokens = sorted({str(basket.sale.token) for basket in sales})

    def enrol(transaction: Transaction) -> None:
        for token in tokens:
            transaction.append(Enrol(account=mint_id(), token=token, lane="1"))

    await ledger.write(enrol)
    first = ledger.head.seq
    for number, basket in enumerate(sales, start=1):
        await till.commit(basket.sale_id, basket.sale)
        progress(number, len(sales))
    return first, ledger.head.seq - first


async def _count(ledger: _FewAtATime, first: int, sold: int) -> tuple[int, int]:
    """Answer the bytes of all batches and their acknowledgements, and of the entries alone."""
    batches = Batches(_ADDRESS, ledger, Ed25519PrivateKey.generate())
    wire = alone = 0
    seq = first
    while seq < first + sold:
        batch = await batches.after(ledger.head.epoch, seq)
        if batch is None:
            raise RuntimeError("the ledger does not give its entries")
        head = Position(epoch=batch.epoch, seq=batch.last_seq, hash=batch.last_hash)
        wire += len(batch.payload) + len(encode(Ack.of(ledger.incarnation, head)))
        alone += len(zlib.compress(b"\n".join(ledger.last)))
        batches.went(batch)
        seq = batch.last_seq
    return wire, alone
