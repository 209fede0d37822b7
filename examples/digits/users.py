"""The users of the digits app: what they write, and what they say to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from common import Images

Event = dict[str, Any]

DEVICES = ("tablet", "phone", "whiteboard")
USERS = 1_000_000  # Hardly anybody comes twice.
WRITERS = 8


@dataclass(frozen=True)
class Habits:
    """How honest, complete and prompt users are."""

    false_corrections: float = 0.05
    missing: float = 0.10
    mean_delay: float = 2.0
    # Some answer much later, and a few answers overtake their question.
    late: float = 0.05
    late_delay: float = 15.0
    overtaking: float = 0.03


@dataclass(frozen=True)
class Drawing:
    """One image a user wrote, and the digit they meant."""

    user: str
    slice: dict[str, str]
    pixels: list[int]
    digit: int


@dataclass(frozen=True)
class Delivery:
    """An event on its way to the engine, which it reaches after `delay`."""

    event: Event
    delay: float


class Users:
    """Everything random about them comes from one seed."""

    def __init__(self, loop: str, images: Images, habits: Habits, seed: int):
        self._loop = loop
        self._images = images
        self._habits = habits
        self._random = random.Random(seed)
        # Ids differ from run to run, whatever the seed.
        self._run = f"{random.SystemRandom().getrandbits(40):010x}"
        self._count = 0

    def drawings(self) -> Iterator[Drawing]:
        """Without end; no image comes again before all others came."""
        order = list(range(len(self._images)))
        while True:
            self._random.shuffle(order)
            for index in order:
                user = self._random.randrange(USERS)
                yield Drawing(
                    user=f"user-{user}",
                    slice={
                        "writer": f"w{user % WRITERS}",
                        "device": self._random.choice(DEVICES),
                    },
                    pixels=self._images.pixels[index].tolist(),
                    digit=int(self._images.labels[index]),
                )

    def interaction(
        self, drawing: Drawing, guess: int, served: dict[str, Any]
    ) -> Event:
        self._count += 1
        return {
            "kind": "interaction",
            "id": f"i-{self._run}-{self._count}",
            "loop": self._loop,
            **served,
            "subject": drawing.user,
            "slice": drawing.slice,
            "input": {"pixels": drawing.pixels},
            "output": {"label": str(guess)},
            "time": _now(),
        }

    def deliveries(
        self, interaction: Event, drawing: Drawing, guess: int
    ) -> list[Delivery]:
        """The interaction and the feedback on it, if any."""
        chance = self._random.random
        if chance() < self._habits.missing:
            return [Delivery(interaction, 0.0)]
        meant = drawing.digit
        if chance() < self._habits.false_corrections:
            meant = (meant + self._random.randrange(1, 10)) % 10
        delay = self._random.expovariate(1 / self._habits.mean_delay)
        if chance() < self._habits.late:
            delay += self._habits.late_delay * chance()
        own_delay = 0.0
        if chance() < self._habits.overtaking:
            own_delay = delay + 2 * chance()
        said = {"verdict": guess == meant, "correction": meant}
        return [Delivery(interaction, own_delay)] + [
            Delivery(self._feedback(interaction, channel, value), delay)
            for channel, value in said.items()
        ]

    def _feedback(
        self, interaction: Event, channel: str, value: bool | int
    ) -> Event:
        self._count += 1
        return {
            "kind": "feedback",
            "id": f"f-{self._run}-{self._count}",
            "loop": self._loop,
            "interaction_id": interaction["id"],
            "channel": channel,
            "value": value,
            "subject": interaction["subject"],
            "time": _now(),
        }


def _now() -> str:
    now = datetime.now(timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
