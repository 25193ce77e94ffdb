"""``tapledger simulate``."""

import json
import os
import textwrap
from typing import TYPE_CHECKING

import click

from agent.cli.shown import fail, plain_errors, progress_bar
from agent.core.mistakes import did_you_mean
from agent.logs import configure_logs

if TYPE_CHECKING:
    from sync.simulation.histories import Caught
    from sync.simulation.history import Outcome

__all__ = ["simulate"]


@click.command(short_help="Play histories of sync under faults, from a seed.")
@click.option(
    "--histories",
    default=300,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help="How many histories to play.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    metavar="S",
    help="The first history's seed; the others count on from it.",
)
@click.option(
    "--mutant",
    default="none",
    show_default=True,
    metavar="NAME|all|none",
    help="Leave a rule out, which must be caught within N histories; 'all': one after the other."
    " A name that there is none of lists them.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), metavar="J", help="Processes; one for each core."
)
@click.option("--trace", is_flag=True, help="Tell the history of --seed in words, and no other.")
@plain_errors
def simulate(histories: int, seed: int, mutant: str, jobs: int | None, trace: bool) -> None:
    """Play seeded histories of stores, network and head office under faults.

    Stores, broker and head office run in this process on a simulated clock, with the product's own
    code. A history's seed says which faults it has, and whether its shops' points also run out,
    wait, or become vouchers. It is held to the invariants at each step, and to equality once
    everything healed.

    What breaks an invariant is printed with the seed that shows it again. Exit code 1 where
    anything did, or where a rule that was left out was not caught.
    """
    # Imported here: the command line must not wait for what only the simulation needs.
    try:
        from sync.simulation.histories import hunt, play_all  # noqa: PLC0415
        from sync.simulation.mutants import MUTANTS  # noqa: PLC0415
    except ImportError as error:
        fail(f"{error}; install tapledger with its 'hub' extra", code=1)
    configure_logs(level="CRITICAL")
    if mutant not in (*MUTANTS, "all", "none"):
        raise click.UsageError(_no_such_rule(mutant, sorted(MUTANTS)))
    if trace:
        _trace(seed, mutant)
        return
    jobs = jobs or os.cpu_count() or 1
    violations = mutants = caught = 0
    if mutant == "none":
        with progress_bar("simulate") as progress:
            for done, outcome in enumerate(play_all(range(seed, seed + histories), jobs=jobs), 1):
                progress(done, histories)
                violations += _told(outcome)
    else:
        names = sorted(MUTANTS) if mutant == "all" else [mutant]
        for each in hunt(names, seed=seed, at_most=histories, jobs=jobs):
            mutants += 1
            caught += each.outcome is not None
            violations += _told_caught(each)
    if mutant == "none" and not violations:
        click.echo(f"{_seeds(seed, histories)}: every invariant held, and both sides were equal")
    sums = {"violations": violations, "mutants": mutants, "caught": caught}
    click.echo(json.dumps({"histories": histories, **sums, "seed": seed}, separators=(",", ":")))
    raise SystemExit(1 if violations or caught < mutants else 0)


def _seeds(first: int, histories: int) -> str:
    return f"seed {first}" if histories == 1 else f"seeds {first} to {first + histories - 1}"


def _no_such_rule(name: str, known: list[str]) -> str:
    """Say that no rule has this name, and which there are, in lines that a terminal shows whole."""
    there_are = textwrap.fill(", ".join(known), 72, initial_indent="  ", subsequent_indent="  ")
    return f"--mutant: no rule is called '{name}'{did_you_mean(name, known)}\n{there_are}"


def _told(outcome: "Outcome") -> int:
    """Tell of a violation, and how to see it again; answers how many there were."""
    if outcome.violation is None:
        return 0
    click.secho(f"{_which(outcome)}: {outcome.violation}", fg="red")
    if outcome.script is None:
        click.echo(f"  see it again: tapledger simulate --seed {outcome.seed} --trace")
    return 1


def _which(outcome: "Outcome") -> str:
    """Name a history."""
    if outcome.script is not None:
        return f"made by hand: {outcome.script}"
    return f"seed {outcome.seed} ({outcome.mix})"


def _told_caught(each: "Caught") -> int:
    found = each.outcome
    played = "1 history" if each.histories == 1 else f"{each.histories} histories"
    if found is None or found.violation is None:
        click.secho(f"{each.mutant.name}: NOT caught in {played}", fg="red")
        return 0
    click.echo(
        f"{each.mutant.name}: caught by {found.violation.invariant} after {played}, "
        f"{_which(found)}: {each.mutant.breaks}"
    )
    return 0 if each.control is None else _told(each.control)


def _trace(seed: int, mutant: str) -> None:
    from sync.simulation.history import play  # noqa: PLC0415 - see above
    from sync.simulation.mutants import MUTANTS  # noqa: PLC0415

    if mutant == "all":
        raise click.UsageError("--trace tells one history: name one rule that it leaves out")
    if mutant in MUTANTS:
        with MUTANTS[mutant].applied():
            outcome = play(seed, keep_story=True)
    else:
        outcome = play(seed, keep_story=True)
    click.echo(f"{_which(outcome)}, in seconds since it began:")
    for line in outcome.story:
        click.echo(line)
    conflicts = "1 conflict" if outcome.conflicts == 1 else f"{outcome.conflicts} conflicts"
    click.echo(f"story {outcome.digest}, {outcome.entries} entries, {conflicts}")
    raise SystemExit(0 if outcome.violation is None else 1)
