#!/usr/bin/python3
"""Stage "evaluate": champion and challenger on the same held-back questions.

Reads eval.jsonl of the stage "dataset" and writes scores.jsonl: for each
question and model 1 if it understood what the user meant, else 0.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from model import load, predict, progress, read_rows, stage_dir


def main() -> None:
    questions, ids = read_rows(stage_dir("RATCHET_INPUT_DATASET") / "eval.jsonl")
    models = {"challenger": stage_dir("RATCHET_INPUT_TRAIN")}
    if champion := os.environ.get("RATCHET_CHAMPION"):
        models["champion"] = Path(champion)
    with (stage_dir("RATCHET_OUTPUT") / "scores.jsonl").open("w", encoding="utf-8") as scores:
        for done, (name, path) in enumerate(models.items(), start=1):
            guesses = predict(load(path), questions.texts)
            for sample, guess, meant in zip(ids, guesses, questions.intents):
                line = {"sample_id": sample, "metric": "accuracy", "model": name,
                        "score": int(guess == meant)}
                scores.write(json.dumps(line) + "\n")
            progress(done / len(models), name)


if __name__ == "__main__":
    main()
