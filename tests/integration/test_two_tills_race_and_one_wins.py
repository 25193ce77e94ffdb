"""Two tills that ask for the same thing in the same moment: one gets it, the other is told so.

Every promise is played in many rounds, each with ids and cards of its own.
"""

from collections.abc import Callable

from two_tills import (
    TwoTills,
    back,
    capture,
    claim,
    enrol,
    hold,
    new_id,
    release,
    void,
)

from agent.core.tokens import Token

ROUNDS = range(15)


def test_one_sale(tills: TwoTills) -> None:
    """One sale from two tills is written once, and both print the same receipt."""
    for _ in ROUNDS:
        token = tills.member()
        sale = tills.sale(new_id(), token, 1_425)
        tills.race(sale, sale).assert_one_answer(201)
        assert tills.balance(token) == 14


def test_two_baskets_under_one_id(tills: TwoTills) -> None:
    """Of two baskets under one id one is taken; the other till hears that the id is used."""
    for _ in ROUNDS:
        token, sale_id = tills.member(), new_id()
        race = tills.race(tills.sale(sale_id, token, 1_425), tills.sale(sale_id, token, 900))
        race.assert_refused(201, "sale_id_reused")
        assert race.won.json()["points"] == (14, 9)[race.winner]
        assert tills.balance(token) == (14, 9)[race.winner]


def test_one_hold(tills: TwoTills) -> None:
    """One redemption that is held twice holds its points once."""
    for _ in ROUNDS:
        token, redemption_id = tills.member(1_200), new_id()
        ask = hold(redemption_id, token, 500)
        tills.race(ask, ask).assert_one_answer(201, but="journal")
        assert tills.balance(token) == 700


def test_two_wishes_under_one_id(tills: TwoTills) -> None:
    """Of two wishes under one id one is held; the other till hears that the id is used."""
    for _ in ROUNDS:
        token, redemption_id = tills.member(1_200), new_id()
        race = tills.race(hold(redemption_id, token, 500), hold(redemption_id, token, 600))
        race.assert_refused(201, "redemption_id_reused")
        assert tills.balance(token) == 1_200 - (500, 600)[race.winner]


def test_the_last_points(tills: TwoTills) -> None:
    """Two redemptions of all the points there are: one holds them, the other finds none."""
    for _ in ROUNDS:
        token = tills.member(600)
        race = tills.race(hold(new_id(), token, 600), hold(new_id(), token, 600))
        race.assert_refused(201, "insufficient_points")
        assert tills.balance(token) == 0


def test_capture_against_release(tills: TwoTills) -> None:
    """What is held is either spent or given back, and whoever came late hears that it is over."""
    for _ in ROUNDS:
        token = tills.member(600)
        redemption_id = tills.held(token, 600)
        race = tills.race(capture(redemption_id), release(redemption_id))
        race.assert_refused(200, "redemption_ended")
        assert race.won.json()["status"] == ("captured", "released")[race.winner]
        assert tills.balance(token) == (0, 600)[race.winner]


def test_capture_twice(tills: TwoTills) -> None:
    """What is held is spent once however many tills say so."""
    for _ in ROUNDS:
        token = tills.member(900)
        redemption_id = tills.held(token, 600)
        race = tills.race(capture(redemption_id), capture(redemption_id))
        race.assert_one_answer(200, but="journal")
        assert tills.balance(token) == 300


def test_two_parts_of_one_hold(tills: TwoTills) -> None:
    """Of two tills that spend other parts of one hold one does; what it left comes back once."""
    for _ in ROUNDS:
        token = tills.member(900)
        redemption_id = tills.held(token, 700)
        race = tills.race(capture(redemption_id, 500), capture(redemption_id, 600))
        race.assert_refused(200, "redemption_ended")
        assert tills.balance(token) == 900 - (500, 600)[race.winner]


def test_two_sales_name_one_redemption(tills: TwoTills) -> None:
    """Points pay for one of two sales; the other is not taken, and no trace of it is left."""
    for _ in ROUNDS:
        token = tills.member(600)
        redemption_id, sale_ids = tills.held(token, 600), (new_id(), new_id())
        first, second = (
            tills.sale(sale_id, token, 300, redemptions=[redemption_id]) for sale_id in sale_ids
        )
        race = tills.race(first, second)
        race.assert_refused(201, "redemption_ended")
        assert tills.balance(token) == 3
        refused = tills.till.request(*void(sale_ids[1 - race.winner])[:2])
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_sale")


def test_a_sale_against_the_release_of_its_points(tills: TwoTills) -> None:
    """Points pay for the sale, once: where they were given back before it came, it spends them
    then; where it came first, there is nothing to give back.
    """
    for _ in ROUNDS:
        token = tills.member(600)
        redemption_id = tills.held(token, 600)
        tenders = [{"kind": "points", "amount_minor": 600}]
        body = {"redemptions": [redemption_id], "tenders": tenders}
        sale = tills.sale(new_id(), token, 600, **body)
        sold, released = tills.race(sale, release(redemption_id)).answers
        assert (sold.status_code, sold.json()["redeemed"]) == (201, 600)
        ended = released.json().get("code", released.json().get("status"))
        assert (released.status_code, ended) in {(200, "released"), (409, "redemption_ended")}
        assert tills.balance(token) == 0


def test_four_sales_name_what_was_given_back(tills: TwoTills) -> None:
    """A redemption that was given back pays for one of the sales that name it, and for no other."""
    tenders = [{"kind": "points", "amount_minor": 600}]
    for _ in ROUNDS:
        token = tills.member(3_000)
        redemption_id = tills.held(token, 600)
        tills.ask(release(redemption_id))
        body = {"redemptions": [redemption_id], "tenders": tenders}
        answers = tills.crowd(*(tills.sale(new_id(), token, 600, **body) for _ in range(4)))
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
        told = {one.json().get("code", one.json().get("redeemed")) for one in answers}
        assert told == {600, "redemption_ended"}
        assert tills.balance(token) == 2_400


def test_one_return(tills: TwoTills) -> None:
    """One return from two tills takes its points once, and both print the same receipt."""
    for _ in ROUNDS:
        token = tills.member()
        ask = back(tills.sold(token, 2_000), "r1", 1_500)
        tills.race(ask, ask).assert_one_answer(201)
        assert tills.balance(token) == 5


def test_two_returns_under_one_id(tills: TwoTills) -> None:
    """Of two returns under one id one counts; the other till hears that the id is used."""
    for _ in ROUNDS:
        token = tills.member()
        sale_id = tills.sold(token, 2_000)
        race = tills.race(back(sale_id, "r1", 500), back(sale_id, "r1", 800))
        race.assert_refused(201, "return_id_reused")
        assert tills.balance(token) == (15, 12)[race.winner]


def test_two_returns_of_more_than_was_sold(tills: TwoTills) -> None:
    """Of two returns that are too much together one counts; the other takes nothing."""
    for _ in ROUNDS:
        token = tills.member()
        sale_id = tills.sold(token, 2_000)
        race = tills.race(back(sale_id, "r1", 1_200), back(sale_id, "r2", 1_500))
        race.assert_refused(201, "return_exceeds_sale")
        assert tills.balance(token) == (8, 5)[race.winner]


def test_void_against_return_of_everything(tills: TwoTills) -> None:
    """A sale goes back once, as a void or as a return, and its points with it."""
    for _ in ROUNDS:
        token = tills.member(100)
        sale_id = tills.sold(token, 2_000)
        race = tills.race(void(sale_id), back(sale_id, "r1", 2_000))
        race.assert_refused((200, 201)[race.winner], ("sale_voided", "sale_returned")[race.winner])
        assert race.won.json()["points_taken"] == 20
        assert tills.balance(token) == 100


def test_void_against_return_of_a_part(tills: TwoTills) -> None:
    """A void takes what a return before it has left; a return after it takes nothing more."""
    for _ in ROUNDS:
        token = tills.member(100)
        sale_id = tills.sold(token, 2_000)
        voided, returned = tills.race(void(sale_id), back(sale_id, "r1", 500)).answers
        assert voided.status_code == 200
        if returned.status_code == 409:
            assert returned.json()["code"] == "sale_voided"
            assert voided.json()["points_taken"] == 20
        else:
            assert returned.status_code == 201
            taken = returned.json()["points_taken"], voided.json()["points_taken"]
            assert taken == (5, 15)
        assert tills.balance(token) == 100


def test_void_twice(tills: TwoTills) -> None:
    """A sale is called off once however many tills say so."""
    for _ in ROUNDS:
        token = tills.member(100)
        ask = void(tills.sold(token, 2_000))
        tills.race(ask, ask).assert_one_answer(200)
        assert tills.balance(token) == 100


def test_two_members_claim_one_sale(tills: TwoTills) -> None:
    """A sale without a card goes to one of two members; the other gets nothing and is told."""
    for _ in ROUNDS:
        sale_id, tokens = tills.sold(None, 2_000), (tills.member(), tills.member())
        race = tills.race(*(claim(sale_id, token) for token in tokens))
        race.assert_refused(201, "sale_has_card")
        assert tills.balance(tokens[race.winner]) == 20
        assert tills.balance(tokens[1 - race.winner]) == 0


def test_one_member_claims_twice(tills: TwoTills) -> None:
    """A claim from two tills gives its points once."""
    for _ in ROUNDS:
        sale_id, token = tills.sold(None, 2_000), tills.member()
        ask = claim(sale_id, token)
        tills.race(ask, ask).assert_one_answer(201)
        assert tills.balance(token) == 20


def test_claim_against_void(tills: TwoTills) -> None:
    """A sale that is called off leaves no points, whether the claim came before or after."""
    for _ in ROUNDS:
        sale_id, token = tills.sold(None, 2_000), tills.member()
        claimed, voided = tills.race(claim(sale_id, token), void(sale_id)).answers
        assert voided.status_code == 200
        if claimed.status_code == 409:
            assert claimed.json()["code"] == "sale_voided"
        else:
            assert claimed.status_code == 201
            assert voided.json()["points_taken"] == 20
        assert tills.balance(token) == 0


def test_one_card_is_enrolled_twice(tills: TwoTills, new_card: Callable[[], Token]) -> None:
    """A card becomes one member's; the other till hears that it is in use, and then finds whose."""
    for _ in ROUNDS:
        token = str(new_card())
        race = tills.race(enrol(token), enrol(token))
        race.assert_refused(201, "card_in_use")
        found = tills.ask(("POST", "/v1/identify", {"token": token}))
        assert found["account"] == race.won.json()["account"]
        assert tills.balance(token) == 0
