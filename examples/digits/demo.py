#!/usr/bin/python3
"""Runs the digits loop from its first champion to a much better one.

Starts the engine, registers a champion that knows 60 images, and lets traffic
come in, which compares each new version with the champion. Kills the engine
with kill -9 twice while it trains. One version learned permuted labels, and an
operator skips the gate that would stop it: the users' feedback has to. In the
end it proves that nothing was lost and that the model got better. The last
line on stdout is the result as JSON; exit code 0 only if all of it holds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import MODEL_FILE, load_split
from conductor import KILLS, SPOILED, Conductor, Goals, Scores

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from engine_process import EngineProcess  # noqa: E402

ON_TERMINAL = sys.stdout.isatty()
STATUS_SECONDS = 5.0


class Narrator:
    """Status lines where there is no live view: on change, not too often."""

    def __init__(self) -> None:
        self._last = ""
        self._next = 0.0

    def say(self, line: str) -> None:
        now = time.monotonic()
        kill = line.startswith("kill")
        if ON_TERMINAL or line == self._last or (now < self._next and not kill):
            return
        self._last = line
        self._next = now + STATUS_SECONDS
        print(line, file=sys.stderr, flush=True)


class Traffic:
    """traffic.py as a child process."""

    def __init__(self, url: str, ids: Path, rate: float, seed: int) -> None:
        program = [str(HERE / "traffic.py"), "--url", url]
        options = ["--ids-dir", str(ids), "--rate", str(rate)]
        self._log = (ids.parent / "traffic.log").open("wb")
        self._process = subprocess.Popen(
            [*program, *options, "--seed", str(seed)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )

    def finish(self) -> dict[str, Any]:
        """Ends it after everything it sent was acknowledged."""
        self._process.terminate()
        out, _ = self._process.communicate(timeout=60)
        if self._process.returncode != 0:
            raise RuntimeError(f"the traffic failed; see {self._log.name}")
        return json.loads(out)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()


@dataclass(frozen=True)
class Outcome:
    iterations: list[dict[str, Any]]  # Ended ones, oldest first.
    experiments: list[dict[str, Any]]  # Likewise.
    versions: dict[int, float]  # Held-out accuracy of every champion.
    first: float
    last: float
    traffic: dict[str, Any]
    check: dict[str, Any]
    kills: list[str]

    def count(self, outcome: str) -> int:
        return sum(i["outcome"] == outcome for i in self.iterations)

    def spoiled(self) -> dict[str, Any]:
        """The experiment with the bad version; empty: there was none."""
        of_it = [e for e in self.experiments if e["iteration"] == SPOILED]
        return of_it[-1] if of_it else {}

    def served_by_spoiled(self) -> int:
        """So many images."""
        versions = self.traffic["versions"]
        bad = [str(v) for v in self.spoiled().get("challengers", [])]
        return sum(versions[v]["images"] for v in bad if v in versions)

    def result(self) -> dict[str, Any]:
        return {
            "demo": "digits",
            "iterations": len(self.iterations),
            "promoted": self.count("promoted"),
            "rejected": self.count("rejected"),
            "rolled_back": sum(
                e["outcome"] == "rolled_back" for e in self.experiments
            ),
            "served_by_spoiled": self.served_by_spoiled(),
            "first_accuracy": round(self.first, 4),
            "last_accuracy": round(self.last, 4),
            "acknowledged": self.check["acknowledged"],
            "stored": self.check["stored"],
            "lost": self.check["lost"],
            "duplicated": self.check["duplicated"],
            "kills": len(self.kills),
        }

    def shortfalls(self) -> list[str]:
        """What the demo promises and did not show."""
        check = self.check
        promises = {
            "at least 3 iterations ended": len(self.iterations) >= 3,
            "0.15 better than at first": self.last >= self.first + 0.15,
            "an accuracy of 0.93": self.last >= 0.93,
            "everything sent is acknowledged": self.traffic["unanswered"] == 0,
            "nothing is rejected": self.traffic["rejected"] == 0,
            "stored is what was acknowledged": (
                check["stored"] == check["acknowledged"]
            ),
            "nothing is lost": check["lost"] == 0,
            "nothing is doubled": check["duplicated"] == 0,
            "nothing is stored that was not sent": check["phantom"] == 0,
            f"{KILLS} kills": len(self.kills) == KILLS,
            "a promotion by experiment": any(
                e["outcome"] == "promote" for e in self.experiments
            ),
            "the spoiled version is rolled back": (
                self.spoiled().get("outcome") == "rolled_back"
            ),
            "the others are not": all(
                e["outcome"] != "rolled_back"
                for e in self.experiments
                if e["iteration"] != SPOILED
            ),
        }
        return [what for what, kept in promises.items() if not kept]


def run_while_watching(engine: EngineProcess, conductor: Conductor) -> None:
    """The live view in front, the conductor behind it."""
    view: subprocess.Popen[bytes] | None = None
    conductor.start()
    try:
        while conductor.is_alive():
            if ON_TERMINAL and (view is None or view.poll() is not None):
                view = engine.watch("digits")
            conductor.join(0.5)
    finally:
        if view is not None and view.poll() is None:
            view.send_signal(signal.SIGINT)
            view.wait(5)
    if conductor.failure is not None:
        raise conductor.failure


def check_ids(engine: EngineProcess, ids: Path) -> dict[str, Any]:
    done = subprocess.run(
        [str(HERE / "verify.py"), "--url", engine.url, "--ids-dir", str(ids)],
        stdout=subprocess.PIPE,
        check=False,
    )
    return json.loads(done.stdout)


def gather(
    engine: EngineProcess,
    scores: Scores,
    traffic: dict[str, Any],
    check: dict[str, Any],
    kills: list[str],
) -> Outcome:
    answer = engine.get("/v1/loops/digits/iterations?limit=500")
    ended = [i for i in answer["iterations"] if i["outcome"] != "running"]
    ended.sort(key=lambda iteration: iteration["number"])
    answer = engine.get("/v1/loops/digits/experiments?limit=100")
    experiments = [e for e in answer["experiments"] if e["ended"]]
    experiments.sort(key=lambda experiment: experiment["experiment"])
    answer = engine.get("/v1/loops/digits/versions?limit=500")
    by_number = {v["version"]: v for v in answer["versions"]}
    champions = [1] + [
        i["version"] for i in ended if i["outcome"] == "promoted"
    ]
    versions = {n: scores.of(by_number[n]) for n in champions}
    return Outcome(
        iterations=ended,
        experiments=experiments,
        versions=versions,
        first=versions[1],
        last=scores.of(by_number[answer["champion"]]),
        traffic=traffic,
        check=check,
        kills=kills,
    )


def report(outcome: Outcome) -> None:
    width = shutil.get_terminal_size((100, 24)).columns

    def show(line: str) -> None:
        print(line if len(line) <= width else line[: width - 3] + "...")

    print(f"{'iteration':>9}  {'outcome':<9}  {'held-out':>8}  verdict")
    print(f"{'-':>9}  {'first':<9}  {outcome.first:>8.3f}  60 images")
    for iteration in outcome.iterations:
        score = outcome.versions.get(iteration["version"] or 0)
        shown = f"{score:.3f}" if score is not None else "-"
        line = (
            f"{iteration['number']:>9}  {iteration['outcome']:<9}  "
            f"{shown:>8}  {iteration['verdict']}"
        )
        show(line)
    print(f"\n{'experiment':>10}  {'outcome':<13}  because")
    for experiment in outcome.experiments:
        show(
            f"{experiment['experiment']:>10}  {experiment['outcome']:<13}  "
            f"{experiment['sentence']}"
        )
    traffic = outcome.traffic
    if outcome.spoiled():
        print(
            f"\nthe version with permuted labels served "
            f"{outcome.served_by_spoiled()} of {traffic['images']} images"
        )
    print(
        f"\n{traffic['images']} images served, {traffic['sent']} events in "
        f"{traffic['batches']} batches; {traffic['batches_reposted']} batches "
        f"posted twice, {traffic['requests_retried']} requests tried again"
    )
    for kill in outcome.kills:
        print(kill)
    check = outcome.check
    print(
        f"{check['acknowledged']} events acknowledged, {check['stored']} "
        f"stored: {check['lost']} lost, {check['duplicated']} duplicated"
    )


def run(args: argparse.Namespace, work: Path) -> Outcome:
    first = work / "first"
    subprocess.run(
        [str(HERE / "bootstrap.py"), str(first)], stdout=sys.stderr, check=True
    )
    scores = Scores(load_split().held_out)
    engine = EngineProcess(
        args.binary, work, {"DIGITS_SPOILED": str(SPOILED)}
    )
    traffic: Traffic | None = None
    try:
        engine.start()
        print(f"engine at {engine.url}, seed {args.seed}", file=sys.stderr)
        model = ["--file", str(first / MODEL_FILE), "--champion"]
        engine.call(
            "versions", "add", "digits", *model, "--reason", "60 images"
        )
        ids = work / "ids"
        ids.mkdir()
        traffic = Traffic(engine.url, ids, args.rate, args.seed)
        goals = Goals(args.iterations, args.seconds)
        narrator = Narrator()
        conductor = Conductor(engine, scores, goals, args.seed, narrator.say)
        run_while_watching(engine, conductor)
        sent = traffic.finish()
        check = check_ids(engine, ids)
        return gather(engine, scores, sent, check, conductor.kills)
    finally:
        if traffic is not None:
            traffic.kill()
        engine.stop()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--binary", type=Path, required=True, help="the digits program"
    )
    parser.add_argument(
        "--dir", type=Path, help="to keep its files; must not exist yet"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rate", type=float, default=30.0, help="images per second"
    )
    parser.add_argument(
        "--iterations", type=int, default=3, help="that end, at least"
    )
    parser.add_argument(
        "--seconds", type=float, default=480.0, help="of traffic, at most"
    )
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    args.binary = args.binary.resolve()
    # As Ctrl-C: leave through every `finally`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    work = args.dir or Path(tempfile.mkdtemp(prefix="ratchet-digits-"))
    if args.dir:
        work.mkdir(parents=True)
    try:
        outcome = run(args, work)
    except KeyboardInterrupt:
        print(f"\nended early; files are in {work}", file=sys.stderr)
        return 130
    except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
        print(f"demo: {problem}; files are in {work}", file=sys.stderr)
        return 1
    report(outcome)
    shortfalls = outcome.shortfalls()
    for what in shortfalls:
        print(f"not shown: {what}; files are in {work}", file=sys.stderr)
    if not args.dir and not shortfalls:
        shutil.rmtree(work)
    print(json.dumps(outcome.result(), separators=(",", ":")))
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
