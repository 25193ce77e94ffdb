"""Each way in which ledger, till or driver could be wrong is caught by the test named for it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import device_mutants
import giving_mutants
import ledger_mutants
import pcsc_mutants
import pcsc_reader_mutants
import program_mutants
import projection_mutants
import pytest
import stamp_mutants
import tag_mutants
import till_mutants
from forked_pytest import ForkedPytest
from text_mutant import copy_code

PURE = (
    device_mutants.MUTANTS
    | pcsc_mutants.MUTANTS
    | pcsc_reader_mutants.MUTANTS
    | program_mutants.MUTANTS
    | tag_mutants.MUTANTS
)
"""Those of code that asks nobody, whose tests are tables and properties: for the long run."""

MUTANTS = (
    PURE
    | giving_mutants.MUTANTS
    | ledger_mutants.MUTANTS
    | projection_mutants.MUTANTS
    | stamp_mutants.MUTANTS
    | till_mutants.MUTANTS
)


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
        pytest.param(name, marks=[pytest.mark.torture] if name in PURE else [])
        for name in sorted(MUTANTS)
    ],
)
def test_the_mutant_is_caught(name: str, tmp_path: Path, forked_pytest: ForkedPytest) -> None:
    """The test that is named for a mutant fails on it."""
    MUTANTS[name].write(tmp_path)
    ran = forked_pytest.run(tmp_path, MUTANTS[name].caught_by)
    assert ran.code == 1, ran.output
    assert "1 failed" in ran.output, ran.output


@pytest.mark.long
def test_the_same_tests_pass_without(tmp_path: Path, forked_pytest: ForkedPytest) -> None:
    """The tests that catch mutants pass on a copy of the code that nobody changed."""
    copy_code(tmp_path)
    ran = forked_pytest.run(tmp_path, *sorted({mutant.caught_by for mutant in MUTANTS.values()}))
    assert ran.code == 0, ran.output
