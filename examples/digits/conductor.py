"""Drives the demo while it runs: watches, kills, and knows when to end.

It is the operator, too, who waves a bad version past its gate.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import joblib

from common import Images, accuracy

if TYPE_CHECKING:
    from engine_process import EngineProcess

KILLS = 2
SPOILED = 2  # The iteration whose version is worse on purpose.
GATE = "no regression"
ENOUGH_ACCURACY = 0.95
PATIENCE = 0.5
MOST_FAILURES = 10


@dataclass(frozen=True)
class Goals:
    iterations: int  # Ended ones, at least.
    seconds: float  # Then it ends, whatever was reached.


class Scores:
    """Held-out accuracy by version; each model is fetched and scored once."""

    def __init__(self, held_out: Images) -> None:
        self._held_out = held_out
        self._known: dict[int, float] = {}

    def of(self, version: dict[str, Any]) -> float:
        number = version["version"]
        if number not in self._known:
            artifact = version["artifact"]
            with urllib.request.urlopen(artifact["uri"], timeout=10) as answer:
                data = answer.read()
            if hashlib.sha256(data).hexdigest() != artifact["digest"]:
                raise RuntimeError(f"version {number} does not have its digest")
            model = joblib.load(io.BytesIO(data))
            self._known[number] = accuracy(model, self._held_out)
        return self._known[number]


@dataclass(frozen=True)
class LoopStatus:
    """What `get digits -o json` says, as far as the demo needs it."""

    champion: int
    ended: int
    running: str  # "iteration 3: train 45 %", or empty.
    iteration: int  # The one that runs; 0: none.
    training: bool
    trigger: str
    events: int

    @staticmethod
    def read(engine: EngineProcess) -> LoopStatus:
        loop = json.loads(engine.call("get", "digits", "-o", "json"))
        running = ""
        number = 0
        training = False
        for iteration in loop["running"]:
            number = iteration["number"]
            for stage in iteration["stages"]:
                if stage["status"] == "waiting":
                    running = f"iteration {number}: {stage['name']}"
                if stage["status"] != "running":
                    continue
                done = (stage["progress"] or {}).get("done", 0.0)
                running = (
                    f"iteration {number}: {stage['name']} {100 * done:.0f} %"
                )
                training = training or stage["name"] == "train"
        return LoopStatus(
            champion=loop["champion"] or 0,
            ended=(loop["last_iteration"] or 0) - len(loop["running"]),
            running=running,
            iteration=number,
            training=training,
            trigger=loop["trigger"]["sentence"],
            events=loop["events"],
        )


class Conductor(threading.Thread):
    """Kills the engine twice while it trains, and lets a bad version reach the
    users; ends when the goals are met."""

    def __init__(
        self,
        engine: EngineProcess,
        scores: Scores,
        goals: Goals,
        seed: int,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name="conductor", daemon=True)
        self._engine = engine
        self._scores = scores
        self._goals = goals
        self._random = random.Random(seed)
        self._say = say
        self._began = time.monotonic()
        # A kill comes in the first or second iteration, one in a later one.
        first = self._random.randrange(2)
        self._kill_after = [first, first + 1 + self._random.randrange(2)]
        self.kills: list[str] = []
        self._waved = False
        self.failure: Exception | None = None

    def run(self) -> None:
        failures = 0
        done = False
        while not done:
            try:
                done = self._turn()
                failures = 0
            except Exception as problem:
                # One look may fail; who cannot look any more ends the demo.
                failures += 1
                if failures == MOST_FAILURES:
                    self.failure = problem
                    return
            time.sleep(PATIENCE)

    def _turn(self) -> bool:
        """Looks once, acts if it is time to; True when all is done."""
        status = LoopStatus.read(self._engine)
        if status.iteration == SPOILED and status.training and not self._waved:
            self._wave_through()
        kills = len(self.kills)
        if (
            kills < KILLS
            and status.training
            and status.ended >= self._kill_after[kills]
        ):
            # Somewhere inside of the training, unless it ends meanwhile.
            time.sleep(self._random.uniform(0.5, 5.0))
            status = LoopStatus.read(self._engine)
            if status.training:
                self._kill(status)
            return False
        self._say(
            f"champion v{status.champion}, {status.ended} iterations ended, "
            f"{status.events} events; {status.running or status.trigger}"
        )
        if self._elapsed() > self._goals.seconds:
            return True
        return (
            kills == KILLS
            and self._waved
            and status.ended >= self._goals.iterations
            and self._champion_accuracy() >= ENOUGH_ACCURACY
        )

    def _wave_through(self) -> None:
        """The gate would stop the version; somebody is in a hurry."""
        self._engine.call(
            "skip", "digits", str(SPOILED), GATE, "--reason", "we are in a hurry"
        )
        self._waved = True
        self._say(f"the gate of iteration {SPOILED} is skipped by an operator")

    def _kill(self, status: LoopStatus) -> None:
        at = self._elapsed()
        self._engine.kill()
        down = time.monotonic()
        self._engine.start()
        down = time.monotonic() - down
        self.kills.append(
            f"kill -9 at {at:.1f} s in {status.running}, "
            f"serving again after {down:.2f} s"
        )
        self._say(self.kills[-1])

    def _champion_accuracy(self) -> float:
        answer = self._engine.get("/v1/loops/digits/versions?limit=500")
        for version in answer["versions"]:
            if version["champion"]:
                return self._scores.of(version)
        return 0.0

    def _elapsed(self) -> float:
        return time.monotonic() - self._began
