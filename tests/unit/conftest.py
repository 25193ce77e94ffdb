"""What the unit tests share: generated sales, programs and entries, and a ledger in a directory.

Generators are registered by type, so that a test asks for ``st.from_type(Sale)`` and gets sales
that a till could hand over: they add up, and their lines fall into few categories, so that an
exclusion meets something to exclude.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from fact_strategies import facts
from head_office_books import Books
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from in_memory import directory_in_memory
from msgspec import Raw
from stocked import Stock

from agent.clock import mint_id
from agent.core.accumulate import accumulate
from agent.core.basket import Line, Sale, Tender
from agent.core.entry import GENESIS, ClockReading, Entry, chain
from agent.core.facts import AccumulatePoints, Enrol
from agent.core.instant import Moment, rfc3339
from agent.core.program import EarnRule, Program
from agent.ledger import Ledger
from sync.hub.database import Database
from sync.messages import Journal

# No promise here is about time: a slow machine must not fail a test.
settings.register_profile(
    "unit",
    deadline=None,
    max_examples=30,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# Where a test only has to fail, nobody reads the smallest example by which it does.
settings.register_profile(
    "unshrunk", settings.get_profile("unit"), phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("unit")

RunningLedger = Callable[..., AbstractContextManager[Ledger]]
Batch = tuple[Journal, tuple[bytes, ...]]

_CATEGORIES = st.sampled_from(["grocery", "bakery", "tobacco", "alcohol", "gift_card"])
_CURRENCIES = st.sampled_from(["USD", "EUR"])
_CODES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=6)
# Printable: a program whose texts hold control characters is refused.
_TEXTS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_categories=["C"]), max_size=8
)


def still_clock() -> Moment:
    """A device whose clocks stand still; nobody vouches for them, as business dates go on."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Moment(at=at, boot_id="boot-1", up_ms=0, synchronised=False)


_POINTS = st.integers(-(10**9), 10**9)
_TOKENS = st.integers(0, 16**10 - 1).map(lambda number: f"em4100:{number:010X}")
_OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=_OFFSETS,
)


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    thousandths = draw(st.integers(1, 10**9))
    return Line(
        sku=draw(_CODES),
        description=draw(_TEXTS),
        category=draw(_CATEGORIES),
        quantity=f"{thousandths // 1000}.{thousandths % 1000:03}",
        unit_price_minor=draw(st.integers(0, 10**6)),
        amount_minor=draw(st.integers(-(10**5), 10**6)),
        discount_minor=draw(st.integers(0, 10**4)),
        tax_minor=draw(st.integers(0, 10**4)),
    )


@st.composite
def _sales(draw: st.DrawFn) -> Sale:
    lines = draw(st.lists(_lines(), max_size=4))
    total_minor = sum(line.amount_minor for line in lines)
    if total_minor < 0:
        dear = draw(_lines()).model_copy(update={"amount_minor": 10**6})
        lines.append(dear)
        total_minor += 10**6
    first_minor = draw(st.integers(-(10**6), 10**6))
    kinds = st.sampled_from(["cash", "card", "points", "voucher", "gift_card", "other"])
    tenders = (
        Tender(kind=draw(kinds), amount_minor=first_minor),
        Tender(kind=draw(kinds), amount_minor=total_minor - first_minor),
    )
    return Sale(
        lane=draw(_CODES),
        cashier=draw(_CODES),
        business_date=draw(st.dates(date(1970, 1, 2), date(2199, 1, 1))),
        occurred_at=draw(_MOMENTS),
        currency=draw(_CURRENCIES),
        token=draw(st.none() | _TOKENS),
        lines=tuple(lines),
        tenders=tenders,
        total_minor=total_minor,
    )


_RULES = st.builds(
    EarnRule,
    id=_CODES,
    points=st.integers(1, 100),
    per_minor=st.integers(1, 10_000),
    exclude_categories=st.frozensets(_CATEGORIES, max_size=3),
    text=_TEXTS,
)
_PROGRAMS = st.builds(
    Program,
    id=_CODES,
    version=st.integers(1, 10**6),
    name=_TEXTS,
    currency=_CURRENCIES,
    earn=st.lists(_RULES, min_size=1, max_size=3, unique_by=lambda rule: rule.id).map(tuple),
)
_ENROLMENTS = st.builds(
    Enrol, account=_CODES, token=_TOKENS, lane=st.none() | _CODES, cashier=st.none() | _CODES
)


@st.composite
def _accumulated(draw: st.DrawFn) -> AccumulatePoints:
    """A sale as a till would judge it: points and their reasons fit each other."""
    program, sale = draw(_PROGRAMS), draw(_sales())
    account = draw(st.none() | _CODES)
    earned = accumulate(program, sale)
    return AccumulatePoints(
        sale_id=draw(_CODES),
        sale_json=Raw(sale.canonical()),
        status=draw(st.sampled_from(["no_card", "unknown_card"])) if not account else "accumulated",
        account=account,
        program=program.edition,
        points=earned.points if account else 0,
        because=earned.because if account else (),
        balance=draw(_POINTS) if account else None,
        flags=("currency_mismatch",) if sale.currency != program.currency else (),
    )


_CLOCKS = st.builds(
    ClockReading,
    boot_id=_CODES,
    up_ms=st.integers(0, 10**12),
    synchronised=st.booleans(),
    jumped=st.booleans(),
)
_ENTRIES = st.builds(
    Entry,
    id=_CODES,
    epoch=st.integers(0, 1_000),
    seq=st.integers(1, 10**9),
    recorded_at=_MOMENTS.map(rfc3339),
    clock=st.none() | _CLOCKS,
    business_date=st.none() | st.dates(date(1970, 1, 2), date(2199, 1, 1)),
    fact=facts(_ENROLMENTS, _accumulated()),
)

st.register_type_strategy(Sale, _sales())
st.register_type_strategy(Program, _PROGRAMS)
st.register_type_strategy(Enrol, _ENROLMENTS)
st.register_type_strategy(AccumulatePoints, _accumulated())
st.register_type_strategy(Entry, _ENTRIES)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory of the test's own, in memory where there is room."""
    with directory_in_memory() as directory:
        yield directory


@pytest.fixture(scope="session")
def sale_body() -> Callable[..., dict[str, Any]]:
    """A sale as a POS sends it, one line a given amount; keywords change or add a key."""

    def body(*amounts_minor: int, **changes: Any) -> dict[str, Any]:
        total_minor = sum(amounts_minor)
        lines = [
            {
                "sku": f"sku-{index}",
                "description": "Milk",
                "category": "grocery",
                "quantity": "1.000",
                "unit_price_minor": amount_minor,
                "amount_minor": amount_minor,
            }
            for index, amount_minor in enumerate(amounts_minor)
        ]
        return {
            "lane": "1",
            "cashier": "ana",
            "business_date": "2026-11-21",
            "occurred_at": "2026-11-21T14:05:09+01:00",
            "currency": "USD",
            "token": None,
            "lines": lines,
            "tenders": [{"kind": "cash", "amount_minor": total_minor}],
            "total_minor": total_minor,
        } | changes

    return body


@pytest.fixture(scope="session")
def running_ledger() -> RunningLedger:
    """Opens a real ledger at a path, on a clock that stands still, and closes it afterwards."""

    @contextmanager
    def running(path: Path, **options: Any) -> Iterator[Ledger]:
        ledger = Ledger(path, **({"clock": still_clock, "mint_id": mint_id} | options))
        ledger.start()
        try:
            yield ledger
        finally:
            ledger.stop()

    return running


@pytest.fixture
def ledger(stock: Stock) -> Iterator[Ledger]:
    """The ledger of a test's own ``stock``, running."""
    with stock.running() as ledger:
        yield ledger


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., Batch]:
    """Cuts a batch out of a journal, as a device sends it: entries ``first`` to ``last``."""

    def batch(journal: tuple[bytes, ...], first: int, last: int) -> Batch:
        before = chain(GENESIS, journal[: first - 1])
        lines = journal[first - 1 : last]
        header = Journal(
            incarnation="disk-1",
            epoch=0,
            first_seq=first,
            prev_hash=before.hex(),
            last_hash=chain(before, lines).hex(),
        )
        return header, lines

    return batch


@pytest.fixture(scope="session")
def journal_of() -> Callable[..., tuple[bytes, ...]]:
    """Numbers facts from 1 and encodes them, as the journal of one device holds them."""

    def journal(*facts: Enrol | AccumulatePoints, id_prefix: str = "id") -> tuple[bytes, ...]:
        return tuple(
            Entry(
                id=f"{id_prefix}-{seq}",
                epoch=0,
                seq=seq,
                recorded_at="2026-11-21T13:05:09.000Z",
                fact=fact,
            ).canonical()
            for seq, fact in enumerate(facts, start=1)
        )

    return journal


@pytest.fixture(scope="session")
def empty_books() -> tuple[Database, bytes]:
    """Head office's database in memory, and what it is before anything was heard."""
    database = Database("sqlite://")
    database.start()
    return database, database.snapshot()


@pytest.fixture
def books(empty_books: tuple[Database, bytes]) -> Books:
    """Head office, which has heard nothing yet."""
    database, empty = empty_books
    database.restore(empty)
    return Books(database=database)
