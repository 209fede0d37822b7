"""The classifier of the intents example, and what its stages share.

TF-IDF over words and pieces of words, and a linear classifier on top; a model
is one file.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

MODEL_FILE = "model.joblib"
SEED_FILE = "seed.csv"


@dataclass(frozen=True)
class Questions:
    texts: list[str]
    intents: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: Questions) -> Questions:
        return Questions(self.texts + other.texts, self.intents + other.intents)


def fit(questions: Questions) -> Pipeline:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, pieces), LinearSVC(C=0.5))
    return model.fit(questions.texts, questions.intents)


def predict(model: Pipeline, texts: Sequence[str]) -> list[str]:
    return [str(intent) for intent in model.predict(list(texts))]


def accuracy(model: Pipeline, questions: Questions) -> float:
    right = sum(a == b for a, b in zip(predict(model, questions.texts), questions.intents))
    return right / len(questions)


def save(model: Pipeline, path: Path) -> None:
    """Whole or not at all: a killed trainer leaves no half model behind."""
    unfinished = path.with_name(path.name + ".part")
    joblib.dump(model, unfinished, compress=1)
    os.replace(unfinished, path)


def load(path: Path) -> Pipeline:
    """A model's file, or the directory that holds it. Reading a pickle runs
    what is in it: load only what your own trainer wrote."""
    return joblib.load(path / MODEL_FILE if path.is_dir() else path)


def read_csv(path: Path) -> Questions:
    """Columns `text` and `category`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Questions([r["text"] for r in rows], [r["category"] for r in rows])


def write_csv(path: Path, questions: Questions) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        writer.writerows(zip(questions.texts, questions.intents))


def read_rows(path: Path) -> tuple[Questions, list[str]]:
    """A dataset in the "labels" format, and the ids of its interactions."""
    texts, intents, ids = [], [], []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            texts.append(row["input"]["text"])
            intents.append(row["label"])
            ids.append(row["_meta"]["interaction_id"])
    return Questions(texts, intents), ids


def progress(done: float, note: str) -> None:
    """Tells the engine how far this stage is."""
    print(f"ratchet:progress {done:.3f} {note}", flush=True)


def stage_dir(variable: str) -> Path:
    """A directory the engine names in the environment of a stage."""
    value = os.environ.get(variable)
    if not value:
        sys.exit(f"{variable} is not set: this program is a stage, to be run by the engine")
    return Path(value)
