"""An agent whose program file is spoilt goes on by the last good one, and says so."""

from collections.abc import Callable
from typing import Any

from agent.paths import shipped_program
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until

MakeSale = Callable[..., dict[str, Any]]


def test_a_spoilt_program_is_said_and_sales_go_on(
    closed_store: StoreKit, make_sale: MakeSale
) -> None:
    """``/healthz`` names file and mistake; a good new version is taken without a restart."""
    good = shipped_program("simple").read_text("utf-8")
    file = closed_store.directory / "ours.toml"
    file.write_text(good, "utf-8")
    config = closed_store.config.read_text("utf-8")
    closed_store.config.write_text(config.replace(str(shipped_program("simple")), str(file)))
    closed_store.start()
    pos = closed_store.lanes["1"].pos
    pos.enrol("em4100:0C000621A5")
    file.write_text(good.replace("points = 1\n", "points = 1.5\n"), "utf-8")
    wait_until(lambda: closed_store.health()["status"] == "degraded", "the mistake to be seen")
    (reason,) = closed_store.health()["reasons"]
    assert "the last good one stays in use" in reason
    assert "ours.toml" in reason
    assert _points(closed_store, "s-1", make_sale) == 14
    second = good.replace("version = 1", "version = 2").replace("points = 1\n", "points = 2\n")
    file.write_text(second, "utf-8")
    wait_until(lambda: closed_store.health()["status"] == "ok", "the new version to be taken")
    assert _points(closed_store, "s-2", make_sale) == 28


def _points(kit: StoreKit, sale_id: str, make_sale: MakeSale) -> int:
    body = make_sale(token="em4100:0C000621A5")
    return int(kit.lanes["1"].pos.sell(sale_id, body).json()["points"])
