#!/usr/bin/env python3
"""Runs one loop synchronously and asynchronously, on the same work.

    compare.py --program build/release/examples/synchronous/synchronous

The work is a number of iterations, each on ten new pieces of feedback, that a
serving application sends as fast as it serves. For each way the engine starts
on a store of its own. What both took, and what became of each piece of
feedback, is printed side by side; and it is checked that the engine's account
has every piece exactly once.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "common"))
from engine_process import EngineProcess  # noqa: E402

WAYS = ("synchronous", "asynchronous")


@dataclass
class Account:
    """What one way of timing came to."""

    seconds: float
    sent: int
    admitted: int = 0
    by_version: dict[str, int] = field(default_factory=dict)
    window_closed: int = 0
    stale: int = 0
    late: int = 0
    carried_over: int = 0


def serve(engine: EngineProcess, loop: str, number: int) -> None:
    """One answer of the served model, and what its user says about it."""
    served = {"kind": "interaction", "id": f"i{number}", "input": {"n": number}}
    version = engine.champion(loop, f"u{number}")
    if version is not None:
        served["version"] = version
    said = {"kind": "feedback", "id": f"f{number}", "interaction_id": f"i{number}",
            "channel": "ok", "value": number % 3 != 0}
    events = [served, said]
    body = "\n".join(json.dumps(event) for event in events)
    receipt = engine.post(f"/v1/events?loop={loop}", body)
    if receipt["accepted"] != len(events):
        raise RuntimeError(f"not all was accepted: {receipt}")


def first_iterations(engine: EngineProcess, loop: str, wanted: int) -> list[Any]:
    """The first `wanted` iterations, as far as there are so many."""
    answer = engine.get(f"/v1/loops/{loop}/admissions?limit=100")
    return sorted(answer["iterations"], key=lambda i: int(i["iteration"]))[:wanted]


def run(engine: EngineProcess, loop: str, wanted: int, pause: float) -> Account:
    """Serves until `wanted` iterations have ended."""
    began = time.monotonic()
    sent = 0
    while True:
        sent += 1
        serve(engine, loop, sent)
        if sent % 5 == 0:
            first = first_iterations(engine, loop, wanted)
            if len(first) == wanted and all(i["outcome"] != "running" for i in first):
                break
        time.sleep(pause)
    return add_up(engine, loop, Account(time.monotonic() - began, sent), wanted)


def add_up(engine: EngineProcess, loop: str, account: Account, wanted: int) -> Account:
    """Sums the first `wanted` iterations, and holds them against the history."""
    data_to = 0
    for iteration in first_iterations(engine, loop, wanted):
        data = iteration["datasets"][0]
        account.admitted += data["admitted"]
        for version, count in data["admitted_by_version"].items():
            account.by_version[version] = account.by_version.get(version, 0) + count
        account.window_closed += data["dropped"]["window_closed"]
        account.stale += data["dropped"]["stale"]
        account.late += data["dropped"]["late"]
        account.carried_over += data["carried_over"]
        data_to = max(data_to, iteration["data_to"])
    # Interaction and feedback come in pairs: every second event is feedback.
    counted = account.admitted + account.window_closed + account.stale + account.late
    if counted != data_to // 2:
        raise RuntimeError(
            f"{loop}: {data_to // 2} pieces of feedback were given to iterations, "
            f"and {counted} are accounted for")
    return account


def print_table(accounts: list[Account], iterations: int) -> None:
    def row(title: str, cells: list[str]) -> None:
        print(f"{title:<28}" + "".join(f"{cell:>14}" for cell in cells))

    row("", list(WAYS))
    row("iterations", [str(iterations)] * 2)
    row("wall clock", [f"{a.seconds:.1f} s" for a in accounts])
    row("feedback sent meanwhile", [str(a.sent) for a in accounts])
    row("admitted to training", [str(a.admitted) for a in accounts])
    versions = sorted({int(v) for a in accounts for v in a.by_version})
    for version in versions:
        title = f"  of version {version}" if version else "  of before the first"
        row(title, [str(a.by_version.get(str(version), 0)) for a in accounts])
    row("dropped: window closed", [str(a.window_closed) for a in accounts])
    row("dropped: too stale", [str(a.stale) for a in accounts])
    row("late, into the next", [str(a.carried_over) for a in accounts])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--iterations", type=int, default=8, help="100 at most [8]")
    parser.add_argument("--labour", type=float, default=0.4, help="seconds per stage [0.4]")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between requests [0.02]")
    options = parser.parse_args()
    accounts = []
    for way in WAYS:
        with tempfile.TemporaryDirectory(prefix="ratchet-timing-") as directory:
            labour = {"LABOUR_SECONDS": str(options.labour)}
            with EngineProcess(options.program.resolve(), Path(directory), labour) as engine:
                accounts.append(run(engine, way, options.iterations, options.pause))
    print_table(accounts, options.iterations)
    return 0


if __name__ == "__main__":
    sys.exit(main())
