"""An engine that a tour plays with: started, asked by its command line, stopped."""

import json
import os
import subprocess
import sys
import tempfile
import time


class Engine:
    def __init__(self, program, store):
        self.program = program
        self.name = os.path.basename(program)
        self.process = subprocess.Popen(
            [program, "serve", "--data", store, "--listen", "127.0.0.1:0",
             "--log-level", "none"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise SystemExit("the engine did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def call(self, *words, show=True, given="", output="table"):
        done = subprocess.run(
            [self.program, *words, "--url", self.url, "-o", output, "--color", "never"],
            input=given, capture_output=True, text=True, timeout=120, check=False)
        if show:
            said = " ".join(w if " " not in w else f"'{w}'" for w in words)
            print(f"$ {self.name} {said}\n{done.stdout}{done.stderr}", flush=True)
        if done.returncode != 0:
            raise SystemExit(f"exit code {done.returncode}: {done.stderr}")
        return done.stdout

    def read(self, *words):
        return json.loads(self.call(*words, show=False, output="json"))

    def until(self, what, holds):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if holds():
                return
        raise SystemExit(f"waited too long until {what}")

    def send(self, loop, events):
        self.call(
            "feedback", "send", loop, show=False,
            given="".join(json.dumps(each) + "\n" for each in events))

    def add_first(self, loop, directory):
        """The first champion, by hand."""
        model = os.path.join(directory, "model.txt")
        with open(model, "w") as out:
            out.write("answers 0\n")
        self.call("versions", "add", loop, "--file", model, "--champion",
                  "--reason", "the first")


def play(doc, loop, users_of, steps):
    """Plays `steps` against the program that the command line names."""
    if len(sys.argv) != 2:
        raise SystemExit(doc)
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        with Engine(program, os.path.join(directory, "store")) as engine:
            engine.add_first(loop, directory)
            users = users_of(engine)
            for step in steps:
                step(engine, users)
    print("the tour is over; all was as the guide says")


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")
