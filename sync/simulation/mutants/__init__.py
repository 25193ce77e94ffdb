"""Mutants: the product with one rule left out. A simulation that lets one pass proves nothing.

Each is a small change of the product's own code while histories are played, and says what it
breaks and which invariants should show it.
"""

from sync.simulation.mutants.mutant import Mutant

__all__ = ["MUTANTS", "Mutant"]

_ALL: tuple[Mutant, ...] = ()

MUTANTS: dict[str, Mutant] = {mutant.name: mutant for mutant in _ALL}
"""Every mutant by its name."""
