"""Double entry: what one owner gains another gives, in every fact there is."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from agent.core.facts import AccumulatePoints, Enrol
from agent.core.postings import PROGRAM, Posting, postings_of

FACTS = st.one_of(st.from_type(Enrol), st.from_type(AccumulatePoints))


@given(FACTS)
def test_the_postings_of_a_fact_sum_to_zero(fact: Enrol | AccumulatePoints) -> None:
    """No fact makes points or loses any: its postings sum to zero."""
    assert sum(posting.points for posting in postings_of(fact)) == 0


@given(FACTS)
def test_no_posting_moves_nothing(fact: Enrol | AccumulatePoints) -> None:
    """A posting moves something, and no owner's bucket is posted to twice by one fact."""
    postings = postings_of(fact)
    assert all(posting.points for posting in postings)
    assert len({(posting.owner, posting.bucket) for posting in postings}) == len(postings)


@given(st.from_type(AccumulatePoints))
def test_an_account_gains_what_the_sale_earned(fact: AccumulatePoints) -> None:
    """The points of a sale go to its account, and the program has issued them."""
    earned = fact.points if fact.account else 0
    gained = {(p.owner, p.bucket): p.points for p in postings_of(fact)}
    assert gained.get((PROGRAM, "issued"), 0) == -earned
    if fact.account:
        assert gained.get((fact.account, "active"), 0) == earned


def test_a_sale_of_one_point_is_two_postings() -> None:
    """One point earned is one point of the account's and one issued by the program."""
    fact = AccumulatePoints(
        sale_id="s-1",
        sale_json=Raw(b"{}"),
        status="accumulated",
        account="acc-1",
        program="simple@1",
        points=1,
        because=(),
        balance=1,
        flags=(),
    )
    assert postings_of(fact) == (
        Posting("acc-1", "active", 1),
        Posting("program", "issued", -1),
    )
