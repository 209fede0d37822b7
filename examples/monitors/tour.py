#!/usr/bin/env python3
"""A loop that notices by itself: each step of docs/guide/monitors.md against a
real engine.

    tour.py PROGRAM

It plays the users, prints what a person would see, and ends with an error at
the first answer that is not what the guide says.
"""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# It stands beside the examples.
from tour_engine import expect, play  # noqa: E402

LOOP = "answers"
BATCH = 50


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
        self.engine.send(LOOP, lines)


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


if __name__ == "__main__":
    play(__doc__, LOOP, Users, (a_good_time, a_slow_app, a_bad_model, a_new_start))
