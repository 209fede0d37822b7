#!/usr/bin/python3
"""Stage "train": a model from the first questions and what users said.

Reads train.jsonl of the stage "dataset" and the questions of the first
champion (the file that INTENTS_SEED names), and writes model.joblib.
"""

from __future__ import annotations

from model import MODEL_FILE, fit, progress, read_csv, read_rows, save, stage_dir


def main() -> None:
    progress(0.0, "reading")
    said, _ = read_rows(stage_dir("RATCHET_INPUT_DATASET") / "train.jsonl")
    questions = read_csv(stage_dir("INTENTS_SEED")) + said
    print(f"{len(questions)} questions, {len(said)} of them by users", flush=True)
    progress(0.1, f"{len(questions)} questions")
    model = fit(questions)
    save(model, stage_dir("RATCHET_OUTPUT") / MODEL_FILE)
    progress(1.0, "done")


if __name__ == "__main__":
    main()
