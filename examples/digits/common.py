"""What the programs of the digits example share: images, models, progress.

The images are the 1,797 handwritten digits of 8x8 pixels that come with
scikit-learn (UCI, Alpaydin and Kaynak 1998). One fixed permutation splits
them for good:

    60     train the first champion
    397    held out: the final score, never traffic, never training
    1,340  traffic: what users write
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.svm import SVC

MODEL_FILE = "model.joblib"

_SPLIT_SEED = 0
_FIRST = 60
_HELD_OUT = 397

Pixels = NDArray[np.int64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Images:
    """Some images: one row of 64 pixels (0 to 16) for each, and its digit."""

    pixels: Pixels
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Split:
    first: Images
    held_out: Images
    traffic: Images


def load_split() -> Split:
    digits = load_digits()
    pixels = digits.data.astype(np.int64)
    labels = digits.target.astype(np.int64)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))

    def pick(indexes: NDArray[np.int64]) -> Images:
        return Images(pixels[indexes], labels[indexes])

    return Split(
        first=pick(order[:_FIRST]),
        held_out=pick(order[_FIRST : _FIRST + _HELD_OUT]),
        traffic=pick(order[_FIRST + _HELD_OUT :]),
    )


def new_model(c: float = 1.0, gamma: float | str = "scale") -> SVC:
    """A soft margin with a modest C: one wrong label moves it little."""
    return SVC(C=c, gamma=gamma)


def fit(model: SVC, images: Images) -> SVC:
    return model.fit(_features(images.pixels), images.labels)


def predict(model: SVC, pixels: Pixels) -> Labels:
    return model.predict(_features(pixels))


def accuracy(model: SVC, images: Images) -> float:
    return float(np.mean(predict(model, images.pixels) == images.labels))


def _features(pixels: Pixels) -> NDArray[np.float64]:
    return np.asarray(pixels) / 16.0


def save_model(model: SVC, path: Path) -> None:
    """Whole or not at all: a killed trainer leaves no half model behind."""
    unfinished = path.with_name(path.name + ".part")
    joblib.dump(model, unfinished)
    os.replace(unfinished, path)


def load_model(path: Path) -> SVC:
    """`path` is a model's file, or a directory that holds it.

    Reading a pickle runs what is in it, so load only what your own trainer
    wrote; who fetches one over HTTP checks its digest first.
    """
    return joblib.load(path / MODEL_FILE if path.is_dir() else path)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a dataset in the "labels" format, one JSON object each."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def images_of(rows: list[dict[str, Any]]) -> Images:
    pixels = [row["input"]["pixels"] for row in rows]
    labels = [int(row["label"]) for row in rows]
    return Images(
        np.array(pixels, dtype=np.int64).reshape(len(rows), 64),
        np.array(labels, dtype=np.int64),
    )


def progress(done: float, note: str) -> None:
    """Tells the engine how far this stage is, as a line on stdout."""
    print(f"ratchet:progress {done:.3f} {note}", flush=True)


def stage_dir(variable: str) -> Path:
    """A directory the engine names in the environment of a stage."""
    value = os.environ.get(variable)
    if not value:
        sys.exit(
            f"{variable} is not set: this program is a stage, to be run by "
            "the engine"
        )
    return Path(value)
