#!/usr/bin/python3
"""Plays the serving app: predicts users' digits and posts what they say.

For each image: asks the engine which version serves this user, predicts with
that version's model, and posts the interaction and, later, the feedback: in
batches, some twice, some before their interaction, some never. While the
engine is away it goes on serving with the last champion it knows, outside of
any experiment, and sends again until everything is acknowledged.

Runs until SIGTERM, or until --images are served, or until --stop-file exists;
then delivers what is still on its way and prints a summary as JSON. In
--ids-dir, sent.log has every id before it was sent, acked.log every id after
it was acknowledged; both are flushed to disk (see verify.py).
"""

from __future__ import annotations

import argparse
import heapq
import io
import json
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.svm import SVC

from common import load_split, predict
from engine import Assignment, EngineClient, EngineRefused, EngineUnavailable
from id_log import IdLog
from users import Delivery, Drawing, Event, Habits, Users

SENDERS = 2
BATCH = 100
FLUSH_SECONDS = 0.2
REPOSTED = 0.03


def line_of(event: Event) -> str:
    return f"{event['kind']} {event['id']}"


class Counts:
    """What happened, counted by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counter: Counter[str] = Counter()

    def add(self, name: str, n: int = 1) -> None:
        with self._lock:
            self._counter[name] += n

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counter[name]


class Outbox:
    """Events in the order they become due; once closed, all are due."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heap: list[tuple[float, int, Event]] = []
        self._pushed = 0
        self._closed = False

    def push(self, deliveries: list[Delivery]) -> None:
        now = time.monotonic()
        with self._lock:
            for delivery in deliveries:
                # The counter keeps equal times in order, and off the events.
                self._pushed += 1
                due = now + delivery.delay
                heapq.heappush(
                    self._heap, (due, self._pushed, delivery.event)
                )

    def take(self, most: int) -> list[Event] | None:
        """What is due; None once nothing is left and nothing will come."""
        now = time.monotonic()
        batch = []
        with self._lock:
            if self._closed and not self._heap:
                return None
            while self._heap and len(batch) < most:
                if self._heap[0][0] > now and not self._closed:
                    break
                batch.append(heapq.heappop(self._heap)[2])
        return batch

    def close(self) -> None:
        with self._lock:
            self._closed = True


@dataclass
class Shared:
    """What the serving thread and the senders have in common."""

    url: str
    sent: IdLog
    acked: IdLog
    seed: int
    outbox: Outbox = field(default_factory=Outbox)
    counts: Counts = field(default_factory=Counts)
    # Set when no more images are to be served.
    stop: threading.Event = field(default_factory=threading.Event)
    # Set when what is unsent by then stays unsent.
    give_up: threading.Event = field(default_factory=threading.Event)
    rejected: set[str] = field(default_factory=set)
    failure: str = ""

    def fail(self, why: str) -> None:
        self.failure = self.failure or why
        self.stop.set()
        self.give_up.set()


class Sender(threading.Thread):
    """Posts batches, each until the engine has acknowledged it."""

    def __init__(self, shared: Shared, number: int) -> None:
        super().__init__(name=f"sender-{number}", daemon=True)
        self._shared = shared
        self._client = EngineClient(shared.url)
        self._random = random.Random(f"{shared.seed}/{number}")

    def run(self) -> None:
        shared = self._shared
        try:
            while (batch := shared.outbox.take(BATCH)) is not None:
                if shared.give_up.is_set():
                    return
                if batch:
                    self._deliver(batch)
                else:
                    time.sleep(FLUSH_SECONDS)
        except Exception as problem:
            # A sender that is gone must end the run, or it would seem whole.
            shared.fail(f"{type(problem).__name__}: {problem}")

    def _deliver(self, batch: list[Event]) -> None:
        counts = self._shared.counts
        self._shared.sent.write([line_of(event) for event in batch])
        counts.add("sent", len(batch))
        counts.add("batches")
        if not self._post(batch):
            return
        # Clients do this: a proxy that repeats, a user who clicks twice.
        if self._random.random() < REPOSTED:
            counts.add("batches_reposted")
            self._post(batch)

    def _post(self, batch: list[Event]) -> bool:
        shared = self._shared
        pause = 0.05
        while not shared.give_up.is_set():
            try:
                receipt = self._client.post_events(batch)
            except EngineUnavailable as problem:
                shared.counts.add("requests_retried")
                wait = max(pause, problem.retry_after)
                time.sleep(wait * self._random.uniform(0.5, 1.0))
                pause = min(2 * pause, 1.0)
                continue
            refused = {r.index for r in receipt.rejected}
            answered = (
                receipt.accepted + receipt.duplicates + len(receipt.rejected)
            )
            if answered != len(batch):
                shared.fail(
                    f"the engine answered for {answered} of {len(batch)} events"
                )
                return False
            if receipt.rejected:
                first = receipt.rejected[0]
                shared.rejected.update(batch[i]["id"] for i in refused)
                print(
                    f"rejected: {first.code}: {first.message}", file=sys.stderr
                )
            shared.counts.add("duplicates", receipt.duplicates)
            shared.acked.write(
                [line_of(e) for i, e in enumerate(batch) if i not in refused]
            )
            return True
        return False


class App:
    """The serving side: has a model at all times once it had one."""

    def __init__(self, shared: Shared, loop: str) -> None:
        self._shared = shared
        self._loop = loop
        self._client = EngineClient(shared.url, timeout=2.0)
        self._models: dict[int, SVC] = {}
        self._champion: int | None = None
        self.served: Counter[int] = Counter()
        self.right: Counter[int] = Counter()

    def serve(self, drawing: Drawing) -> tuple[int, dict[str, Any]] | None:
        """The guess, and what served it; none before the first champion."""
        assignment = self._ask(drawing.user)
        if assignment is not None:
            version = assignment.version
            served = {
                "version": version,
                "arm": assignment.arm,
                "propensity": assignment.propensity,
            }
        elif self._champion is not None:
            version = self._champion
            served = {"version": version}
        else:
            return None
        pixels = np.array([drawing.pixels])
        guess = int(predict(self._models[version], pixels)[0])
        self.served[version] += 1
        self.right[version] += guess == drawing.digit
        return guess, served

    def _ask(self, user: str) -> Assignment | None:
        try:
            assignment = self._client.assignment(self._loop, user)
            if assignment.version not in self._models:
                data = self._client.artifact(assignment)
                self._models[assignment.version] = joblib.load(io.BytesIO(data))
                self._shared.counts.add("models_fetched")
        except EngineUnavailable:
            self._shared.counts.add("assignments_missed")
            return None
        if assignment.arm == "champion":
            self._champion = assignment.version
        return assignment


def serve_images(
    app: App, users: Users, shared: Shared, args: argparse.Namespace
) -> None:
    due = time.monotonic()
    for drawing in users.drawings():
        while (answer := app.serve(drawing)) is None:
            if shared.stop.wait(0.2):
                return
        guess, served = answer
        interaction = users.interaction(drawing, guess, served)
        shared.outbox.push(users.deliveries(interaction, drawing, guess))
        shared.counts.add("images")
        if args.images and shared.counts["images"] >= args.images:
            return
        if args.stop_file and args.stop_file.exists():
            return
        # Never catches up after a pause: users do not come back in a burst.
        due = max(due + 1 / args.rate, time.monotonic())
        if shared.stop.wait(due - time.monotonic()):
            return


def summary(app: App, shared: Shared, acked: Path) -> dict[str, Any]:
    counts = shared.counts
    acknowledged = len(set(acked.read_text().splitlines()))
    rejected = len(shared.rejected)
    return {
        "images": counts["images"],
        "sent": counts["sent"],
        "acknowledged": acknowledged,
        "rejected": rejected,
        "unanswered": counts["sent"] - acknowledged - rejected,
        "batches": counts["batches"],
        "batches_reposted": counts["batches_reposted"],
        "requests_retried": counts["requests_retried"],
        "duplicates": counts["duplicates"],
        "assignments_missed": counts["assignments_missed"],
        "versions": {
            str(version): {
                "images": app.served[version],
                "accuracy": round(app.right[version] / app.served[version], 4),
            }
            for version in sorted(app.served)
        },
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="of the engine")
    parser.add_argument("--loop", default="digits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rate", type=float, default=30.0, help="images per second"
    )
    parser.add_argument(
        "--ids-dir", type=Path, required=True, help="for sent.log, acked.log"
    )
    parser.add_argument("--images", type=int, default=0, help="then stop")
    parser.add_argument("--stop-file", type=Path, help="stop once it exists")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=30.0,
        help="at the end, for what is not acknowledged yet",
    )
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    args.ids_dir.mkdir(parents=True, exist_ok=True)
    acked = args.ids_dir / "acked.log"
    shared = Shared(
        url=args.url,
        sent=IdLog(args.ids_dir / "sent.log"),
        acked=IdLog(acked),
        seed=args.seed,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shared.stop.set())
    app = App(shared, args.loop)
    users = Users(args.loop, load_split().traffic, Habits(), args.seed)
    senders = [Sender(shared, i) for i in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        serve_images(app, users, shared, args)
    except EngineRefused as problem:
        shared.fail(str(problem))
    shared.outbox.close()
    shared.stop.set()
    deadline = time.monotonic() + args.drain_seconds
    for sender in senders:
        sender.join(max(0.0, deadline - time.monotonic()))
    shared.give_up.set()
    print(json.dumps(summary(app, shared, acked)), flush=True)
    if shared.failure:
        print(f"traffic: {shared.failure}", file=sys.stderr)
    return 1 if shared.failure else 0


if __name__ == "__main__":
    sys.exit(main())
