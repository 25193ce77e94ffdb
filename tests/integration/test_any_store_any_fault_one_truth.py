"""Two stores, a real broker, and what befalls the way between them: both sides agree after each.

One company goes through all of it. Sales are never refused meanwhile, and what a customer redeems
is answered by what the store may give without asking.
"""

from collections.abc import Iterator

import pytest
from busy_till import BusyTill
from company import Company, until

from sync.link import Link

pytestmark = pytest.mark.long

_ROOM_AT_THE_BROKER = 5


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company whose broker keeps few messages for those who are away."""
    made = Company(
        tmp_path_factory.mktemp("company"),
        broker_settings=(f"max_queued_messages {_ROOM_AT_THE_BROKER}",),
    )
    with made.running() as company:
        yield company


@pytest.fixture(autouse=True)
def begun_anew(company: Company) -> None:
    """Every fault finds lines that are whole, and agents, a hub and a broker that remember none.

    mosquitto 2.0.11 may crash seconds after it read its rules again or a client was replaced, so
    whoever does that to it starts it anew to heal it.
    """
    company.begin_anew(restart_broker=True)


@pytest.fixture
def shoppers(company: Company) -> Iterator[list[BusyTill]]:
    """Somebody shops in both stores all the time."""
    tills = [BusyTill(company.pos(name), pause_s=0.2) for name in company.stores]
    for till in tills:
        till.start()
    try:
        for till in tills:
            till.wait_for_sales(5)
        yield tills
    finally:
        for till in tills:
            till.give_up()


def sell_on(tills: list[BusyTill], sales: int = 10) -> None:
    """Wait until every store has sold more."""
    for till in tills:
        till.wait_for_sales(sales)


def close(company: Company, tills: list[BusyTill]) -> None:
    """Close the shops, and hold that all sides agree."""
    for till in tills:
        till.stop()
    company.agree()


def is_offline(company: Company, name: str) -> bool:
    """Say whether a store knows that head office does not answer."""
    return not company.health(name)["online"]


def test_the_broker_is_killed_and_forgets_everything(
    company: Company, shoppers: list[BusyTill]
) -> None:
    """No session, no queue and no retained message is left of the broker: nobody sends less."""
    company.office.broker.kill()
    for remembered in company.office.broker.rules.parent.glob("*.db*"):
        remembered.unlink()
    sell_on(shoppers)
    company.office.broker.start()
    close(company, shoppers)


def test_the_broker_drops_what_it_has_no_room_for(
    company: Company, shoppers: list[BusyTill]
) -> None:
    """While the hub is down the broker's queue for it runs over; what was dropped is sent again."""
    company.office.hub.stop()
    broker = company.office.broker
    sell_on(shoppers)
    until(lambda: "messages are being dropped" in broker.output(), "the queue to run over")
    company.office.hub.start()
    close(company, shoppers)


def test_a_device_that_may_not_speak_says_so(company: Company, shoppers: list[BusyTill]) -> None:
    """A rule that keeps a store out is told at the store in words, and nobody's sale is hindered;
    once it is put right the store catches up.
    """
    rules = company.office.broker.rules
    good = rules.read_text()
    rules.write_text(good.replace("pattern write tapledger/1/%u/journal\n", ""))
    company.office.broker.reload()
    sell_on(shoppers)
    for name in company.stores:
        until(
            lambda n=name: "the broker refuses" in " ".join(company.health(n)["reasons"]),
            f"{name} to say that it may not speak",
        )
        assert company.health(name)["unacknowledged"] > 0
    sell_on(shoppers)
    rules.write_text(good)
    company.restart_broker()
    close(company, shoppers)
    for name in company.stores:
        until(lambda n=name: company.health(n)["reasons"] == [], f"{name} to be well")


def test_a_device_whose_password_is_wrong_says_so(
    company: Company, shoppers: list[BusyTill]
) -> None:
    """A store whose password is good no more says what the broker said, sells on, and is heard
    again as soon as the password is good.
    """
    user = str(company.stores["s001"].address)
    login = company.office.broker_login(user)
    company.office.broker.set_password(user, "another-password")
    company.office.broker.reload()
    company.line("s001").drop()
    until(
        lambda: "refused the connection" in str(company.health("s001")["offline_because"]),
        "s001 to say that it is not let in",
    )
    sell_on(shoppers)
    assert login.password is not None
    company.office.broker.set_password(user, login.password)
    company.restart_broker()
    close(company, shoppers)


def test_somebody_takes_the_place_of_a_store(company: Company, shoppers: list[BusyTill]) -> None:
    """A second client of a store's name throws it out again and again: the store says that there
    seems to be a copy, sells on, and is heard again when the other one has gone.
    """
    store = company.stores["s001"]
    name = f"{store.address}/{company.incarnation('s001')}".replace("/", ".")
    other = Link(
        company.office.broker_login(str(store.address)),
        client_id=name,
        topics=(store.address.topic("down/#"),),
        window=4,
        on_up=lambda: None,
        on_down=lambda: None,
        on_message=lambda message: message.done(),
    )
    other.start()
    try:
        until(
            lambda: "is there a copy of it?" in str(company.health("s001")["offline_because"]),
            "s001 to say that somebody else is there",
        )
        sell_on(shoppers)
    finally:
        other.stop()
    company.restart_broker()
    close(company, shoppers)


@pytest.mark.parametrize(
    "directions",
    [
        ("up", "down"),
        pytest.param(("up",), marks=pytest.mark.torture),
        pytest.param(("down",), marks=pytest.mark.torture),
    ],
    ids="-".join,
)
def test_a_line_passes_nothing_on_and_tells_nobody(
    company: Company,
    shoppers: list[BusyTill],
    directions: tuple[str, ...],
) -> None:
    """A connection that is half open, or open one way, is found out without anybody being told."""
    company.line("s001").swallow(*directions)
    sell_on(shoppers)
    until(lambda: is_offline(company, "s001"), "s001 to notice")
    sell_on(shoppers)
    company.line("s001").heal()
    close(company, shoppers)


def test_a_third_of_all_packets_is_lost(company: Company, shoppers: list[BusyTill]) -> None:
    """On a line that loses 30 % of its packets everything arrives, while it is as bad as that."""
    for name in company.stores:
        company.line(name).lose(0.3)
    sell_on(shoppers, 20)
    close(company, shoppers)


def test_head_office_is_five_seconds_away(company: Company, shoppers: list[BusyTill]) -> None:
    """With five seconds each way a customer waits for nobody: points are given by right or on the
    floor, and head office hears of both.
    """
    card = company.member("s001", 900)
    company.agree_about(card)
    for name in company.stores:
        company.line(name).slow(5)
    assert company.redeem("s001", card, points=500) == "lease"
    assert company.redeem("s002", card) == "floor"
    sell_on(shoppers)
    for name in company.stores:
        company.line(name).heal()
    close(company, shoppers)


def test_points_of_another_store_are_had_while_the_customer_waits(company: Company) -> None:
    """What a store that is connected has rights to is called back, and spent here by head office's
    word, not on the floor. Where this machine was too slow for one customer, the next one comes.
    """

    def is_had() -> bool:
        card = company.member("s001", 900)
        company.stores["s001"].wait_acknowledged()
        here = company.pos("s002")
        until(lambda: here.identify(card).json().get("balance") == 900, "s002 to know them")
        return company.redeem("s002", card) == "online"

    until(is_had, "somebody to be given what another store had")
    company.agree()


def test_points_of_a_moment_ago_are_had_at_another_store(company: Company) -> None:
    """What was earned at one store, and acknowledged there, is redeemed at another one that has not
    heard of it: head office is asked. Where this machine was too slow for one customer, or the feed
    told of it first, the next one comes.
    """

    def is_had() -> bool:
        card = company.member("s001", 100)
        company.stores["s001"].wait_acknowledged()
        here = company.pos("s002")
        until(lambda: here.identify(card).json().get("balance") == 100, "s002 to know them")
        company.sell("s001", card, 800)
        company.stores["s001"].wait_acknowledged()
        is_news = here.identify(card).json()["balance"] == 100
        return company.redeem("s002", card) == "online" and is_news

    until(is_had, "somebody to be given what they had just earned elsewhere")
    company.agree()
