#!/usr/bin/python3
"""Lets the intents loop learn from the corrections of its users.

    run.py --program build/release/examples/intents/intents --data DIR

DIR holds train.csv and test.csv with the columns `text` and `category`, such
as those of banking77. The first champion knows a few questions of each intent.
Users then ask the rest of train.csv; the app answers with the champion's
model, and they say whether they were understood, and often what they meant.
test.csv is used for nothing but the score of each champion, which is printed
in the end, beside how it did in traffic, and where it fails most.
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

import model as intents

EXAMPLES = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(EXAMPLES / "common"), str(EXAMPLES / "digits")]
from engine import Assignment, EngineClient, EngineUnavailable  # noqa: E402
from engine_process import EngineProcess  # noqa: E402

LOOP = "intents"
SEED_EACH = 4  # Questions of each intent that the first champion knows.
ANSWERS = 0.9  # Of users who say whether they were understood.
CORRECTS = 0.9  # Of those who were not, and say what they meant.
CONFIRMS = 0.3  # Of those who were, and say so by name.
MISTAKES = 0.03  # Of what users name, and is wrong.
BATCH = 100


class Data:
    """The questions, split for good."""

    def __init__(self, directory: Path) -> None:
        train = intents.read_csv(directory / "train.csv")
        self.test = intents.read_csv(directory / "test.csv")
        self.names = sorted(set(train.intents))
        order = list(range(len(train)))
        random.Random(77).shuffle(order)
        seen: dict[str, int] = {}
        seed, asked = [], []
        for i in order:
            known = seen.get(train.intents[i], 0)
            seen[train.intents[i]] = known + 1
            (seed if known < SEED_EACH else asked).append(i)
        self.seed = self._pick(train, seed)
        self.asked = self._pick(train, asked)

    @staticmethod
    def _pick(of: intents.Questions, rows: list[int]) -> intents.Questions:
        return intents.Questions([of.texts[i] for i in rows], [of.intents[i] for i in rows])


class App:
    """The serving application, and its users."""

    def __init__(self, client: EngineClient, data: Data) -> None:
        self._client = client
        self._data = data
        self._random = random.Random(2026)
        self._asked = 0
        self._served: Assignment | None = None
        self._model: Any = None
        self.scores: dict[int, float] = {}

    @property
    def left(self) -> int:
        return len(self._data.asked) - self._asked

    def serve(self) -> None:
        """A batch of questions, and what their users say."""
        self.meet_champion()
        rows = range(self._asked, min(self._asked + BATCH, len(self._data.asked)))
        self._asked = rows.stop
        guesses = intents.predict(self._model, [self._data.asked.texts[i] for i in rows])
        events = []
        for i, guess in zip(rows, guesses):
            events += self._exchange(i, guess)
        receipt = self._client.post_events(events)
        if receipt.accepted != len(events):
            raise RuntimeError(f"not all was accepted: {receipt}")

    def meet_champion(self) -> None:
        served = self._client.assignment(LOOP, "")
        if self._served is not None and served.version == self._served.version:
            return
        file = Path(tempfile.gettempdir()) / f"intents-{served.sha256}.joblib"
        file.write_bytes(self._client.artifact(served))
        self._model = intents.load(file)
        file.unlink()
        self._served = served
        self.scores[served.version] = intents.accuracy(self._model, self._data.test)

    def _exchange(self, i: int, guess: str) -> list[dict[str, Any]]:
        meant = self._data.asked.intents[i]
        assert self._served is not None
        events: list[dict[str, Any]] = [{
            "kind": "interaction", "loop": LOOP, "id": f"q{i}",
            "version": self._served.version, "arm": self._served.arm,
            "propensity": self._served.propensity, "slice": {"intent": guess},
            "input": {"text": self._data.asked.texts[i]}, "output": guess}]
        if not self._happens(ANSWERS):
            return events
        right = guess == meant
        events.append(self._feedback(i, "solved", right))
        if self._happens(CONFIRMS if right else CORRECTS):
            named = self._random.choice(self._data.names) if self._happens(MISTAKES) else meant
            events.append(self._feedback(i, "correction", named))
        return events

    def _happens(self, probability: float) -> bool:
        return self._random.random() < probability

    @staticmethod
    def _feedback(i: int, channel: str, value: Any) -> dict[str, Any]:
        return {"kind": "feedback", "loop": LOOP, "id": f"{channel}-{i}",
                "interaction_id": f"q{i}", "channel": channel, "value": value}


def first_champion(engine: EngineProcess, data: Data, work: Path) -> None:
    file = work / intents.MODEL_FILE
    intents.save(intents.fit(data.seed), file)
    engine.call("versions", "add", LOOP, "--file", str(file), "--champion",
                "--reason", f"{SEED_EACH} questions of each intent", "--who", "run.py")


def running(engine: EngineProcess) -> bool:
    found = engine.get(f"/v1/loops/{LOOP}/iterations?limit=1")["iterations"]
    return bool(found) and found[0]["outcome"] == "running"


def play(engine: EngineProcess, data: Data, pause: float) -> App:
    client = EngineClient(engine.url)
    app = App(client, data)
    while app.left > 0:
        try:
            app.serve()
        except EngineUnavailable:
            time.sleep(0.1)
            continue
        time.sleep(pause)
    while running(engine):
        time.sleep(0.2)
    app.meet_champion()
    return app


def report(engine: EngineProcess, app: App) -> dict[str, Any]:
    print(engine.call("iterations", LOOP, "-o", "table", "--color", "never"))
    print(f"{'version':>7}  {'on test.csv':>11}")
    for version, score in sorted(app.scores.items()):
        print(f"{version:>7}  {score:>11.3f}")
    first, last = app.scores[min(app.scores)], app.scores[max(app.scores)]
    return {"example": "intents", "champions": len(app.scores),
            "first_accuracy": round(first, 4), "last_accuracy": round(last, 4)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="has train.csv and test.csv")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between batches [0.5]")
    parser.add_argument("--watch", action="store_true", help="show the loop's live view")
    options = parser.parse_args()
    data = Data(options.data)
    with tempfile.TemporaryDirectory(prefix="ratchet-intents-") as directory:
        work = Path(directory)
        intents.write_csv(work / intents.SEED_FILE, data.seed)
        (work / "intents.txt").write_text("\n".join(data.names) + "\n", encoding="utf-8")
        environment = {"INTENTS": str(work / "intents.txt"),
                       "INTENTS_SEED": str(work / intents.SEED_FILE)}
        engine = EngineProcess(options.program.resolve(), work, environment)
        engine.start()
        try:
            first_champion(engine, data, work)
            watch = engine.watch(LOOP) if options.watch else None
            app = play(engine, data, options.pause)
            if watch is not None:
                watch.terminate()
                watch.wait(30)
            result = report(engine, app)
        finally:
            engine.stop()
    print(json.dumps(result))
    return 0 if result["last_accuracy"] > result["first_accuracy"] + 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
