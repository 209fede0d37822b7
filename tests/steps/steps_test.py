#!/usr/bin/env python3
"""The example trainer goes on at its last epoch, whatever is killed.

    steps_test.py --engine examples/steps/steps
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 60
EPOCHS = 6


class Engine:
    """`steps serve` on a store of its own, at one address."""

    def __init__(self, program: str, directory: str) -> None:
        self.program = program
        self.directory = directory
        self.url = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        address = self.url.removeprefix("http://") or "127.0.0.1:0"
        with open(os.path.join(self.directory, "log"), "a") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--data", os.path.join(self.directory, "data"),
                 "--listen", address],
                stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), f"the engine said {self.url!r}"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url + path, data, timeout=10) as answer:
            text = answer.read()
            is_json = answer.headers["Content-Type"] == "application/json"
            return json.loads(text) if is_json else text.decode()


def until(what: str, reached: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if found := reached():
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        assert time.monotonic() < deadline, f"waited too long until {what}"
        # tidy: allow banned-call, because this polls a condition.
        time.sleep(0.02)


class Iteration:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        number = engine.ask("/v1/loops/trainer/trigger", {"who": "test"})["iteration"]
        self.path = f"/v1/loops/trainer/iterations/{number}"

    def epochs(self) -> list[tuple[str, int]]:
        """The epochs that are recorded, each with the attempt that trained it."""
        return [
            (event["name"], event["attempt"])
            for event in self.engine.ask(self.path + "/events")["events"]
            if event["type"] == "step_recorded" and event["stage"] == "train"
        ]

    def trainer(self) -> int:
        log = self.engine.ask(self.path + "/stages/train/log")
        return int(log.split("\n")[0].removeprefix("pid "))

    def end(self) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            seen = self.engine.ask(self.path)
            return None if seen["outcome"] == "running" else seen

        return until("the iteration ends", ended)


def check(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def killed_trainer_resumes(engine: Engine) -> None:
    it = Iteration(engine)
    until("two epochs are recorded", lambda: len(it.epochs()) >= 2)
    os.kill(it.trainer(), signal.SIGKILL)
    end = it.end()
    check(end["outcome"] == "completed", f"it ended {end['outcome']}")
    epochs = it.epochs()
    check([name for name, _ in epochs] == [f"epoch {n}" for n in range(1, EPOCHS + 1)],
          f"each epoch is trained once, in order: {epochs}")
    check({attempt for _, attempt in epochs} == {1, 2}, f"by two attempts: {epochs}")
    log = engine.ask(it.path + "/stages/train/log?attempt=2")
    check("epoch 1: done before" in log, "the second attempt found the first epoch")
    check("epoch 6: [0.015625, 0.03125]" in log, "and ended with the right weights")


def killed_engine_is_waited_for(engine: Engine) -> None:
    it = Iteration(engine)
    until("an epoch is recorded", lambda: len(it.epochs()) >= 1)
    engine.kill()
    engine.start()
    end = it.end()
    check(end["outcome"] == "completed", f"it ended {end['outcome']}")
    epochs = it.epochs()
    check(len(epochs) == EPOCHS, f"each epoch is trained once: {epochs}")
    check({attempt for _, attempt in epochs} == {1}, f"by one attempt: {epochs}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", required=True)
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="ratchet-steps-")
    engine = Engine(arguments.engine, directory)
    try:
        engine.start()
        for case in (killed_trainer_resumes, killed_engine_is_waited_for):
            case(engine)
            print(f"{case.__name__}: ok")
    except AssertionError as e:
        print(f"steps_test: {e}; see {directory}", file=sys.stderr)
        return 1
    finally:
        engine.kill()
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
