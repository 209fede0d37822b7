#!/usr/bin/env python3
"""Checks the rules of the tree that no compiler checks.

    tidy.py [--root DIR] [--clang-format PROGRAM]

One line per finding, "file:line: rule: what to do"; exit code 1 if there is
any. A line that breaks a rule for a good reason says so, on itself or on the
line above: "tidy: allow RULE, because ...".
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import tables

CPP = (".cpp", ".hpp")
PYTHON = (".py",)
TEXT = CPP + PYTHON + (".md", ".txt", ".cmake", ".json", ".html", ".js", ".css", ".sh", "")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
ALLOW = re.compile(r"tidy: allow ([a-z-]+), because ")
# Spelled apart, so that this file does not break its own rules.
MARKS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b(?!\s*\(#\d+\))")
MACHINE = re.compile(
    r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot)/[\w.]|(?<![\w.])/(?:ho" + r"me|Us" + r"ers)/[\w.]+/")


class File:
    """One text file, as lines, and as lines of code without comments or strings."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.is_cpp = path.endswith(CPP)
        self.is_python = path.endswith(PYTHON) or (
            bool(self.lines) and self.lines[0].startswith("#!") and "python" in self.lines[0])
        self.code = self.lines
        if self.is_cpp:
            self.code = strip_cpp(self.text).split("\n")

    def allows(self, line, rule):
        """True if `line` (from 1) or the one above asks for an exception."""
        for index in (line - 1, line - 2):
            if 0 <= index < len(self.lines):
                match = ALLOW.search(self.lines[index])
                if match and match.group(1) == rule:
                    return True
        return False


CPP_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'
    r"""|"(?:[^"\\\n]|\\.)*"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'""",
    re.DOTALL)


def strip_cpp(text):
    """Blanks out comments and literals, and keeps every line where it is."""

    def blank(match):
        # An #include's name looks like a string and is code.
        start = text.rfind("\n", 0, match.start()) + 1
        if match.group().startswith('"') and INCLUDE.match(text[start:match.end()]):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return CPP_TOKEN.sub(blank, text)


def folder_of(path):
    """The name by which the tables know the file's folder."""
    parts = path.split("/")
    if parts[0] == "include" and len(parts) > 2:
        return public_name("/".join(parts[1:]))
    return parts[0] if len(parts) > 1 else ""


def public_name(include):
    """ratchet/stage.hpp and its like rank on their own."""
    stem = include.rsplit(".", 1)[0]
    return stem if stem in tables.ALLOWED else "ratchet"


def tested_folder(path):
    """tests/unit/storage/x.cpp tests storage."""
    parts = path.split("/")
    return parts[2] if parts[:2] == ["tests", "unit"] and len(parts) > 3 else ""


def includes(file):
    for number, line in enumerate(file.code, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


# Rules: each yields (line, rule, what to do). ------------------------------


def check_order(file):
    """Folders include only those before them; detail/ is for its folder."""
    home = folder_of(file.path)
    for number, _, name in includes(file):
        target = name.split("/")[0]
        if target == "ratchet":
            target = public_name(name)
        if "/" not in name or target not in tables.ALLOWED:
            continue
        if "/detail/" in name and home not in (target,) + tables.UNRANKED:
            yield number, "hidden-detail", (
                f"{name} is for {target}/ alone; include a header of {target}/ itself")
        if home in tables.UNRANKED or home == target or home not in tables.ALLOWED:
            continue
        allowed = tables.ALLOWED[home]
        if target not in allowed and target.split("/")[0] not in allowed:
            yield number, "folder-order", (
                f"{home}/ may include {', '.join(allowed) or 'nothing'}, not {target}; "
                "move what is needed down")


def library_home(name):
    for prefix, home in tables.HOMES:
        if name.startswith(prefix):
            return home
    return None


def check_libraries(file):
    """A third-party library is included in its home, and not shown by headers."""
    home = folder_of(file.path)
    for number, angled, name in includes(file):
        owner = library_home(name)
        if owner is None:
            if angled and is_unknown(name):
                yield number, "unknown-library", (
                    f"<{name}> has no home; give it one in tests/tidy/tables.py")
            continue
        users = (home, tested_folder(file.path))
        if owner not in users and home not in tables.WITH_ANY_LIBRARY:
            yield number, "library-home", (
                f"<{name}> belongs to {owner}/; use what a header of {owner}/ offers")
        elif (file.path.endswith(".hpp") and "/detail/" not in file.path
              and home not in tables.UNRANKED and file.path not in tables.SHOWS_LIBRARY):
            yield number, "library-in-header", (
                f"keep <{name}> out of this header (detail/, or an implementation "
                "behind a pointer)")


def is_unknown(name):
    if name.startswith("ratchet/") or "." not in name and "/" not in name:
        return False
    return not name.startswith(tables.SYSTEM_PREFIXES) and name not in tables.SYSTEM_HEADERS


def check_own_header(file, tracked):
    if not file.path.endswith(".cpp"):
        return
    own = file.path[:-len(".cpp")] + ".hpp"
    if own not in tracked:
        return
    for number, _, name in includes(file):
        if name not in (own, own.rsplit("/", 1)[-1]):
            yield number, "own-header", f'include "{own}" first: it must stand alone'
        return


def check_pragma(file):
    if not file.path.endswith(".hpp"):
        return
    for number, line in enumerate(file.code, 1):
        if line.strip():
            if line.split() != ["#pragma", "once"]:
                yield number, "pragma-once", "begin the header with #pragma once"
            return
    yield 1, "pragma-once", "begin the header with #pragma once"


def check_width(file):
    width = tables.CPP_WIDTH if file.is_cpp else tables.PYTHON_WIDTH
    for number, line in enumerate(file.lines, 1):
        if len(line) > width and "://" not in line:
            yield number, "width", f"{len(line)} columns; break the line before {width + 1}"


def check_length(file):
    if len(file.lines) > tables.MAX_LINES:
        yield tables.MAX_LINES + 1, "length", (
            f"{len(file.lines)} lines; split the file by nouns (at most {tables.MAX_LINES})")


def check_banned(file):
    banned = tables.BANNED_CPP if file.is_cpp else tables.BANNED_PYTHON
    for where, pattern, remedy in banned:
        if not file.path.startswith(where):
            continue
        for number, line in enumerate(file.code, 1):
            match = re.search(pattern, line)
            if match:
                yield number, "banned-call", f"{match.group().strip('( ')}: {remedy}"


def check_marks(file):
    for number, line in enumerate(file.lines, 1):
        match = MARKS.search(line)
        if match:
            yield number, "open-end", (
                f"{match.group()} names no issue; do it, or write {match.group()} (#123)")


def check_machine_paths(file):
    for number, line in enumerate(file.lines, 1):
        match = MACHINE.search(line)
        if match:
            yield number, "machine-path", f"{match.group()}... is of one machine; make it relative"


def check_blanks(file):
    for number, line in enumerate(file.lines, 1):
        if "\t" in line and (file.is_cpp or file.is_python):
            yield number, "blanks", "indent with blanks, not tabs"
        elif line != line.rstrip() and not file.path.endswith(".md"):
            yield number, "blanks", "remove the blanks at the end of the line"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "blanks", "end the file with a line break"


def check_readmes(paths):
    folders = {path.split("/")[0] for path in paths
               if "/" in path and path.endswith(CPP + PYTHON)}
    for folder in sorted(folders):
        if f"{folder}/README.md" not in paths:
            yield f"{folder}/README.md", 1, "readme", (
                "say in 10 to 20 lines what the folder is, where to start, what always holds")


# Formatting ------------------------------------------------------------------


def check_format(root, program, paths):
    if not program:
        yield "tests/tidy/tidy.py", 1, "format", "install clang-format 14"
        return

    def run(path):
        done = subprocess.run([program, "--dry-run", "-Werror", path], cwd=root,
                              capture_output=True, text=True, check=False)
        match = re.search(r":(\d+):\d+: error:", done.stderr)
        if done.returncode == 0:
            return None
        return path, int(match.group(1)) if match else 1

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for found in pool.map(run, paths):
            if found:
                yield found[0], found[1], "format", "run clang-format -i on the file"


def find_clang_format():
    return shutil.which("clang-format-14") or shutil.which("clang-format")


# All of it -------------------------------------------------------------------


def tracked_files(root):
    """What git knows; everything but hidden and built things where there is no git."""
    done = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True,
                          text=True, check=False)
    if done.returncode == 0 and os.path.exists(os.path.join(root, ".git")):
        names = done.stdout.split("\0")
        return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in (
            "build", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def check_file(file, tracked):
    if file.is_cpp:
        yield from check_order(file)
        yield from check_libraries(file)
        yield from check_own_header(file, tracked)
        yield from check_pragma(file)
    if file.is_cpp or file.is_python:
        yield from check_width(file)
        yield from check_length(file)
        yield from check_banned(file)
    yield from check_marks(file)
    yield from check_machine_paths(file)
    yield from check_blanks(file)


def check_tree(root, clang_format):
    """All findings of the tree, as (path, line, rule, what to do)."""
    paths = tracked_files(root)
    tracked = set(paths)
    findings = []
    for path in paths:
        extension = os.path.splitext(os.path.basename(path))[1]
        if extension not in TEXT:
            continue
        file = File(root, path)
        findings += [(path, line, rule, remedy) for line, rule, remedy in check_file(file, tracked)
                     if not file.allows(line, rule)]
    findings += check_readmes(tracked)
    findings += check_format(root, clang_format, [p for p in paths if p.endswith(CPP)])
    return sorted(findings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--clang-format", default=find_clang_format())
    arguments = parser.parse_args()
    findings = check_tree(os.path.abspath(arguments.root), arguments.clang_format)
    for path, line, rule, remedy in findings:
        print(f"{path}:{line}: {rule}: {remedy}")
    print(f"tidy: {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
