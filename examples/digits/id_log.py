"""What was sent and what was acknowledged, on disk: the checker's witness."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class IdLog:
    """A file of ids, one "kind id" a line, that only grows.

    When `write` returns, the lines are on disk: a witness that forgets in a
    crash proves nothing. Any thread may write.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(path, flags, 0o644)
        self._lock = threading.Lock()
        # The name is durable only with its directory.
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def write(self, ids: list[str]) -> None:
        data = "".join(line + "\n" for line in ids).encode()
        with self._lock:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)
