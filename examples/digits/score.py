#!/usr/bin/python3
"""The final accuracy of models, on images none of them was trained on.

    score.py MODEL...

Prints one JSON object for each: {"model": path, "accuracy": share}.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from common import accuracy, load_model, load_split


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL")
    args = parser.parse_args()
    held_out = load_split().held_out
    for path in args.models:
        share = accuracy(load_model(path), held_out)
        print(json.dumps({"model": str(path), "accuracy": round(share, 4)}))


if __name__ == "__main__":
    main()
