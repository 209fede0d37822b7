#!/usr/bin/python3
"""Stage "evaluate": champion and challenger on the same held-back rows.

Reads eval.jsonl of the stage "dataset" and writes scores.jsonl: for each row
and model 1 if it gave the users' label, else 0. Without a champion, only the
challenger is scored.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from common import (
    images_of,
    load_model,
    predict,
    progress,
    read_rows,
    stage_dir,
)

BATCH = 50


def models() -> dict[str, Path]:
    found = {"challenger": stage_dir("RATCHET_INPUT_TRAIN")}
    if champion := os.environ.get("RATCHET_CHAMPION"):
        found["champion"] = Path(champion)
    return found


def score(name: str, path: Path, rows: list[dict[str, Any]]) -> list[str]:
    """Lines of scores.jsonl."""
    model = load_model(path)
    lines = []
    right = 0
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        images = images_of(batch)
        hits = predict(model, images.pixels) == images.labels
        right += int(hits.sum())
        for row, hit in zip(batch, hits):
            line = {
                "sample_id": row["_meta"]["interaction_id"],
                "metric": "accuracy",
                "model": name,
                "score": int(hit),
            }
            lines.append(json.dumps(line))
        done = min(start + BATCH, len(rows))
        progress(done / len(rows), f"{name} {done}/{len(rows)}")
    print(f"{name}: {right} of {len(rows)} right", flush=True)
    return lines


def main() -> None:
    rows = list(read_rows(stage_dir("RATCHET_INPUT_DATASET") / "eval.jsonl"))
    lines = []
    for name, path in models().items():
        lines += score(name, path, rows)
    out = stage_dir("RATCHET_OUTPUT") / "scores.jsonl"
    out.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
