#!/usr/bin/env python3
"""A loop that finds out where its model is weak: each step of docs/guide/areas.md
against a real engine.

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
BATCH = 300


class Users:
    """Ask the app, and say what they think of its answers."""

    def __init__(self, engine):
        self.engine = engine
        self.random = random.Random(7)
        self.asked = 0

    def ask(self, version, right):
        """`right` is how often an answer is, by device and language."""
        lines = []
        for _ in range(BATCH):
            self.asked += 1
            name = f"q{self.asked}"
            device = self.random.choice(["phone", "tablet", "desktop"])
            language = self.random.choice(["de", "en", "fr"])
            lines.append({
                "kind": "interaction", "id": name, "version": version,
                "subject": f"user-{self.asked}", "input": name,
                "slice": {"device": device, "language": language,
                          "length": str(self.random.randrange(10, 500))}})
            lines.append({
                "kind": "feedback", "id": f"{name}-right", "interaction_id": name,
                "channel": "right",
                "value": self.random.random() < right(device, language)})
        self.engine.send(LOOP, lines)


def areas(engine):
    return engine.read("areas", LOOP)["areas"][0]


def all_is_well(engine, users):
    """No area is a state, and says why."""
    users.ask(1, lambda device, language: 0.95)
    engine.until("they were looked at", lambda: areas(engine)["state"] == "none")
    engine.call("areas", LOOP)
    expect(not areas(engine)["look"]["areas"], "there is no area")
    expect(not engine.read("iterations", LOOP), "nothing was started")


def a_weak_spot(engine, users):
    """French on tablets goes wrong: the look finds it, and the loop trains."""
    def right(device, language):
        return 0.3 if (device, language) == ("tablet", "fr") else 0.95

    def champion():
        return engine.read("get", LOOP)["champion"]

    while champion() == 1:
        expect(users.asked < 20_000, "a weak spot is noticed")
        users.ask(1, right)
        engine.until(
            "they were looked at",
            lambda: champion() != 1 or areas(engine)["look"]["rows"] == users.asked)
    engine.until(
        "the iteration has ended",
        lambda: engine.read("iterations", LOOP)[0]["outcome"] == "promoted")
    iteration = engine.read("iterations", LOOP)[0]
    print(f"iteration 1 started because {iteration['reason']}\n")
    expect("device is tablet" in iteration["reason"], "it says where")
    engine.call("areas", LOOP)
    found = areas(engine)
    expect(not found["current"], "the new champion is another matter")
    worst = found["look"]["areas"][0]
    expect("language is fr" in worst["area"], "it is French on tablets")
    expect(worst["error"]["low"] > worst["rest_error"]["high"], "it is no chance")
    expect(len(worst["examples"]) == 5, "there are examples")
    stage = engine.read("iteration", LOOP, "1")["stages"][0]["values"]
    print(f"of its data set, {stage['area_rows']} rows were of areas, and "
          f"{stage['area_copies']} more were drawn of them\n")
    expect(int(stage["area_copies"]) == 2 * int(stage["area_rows"]), "three times each")


def a_better_model(engine, users):
    """The next model has learned it: nothing more starts."""
    for _ in range(3):
        users.ask(2, lambda device, language: 0.95)
    engine.until(
        "the new champion was looked at",
        lambda: areas(engine)["current"] and areas(engine)["state"] == "none")
    engine.call("areas", LOOP)
    engine.call("triggers", LOOP)
    expect(len(engine.read("iterations", LOOP)) == 1, "one area, one iteration")


if __name__ == "__main__":
    play(__doc__, LOOP, Users, (all_is_well, a_weak_spot, a_better_model))
