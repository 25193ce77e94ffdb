"""Lets a fuzzer loose on one target of ``fuzzed.py`` until it has taken so many bytes.

    python tests/support/fuzz.py TARGET BYTES SEED DIRECTORY

Atheris watches which branches of ``drivers`` and ``agent.core`` an input reaches, and changes those
that reached new ones. Prints what it did as a JSON object; a broken promise, a slow or a greedy
input ends it with a traceback and another exit code, and is kept in the directory.
"""

import json
import os
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["drivers", "agent.core"]):
    from fuzzed import TARGETS, Target

__all__ = ["run"]

_LONGEST_S = 1_500
_MOST_MB = 768


def run(name: str, most_bytes: int, seed: int, directory: Path) -> None:
    """Fuzz; ends the process."""
    target = TARGETS[name]
    corpus = directory / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.begin):
        (corpus / f"begin-{number}").write_bytes(data)
    arguments = [
        sys.argv[0],
        str(corpus),
        f"-seed={seed}",
        f"-max_len={target.longest}",
        "-len_control=0",
        f"-max_total_time={_LONGEST_S}",
        f"-rss_limit_mb={_MOST_MB}",
        "-timeout=20",
        "-verbosity=0",
        f"-artifact_prefix={directory}/",
    ]
    atheris.Setup(arguments, _counted(name, target, most_bytes))
    atheris.Fuzz()


def _counted(name: str, target: Target, most_bytes: int):  # type: ignore[no-untyped-def]
    began_s, taken, inputs = time.monotonic(), 0, 0

    def try_out(data: bytes) -> None:
        nonlocal taken, inputs
        target.try_out(data)
        taken, inputs = taken + len(data), inputs + 1
        if taken >= most_bytes:
            took_s = round(time.monotonic() - began_s, 1)
            said = {"target": name, "bytes": taken, "inputs": inputs, "took_s": took_s}
            sys.stdout.write(json.dumps(said))
            sys.stdout.flush()
            os._exit(0)  # there is no other way out of a fuzzer

    return try_out


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
