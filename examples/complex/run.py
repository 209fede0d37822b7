#!/usr/bin/env python3
"""Plays the loop of this example for a minute: its users, and who signs off.

    run.py --program build/release/examples/complex/complex [--watch]

Users send messages all the while, so iterations overlap. The first is signed
off, the second is not answered in time, fails, and takes back what it had
announced; the third is signed off again. With --watch the terminal shows the
loop as `get assistant --watch` does; without it, what happens as it happens.
Ends with an error if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "common"))
from engine_process import EngineProcess  # noqa: E402

LOOP = "assistant"
SHARES = {"en": 0.5, "de": 0.3, "fr": 0.185, "fi": 0.015}
# What makes users of each language want a person, by the three features.
REASONS = {"en": (3, 1, 0), "de": (1, 3, 0), "fr": (0, 1, 3), "fi": (3, 0, 0)}
UNSURE = 0.08
SIGNED_OFF = (1, 3)
UNANSWERED = 2


class Engine(EngineProcess):
    """An engine on a fresh store, with the loop of this example."""

    def __init__(self, program: Path, directory: Path, pace: float, patience: int) -> None:
        self.status_page = directory / "status"
        self.status_page.mkdir()
        super().__init__(program, directory, {
            "PACE": str(pace), "PATIENCE": str(patience),
            "STATUS_PAGE": str(self.status_page)})

    def iteration(self, number: int) -> Any:
        return self.get(f"/v1/loops/{LOOP}/iterations/{number}")

    def iterations(self) -> list[Any]:
        return self.get(f"/v1/loops/{LOOP}/iterations?limit=100")["iterations"]

    def shown(self, *words: str) -> str:
        return self.call(*words, "-o", "table", "--color", "never")


class Users:
    """They send messages, and say which should have gone to a person."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._random = random.Random(20261128)
        self._sent = 0

    def send(self, count: int) -> None:
        version = self._engine.champion(LOOP)
        lines = []
        for _ in range(count):
            self._sent += 1
            lines += self._exchange(version)
        receipt = self._engine.post(f"/v1/events?loop={LOOP}", "\n".join(lines))
        if receipt["accepted"] != len(lines):
            raise RuntimeError(f"not all was accepted: {receipt}")

    def _exchange(self, version: int | None) -> list[str]:
        language = self._random.choices(list(SHARES), list(SHARES.values()))[0]
        features = [round(self._random.uniform(-1, 1), 3) for _ in range(3)]
        wanted = sum(f * r for f, r in zip(features, REASONS[language])) > 0
        if self._random.random() < UNSURE:
            wanted = not wanted
        message = {"kind": "interaction", "id": f"m{self._sent}",
                   "slice": {"language": language}, "input": {"features": features}}
        if version is not None:
            message["version"] = version
        said = {"kind": "feedback", "id": f"s{self._sent}",
                "interaction_id": message["id"], "channel": "escalate", "value": wanted}
        return [json.dumps(message), json.dumps(said)]


class Desk:
    """Signs off, and tells what happens."""

    def __init__(self, engine: Engine, shows: bool) -> None:
        self._engine = engine
        self._shows = shows
        self._seen: dict[tuple[int, str], str] = {}
        self._answered: set[int] = set()

    def look(self) -> int:
        """How many of the iterations that the play is about have ended."""
        ended = 0
        iterations = self._engine.iterations()
        for summary in iterations:
            number = int(summary["number"])
            one = self._engine.iteration(number)
            for stage in one["stages"]:
                self._tell(number, stage)
            if one["outcome"] != "running" and number <= max(SIGNED_OFF):
                ended += 1
            # The first one is kept waiting until the second has begun.
            overlaps = number > 1 or len(iterations) > 1
            if number in SIGNED_OFF and overlaps and self._waits_for_sign_off(one):
                self._sign_off(number)
        return ended

    def _tell(self, number: int, stage: Any) -> None:
        status = stage["status"]
        if self._seen.get((number, stage["name"])) == status:
            return
        self._seen[(number, stage["name"])] = status
        said = stage["sentence"] or stage["failure"] or ""
        if self._shows and status not in ("pending", "listing", "queued"):
            print(f"  {number}  {stage['name']:<18} {status:<11} {said}", flush=True)

    @staticmethod
    def _waits_for_sign_off(one: Any) -> bool:
        return any(s["name"] == "sign-off" and s["status"] == "waiting" for s in one["stages"])

    def _sign_off(self, number: int) -> None:
        if number in self._answered:
            return
        self._answered.add(number)
        self._engine.call(
            "approve", LOOP, str(number), "--who", "dana", "--reason", "the numbers are good")


def play(engine: Engine, shows: bool, pace: float) -> None:
    users = Users(engine)
    desk = Desk(engine, shows)
    while desk.look() < max(SIGNED_OFF):
        if len(engine.iterations()) < max(SIGNED_OFF):
            users.send(8)
        time.sleep(0.2 * pace)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"not so: {what}")


def check(engine: Engine) -> None:
    """Holds the end against what was played."""
    ends = {n: engine.iteration(n) for n in (*SIGNED_OFF, UNANSWERED)}
    for n in SIGNED_OFF:
        expect(ends[n]["outcome"] == "promoted", f"iteration {n} is promoted")
    lost = ends[UNANSWERED]
    expect(lost["outcome"] == "failed", "an iteration that nobody signs off fails")
    status = {s["name"]: s["status"] for s in lost["stages"]}
    expect(status["compensate announce"] == "succeeded", "its announcement is withdrawn")
    expect(status["page"] == "succeeded", "who is on duty is called")
    announced = sorted(p.name for p in engine.status_page.iterdir())
    expect(announced == [f"{LOOP}-{n}.txt" for n in SIGNED_OFF],
           f"only promoted versions are announced: {announced}")
    expect(ends[UNANSWERED]["started"] < ends[1]["ended"], "iterations overlap")
    children = engine.get("/v1/loops/rubric/iterations?limit=100")["iterations"]
    expect(len(children) >= len(ends), "each iteration ran one of the nested loop")


def run(engine: Engine, watches: bool, pace: float) -> None:
    watch = engine.watch(LOOP) if watches else None
    began = time.monotonic()
    try:
        play(engine, not watches, pace)
        seconds = time.monotonic() - began
    finally:
        if watch is not None:
            time.sleep(2 * pace)  # The end, for whoever looks on.
            watch.terminate()
            watch.wait(30)
    check(engine)
    print(engine.shown("get", LOOP))
    for number in (1, UNANSWERED):
        print(engine.shown("timeline", LOOP, str(number)))
    print(f"three iterations in {seconds:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--watch", action="store_true", help="show the loop's live view")
    parser.add_argument("--pace", type=float, default=1, help="seconds for a piece of work [1]")
    parser.add_argument("--patience", type=int, default=8, help="seconds to a sign-off [8]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ratchet-complex-") as directory:
        engine = Engine(options.program.resolve(), Path(directory), options.pace,
                        options.patience)
        engine.start()
        try:
            run(engine, options.watch, options.pace)
        finally:
            engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
