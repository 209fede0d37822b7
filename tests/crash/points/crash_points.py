#!/usr/bin/env python3
"""Kills the engine at every journal write of each scenario and checks that it
comes to the same end.

    crash_points.py --program PROGRAM [--moment before|after|both]
                    [--scenario NAME] [--write N] [--most N] [--seed SEED]
                    [--jobs N] [--keep]

For write 1, 2, 3, ... until a run has fewer: a run that is killed at that
write, then runs until one comes to its end. Its end state and its set of
effects must be those of a run that nothing disturbed. The number of writes
differs a little between runs, because one write may hold what several actors
recorded. With --most, of a scenario that has more writes only so many are
tried, drawn by a seed that is printed.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SCENARIOS = [
    "promotion",
    "repair",
    "fan-out",
    "challengers",
    "nested",
    "timing",
    "waits",
    "steering",
    "everything",
    "drops",
    "experiment",
    "areas",
    "probation",
]
LIMIT_SECONDS = 120


@dataclass(frozen=True)
class End:
    """What a scenario has come to."""

    state: str
    effects: frozenset[str]
    writes: int


class Failure(Exception):
    pass


def play(program: str, directory: str, arguments: list[str]) -> str | None:
    """What a run that came to its end printed; nothing of one that was killed."""
    done = subprocess.run(
        [program, directory, *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode == -signal.SIGKILL:
        return None
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode}: {done.stderr.strip()[-600:]}")
    return done.stdout


def read_end(directory: str, state: str) -> End:
    with open(os.path.join(directory, "effects")) as lines:
        effects = frozenset(line.strip() for line in lines)
    with open(os.path.join(directory, "writes")) as text:
        writes = int(text.read())
    return End(state, effects, writes)


def differences(disturbed: End, undisturbed: End) -> str:
    here, there = disturbed.state.splitlines(), undisturbed.state.splitlines()
    lines = [f"+ {line}" for line in here if line not in there]
    lines += [f"- {line}" for line in there if line not in here]
    lines += [f"+ effect {e}" for e in sorted(disturbed.effects - undisturbed.effects)]
    lines += [f"- effect {e}" for e in sorted(undisturbed.effects - disturbed.effects)]
    return "\n    ".join(lines) or "the same lines in another order"


class Trial:
    def __init__(self, arguments: argparse.Namespace, scenario: str) -> None:
        self.arguments = arguments
        self.scenario = scenario
        self.unshown: list[str] = []
        self.undisturbed = self.run(None)
        if self.unshown:
            raise Failure(f"{scenario} does not show {', '.join(self.unshown)}")

    def run(self, kill: tuple[str, int] | None) -> End | None:
        """Nothing if there is no such write."""
        directory = tempfile.mkdtemp(prefix="ratchet-points-")
        try:
            program = self.arguments.program
            if kill is not None:
                moment, write = kill
                state = play(
                    program, directory, [self.scenario, moment, str(write)]
                )
                if state is not None:
                    return None
            state = play(program, directory, [self.scenario])
            if state is None:
                raise Failure("killed by somebody else")
            if kill is None:
                with open(os.path.join(directory, "unshown")) as lines:
                    self.unshown = lines.read().split()
            return read_end(directory, state)
        finally:
            if not self.arguments.keep:
                shutil.rmtree(directory, ignore_errors=True)

    def check(self, moment: str, write: int) -> tuple[bool, str]:
        """Whether there is such a write, and what went wrong."""
        try:
            end = self.run((moment, write))
        except (Failure, subprocess.TimeoutExpired) as failure:
            return True, str(failure)
        if end is None:
            return False, ""
        if (end.state, end.effects) == (
            self.undisturbed.state,
            self.undisturbed.effects,
        ):
            return True, ""
        return True, differences(end, self.undisturbed)


def rounds(arguments: argparse.Namespace, trial: Trial) -> Iterator[list[int]]:
    """The writes to try, a round of jobs at a time."""
    writes: Iterable[int] = itertools.count(1)
    if arguments.write:
        writes = [arguments.write]
    elif 0 < arguments.most < trial.undisturbed.writes:
        draw = random.Random(arguments.seed)
        writes = sorted(
            draw.sample(range(1, trial.undisturbed.writes + 1), arguments.most)
        )
    pending = iter(writes)
    while some := list(itertools.islice(pending, arguments.jobs)):
        yield some


def check_scenario(arguments: argparse.Namespace, name: str) -> tuple[int, int]:
    """How many writes were tried, and at how many it went wrong."""
    try:
        trial = Trial(arguments, name)
    except (Failure, subprocess.TimeoutExpired) as failure:
        print(f"FAILED: {name}, undisturbed: {failure}", flush=True)
        return 0, 1
    moments = ["before", "after"] if arguments.moment == "both" else [arguments.moment]
    tried = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for moment in moments:
            for some in rounds(arguments, trial):
                more = True
                found = pool.map(lambda w: (w, *trial.check(moment, w)), some)
                for at, exists, failure in found:
                    more = more and exists
                    tried += exists
                    if failure:
                        wrong += 1
                        print(f"FAILED: {name}, {moment} write {at}: {failure}")
                        print(
                            f"  repeat with: --scenario {name} --moment {moment} "
                            f"--write {at}",
                            flush=True,
                        )
                if not more:
                    break
    print(
        f"{name}: {tried} kills ({'/'.join(moments)}) at about "
        f"{trial.undisturbed.writes} writes, {wrong} came to another end",
        flush=True,
    )
    return tried, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--moment", choices=["before", "after", "both"], default="after")
    parser.add_argument("--scenario", choices=SCENARIOS)
    parser.add_argument("--write", type=int, help="only this one")
    parser.add_argument("--most", type=int, default=0, help="at each scenario")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=8)
    parser.add_argument("--keep", action="store_true", help="keep the directories")
    arguments = parser.parse_args()
    if arguments.most:
        print(f"at most {arguments.most} writes each, by --seed {arguments.seed}")
    names = [arguments.scenario] if arguments.scenario else SCENARIOS
    tried = wrong = 0
    for name in names:
        counts = check_scenario(arguments, name)
        tried, wrong = tried + counts[0], wrong + counts[1]
    return 1 if wrong or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
