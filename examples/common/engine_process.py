"""An engine as a child process, to be killed and started again.

    with EngineProcess(program, directory) as engine:
        print(engine.call("ls"))
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self


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


class EngineProcess:
    """`BINARY serve`, at one address and on one store for its whole life."""

    def __init__(
        self, binary: Path, work: Path, env: dict[str, str] | None = None
    ) -> None:
        """`env` is added to the environment."""
        self._binary = binary
        self._env = {**os.environ, **(env or {})}
        self._data = work / "data"
        self.log = work / "engine.log"
        self._address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self._address}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, ready_seconds: float = 60.0) -> None:
        """Returns once the engine is ready to serve."""
        command = [str(self._binary), "serve", "--data", str(self._data)]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C is for the conductor alone.
            self._process = subprocess.Popen(
                [*command, "--listen", self._address],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                start_new_session=True,
            )
        deadline = time.monotonic() + ready_seconds
        while not self._is_ready():
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                why = "is not ready in time" if code is None else f"ended: {code}"
                self.kill()
                raise RuntimeError(f"the engine {why}; see {self.log}")
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9: what a crash or a lost power supply looks like."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ends the engine, and whatever stage it may have left behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        for pid in self._stages():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Runs `BINARY arguments...` against this engine, with `given` on its stdin."""
        return subprocess.run(
            [str(self._binary), *arguments, "--url", self.url],
            input=given,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def call(self, *arguments: str, given: str = "") -> str:
        """The stdout of such a run, which must succeed."""
        done = self.run(*arguments, given=given)
        if done.returncode != 0:
            words = " ".join(arguments)
            raise RuntimeError(f"{words}: {done.stderr.strip()}")
        return done.stdout

    def watch(self, loop: str) -> subprocess.Popen[bytes]:
        """The product's own live view, on this terminal."""
        command = [str(self._binary), "get", loop, "--watch"]
        return subprocess.Popen([*command, "--url", self.url], env=self._env)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: str) -> Any:
        request = urllib.request.Request(self.url + path, body.encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def champion(self, loop: str, unit: str = "") -> int | None:
        """Which version shall serve (the unit); none before the first."""
        asked = f"?unit={unit}" if unit else ""
        try:
            return int(self.get(f"/v1/loops/{loop}/assignment{asked}")["version"])
        except urllib.error.HTTPError as refused:
            if refused.code == 404:
                return None
            raise

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=1):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def _stages(self) -> list[int]:
        """Commands of stages know the engine by its address."""
        mark = f"RATCHET_URL={self.url}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(v.startswith(mark) for v in variables):
                found.append(int(entry.name))
        return found
