# SPDX-License-Identifier: Apache-2.0
"""C++ text for the lint: without comments and literals, and the extent of its functions.

Approximate on purpose: it counts braces and knows no grammar. What it gets wrong is listed in
allow.txt with a reason.
"""
import re

_TOKENS = re.compile(
    r'R"(?P<tag>[^()\\ ]{0,16})\(.*?\)(?P=tag)"'  # raw string
    r"|//[^\n]*"
    r"|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def bare(text):
    """The same text, line for line, with comments and literals blanked out."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'R":
            return '"' + "\n" * token.count("\n") + '"'
        return "\n" * token.count("\n")

    lines = []
    kept = []
    # Include lines keep their quotes: other checks read them.
    for number, line in enumerate(text.split("\n")):
        if line.lstrip().startswith("#include"):
            kept.append((number, line))
            line = ""
        lines.append(line)
    stripped = _TOKENS.sub(blank, "\n".join(lines)).split("\n")
    for number, line in kept:
        stripped[number] = line
    return "\n".join(stripped)


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()=]*$", re.DOTALL)


def functions(code):
    """(first line, last line, name) of each function in bare text, lambdas included."""
    found = []
    stack = []  # kinds of the open braces: scope, function, block
    header_at = 0
    line = 1
    start_line = 1
    for position, char in enumerate(code):
        if char == "\n":
            line += 1
        if char == "{":
            raw = code[header_at:position]
            header = raw.strip()
            inside = any(kind != "scope" for kind, _, _ in stack)
            if inside or (")" not in header and not _SCOPE.search(header)):
                kind = "block"
            elif _SCOPE.search(header) and not header.endswith(")"):
                kind = "scope"
            else:
                kind = "function"
            lead = len(raw) - len(raw.lstrip())
            start_line = 1 + code.count("\n", 0, header_at + lead)
            stack.append((kind, start_line, _name(header)))
            header_at = position + 1
        elif char == "}":
            if stack:
                kind, first, name = stack.pop()
                if kind == "function":
                    found.append((first, line, name))
            header_at = position + 1
        elif char == ";":
            header_at = position + 1
        elif char == "\n" and code[header_at:position].lstrip().startswith("#"):
            header_at = position + 1  # a preprocessor line is no header
    return found


def _name(header):
    match = re.search(r"([A-Za-z_~][\w:~]*)\s*\(", header)
    return match.group(1) if match else "?"
