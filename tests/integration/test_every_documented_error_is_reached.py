"""Every error that the API's description has can be had, and every answer to one is a problem."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from errors_in_process import IN_PROCESS, app_without_ledger, ask_in_process, ask_without_ledger
from errors_reached import AT_THE_TILL, CONTROLS, GENERIC, Shop, send
from fastapi import FastAPI

from agent.api.problems import PROBLEM_MEDIA_TYPE, PROBLEMS, Problem
from agent.paths import shipped_config
from agent.tools.site import TILL_TOKEN, StoreKit
from drivers.virtual.pos import NO_TLS

_DESCRIPTION = json.loads(shipped_config("openapi-agent.json").read_text("utf-8"))

CALLS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": described
    for path, calls in _DESCRIPTION["paths"].items()
    for method, described in calls.items()
}

DOCUMENTED = [
    (call, int(status))
    for call, described in CALLS.items()
    for status in described["responses"]
    if int(status) >= 400
]

SPECIFIC = [*AT_THE_TILL, *IN_PROCESS]

Ask = Callable[[str, str], httpx.Response]


def codes_of(call: str, status: int) -> list[str]:
    """The codes that a call is provoked to answer with a status."""
    wanted = [code for code in (*GENERIC, "ledger_unavailable") if PROBLEMS[code][0] == status]
    return wanted + [code for each, code in SPECIFIC if (each, PROBLEMS[code][0]) == (call, status)]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreKit]:
    """A running store with low limits."""
    directory = tmp_path_factory.mktemp("refusing")
    kit = StoreKit(name="s001", directory=directory, lane_names=("1", "2"))
    with kit.config.open("a") as config:
        config.write(CONTROLS)
    try:
        kit.start()
        yield kit
    finally:
        kit.stop()


@pytest.fixture(scope="module")
def shop(guarded: StoreKit, make_sale: Callable[..., dict[str, Any]]) -> Iterator[Shop]:
    """A till of that store."""
    headers = {"Authorization": f"Bearer {TILL_TOKEN}"}
    with httpx.Client(base_url=guarded.url, headers=headers, timeout=10, verify=NO_TLS) as till:
        yield Shop(guarded, till, make_sale)


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """An application whose ledger does not run; nothing that is asked of it changes that."""
    return app_without_ledger(tmp_path_factory.mktemp("resting"))


@pytest.fixture
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Ask:
    """Provoke one code of one call; what is not asked is not started."""

    def ask(call: str, code: str) -> httpx.Response:
        if code == "ledger_unavailable":
            return ask_without_ledger(request.getfixturevalue("resting"), call)
        if (call, code) in IN_PROCESS:
            return ask_in_process(tmp_path / code, call, code)
        shop: Shop = request.getfixturevalue("shop")
        if (call, code) in AT_THE_TILL:
            return send(shop.till, call, AT_THE_TILL[call, code](shop), code)
        return send(shop.till, call, GENERIC[code](CALLS[call]), code)

    return ask


def hold_problem(answer: httpx.Response, code: str) -> None:
    """Hold that an answer is this problem, with its status and what belongs to it."""
    status, title = PROBLEMS[code]
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    told = Problem.model_validate_json(answer.content)
    assert (told.code, told.status, told.title) == (code, status, title)
    assert told.type == f"urn:tapledger:problem:{code}"
    assert told.detail
    assert bool(told.errors) <= (code == "malformed")
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) > 0
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("call", "status"), DOCUMENTED, ids=str)
def test_every_documented_error_is_reached(call: str, status: int, ask: Ask) -> None:
    """What the description says a call may refuse with, some request is refused with."""
    codes = codes_of(call, status)
    assert codes, "the description has it, and no request is known that is answered so"
    for code in codes:
        hold_problem(ask(call, code), code)


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_code_is_reached(code: str, ask: Ask) -> None:
    """There is no code that no request is answered with."""
    generic = code in GENERIC or code == "ledger_unavailable"
    call = next((call for call, each in SPECIFIC if each == code), None)
    call = "POST /v1/quotes" if call is None and generic else call
    assert call is not None, "no request is known that is answered so"
    hold_problem(ask(call, code), code)


@pytest.mark.parametrize(("call", "code"), SPECIFIC)
def test_what_is_reached_is_documented(call: str, code: str) -> None:
    """A refusal of a call that is described is described; only a mistake of our own is not."""
    if call in CALLS and code != "internal":
        assert (call, PROBLEMS[code][0]) in DOCUMENTED
