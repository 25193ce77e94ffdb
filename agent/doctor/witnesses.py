"""Witnesses: whether tills would notice that the whole disk was set back, before points are spent.

Everything on a disk that was set back looks sound to everything on it. Tills that send back the
position they were told last know better, and redemptions can be made to wait until each was heard.
"""

from collections.abc import Iterator

from agent.doctor.configuration import Configured
from agent.doctor.finding import Finding, fine, warned

__all__ = ["judge_witnesses"]


def judge_witnesses(it: Configured) -> Iterator[Finding]:
    """Say when such a disk is noticed; nothing of a store without a head office, which has no
    rights that could be spent twice.
    """
    if it.whole is None or it.whole.hub is None:
        return
    tills = len(it.whole.api.tokens)
    if it.whole.controls.wait_for_tills and tills:
        yield fine("witnesses", f"after a start redemptions wait until {tills} tills were heard")
        return
    yield warned(
        "witnesses",
        "a disk that is set back as a whole is noticed only when head office or a till is heard, "
        "and points can be redeemed before",
        "where every till sends back Tapledger-Position, set wait_for_tills = true in [controls]",
    )
