"""Users of the loop "greeter": each asks who serves them, is served, and says
how they liked it, as their version's quality has it.

  python3 traffic.py --url http://127.0.0.1:4600 [--users 2000] [--seed 1]
                     [--spoil VERSION=QUALITY]

Goes on until all users have come, the experiment that runs has ended, or
another version has become champion. A version that is spoiled does not please
as it did: something has changed for its users since it was tested.
"""

import argparse
import json
import random
import time
import urllib.parse
import urllib.request


def call(url, body=None):
    data = None if body is None else body.encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
        return answer.read().decode()


def serve(base, user, dice, qualities):
    """What an app does for one user; the lines that it posts."""
    unit = urllib.parse.quote(user)
    chosen = json.loads(call(f"{base}/v1/loops/greeter/assignment?unit={unit}"))
    version = chosen["version"]
    if version not in qualities:
        qualities[version] = float(call(chosen["artifact"]["uri"]))
    said = [
        {"kind": "interaction", "id": user, "subject": user, "version": version,
         "arm": chosen["arm"], "propensity": chosen["propensity"]},
        {"kind": "feedback", "id": f"{user}-thumbs", "interaction_id": user,
         "channel": "thumbs", "value": dice.random() < qualities[version]},
        {"kind": "feedback", "id": f"{user}-seconds", "interaction_id": user,
         "channel": "seconds", "value": round(1 + dice.random(), 3)},
    ]
    return [json.dumps(line) for line in said], chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:4600")
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spoil", default="", metavar="VERSION=QUALITY")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    run = f"{time.time_ns():x}"
    qualities = {}
    if options.spoil:
        version, quality = options.spoil.split("=")
        qualities[int(version)] = float(quality)
    before = None
    for start in range(0, options.users, 50):
        lines = []
        for i in range(start, min(start + 50, options.users)):
            more, chosen = serve(options.url, f"u{run}-{i}", dice, qualities)
            lines += more
        call(f"{options.url}/v1/events?loop=greeter", "\n".join(lines))
        # In an experiment the version depends on the user.
        now = "experiment" if "experiment" in chosen else chosen["version"]
        if before not in (None, now) and now != "experiment":
            break
        before = now
        time.sleep(0.1)
    print(f"{min(start + 50, options.users)} users were served by versions "
          + ", ".join(f"{v} ({q:.0%} like it)" for v, q in sorted(qualities.items())))


if __name__ == "__main__":
    main()
