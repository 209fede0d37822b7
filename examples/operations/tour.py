#!/usr/bin/env python3
"""An operator's tour of a loop: each command of docs/guide/operating-a-loop.md,
cancel-and-compensation.md and changing-a-definition.md against a real engine.

    tour.py PROGRAM

It prints what a person would see, and ends with an error at the first answer
that is not what the guide says.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "common"))
from engine_process import EngineProcess  # noqa: E402


class Tour:
    """Asks the engine that runs, and shows what it answers."""

    def __init__(self, directory):
        self.directory = directory
        self.engine = None

    def run(self, *words, code=0, output="table"):
        shown = " ".join(w if w and " " not in w else f"'{w}'" for w in words)
        done = self.engine.run(*words, "-o", output, "--color", "never")
        if output == "table":
            print(f"$ ratchet {shown}\n{done.stdout}{done.stderr}", flush=True)
        if done.returncode != code:
            raise SystemExit(f"exit code {done.returncode}, not {code}: {done.stderr}")
        return done.stdout

    def read(self, *words):
        return json.loads(self.run(*words, output="json"))

    def until(self, what, holds):
        for _ in range(1200):
            if holds():
                return
            # One look is some milliseconds of a process of its own.
        raise SystemExit(f"waited too long until {what}")

    def stage(self, number, name):
        for stage in self.read("iteration", "nightly", str(number))["stages"]:
            if stage["name"] == name:
                return stage
        raise SystemExit(f"no stage {name}")

    def ended(self, number):
        self.until(
            f"iteration {number} ends",
            lambda: self.read("iteration", "nightly", str(number))["outcome"] != "running")
        return self.read("iteration", "nightly", str(number))


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")


def operate(tour):
    """Pause, resume, label, look, export, replay."""
    tour.run("trigger", "nightly", "--label", "ticket=R-7", "--reason", "try the new data")
    tour.until("it trains", lambda: tour.stage(1, "train")["status"] == "running")
    tour.run("pause", "nightly", "1", "--now", "--reason", "the disk is being replaced")
    tour.until("it has stopped", lambda: tour.stage(1, "train")["status"] == "pending")
    tour.run("iterations", "nightly", "--state", "paused")
    tour.run("resume", "nightly", "1", "--reason", "the disk is back")
    expect(tour.ended(1)["outcome"] == "completed", "a pause is no failure")
    tour.run("label", "nightly", "1", "checked=yes", "ticket-")
    found = tour.read("iterations", "nightly", "--label", "checked=yes")
    expect(len(found) == 1, "a label finds it")
    tour.run("timeline", "nightly", "1")
    file = os.path.join(tour.directory, "nightly-1.ndjson")
    with open(file, "w") as out:
        out.write(tour.run("export", "nightly", "1", output="json"))
    tour.run("replay", file)
    with open(file) as whole:
        text = whole.read()
    with open(file, "w") as out:
        out.write(text.replace("the disk is back", "the disk is gone"))
    tour.run("replay", file, code=1)


def cancel(tour, broken):
    """Cancel many at once, and repair one that failed."""
    for _ in range(2):
        tour.run("trigger", "nightly")
    tour.until("both train", lambda: all(
        tour.stage(n, "train")["status"] == "running" for n in (2, 3)))
    tour.run("cancel", "nightly", "--state", "running", "--stage", "train",
             "--reason", "wrong data", "--yes")
    for number in (2, 3):
        expect(tour.ended(number)["outcome"] == "canceled", "both are canceled")
        expect(tour.stage(number, "compensate reserve")["status"] == "succeeded",
               "what had been done is undone")
    tour.run("iteration", "nightly", "2")
    open(broken, "w").close()
    tour.run("trigger", "nightly")
    expect(tour.ended(4)["outcome"] == "failed", "publishing is broken")
    tour.run("iterations", "nightly", "--state", "failed", "--stage", "publish", "--since", "1h")
    os.remove(broken)
    tour.run("retry", "nightly", "--state", "failed", "--reason", "mended", "--yes")
    expect(tour.ended(4)["outcome"] == "completed", "the retry works")
    tour.run("audit", "nightly")


def change(tour):
    """The definition has changed."""
    tour.run("definitions", "nightly")
    tour.run("definitions", "diff", "nightly")
    changes = tour.read("definitions", "diff", "nightly")["changes"]
    expect({"place": 'stage "train"', "name": "timeout", "before": "1h", "after": "2h"}
           in changes, "the time-out has changed")


def retire(tour):
    """Nobody hosts the loop any more."""
    tour.run("ls")
    everything = os.path.join(tour.directory, "nightly.ndjson")
    with open(everything, "w") as out:
        out.write(tour.run("export", "nightly", output="json"))
    tour.run("replay", everything)
    tour.run("archive", "nightly", "--reason", "weekly has taken over")
    expect("nightly" not in tour.run("ls"), "an archived loop is not listed")
    expect("archived" in tour.run("ls", "--all"), "but with --all")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as directory:
        broken = os.path.join(directory, "broken")
        tour = Tour(directory)
        # Each of them is the program as it was built of another source.
        for version, steps in (
            ("original", lambda: (operate(tour), cancel(tour, broken))),
            ("changed", lambda: change(tour)),
            ("gone", lambda: retire(tour)),
            ("changed", lambda: expect(
                tour.read("get", "nightly")["archived"] is False, "it is back")),
        ):
            environment = {"NIGHTLY": version, "BROKEN": broken}
            with EngineProcess(program, Path(directory), environment) as engine:
                tour.engine = engine
                steps()
    print("the tour is over; all was as the guide says")


if __name__ == "__main__":
    main()
