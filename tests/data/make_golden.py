"""Write what real baskets earn under the shipped programs into golden/, a file for each.

    python tests/data/make_golden.py             # every 20th basket, which is here
    python tests/data/make_golden.py --all FILE  # all, by make_baskets.py --every 1 FILE

Read the diff: each number that changes is points that members have or have not.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from golden import GOLDEN, WHOLE, replayed, written

from agent.paths import shipped_year


def main() -> None:
    """Replay the baskets and write the files."""
    parser = argparse.ArgumentParser(description="Write the golden totals of the programs.")
    parser.add_argument("--all", type=Path, metavar="FILE", help="all baskets, for make torture")
    whole: Path | None = parser.parse_args().all

    directory = GOLDEN if whole is None else WHOLE
    directory.mkdir(exist_ok=True)
    for old in directory.glob("*.json"):
        old.unlink()
    for name, totals in replayed(whole or shipped_year()).items():
        out = directory / f"{name}.json"
        out.write_text(json.dumps(written(totals), indent=2) + "\n", "utf-8")
        sys.stderr.write(f"{out}: {totals.points} points for {totals.baskets} baskets\n")


if __name__ == "__main__":
    main()
