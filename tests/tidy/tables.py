"""What the tree's rules allow: who may include whom, and who owns what.

The reasons are in docs/decisions/ and in the README of each folder; this file
is where a change of the rules is made.
"""

# A folder includes itself and these. The order is that of the build.
ALLOWED = {
    "base": (),
    "workflows": ("base", "ratchet/step_value", "ratchet/stage",
                  "ratchet/condition", "ratchet/fan_out", "ratchet/trigger",
                  "ratchet/loop"),
    "analysis": ("base",),
    "process": ("base",),
    "storage": ("base", "workflows", "analysis"),
    "formats": ("base", "workflows", "analysis", "storage"),
    "actors": ("base", "workflows", "analysis", "process", "storage", "formats",
               "ratchet/step_value", "ratchet/stage", "ratchet/condition",
               "ratchet/fan_out", "ratchet/trigger", "ratchet/loop"),
    "api": ("base", "workflows", "analysis", "process", "storage", "formats",
            "actors", "ratchet/step_value", "ratchet/stage",
            "ratchet/condition", "ratchet/fan_out", "ratchet/trigger",
            "ratchet/loop"),
    "cli": ("base", "workflows", "analysis", "process", "storage", "formats",
            "actors", "api", "ratchet"),
    # The public headers: what a loop's author sees ranks with workflows, the
    # entry points come after everything.
    "ratchet/step_value": ("base", "ratchet/step_value"),
    "ratchet/stage": ("base", "workflows", "ratchet/step_value", "ratchet/stage"),
    "ratchet/condition": ("base", "workflows", "ratchet/condition"),
    "ratchet/fan_out": ("base", "workflows", "ratchet/condition", "ratchet/fan_out"),
    "ratchet/trigger": ("base", "workflows", "ratchet/trigger"),
    "ratchet/loop": ("base", "workflows", "ratchet/step_value",
                     "ratchet/stage", "ratchet/condition", "ratchet/fan_out",
                     "ratchet/trigger", "ratchet/loop"),
    "ratchet": ("base", "workflows", "ratchet"),
    "examples": ("ratchet",),
}

# Folders that may include anything of ours.
UNRANKED = ("tests", "benchmarks")

# One third-party library has one home.
HOMES = (
    ("rocksdb/", "storage"),
    ("cereal/", "storage"),
    ("xxhash.h", "storage"),
    ("openssl/", "storage"),
    ("simdjson.h", "formats"),
    ("nlohmann/", "formats"),
    ("zlib.h", "formats"),
    ("date/", "workflows"),
    ("caf/", "actors"),
    ("boost/beast", "api"),
    ("boost/asio", "api"),
    ("boost/system", "api"),
    ("prometheus/", "api"),
    ("boost/math", "analysis"),
    ("boost/multiprecision", "analysis"),
    ("Eigen/", "analysis"),
    ("CLI/", "cli"),
    ("spdlog/", "cli"),
    ("fmt/", "cli"),
    ("catch2/", "tests"),
)

# Programs beside the product: what they use is theirs.
WITH_ANY_LIBRARY = ("benchmarks", "examples")

# Headers outside of detail/ that may show a library's types: those of the
# library's home that only that home includes, and the home's own front.
SHOWS_LIBRARY = (
    "formats/json.hpp",
    "actors/areas.hpp",
    "actors/channels.hpp",
    "actors/errors.hpp",
    "actors/experiment.hpp",
    "actors/interfaces.hpp",
    "actors/iteration.hpp",
    "actors/journal.hpp",
    "actors/messages.hpp",
    "actors/monitor.hpp",
    "actors/nested_stage.hpp",
    "actors/retention.hpp",
    "actors/root.hpp",
    "actors/slots.hpp",
    "actors/stage.hpp",
    "actors/supervisor.hpp",
    "actors/timers.hpp",
    "actors/worker.hpp",
)

# Of the system: folders of headers, and headers without a folder.
SYSTEM_PREFIXES = ("sys/", "netinet/", "arpa/", "net/", "linux/", "bits/")
SYSTEM_HEADERS = (
    "dirent.h", "dlfcn.h", "fcntl.h", "grp.h", "ifaddrs.h", "immintrin.h",
    "limits.h", "malloc.h", "netdb.h", "nmmintrin.h", "poll.h", "pthread.h",
    "pwd.h", "sched.h", "signal.h", "spawn.h", "stdio.h", "stdlib.h",
    "string.h", "syslog.h", "termios.h", "time.h", "unistd.h",
)

# What must not be called: where (a path begins so; "" is everywhere), pattern,
# and the remedy.
BANNED_CPP = (
    ("", r"\b(?:std::)?s?rand\s*\(", "draw from a seeded generator"),
    ("", r"(?<![\w.>])(?:std::|::)?system\s*\(", "spawn with an argument vector"),
    ("", r"\bpopen\s*\(", "spawn with an argument vector"),
    ("", r"\b(?:strcpy|strcat|sprintf|vsprintf)\s*\(", "use std::string"),
    ("", r"(?<![\w.>])gets\s*\(", "read with a bound"),
    ("", r"\b(?:localtime|gmtime|asctime|ctime|strtok)\s*\(",
     "use the _r form: this one shares a buffer between threads"),
    ("", r"\b(?:tmpnam|tempnam|mktemp)\s*\(", "use mkstemp or mkdtemp"),
    # Of a stage's context they suspend an attempt.
    ("tests/", r"(?<!context\.)\b(?:sleep_for|sleep_until|usleep|nanosleep)\s*\(",
     "wait for the condition, or move a manual clock"),
    ("tests/", r"(?<![\w.>])(?:::)?sleep\s*\(",
     "wait for the condition, or move a manual clock"),
)
BANNED_PYTHON = (
    ("", r"\bos\.(?:system|popen)\s*\(", "use subprocess with a list"),
    ("", r"\bshell\s*=\s*True\b", "use subprocess with a list"),
    ("tests/", r"\btime\.sleep\s*\(", "wait for the condition"),
)

MAX_LINES = 500
CPP_WIDTH = 80
PYTHON_WIDTH = 100
