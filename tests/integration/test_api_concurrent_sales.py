"""The same id from many sides at once is applied once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from agent.core.tokens import Token

THREADS = 16


@pytest.fixture
def put_at_once(till: httpx.Client) -> Callable[[str, list[dict[str, Any]]], list[httpx.Response]]:
    """Put sales under one id, each from a thread of its own, all in the same moment."""

    def put_at_once(sale_id: str, sales: list[dict[str, Any]]) -> list[httpx.Response]:
        together = threading.Barrier(len(sales))

        def put(sale: dict[str, Any]) -> httpx.Response:
            together.wait()
            return till.put(f"/v1/sales/{sale_id}", json=sale)

        with ThreadPoolExecutor(len(sales)) as pool:
            return list(pool.map(put, sales))

    return put_at_once


def test_same_sale_at_once(
    till: httpx.Client,
    put_at_once: Callable[[str, list[dict[str, Any]]], list[httpx.Response]],
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
    journal_seq: Callable[[], int],
) -> None:
    """Of sixteen callers with one sale one is told 201, all the same, and one entry is written."""
    token = str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()
    before = journal_seq()
    answers = put_at_once(new_sale_id(), [make_sale(token=token)] * THREADS)
    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]
    assert len({answer.content for answer in answers}) == 1
    replays = [answer for answer in answers if answer.headers.get("Idempotent-Replay") == "true"]
    assert len(replays) == THREADS - 1
    assert journal_seq() == before + 1
    assert till.post("/v1/identify", json={"token": token}).json()["balance"] == 14


def test_two_baskets_race(
    till: httpx.Client,
    put_at_once: Callable[[str, list[dict[str, Any]]], list[httpx.Response]],
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    journal_seq: Callable[[], int],
) -> None:
    """Of two baskets that race under one id one is 201 and stays; the other is 409."""
    baskets = [make_sale(amount_minor=1425), make_sale(amount_minor=99)]
    for _ in range(10):
        before, sale_id = journal_seq(), new_sale_id()
        answers = put_at_once(sale_id, baskets)
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert journal_seq() == before + 1
        for basket, answer in zip(baskets, answers, strict=True):
            again = till.put(f"/v1/sales/{sale_id}", json=basket)
            if answer.status_code == 201:
                assert (again.status_code, again.content) == (200, answer.content)
            else:
                assert again.status_code == 409
                assert answer.json()["code"] == again.json()["code"] == "sale_id_reused"
        assert journal_seq() == before + 1


def test_many_sales_at_once(
    till: httpx.Client,
    make_sale: Callable[..., dict[str, Any]],
    new_sale_id: Callable[[], str],
    new_card: Callable[[], Token],
    journal_seq: Callable[[], int],
) -> None:
    """Different sales of one member at once are all applied, each at a place of its own."""
    token = str(new_card())
    till.post("/v1/accounts", json={"token": token}).raise_for_status()
    before = journal_seq()
    sale_ids = [new_sale_id() for _ in range(64)]

    def put(sale_id: str) -> httpx.Response:
        return till.put(f"/v1/sales/{sale_id}", json=make_sale(token=token))

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer.raise_for_status().json() for answer in pool.map(put, sale_ids)]
    places = sorted(answer["journal"]["seq"] for answer in answers)
    assert places == list(range(before + 1, before + 65))
    in_order = sorted(answers, key=lambda answer: answer["journal"]["seq"])
    assert [answer["balance"] for answer in in_order] == [14 * n for n in range(1, 65)]
