"""tapledger's store agent: cards and sales in, points out, from a ledger that needs no network.

Packages, from the ground up: :mod:`agent.core` decides, :mod:`agent.ledger` remembers,
:mod:`agent.till` is what a till can ask for, :mod:`agent.api` is how it asks, and
:mod:`agent.daemon` keeps the parts running. ARCHITECTURE.md draws the way of a sale.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
