#!/usr/bin/env python3
"""A tour of a loop that changes, goes and comes back: each command of
docs/guide/changing-a-definition.md against a real engine.

    tour.py PROGRAM

It prints what a person would see, and ends with an error at the first answer
that is not what the guide says.
"""

import json
import os
import subprocess
import sys
import tempfile


class Engine:
    """The program, serving a store; `version` is which source it was built of."""

    def __init__(self, program, store, version, broken):
        env = dict(os.environ, NIGHTLY=version, BROKEN=broken)
        self.process = subprocess.Popen(
            [program, "serve", "--data", store, "--listen", "127.0.0.1:0",
             "--log-level", "error"],
            env=env, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise SystemExit("the engine did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)


class Tour:
    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.url = ""

    def run(self, *words, code=0, output="table"):
        shown = " ".join(w if w and " " not in w else f"'{w}'" for w in words)
        done = subprocess.run(
            [self.program, *words, "--url", self.url, "-o", output, "--color", "never"],
            capture_output=True, text=True, timeout=120, check=False)
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

    def ended(self, number):
        self.until(
            f"iteration {number} ends",
            lambda: self.read("iteration", "nightly", str(number))["outcome"] != "running")
        return self.read("iteration", "nightly", str(number))


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")


def run_once(tour):
    """An iteration, its time, and its journal as a file."""
    tour.run("trigger", "nightly", "--reason", "try the new data")
    expect(tour.ended(1)["outcome"] == "completed", "it works")
    tour.run("timeline", "nightly", "1")
    file = os.path.join(tour.directory, "nightly-1.ndjson")
    with open(file, "w") as out:
        out.write(tour.run("export", "nightly", "1", output="json"))
    tour.run("replay", file)
    with open(file) as whole:
        text = whole.read()
    with open(file, "w") as out:
        out.write(text.replace("try the new data", "try the old data"))
    tour.run("replay", file, code=1)


def change(tour):
    """The definition has changed."""
    tour.run("definitions", "nightly")
    tour.run("definitions", "diff", "nightly")
    changes = tour.read("definitions", "diff", "nightly")["changes"]
    expect({"place": 'stage "train"', "name": "timeout", "before": "1h", "after": "2h"}
           in changes, "the time-out has changed")


def retire(tour):
    """Nobody hosts the loop any more."""
    expect("orphaned" in tour.run("ls"), "the loop is listed as orphaned")
    tour.run("iterations", "nightly")
    everything = os.path.join(tour.directory, "nightly.ndjson")
    with open(everything, "w") as out:
        out.write(tour.run("export", "nightly", output="json"))
    tour.run("replay", everything)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        store = os.path.join(directory, "store")
        broken = os.path.join(directory, "broken")
        tour = Tour(program, directory)
        for version, steps in (
            ("original", lambda: run_once(tour)),
            ("changed", lambda: change(tour)),
            ("gone", lambda: retire(tour)),
            ("changed", lambda: expect(
                tour.read("get", "nightly")["orphaned"] is False, "it is back")),
        ):
            with Engine(program, store, version, broken) as engine:
                tour.url = engine.url
                steps()
    print("the tour is over; all was as the guide says")


if __name__ == "__main__":
    main()
