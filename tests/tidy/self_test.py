#!/usr/bin/env python3
"""Each rule of tidy.py flags a small bad tree, and nothing flags a good one."""

import os
import sys
import tempfile
import unittest

import tidy

HEADER = "#pragma once\n\n"


def findings(files):
    """(path, line, rule) of all that is wrong with a tree of these files."""
    tree = {"base/README.md": "# base\n", "storage/README.md": "# storage\n"}
    tree.update(files)
    for path in files:
        folder = path.split("/")[0]
        tree.setdefault(f"{folder}/README.md", "# it\n")
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        found = tidy.check_tree(root, tidy.find_clang_format())
    return [(path, line, rule) for path, line, rule, _ in found]


class Rules(unittest.TestCase):

    def flags(self, path, text, line, rule):
        self.assertEqual(findings({path: text}), [(path, line, rule)])

    def passes(self, path, text):
        self.assertEqual(findings({path: text}), [])

    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(findings({
            "storage/store.hpp": HEADER + '#include "base/ids.hpp"\n\n#include <string>\n',
            "storage/store.cpp": '#include "storage/store.hpp"\n\n#include <rocksdb/db.h>\n',
            "api/server.cpp": '#include "actors/client.hpp"\n\n#include <unistd.h>\n',
            "actors/messages.hpp": HEADER + "#include <caf/all.hpp>\n",
            "storage/detail/rocks.hpp": HEADER + "#include <rocksdb/db.h>\n",
            "tests/unit/storage/store_test.cpp":
                '#include "storage/detail/rocks.hpp"\n\n#include <catch2/catch.hpp>\n'
                "#include <rocksdb/db.h>\n",
            "include/ratchet/loop.hpp": HEADER + '#include "workflows/definition.hpp"\n',
            "workflows/check.cpp": '#include "ratchet/loop.hpp"\n',
            "examples/hello/main.cpp": "#include <ratchet/ratchet.hpp>\n",
            "benchmarks/x.cpp": "#include <rocksdb/db.h>\n",
        }), [])

    def test_folders_include_only_those_before_them(self):
        self.flags("base/x.cpp", '#include "storage/store.hpp"\n', 1, "folder-order")
        self.flags("analysis/x.cpp", '#include "workflows/a.hpp"\n', 1, "folder-order")
        self.flags("workflows/x.cpp", '#include "analysis/a.hpp"\n', 1, "folder-order")
        self.flags("process/x.cpp", '#include "workflows/a.hpp"\n', 1, "folder-order")
        self.flags("storage/x.cpp", '\n#include "process/a.hpp"\n', 2, "folder-order")
        self.flags("api/x.cpp", '#include "cli/a.hpp"\n', 1, "folder-order")
        self.flags("workflows/x.cpp", "#include <ratchet/main.hpp>\n", 1, "folder-order")
        self.flags("examples/x.cpp", '#include "storage/a.hpp"\n', 1, "folder-order")
        self.flags("include/ratchet/loop.hpp", HEADER + '#include "ratchet/main.hpp"\n', 3,
                   "folder-order")
        self.passes("base/x.cpp", '// #include "storage/store.hpp"\n')

    def test_details_are_for_their_folder(self):
        self.flags("api/x.cpp", '#include "actors/detail/a.hpp"\n', 1, "hidden-detail")

    def test_a_library_has_one_home(self):
        self.flags("api/x.cpp", "#include <rocksdb/db.h>\n", 1, "library-home")
        self.flags("storage/x.cpp", "#include <boost/math/x.hpp>\n", 1, "library-home")
        self.flags("cli/x.cpp", "#include <nlohmann/json.hpp>\n", 1, "library-home")
        self.flags("tests/unit/api/x.cpp", "#include <caf/all.hpp>\n", 1, "library-home")
        self.flags("base/x.cpp", "#include <catch2/catch.hpp>\n", 1, "library-home")
        self.flags("base/x.cpp", "#include <curl/curl.h>\n", 1, "unknown-library")
        self.flags("base/x.cpp", "#include <sqlite3.h>\n", 1, "unknown-library")

    def test_headers_do_not_show_libraries(self):
        self.flags("storage/a.hpp", HEADER + "#include <rocksdb/db.h>\n", 3,
                   "library-in-header")

    def test_the_own_header_comes_first(self):
        self.assertEqual(findings({
            "base/x.hpp": "#pragma once\n",
            "base/x.cpp": '#include "base/a.hpp"\n\n#include "base/x.hpp"\n',
        }), [("base/x.cpp", 1, "own-header")])

    def test_headers_begin_with_pragma_once(self):
        self.flags("base/x.hpp", "// What it is.\n\nint x();\n", 3, "pragma-once")

    def test_lines_have_a_width(self):
        self.flags("base/x.cpp", "// " + "x" * 78 + "\n", 1, "width")
        self.flags("scripts/x.py", "x = '" + "x" * 96 + "'\n", 1, "width")
        self.passes("base/x.cpp", "// " + "ü" * 77 + "\n")
        self.passes("base/README.md", "x" * 200 + "\n")

    def test_files_have_a_length(self):
        self.flags("base/x.cpp", "// x\n" * 501, 501, "length")

    def test_code_is_formatted(self):
        self.flags("base/x.cpp", "int x();\nint   y();\n", 2, "format")

    def test_some_calls_are_banned(self):
        for call in ("std::rand()", "rand()", "::system(x)", "strcpy(a, b)", "gets(a)",
                     "std::localtime(a)", "popen(a, b)"):
            self.flags("base/x.cpp", f"auto x = {call};\n", 1, "banned-call")
        self.flags("tests/unit/x.cpp", "auto x = std::this_thread::sleep_for(1);\n", 1,
                   "banned-call")
        # tidy: allow banned-call, because it is the subject.
        self.flags("tests/x.py", "time.sleep(1)\n", 1, "banned-call")
        # tidy: allow banned-call, because it is the subject.
        self.flags("scripts/x.py", "os.system('x')\n", 1, "banned-call")
        self.passes("base/x.cpp", 'auto x = "rand()"; // system(y)\n')
        self.passes("base/x.cpp", "auto x = brand() + s.system(y) + gmtime_r(a, b);\n")
        self.passes("process/x.cpp", "auto x = std::this_thread::sleep_for(1);\n")

    def test_an_exception_says_why(self):
        self.passes("base/x.cpp",
                    "// tidy: allow banned-call, because it is the subject.\nauto x = rand();\n")
        self.flags("base/x.cpp", "// tidy: allow banned-call\nauto x = rand();\n", 2,
                   "banned-call")

    def test_open_ends_name_an_issue(self):
        for mark in ("TO" + "DO", "FIX" + "ME"):
            self.flags("base/x.cpp", f"// {mark}: more\n", 1, "open-end")
            self.flags("base/README.md", f"# base\n\n{mark}\n", 3, "open-end")
            self.passes("base/x.cpp", f"// {mark} (#12): more\n")

    def test_paths_of_one_machine_stay_there(self):
        for path in ("/wo" + "rk/main", "/ho" + "me/me/x", "/ro" + "ot/x"):
            self.flags("scripts/run", f"cd {path}\n", 1, "machine-path")
        self.passes("scripts/run", "cd build/work/x\n")

    def test_blanks_are_where_they_belong(self):
        self.flags("cmake/x.cmake", "project(x) \n", 1, "blanks")
        self.flags("scripts/x.py", "if x:\n\ty\n", 2, "blanks")
        self.flags("scripts/run", "true", 1, "blanks")

    def test_every_folder_has_a_readme(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "base"))
            with open(os.path.join(root, "base", "x.cpp"), "w", encoding="utf-8") as file:
                file.write("int x();\n")
            found = tidy.check_tree(root, tidy.find_clang_format())
        self.assertEqual([(p, r) for p, _, r, _ in found], [("base/README.md", "readme")])


class Stripping(unittest.TestCase):

    def test_comments_and_literals_are_blanked_in_place(self):
        text = ('a = "x//y"; b = \'"\'; /* c\n d */ e(1\'000); R"(f\n")" g\n'
                '#include "h.hpp" // "i"\n')
        code = tidy.strip_cpp(text)
        self.assertEqual(len(code), len(text))
        self.assertEqual(code.count("\n"), text.count("\n"))
        for letter in "xycdfi":
            self.assertNotIn(letter, code.replace("include", "").replace("h.hpp", ""))
        for kept in ("a =", "b =", "e(1'000);", " g\n", '"h.hpp"'):
            self.assertIn(kept, code)


if __name__ == "__main__":
    sys.exit(unittest.main())
