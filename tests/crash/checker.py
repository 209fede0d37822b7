"""Holds what the engine says after the kills against what must be true.

Shares nothing with the engine but its HTTP API.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter


class Engine:
    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.base + path, timeout=30) as response:
            return json.load(response)

    def history(self) -> list[dict]:
        events, token = [], "0"
        while token is not None:
            page = self.get(f"/v1/loops/crash/events?limit=1000&page_token={token}")
            events += page["events"]
            token = page["next_page_token"]
        return events

    def decisions(self) -> list[dict]:
        decisions, start = [], 0
        while start is not None:
            page = self.get(f"/v1/loops/crash/decisions?limit=500&from={start}")
            decisions += page["decisions"]
            start = page["next"]
        return decisions

    def iteration_events(self, number: int) -> list[dict]:
        return self.get(f"/v1/loops/crash/iterations/{number}/events")["events"]


class Checks:
    """Counts what held and remembers what did not."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []

    def that(self, holds: bool, otherwise: str) -> None:
        if holds:
            self.passed += 1
        else:
            self.failed.append(otherwise)


def check_history(
    check: Checks, history: list[dict], sent: set[str], acknowledged: set[str]
) -> None:
    stored = Counter(event["id"] for event in history)
    lost = acknowledged - stored.keys()
    check.that(not lost, f"{len(lost)} acknowledged events are lost: {sorted(lost)[:3]}")
    twice = [i for i, n in stored.items() if n > 1]
    check.that(not twice, f"{len(twice)} events are stored twice: {twice[:3]}")
    phantom = stored.keys() - sent
    check.that(not phantom, f"{len(phantom)} events were never sent")
    sequences = [event["sequence"] for event in history]
    check.that(
        sequences == list(range(1, len(history) + 1)), "sequences are not dense"
    )


def check_totals(check: Checks, engine: Engine, history: list[dict]) -> None:
    """The monitor's counts equal a recount of the history."""
    interactions = {e["id"] for e in history if e["kind"] == "interaction"}
    joined = [
        e
        for e in history
        if e["kind"] == "feedback" and e["interaction_id"] in interactions
    ]
    loop = engine.get("/v1/loops/crash")
    channels = loop["trigger"]["channels"]
    channel = next(c for c in channels if c["channel"] == "ok")
    check.that(
        channel["joined"] == len(joined),
        f"the monitor joined {channel['joined']}, the history has {len(joined)}",
    )
    cells = engine.get("/v1/loops/crash/metrics")["metrics"]
    overall = [
        c for c in cells if c["scope"] == "overall" and c["state"] != "no_data"
    ]
    count = sum(c["count"] for c in overall)
    good = sum(round(c["count"] * c["mean"]) for c in overall)
    check.that(count == len(joined), f"the metric counts {count} of {len(joined)}")
    check.that(
        good == sum(1 for e in joined if e["value"]), "the metric's sum is wrong"
    )


def check_iteration(
    check: Checks, number: int, events: list[dict], effects: Counter
) -> None:
    name = f"iteration {number}"
    kinds = Counter(e["type"] for e in events)
    check.that(kinds["iteration_started"] == 1, f"{name} started more than once")
    check.that(kinds["iteration_ended"] == 1, f"{name} has no one end: {dict(kinds)}")
    done = Counter(e["stage"] for e in events if e["type"] == "stage_succeeded")
    check.that(
        all(n == 1 for n in done.values()), f"{name} finished a stage twice: {done}"
    )
    attempts: dict[str, int] = {}
    for event in events:
        if event["type"] == "attempt_started":
            before = attempts.get(event["stage"], 0)
            check.that(
                event["attempt"] == before + 1, f"{name} skipped or repeated an attempt"
            )
            attempts[event["stage"]] = event["attempt"]
    check.that(
        all(n == 1 for n in effects.values()),
        f"a command ran twice in one attempt: {effects.most_common(2)}",
    )


def check_decisions(check: Checks, engine: Engine, decisions: list[dict]) -> int:
    """One iteration per decision, one version per attempt, one line of champions."""
    started = [d["iteration"] for d in decisions if d["type"] == "iteration_requested"]
    check.that(started == list(range(1, len(started) + 1)), "starts are not dense")
    closed = Counter(
        d["iteration"] for d in decisions if d["type"] == "iteration_closed"
    )
    check.that(
        all(closed[n] == 1 for n in started), "an iteration was not closed once"
    )
    ranges = [
        (d["data_from"], d["data_to"])
        for d in decisions
        if d["type"] == "iteration_requested"
    ]
    check.that(
        all(a[1] == b[0] for a, b in zip(ranges, ranges[1:])),
        "the iterations' data overlap or leave gaps",
    )
    versions = [d for d in decisions if d["type"] == "version_registered"]
    check.that(
        [v["version"] for v in versions] == list(range(1, len(versions) + 1)),
        "version numbers are not dense",
    )
    check.that(
        len({v["source"] for v in versions}) == len(versions),
        "an attempt registered two versions",
    )
    champion = None
    for move in (d for d in decisions if d["type"] == "champion_moved"):
        check.that(move["from"] == champion, f"a move from {move['from']}, not {champion}")
        champion = move["to"]
    if champion is not None:
        served = engine.get("/v1/loops/crash/assignment?unit=u")
        check.that(
            served["version"] == champion,
            f"{served['version']} is served, {champion} was decided",
        )
    return len(started)
