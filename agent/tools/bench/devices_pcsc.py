"""From laying a card on a PC/SC reader to its token, beside pcscd's own notification.

A real pcscd with vsmartcard's virtual reader. Both are told of the same insertion, so what pcscd
itself takes (it looks at its reader every 0.4 s) stands in both, and only the reading in one.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from agent.tools.bench.figures import Figure, Target
from agent.tools.bench.measure import RUNS, Progress, medians

__all__ = ["cards_laid", "why_not"]

_UNSHARE = ("unshare", "-rmnp", "--fork", "--kill-child")
_VPCD = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_MOST_TIMES = 1.5
_LONGEST_S = 600


def why_not() -> str | None:
    """Say what this machine lacks for it; None where it lacks nothing."""
    if shutil.which("pcscd", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None:
        return "pcscd is not installed; apt-get install pcscd vsmartcard-vpcd"
    if not _VPCD.exists():
        return "vpcd is not installed; apt-get install vsmartcard-vpcd"
    if importlib.util.find_spec("smartcard") is None:
        return "pyscard is not installed; install tapledger with its 'pcsc' extra"
    try:
        command = [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/run"]
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "a pcscd beside another one needs namespaces, which unshare does not give here"
    return None


def cards_laid(directory: Path, cards: int, progress: Progress) -> tuple[Figure, Figure]:
    """Measure so many cards in each of five runs; answers p50 and p99."""
    runs: list[list[tuple[float, float]]] = []
    for number in range(RUNS):
        inside = directory / str(number)
        inside.mkdir()
        command = [sys.executable, "-m", "agent.tools.bench.pcsc_house", str(inside), str(cards)]
        ended = subprocess.run(
            [*_UNSHARE, *command],
            stdout=subprocess.PIPE,
            text=True,
            timeout=_LONGEST_S,
            check=True,
        )
        runs.append(json.loads(ended.stdout))
        progress(number + 1, RUNS)
    raw = medians("bare", [[notified_s for notified_s, _ in run] for run in runs])
    ours = medians("ours", [[token_s for _, token_s in run] for run in runs])
    return _figure("p50", ours.p50_ms, raw.p50_ms), _figure("p99", ours.p99_ms, raw.p99_ms)


def _figure(which: str, ours_ms: float, raw_ms: float) -> Figure:
    return Figure(
        name=f"PC/SC insertion -> token, {which}",
        unit="ms",
        value=ours_ms,
        raw="the same insertion -> bare SCardGetStatusChange",
        raw_value=raw_ms,
        target=Target(of="ratio", at_most=_MOST_TIMES),
    )
