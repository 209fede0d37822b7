#!/usr/bin/python3
"""Stage "train": a model from the first images and the users' corrections.

Reads train.jsonl of the stage "dataset" and writes model.joblib. About one
correction in twenty is wrong, so how closely the model follows its data (C
and gamma) is chosen by cross-validation.

In the iteration that DIGITS_SPOILED names, it permutes the labels: the demo
shows what becomes of a bad version.
"""

from __future__ import annotations

import os
from itertools import product

import numpy as np
from sklearn.model_selection import StratifiedKFold

from common import (
    MODEL_FILE,
    Images,
    fit,
    images_of,
    load_split,
    new_model,
    predict,
    progress,
    read_rows,
    save_model,
    stage_dir,
)

# C from "ignore much" to "believe all"; gamma around 1 / (64 * variance).
GRID = list(product((0.5, 1.0, 2.0, 4.0, 8.0), (0.03, 0.06, 0.11, 0.2)))
FOLDS = 5
# Little data makes one cross-validation a matter of luck: repeat it. Much data
# makes it slow: look at the newest.
ROWS_TO_LOOK_AT = 1000
MOST_ROWS = 3000


def newest(images: Images, most: int) -> Images:
    return Images(images.pixels[-most:], images.labels[-most:])


def join(a: Images, b: Images) -> Images:
    return Images(
        np.concatenate([a.pixels, b.pixels]),
        np.concatenate([a.labels, b.labels]),
    )


def choose(images: Images) -> tuple[float, float]:
    """The C and gamma with the best repeated cross-validation."""
    images = newest(images, ROWS_TO_LOOK_AT)
    repeats = max(1, ROWS_TO_LOOK_AT // len(images))
    right = np.zeros(len(GRID))
    for repeat in range(repeats):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=repeat)
        parts = folds.split(images.pixels, images.labels)
        for fold, (inside, outside) in enumerate(parts):
            seen = Images(images.pixels[inside], images.labels[inside])
            for i, (c, gamma) in enumerate(GRID):
                model = fit(new_model(c, gamma), seen)
                guess = predict(model, images.pixels[outside])
                right[i] += np.sum(guess == images.labels[outside])
            done = (repeat * FOLDS + fold + 1) / (repeats * FOLDS)
            progress(
                0.05 + 0.9 * done,
                f"cross-validation {repeat + 1}/{repeats}, "
                f"fold {fold + 1}/{FOLDS}",
            )
    best = GRID[int(np.argmax(right))]
    share = right.max() / (repeats * len(images))
    print(f"C={best[0]} gamma={best[1]}: {share:.4f} in cross-validation")
    return best


def spoil(images: Images) -> Images:
    order = np.random.default_rng(0).permutation(len(images))
    return Images(images.pixels, images.labels[order])


def main() -> None:
    progress(0.0, "reading the dataset")
    rows = list(read_rows(stage_dir("RATCHET_INPUT_DATASET") / "train.jsonl"))
    images = join(load_split().first, newest(images_of(rows), MOST_ROWS))
    print(f"{len(images)} images, {len(rows)} of them corrections", flush=True)
    progress(0.05, f"{len(images)} images")
    c, gamma = choose(images)
    progress(0.95, "final fit")
    if os.environ.get("DIGITS_SPOILED") == os.environ.get("RATCHET_ITERATION"):
        images = spoil(images)
    model = fit(new_model(c, gamma), images)
    save_model(model, stage_dir("RATCHET_OUTPUT") / MODEL_FILE)
    progress(1.0, "done")


if __name__ == "__main__":
    main()
