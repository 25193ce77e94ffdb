"""Each way in which ledger, till or driver could be wrong is caught by the test named for it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import device_mutants
import giving_mutants
import ledger_mutants
import pcsc_mutants
import pcsc_reader_mutants
import port_mutants
import program_mutants
import projection_mutants
import pytest
import reader_mutants
import rights_mutants
import seen_mutants
import stamp_mutants
import tag_mutants
import till_mutants
from forked_pytest import ForkedPytest
from text_mutant import copy_code

PURE = (
    device_mutants.MUTANTS
    | pcsc_mutants.MUTANTS
    | pcsc_reader_mutants.MUTANTS
    | port_mutants.MUTANTS
    | program_mutants.MUTANTS
    | reader_mutants.MUTANTS
    | seen_mutants.MUTANTS
    | tag_mutants.MUTANTS
)
"""Those of code that asks nobody, whose tests are tables and properties."""

MUTANTS = (
    PURE
    | giving_mutants.MUTANTS
    | ledger_mutants.MUTANTS
    | projection_mutants.MUTANTS
    | rights_mutants.MUTANTS
    | stamp_mutants.MUTANTS
    | till_mutants.MUTANTS
)

SOME = tuple(sorted(MUTANTS.keys() - PURE.keys())[::36])
"""Every 36th of those that need a ledger; all of them, and those without, are a long run."""


@pytest.fixture(scope="module")
def forked_pytest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedPytest]:
    """Runs tests on other code than this."""
    forked = ForkedPytest(tmp_path_factory.mktemp("forked"))
    forked.open()
    with closing(forked):
        yield forked


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SOME else [pytest.mark.torture])
        for name in sorted(MUTANTS)
    ],
)
def test_the_mutant_is_caught(name: str, tmp_path: Path, forked_pytest: ForkedPytest) -> None:
    """The test that is named for a mutant fails on it."""
    MUTANTS[name].write(tmp_path)
    ran = forked_pytest.run(tmp_path, MUTANTS[name].caught_by)
    assert ran.code == 1, ran.output
    assert "1 failed" in ran.output, ran.output


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(SOME, id="some", marks=pytest.mark.long),
        pytest.param(tuple(MUTANTS), id="all", marks=pytest.mark.torture),
    ],
)
def test_the_same_tests_pass_without(
    names: tuple[str, ...], tmp_path: Path, forked_pytest: ForkedPytest
) -> None:
    """The tests that catch mutants pass on a copy of the code that nobody changed."""
    copy_code(tmp_path)
    ran = forked_pytest.run(tmp_path, *sorted({MUTANTS[name].caught_by for name in names}))
    assert ran.code == 0, ran.output
