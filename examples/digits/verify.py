#!/usr/bin/python3
"""Checks that the engine lost nothing and doubled nothing.

Reads the whole history back over HTTP and compares it with the ids that the
traffic program saw acknowledged (acked.log) and ever sent (sent.log):

    lost        acknowledged, but not stored
    duplicated  stored more than once
    phantom     stored, but never sent

Prints the counts as one line of JSON and exits with 1 unless all three are 0.
Knows nothing of the engine but its wire format.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

SHOWN = 5


def stored_ids(url: str, loop: str) -> Iterator[str]:
    """Every event of the history as "kind id", page by page."""
    base = f"{url.rstrip('/')}/v1/loops/{loop}/events"
    token = None
    while True:
        query = {"limit": "1000"}
        if token is not None:
            query["page_token"] = token
        page_url = f"{base}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(page_url, timeout=30) as answer:
            page = json.load(answer)
        for event in page["events"]:
            yield f"{event['kind']} {event['id']}"
        following = page.get("next_page_token")
        if not following:
            return
        if following == token:
            sys.exit(f"the history does not end: page {token} names itself")
        token = following


def logged_ids(path: Path) -> set[str]:
    """Whole lines only: a crash of the writer may have cut the last one."""
    text = path.read_text(encoding="utf-8")
    return set(text[: text.rfind("\n") + 1].splitlines())


def show(what: str, ids: Iterable[str]) -> None:
    for line in sorted(ids)[:SHOWN]:
        print(f"{what}: {line}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="of the engine")
    parser.add_argument("--loop", default="digits")
    parser.add_argument("--ids-dir", type=Path, required=True)
    args = parser.parse_args()
    acknowledged = logged_ids(args.ids_dir / "acked.log")
    sent = logged_ids(args.ids_dir / "sent.log")
    stored = Counter(stored_ids(args.url, args.loop))
    lost = acknowledged - stored.keys()
    doubled = {line for line, times in stored.items() if times > 1}
    phantom = stored.keys() - sent
    show("lost", lost)
    show("duplicated", doubled)
    show("phantom", phantom)
    counts = {
        "acknowledged": len(acknowledged),
        "stored": sum(stored.values()),
        "lost": len(lost),
        "duplicated": len(doubled),
        "phantom": len(phantom),
    }
    print(json.dumps(counts))
    return 1 if lost or doubled or phantom else 0


if __name__ == "__main__":
    sys.exit(main())
