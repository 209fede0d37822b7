#!/usr/bin/env python3
"""A loop that notices by itself: each step of docs/guide/monitors.md against a
real engine.

    tour.py PROGRAM

It plays the users, prints what a person would see, and ends with an error at
the first answer that is not what the guide says.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

LOOP = "answers"
BATCH = 50


class Engine:
    def __init__(self, program, store):
        self.program = program
        self.process = subprocess.Popen(
            [program, "serve", "--data", store, "--listen", "127.0.0.1:0",
             "--log-level", "none"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise SystemExit("the engine did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def call(self, *words, show=True, given="", output="table"):
        done = subprocess.run(
            [self.program, *words, "--url", self.url, "-o", output, "--color", "never"],
            input=given, capture_output=True, text=True, timeout=120, check=False)
        if show:
            said = " ".join(w if " " not in w else f"'{w}'" for w in words)
            print(f"$ monitors {said}\n{done.stdout}{done.stderr}", flush=True)
        if done.returncode != 0:
            raise SystemExit(f"exit code {done.returncode}: {done.stderr}")
        return done.stdout

    def read(self, *words):
        return json.loads(self.call(*words, show=False, output="json"))

    def until(self, what, holds):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if holds():
                return
        raise SystemExit(f"waited too long until {what}")


class Users:
    """Ask the app, and say what they think of its answers."""

    def __init__(self, engine):
        self.engine = engine
        self.random = random.Random(7)
        self.asked = 0

    def ask(self, version, right, seconds, times=BATCH):
        lines = []
        for _ in range(times):
            self.asked += 1
            name = f"q{self.asked}"
            lines.append({
                "kind": "interaction", "id": name, "version": version,
                "slice": {"language": self.random.choice(["de", "en", "fr"])}})
            for channel, value in (
                ("right", self.random.random() < right),
                ("seconds", round(self.random.expovariate(1 / seconds), 3) % 60),
            ):
                lines.append({
                    "kind": "feedback", "id": f"{name}-{channel}",
                    "interaction_id": name, "channel": channel, "value": value})
        self.engine.call(
            "feedback", "send", LOOP, show=False,
            given="".join(json.dumps(line) + "\n" for line in lines))


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")


def cell(engine, metric, version):
    for one in engine.read("metrics", LOOP, "--metric", metric):
        if one["version"] == version and one["scope"] == "overall":
            return one
    return {"count": 0}


def open_alarm(engine, metric):
    for alarm in engine.read("alarms", LOOP)["alarms"]:
        if alarm["metric"] == metric and alarm["level"] == "alarm" and alarm["state"] == "open":
            return alarm
    return None


def add_first(engine, directory):
    model = os.path.join(directory, "model.txt")
    with open(model, "w") as out:
        out.write("answers 0\n")
    engine.call("versions", "add", LOOP, "--file", model, "--champion", "--reason", "the first")


def a_good_time(engine, users):
    """Nothing has happened yet; then all is well."""
    expect(cell(engine, "accuracy", 1)["state"] == "no_data", "no data is no number")
    for _ in range(6):
        users.ask(version=1, right=0.97, seconds=2)
    engine.until("all is counted", lambda: cell(engine, "accuracy", 1)["count"] == users.asked)
    engine.call("metrics", LOOP)
    engine.call("metrics", LOOP, "--metric", "accuracy", "--slice", "language=de", "--windows", "2")
    low, high = cell(engine, "accuracy", 1)["interval"]
    expect(low < 0.97 < high, "the interval holds the truth")
    expect(open_alarm(engine, "accuracy") is None, "there is no alarm")


def a_slow_app(engine, users):
    """The app becomes slow: an alarm that starts nothing, and that is seen."""
    while open_alarm(engine, "latency") is None:
        expect(users.asked < 5000, "slow answers are noticed")
        users.ask(version=1, right=0.97, seconds=25)
    alarm = open_alarm(engine, "latency")
    engine.call("alarms", LOOP)
    expect(alarm["reading"]["evidence_days"] >= 7, "its evidence is above the threshold")
    engine.call("alarms", "ack", LOOP, str(alarm["alarm"]), "--reason", "the cache was cold")
    expect(open_alarm(engine, "latency") is None, "it is over")
    expect(not engine.read("iterations", LOOP), "nothing was started")


def a_bad_model(engine, users):
    """The world changes: the drop is found, and the loop trains by itself."""
    before = users.asked
    while engine.read("get", LOOP)["champion"] == 1:
        expect(users.asked < before + 5000, "wrong answers are noticed")
        users.ask(version=1, right=0.6, seconds=2)
    engine.until(
        "the iteration has ended",
        lambda: engine.read("iterations", LOOP)[0]["outcome"] == "promoted")
    engine.call("alarms", LOOP)
    iteration = engine.read("iterations", LOOP)[0]
    print(f"iteration 1 started because {iteration['reason']}\n")
    expect("accuracy of version 1 fell below 0.9" in iteration["reason"], "it says why")
    alarms = [a for a in engine.read("alarms", LOOP)["alarms"] if a["metric"] == "accuracy"]
    expect(all(a["state"] == "superseded" for a in alarms), "the new champion ended the alarm")


def a_new_start(engine, users):
    """The new champion is watched from its own beginning on."""
    users.ask(version=2, right=0.97, seconds=2)
    engine.until("all is counted", lambda: cell(engine, "accuracy", 2)["count"] == BATCH)
    engine.call("metrics", LOOP, "--metric", "accuracy")
    engine.call("triggers", LOOP)
    expect(len(engine.read("iterations", LOOP)) == 1, "one drop, one iteration")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        with Engine(program, os.path.join(directory, "store")) as engine:
            add_first(engine, directory)
            users = Users(engine)
            for step in (a_good_time, a_slow_app, a_bad_model, a_new_start):
                step(engine, users)
    print("the tour is over; all was as the guide says")


if __name__ == "__main__":
    main()
