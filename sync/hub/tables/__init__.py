"""What head office keeps, table by table, for PostgreSQL and for SQLite.

Journals stand here as the devices wrote them; everything else follows from them and from what head
office decided itself. Accounts are the key by which a distributed database would spread the rows
(``tenant, account``); journals go by device.

The sums that are kept beside the entries, so that nobody has to add up history:

- ``accounts``: points by bucket as posted, and ``available``, what no device has rights to;
- ``rights``: what each epoch of each device was granted, and how its entries changed that (I4:
  ``active = available + sum(granted + change)``, over an account and all that were merged into it);
- ``own``: what a device's own entries come to, exactly as it wrote them, by the line of its ledger,
  so that the feed can tell it what the rest of the world did;
- ``member_days``: what each day brought each member, over all stores; which points are left of it
  follows from the balance, and what counts toward tiers stands beside it;
- ``news``: which changes of the feed each device hears of that wants to know of its own members;
- ``days``: what each day came to, as written and as posted, and in ``apart`` why the two differ;
- ``program_sums``: the other side of the double entry, kept per journal so that devices never wait
  for one another's.
"""

from sync.hub.tables.base import LARGEST_ID, metadata
from sync.hub.tables.leases import asks, recalls, rights
from sync.hub.tables.points import ROOT, accounts, cards, member_days, own, program_sums, visits
from sync.hub.tables.registry import device_keys, devices, office, quarantine, tenants
from sync.hub.tables.tidings import (
    IS_FOR_ALL,
    conflicts,
    feed,
    marks,
    news,
    programs,
    pushed,
    runs,
)
from sync.hub.tables.writings import apart, days, decisions, entries, journals, mentioned, things

__all__ = [
    "IS_FOR_ALL",
    "LARGEST_ID",
    "ROOT",
    "accounts",
    "apart",
    "asks",
    "cards",
    "conflicts",
    "days",
    "decisions",
    "device_keys",
    "devices",
    "entries",
    "feed",
    "journals",
    "marks",
    "member_days",
    "mentioned",
    "metadata",
    "news",
    "office",
    "own",
    "program_sums",
    "programs",
    "pushed",
    "quarantine",
    "recalls",
    "rights",
    "runs",
    "tenants",
    "things",
    "visits",
]
