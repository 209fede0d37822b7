"""The engine's HTTP interface, as a serving application uses it."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any


class EngineUnavailable(Exception):
    """No answer, or one that says to come again: retry the same request."""

    def __init__(self, why: str, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class EngineRefused(Exception):
    """An answer that no retry will change."""


@dataclass(frozen=True)
class Assignment:
    version: int
    arm: str
    propensity: float
    uri: str
    sha256: str


@dataclass(frozen=True)
class Rejection:
    index: int
    code: str
    message: str


@dataclass(frozen=True)
class Receipt:
    """The engine's answer to a batch: on disk, but for what was rejected."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]


class EngineClient:
    """One keep-alive connection. Not for use by several threads at once.

    After an EngineUnavailable nobody knows whether the engine took what was
    sent. Every event has an id, so sending it again is always right.
    """

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"not an http URL: {url}")
        self._host = parts.hostname
        self._port = parts.port or 80
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def assignment(self, loop: str, unit: str) -> Assignment:
        unit = urllib.parse.quote(unit, safe="")
        answer = json.loads(
            self._request("GET", f"/v1/loops/{loop}/assignment?unit={unit}")
        )
        artifact = answer["artifact"]
        return Assignment(
            version=answer["version"],
            arm=answer["arm"],
            propensity=answer["propensity"],
            uri=artifact["uri"],
            sha256=artifact["digest"].removeprefix("sha256:"),
        )

    def artifact(self, assignment: Assignment) -> bytes:
        """The bytes of a model, proven to be those that were registered."""
        uri = urllib.parse.urlsplit(assignment.uri)
        data = self._request("GET", uri.path)
        if hashlib.sha256(data).hexdigest() != assignment.sha256:
            raise EngineUnavailable(
                f"version {assignment.version} came damaged: its bytes do "
                "not have its digest"
            )
        return data

    def post_events(self, events: list[dict[str, Any]]) -> Receipt:
        lines = (json.dumps(e, separators=(",", ":")) for e in events)
        body = "".join(line + "\n" for line in lines).encode()
        answer = json.loads(
            self._request("POST", "/v1/events", body, "application/x-ndjson")
        )
        return Receipt(
            accepted=answer["accepted"],
            duplicates=answer["duplicates"],
            rejected=[
                Rejection(r["index"], r["code"], r["message"])
                for r in answer["rejected"]
            ],
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content_type: str | None = None,
    ) -> bytes:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._host, self._port, timeout=self._timeout
            )
        headers = {"Content-Type": content_type} if content_type else {}
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            raise EngineUnavailable(f"{type(problem).__name__}: {problem}")
        if response.status == 200:
            return data
        text = data.decode(errors="replace")[:300]
        why = f"{method} {path}: {response.status} {text}"
        # A loop without a champion yet answers 404, and that will change.
        not_yet = method == "GET" and response.status == 404
        if not_yet or response.status in (408, 429) or response.status >= 500:
            after = response.headers.get("Retry-After", "0")
            raise EngineUnavailable(why, float(after) if after.isdigit() else 0)
        raise EngineRefused(why)
