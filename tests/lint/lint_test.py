# SPDX-License-Identifier: Apache-2.0
"""The lint finds what it must, at the right line, and nothing in good text: on small trees."""
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint  # noqa: E402
import source  # noqa: E402

ROOMS = """\
base   | protocol/base   |      | fmt::fmt
crypto | protocol/crypto | base | OpenSSL::Crypto
core   | protocol/core   | base |
agreement | backend/agreement | core |
services | backend/services | agreement crypto |
"""
SPDX = "// SPDX-License-" + "Identifier: Apache-2.0\n"
GPL = "// SPDX-License-" + "Identifier: GPL-3.0-or-later\n"
HEAD = SPDX + "#pragma once\n"
GOOD = HEAD + "inline int answer() { return 42; }\n"
NOTE = "TO" + "DO"
LONG = "void f() {\n" + "    g();\n" * 69 + "}\n"  # 71 lines
EDGE = "void f() {\n" + "    g();\n" * 68 + "}\n"  # 70 lines

# (name, path, text, expected findings as (line, check, part of the text))
CASES = [
    ("good", "protocol/base/a.h", GOOD, []),
    ("may include", "backend/agreement/a.cpp", SPDX + '#include "protocol/base/good.h"\n', []),
    ("may not include", "protocol/core/a.cpp", SPDX + '#include "protocol/crypto/good.h"\n',
     [(2, "include", "core may not include crypto")]),
    ("upward", "protocol/base/a.cpp", SPDX + '\n#include "protocol/core/good.h"\n',
     [(3, "include", "base may not include core")]),
    ("transitive", "backend/services/a.cpp", SPDX + '#include "protocol/core/good.h"\n', []),
    ("tests may all", "tests/unit/core/a.cpp", SPDX + '#include "protocol/crypto/good.h"\n', []),
    ("no file", "protocol/core/a.cpp", SPDX + '#include "good.h"\n', [(2, "include", "no file")]),
    ("nobody includes tests", "backend/services/a.cpp", SPDX + '#include "tests/unit/good.h"\n',
     [(2, "include", "services may not include tests")]),
    ("own library", "protocol/crypto/a.cpp", SPDX + "#include <openssl/evp.h>\n", []),
    ("foreign library", "protocol/core/a.cpp", SPDX + "#include <openssl/evp.h>\n",
     [(2, "foreign", "OpenSSL is not for core")]),
    ("Qt outside", "backend/services/a.cpp", SPDX + "#include <QString>\n",
     [(2, "foreign", "Qt is not for services"), (2, "foreign", "lacks qt6-base-dev")]),
    ("unknown library", "protocol/base/a.cpp", SPDX + "#include <folly/x.h>\n",
     [(2, "foreign", "unknown library")]),
    ("thread header", "protocol/core/a.cpp", SPDX + "#include <mutex>\n",
     [(2, "core", "<mutex>")]),
    ("thread elsewhere", "backend/services/a.cpp", SPDX + "#include <mutex>\n", []),
    ("clock", "protocol/core/a.cpp", SPDX + "auto t = std::chrono::steady_clock::now();\n",
     [(2, "core", "reads a clock")]),
    ("clock in a comment", "protocol/core/a.cpp", SPDX + "// no steady_clock here\n", []),
    ("clock in a string", "protocol/core/a.cpp", SPDX + 'auto t = "steady_clock";\n', []),
    ("call", "protocol/core/a.cpp", SPDX + "int n() { return rand(); }\n",
     [(2, "core", "calls the system")]),
    ("std call", "protocol/core/a.cpp", SPDX + "auto p() { return std::getenv(x); }\n",
     [(2, "core", "calls the system")]),
    ("time", "protocol/core/a.cpp", SPDX + "auto t() { return time(nullptr); }\n",
     [(2, "core", "calls the system")]),
    ("field named time", "protocol/core/a.cpp", SPDX + "A::A(T t) : time(t) {}\n", []),
    ("member of that name", "protocol/core/a.cpp", SPDX + "int n() { return x.time(); }\n", []),
    ("mutable static", "protocol/core/a.cpp", SPDX + "static int counter = 0;\n",
     [(2, "core", "mutable static")]),
    ("constant static", "protocol/core/a.cpp", SPDX + "static constexpr int kA = 0;\n", []),
    ("static function", "protocol/core/a.cpp", SPDX + "static int f(int a = 0);\n", []),
    ("logger", "backend/agreement/a.cpp", SPDX + "void f() { std::cerr << 1; }\n",
     [(2, "core", "prints or logs")]),
    ("no licence", "protocol/base/a.h", "#pragma once\n", [(1, "licence", "Apache-2.0")]),
    ("wrong licence", "console/a.h", HEAD, [(1, "licence", "GPL-3.0-or-later")]),
    ("console licence", "console/a.h", GPL + "#pragma once\n", []),
    ("file without header", "data.bin", "x", [(1, "licence", "no entry in .reuse/dep5")]),
    ("no pragma", "protocol/base/a.h", SPDX, [(1, "leftover", "#pragma once")]),
    ("note", "protocol/base/a.h", HEAD + f"// {NOTE}: x\n", [(3, "leftover", NOTE)]),
    ("using", "protocol/base/a.cpp", SPDX + "using " + "namespace std;\n",
     [(2, "leftover", "using namespace")]),
    ("long line", "protocol/base/a.cpp", SPDX + "//" + "x" * 99 + "\n", [(2, "length", "101")]),
    ("line of 100", "protocol/base/a.cpp", SPDX + "//" + "x" * 98 + "\n", []),
    ("long function", "protocol/base/a.cpp", SPDX + LONG, [(2, "length", "function f has 71")]),
    ("function of 70", "protocol/base/a.cpp", SPDX + EDGE, []),
    ("long file", "protocol/base/a.cpp", SPDX + "\n" * 600, [(601, "length", "601 lines")]),
    ("file of 600", "protocol/base/a.cpp", SPDX + "\n" * 599, []),
    ("unused exception", "tests/lint/allow.txt", "core | x.cpp | <mutex> | because\n",
     [(1, "allow", "excuses nothing")]),
    ("malformed exception", "tests/lint/allow.txt", "core | x.cpp\n",
     [(1, "allow", "needs check")]),
    ("unknown room", "tests/lint/rooms.txt", "view | console/view | nowhere |\n",
     [(1, "include", "names no room 'nowhere'")]),
]


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)


def run(path, text):
    root = tempfile.mkdtemp(prefix="lint-")
    try:
        write(root, "cmake/rooms.txt", ROOMS)
        write(root, "installers/debian-packages.txt", "libssl-dev # crypto\n")
        write(root, ".reuse/dep5", "Files: *\nLicense: x\n\nFiles: cmake/*\n installers/*"
              " .reuse/*\n tests/lint/*.txt\nLicense: x\n")
        for folder in ("protocol/base", "protocol/core", "protocol/crypto", "tests/unit"):
            write(root, folder + "/good.h", GOOD)
        write(root, path, text)
        return lint.Lint(root).run()
    finally:
        shutil.rmtree(root)


def check_functions():
    code = source.bare(
        "namespace a {\nstruct S {\n    S() : x_{1} {}\n    int f() const {\n        return 1;\n"
        "    }\n};\nconst int k[] = {\n    1,\n};\nvoid g(std::function<void()> h) {\n"
        "    h([] {\n    });\n} // }\n}\n")
    found = [(first, last, name) for first, last, name in source.functions(code) if last > first]
    return found == [(4, 6, "f"), (11, 14, "g")] or f"functions: {found}"


def main():
    failures = []
    for name, path, text, expected in CASES:
        found = run(path, text)
        matched = len(found) == len(expected) and all(
            any(line == at and check == kind and part in what for _, at, kind, what in found)
            for line, check, part in expected)
        if not matched:
            failures.append(f"{name}: expected {expected}, found {found}")
    outcome = check_functions()
    if outcome is not True:
        failures.append(outcome)
    print("\n".join(failures) or f"lint_test: {len(CASES) + 1} cases hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
