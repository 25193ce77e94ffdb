"""No request that ``tapledger bench till`` measures is one that was answered before."""

import pytest

from agent.tools.bench.till_calls import CALLS, Batch, Call

_WRITING = [call for call in CALLS if call.raw == "keep"]


def _batch(number: int) -> Batch:
    return Batch(number=number, count=20, accounts=("an account", "another"))


@pytest.mark.parametrize("call", _WRITING, ids=lambda call: call.name)
def test_no_request_of_a_call_is_made_twice(call: Call) -> None:
    """The requests of two batches, before and measured, all differ: nothing is a retry."""
    first, second = call.prepare(_batch(1)), call.prepare(_batch(2))
    made = [*first.before, *first.measured, *second.before, *second.measured]
    assert len(first.measured) == len(second.measured) == 20
    assert len(set(made)) == len(made)


def test_every_row_of_the_table_has_a_name_of_its_own() -> None:
    """Every row of the table has a name of its own; the commit of a sale is the first."""
    names = [call.name for call in CALLS]
    assert len(set(names)) == len(names)
    assert names[0] == "PUT sale"
