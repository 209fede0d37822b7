"""Feedback as an application sends it, with a log of what was answered.

Each batch's ids are written down before it is sent and again after it was
acknowledged, as RELIABILITY's oracle asks: the files are the truth that the
engine is compared with.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading


class Sender(threading.Thread):
    """Posts batches until told to stop; never minds that the engine dies."""

    def __init__(self, port: int, seed: int, name: str, directory: str) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.random = random.Random(f"{seed}-{name}")
        self.prefix = name
        self.stopping = threading.Event()
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.sent_log = open(os.path.join(directory, f"sent-{name}"), "a")
        self.acknowledged_log = open(os.path.join(directory, f"acked-{name}"), "a")
        self.next = 0
        self.unanswered: list[list[dict]] = []
        self.connection: http.client.HTTPConnection | None = None

    def batch(self) -> list[dict]:
        """Interactions and their feedback; the feedback sometimes first."""
        events = []
        for _ in range(self.random.randint(1, 12)):
            number = self.next
            self.next += 1
            key = f"{self.prefix}-{number}"
            pair = [
                {"kind": "interaction", "id": f"i-{key}", "loop": "crash"},
                {
                    "kind": "feedback",
                    "id": f"f-{key}",
                    "loop": "crash",
                    "interaction_id": f"i-{key}",
                    "channel": "ok",
                    "value": number % 3 != 0,
                },
            ]
            if self.random.random() < 0.3:
                pair.reverse()
            events += pair
        return events

    def post(self, events: list[dict]) -> dict | None:
        """The engine's answer; None if there was none."""
        body = "\n".join(json.dumps(event) for event in events)
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=10
                )
            self.connection.request("POST", "/v1/events", body)
            response = self.connection.getresponse()
            text = response.read()
            return json.loads(text) if response.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            self.connection = None
            return None

    @staticmethod
    def write(log, ids: list[str]) -> None:
        log.write("".join(i + "\n" for i in ids))
        log.flush()
        os.fsync(log.fileno())

    def send(self, events: list[dict]) -> bool:
        ids = [event["id"] for event in events]
        self.write(self.sent_log, ids)
        self.sent.update(ids)
        answer = self.post(events)
        if answer is None:
            return False
        if answer["rejected"]:
            raise AssertionError(f"the engine rejected {answer['rejected'][:3]}")
        if answer["accepted"] + answer["duplicates"] != len(events):
            raise AssertionError(f"the engine lost count: {answer} of {len(events)}")
        self.write(self.acknowledged_log, ids)
        self.acknowledged.update(ids)
        return True

    def run(self) -> None:
        while not self.stopping.is_set():
            # What got no answer may be stored or not: half of it is sent
            # again, as apps do, the rest stays unknown.
            if self.unanswered and self.random.random() < 0.5:
                events = self.unanswered.pop()
            else:
                events = self.batch()
            if self.send(events):
                # Now and then a batch comes twice.
                if self.random.random() < 0.05:
                    self.send(events)
            else:
                if self.random.random() < 0.5:
                    self.unanswered.append(events)
                self.stopping.wait(0.02)
