#!/usr/bin/python3
"""Trains the first champion, on 60 images, and writes it to OUT/model.joblib.

    bootstrap.py OUT
"""

from __future__ import annotations

import argparse
from pathlib import Path

from common import MODEL_FILE, accuracy, fit, load_split, new_model, save_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="directory for the model")
    args = parser.parse_args()
    split = load_split()
    model = fit(new_model(), split.first)
    args.out.mkdir(parents=True, exist_ok=True)
    save_model(model, args.out / MODEL_FILE)
    print(
        f"{args.out / MODEL_FILE}: trained on {len(split.first)} images, "
        f"accuracy {accuracy(model, split.held_out):.3f} on held-out ones"
    )


if __name__ == "__main__":
    main()
