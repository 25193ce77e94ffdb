"""Mutants: the product with one rule left out. A simulation that lets one pass proves nothing.

Each is a small change of the product's own code while histories are played, and says what it
breaks and which invariants should show it.
"""

from sync.simulation.mutants.journal import JOURNAL_MUTANTS
from sync.simulation.mutants.lanes import LANE_MUTANTS
from sync.simulation.mutants.members import MEMBER_MUTANTS
from sync.simulation.mutants.mutant import Mutant
from sync.simulation.mutants.office import OFFICE_MUTANTS
from sync.simulation.mutants.persons import PERSON_MUTANTS
from sync.simulation.mutants.scopes import SCOPE_MUTANTS
from sync.simulation.mutants.store import STORE_MUTANTS
from sync.simulation.mutants.till import TILL_MUTANTS
from sync.simulation.mutants.versions import VERSION_MUTANTS
from sync.simulation.mutants.wire import WIRE_MUTANTS

__all__ = ["MUTANTS", "Mutant"]

_ALL: tuple[Mutant, ...] = (
    *STORE_MUTANTS,
    *TILL_MUTANTS,
    *JOURNAL_MUTANTS,
    *LANE_MUTANTS,
    *WIRE_MUTANTS,
    *OFFICE_MUTANTS,
    *MEMBER_MUTANTS,
    *PERSON_MUTANTS,
    *SCOPE_MUTANTS,
    *VERSION_MUTANTS,
)

MUTANTS: dict[str, Mutant] = {mutant.name: mutant for mutant in _ALL}
"""Every mutant by its name."""
