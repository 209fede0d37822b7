#!/usr/bin/env python3
"""Kills the engine at random moments under load and checks that nothing was
lost, nothing doubled, and every effect happened once.

    crash_test.py --engine PROGRAM [--kills N] [--seed S] [--keep]

Prints its seed first; the same seed kills at the same distances in time.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

import checker
from load import Sender


def free_port() -> int:
    """A port that is free, and below those the system gives to clients.

    A client that knocks while the engine is down could otherwise be given the
    very port it knocks at, meet itself there, and keep the engine out.
    """
    for _ in range(1000):
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 20000 and 32000")


class Killable:
    """The engine as a process on one data directory and one port."""

    def __init__(self, program: str, directory: str) -> None:
        self.command = [
            program, "serve", "--data", os.path.join(directory, "data"),
            "--listen", f"127.0.0.1:{(port := free_port())}",
        ]  # fmt: skip
        self.port = port
        self.log_path = os.path.join(directory, "engine.log")
        self.environment = dict(os.environ, EFFECTS=os.path.join(directory, "effects"))
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=self.environment
            )
        deadline = time.monotonic() + 30
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log_path, errors="replace") as log:
                    tail = "".join(log.readlines()[-15:])
                raise AssertionError(f"the engine did not come up:\n{tail}")
            # tidy: allow banned-call, because this polls a condition.
            time.sleep(0.005)

    def ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def wait_until_quiet(engine: checker.Engine) -> None:
    """Until every iteration has ended, the monitor has read everything, and what
    it read starts no other iteration."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        loop = engine.get("/v1/loops/crash")
        trigger = loop["trigger"]
        read_all = trigger["cursor"] == loop["events"]
        if not loop["running"] and read_all and trigger["outcome"] != "fire":
            return
        # tidy: allow banned-call, because this polls a condition.
        time.sleep(0.05)
    raise AssertionError(f"the loop does not come to rest: {loop}")


def run(arguments: argparse.Namespace, directory: str) -> checker.Checks:
    rng = random.Random(arguments.seed)
    engine = Killable(arguments.engine, directory)
    senders = [
        Sender(engine.port, arguments.seed, name, directory) for name in ("a", "b")
    ]
    try:
        for kill in range(arguments.kills):
            engine.start()
            if kill == 0:
                for sender in senders:
                    sender.start()
            # tidy: allow banned-call, because the moment is what is random.
            time.sleep(rng.uniform(0.0, 0.5))
            engine.kill()
        engine.start()
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join()
        return check_all(checker.Engine(engine.port), senders, directory)
    finally:
        if engine.process is not None and engine.process.poll() is None:
            engine.kill()


def check_all(
    engine: checker.Engine, senders: list[Sender], directory: str
) -> checker.Checks:
    check = checker.Checks()
    for sender in senders:
        check.that(sender.next > 0, "a sender died; its message is above")
    wait_until_quiet(engine)
    sent = set().union(*(s.sent for s in senders))
    acknowledged = set().union(*(s.acknowledged for s in senders))
    history = engine.history()
    checker.check_history(check, history, sent, acknowledged)
    checker.check_totals(check, engine, history)
    iterations = checker.check_decisions(check, engine, engine.decisions())
    effects_file = os.path.join(directory, "effects")
    effects: Counter = Counter()
    if os.path.exists(effects_file):
        with open(effects_file) as lines:
            effects = Counter(line.strip() for line in lines)
    for number in range(1, iterations + 1):
        checker.check_iteration(check, number, engine.iteration_events(number), effects)
    check.that(iterations >= 3, f"only {iterations} iterations ran: the test is void")
    check.that(len(acknowledged) > 100, "hardly anything was acknowledged")
    print(
        f"acknowledged {len(acknowledged)}, stored {len(history)}, "
        f"iterations {iterations}, commands run {sum(effects.values())}"
    )
    return check


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}; repeat with --seed {arguments.seed}", flush=True)
    directory = tempfile.mkdtemp(prefix="ratchet-crash-")
    try:
        check = run(arguments, directory)
    finally:
        if arguments.keep:
            print(f"kept {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    for failure in check.failed:
        print(f"FAILED: {failure}")
    print(f"{check.passed} checks held, {len(check.failed)} did not")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
