# SPDX-License-Identifier: Apache-2.0
"""The lint of the house: lint.py [ROOT]. Prints `file:line: check: what`; exit 1 if it found any.

Checks: include (the table of cmake/rooms.txt), foreign (each library in its room, its package in
installers/), core (no clock, thread, file, global in a core), length (files, functions, lines),
leftover (notes to oneself, using namespace, missing #pragma once), licence.
"""
import fnmatch
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import source  # noqa: E402
import tables  # noqa: E402

FILE_LINES = 600
FUNCTION_LINES = 70
COLUMNS = 100
CPP = (".h", ".cpp")
SKIPPED = {".git", "build", "LICENSES", "__pycache__", ".cache", ".vscode", ".idea"}
LEFTOVER = re.compile(r"\b(FIX" + "ME|TO" + "DO|X" + "XX|HA" + r"CK)\b")


class Lint:
    def __init__(self, root):
        self.root = root
        self.found = []
        self.allowed = {}  # (check, path, what) -> [line in allow.txt, used]
        self.rooms = {}  # folder -> name
        self.direct = {}  # name -> names
        self.packages = set()

    # -- reading -------------------------------------------------------------------------------

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def files(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(set(folders) - SKIPPED)
            for name in sorted(names):
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def report(self, path, line, check, what, key=None):
        entry = self.allowed.get((check, path, key if key is not None else what))
        if entry:
            entry[1] = True
            return
        self.found.append((path, line, check, what))

    def read_tables(self):
        for path in ("cmake/rooms.txt", "tests/lint/rooms.txt"):
            if self.exists(path):
                self.read_rooms(path)
        for name, rooms in self.direct.items():
            for room in rooms - set(self.direct):
                self.report("cmake/rooms.txt", 1, "include", f"{name} names no room '{room}'")
        if self.exists("tests/lint/allow.txt"):
            for number, line in enumerate(self.read("tests/lint/allow.txt").split("\n"), 1):
                fields = [field.strip() for field in line.split("|")]
                if line.startswith("#") or not line.strip():
                    continue
                if len(fields) != 4 or not all(fields):
                    self.report("tests/lint/allow.txt", number, "allow",
                                "needs check | path | what | reason")
                    continue
                self.allowed[tuple(fields[:3])] = [number, False]
        if self.exists("installers/debian-packages.txt"):
            for line in self.read("installers/debian-packages.txt").split("\n"):
                name = line.split("#")[0].strip()
                if name:
                    self.packages.add(name)

    def read_rooms(self, path):
        for number, line in enumerate(self.read(path).split("\n"), 1):
            if line.startswith("#") or not line.strip():
                continue
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 4:
                self.report(path, number, "include", "needs name | folder | rooms | libraries")
                continue
            self.rooms[fields[1]] = fields[0]
            self.direct[fields[0]] = set(fields[2].split())

    # -- rooms ---------------------------------------------------------------------------------

    def room_of(self, path):
        """The room of the longest folder that holds `path`; 'tests' for tests, else None."""
        folder = os.path.dirname(path)
        while folder:
            if folder in self.rooms:
                return self.rooms[folder]
            folder = os.path.dirname(folder)
        return "tests" if path.startswith("tests/") else None

    def reachable(self, room):
        seen = {room}
        todo = [room]
        while todo:
            for other in self.direct.get(todo.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    def check_include(self, path, number, target, generated):
        room = self.room_of(path)
        if not generated and not self.exists(target):
            self.report(path, number, "include", f"no file '{target}' from the repository root")
            return
        other = self.room_of(target)
        if path.startswith("tests/") or room is None:
            return
        if other not in self.reachable(room):
            self.report(path, number, "include",
                        f"{room} may not include {other or target} (cmake/rooms.txt)")

    def check_foreign(self, path, number, header):
        room = self.room_of(path)
        # A test of a room may include what the room may.
        tested = re.match(r"tests/\w+/(\w+)/", path)
        groups = {room, tested.group(1) if tested else room,
                  "tests" if path.startswith("tests/") else room,
                  "console" if path.startswith("console/") else room}
        known = False
        for pattern, library, rooms, package in tables.FOREIGN:
            if not pattern.match(header):
                continue
            known = True
            if rooms is not None and not (groups & rooms):
                self.report(path, number, "foreign",
                            f"<{header}>: {library} is not for {room or 'this folder'}")
            if package not in self.packages:
                self.report(path, number, "foreign",
                            f"<{header}>: installers/debian-packages.txt lacks {package}")
        if not known and not tables.SYSTEM.match(header):
            self.report(path, number, "foreign",
                        f"<{header}>: unknown library; tests/lint/tables.py")
        if not known and room in tables.CORES and tables.CORE_HEADERS.match(header):
            self.report(path, number, "core", f"<{header}> in a core", key=f"<{header}>")

    # -- one file ------------------------------------------------------------------------------

    def check_cpp(self, path, text):
        code = source.bare(text)
        core = self.room_of(path) in tables.CORES and not path.startswith("tests/")
        for number, line in enumerate(code.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match and match.group(1) == "<":
                self.check_foreign(path, number, match.group(2))
            elif match and not match.group(2).endswith(".moc"):
                target = match.group(2)
                generated = target.endswith(".pb.h") and self.exists(target[:-5] + ".proto")
                self.check_include(path, number, target, generated)
            if re.search(r"\busing\s+namespace\b", line):
                self.report(path, number, "leftover", "using namespace")
            if core:
                for pattern, what in tables.BANNED:
                    hit = pattern.search(line)
                    if hit:
                        self.report(path, number, "core", f"{what}: {hit.group(0).strip()}",
                                    key=what)
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            self.report(path, 1, "leftover", "no #pragma once")
        for first, last, name in source.functions(code):
            # The rows of a data-driven test are a table, not a function.
            table = path.startswith("tests/") and name.endswith("_data")
            if last - first + 1 > FUNCTION_LINES and not table:
                self.report(path, first, "length", f"function {name} has {last - first + 1} lines, "
                            f"at most {FUNCTION_LINES}", key=name)

    def check_text(self, path, text):
        lines = text.split("\n")
        if len(lines) - 1 > FILE_LINES:
            self.report(path, FILE_LINES + 1, "length",
                        f"{len(lines) - 1} lines, at most {FILE_LINES}", key="file")
        for number, line in enumerate(lines, 1):
            if LEFTOVER.search(line):
                self.report(path, number, "leftover", LEFTOVER.search(line).group(0))
            if len(line) > COLUMNS and not path.endswith((".txt", ".cmake", ".proto")):
                self.report(path, number, "length", f"{len(line)} columns, at most {COLUMNS}",
                            key="columns")

    def check_licence(self, path, text, is_source, covered):
        wanted = "GPL-3.0-or-later" if path.startswith("console/") else "Apache-2.0"
        head = "\n".join(text.split("\n")[:3])
        match = re.search(r"SPDX-License-" + r"Identifier: (\S+)", head)
        if match and match.group(1) != wanted:
            self.report(path, 1, "licence", f"{match.group(1)}, but this folder is {wanted}")
        elif not match and is_source:
            self.report(path, 1, "licence", f"no SPDX-License-" + f"Identifier: {wanted} on top")
        elif not match and not any(fnmatch.fnmatch(path, glob) for glob in covered):
            self.report(path, 1, "licence", "no header and no entry in .reuse/dep5")

    def covered(self):
        globs = []
        if self.exists(".reuse/dep5"):
            listing = re.findall(r"^Files:((?:.*\n)(?:[ \t]+.*\n)*)", self.read(".reuse/dep5"),
                                 re.MULTILINE)
            globs = " ".join(listing).split()
        return [glob for glob in globs if glob not in ("*", "console/*")]

    def run(self):
        self.read_tables()
        covered = self.covered()
        for path in self.files():
            name = os.path.basename(path)
            cpp = path.endswith(CPP)
            script = (path.endswith((".py", ".sh", ".cmake", ".proto")) or path in ("zz", ".ci/run")
                      or name == "CMakeLists.txt")
            text = self.read(path)
            if cpp:
                self.check_cpp(path, text)
            if cpp or script:
                self.check_text(path, text)
            self.check_licence(path, text, cpp or script, covered)
        for (check, path, what), (number, used) in self.allowed.items():
            if not used:
                self.found.append(("tests/lint/allow.txt", number, "allow",
                                   f"excuses nothing: {check} | {path} | {what}"))
        return sorted(self.found)


def main(arguments):
    if len(arguments) > 2 or arguments[1:2] in (["--help"], ["-h"]):
        print(__doc__)
        return 2
    here = os.path.dirname(os.path.abspath(__file__))
    root = arguments[1] if len(arguments) == 2 else os.path.dirname(os.path.dirname(here))
    found = Lint(root).run()
    for path, line, check, what in found:
        print(f"{path}:{line}: {check}: {what}")
    print(f"lint: {len(found)} findings" if found else "lint: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
