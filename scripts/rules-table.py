#!/usr/bin/env python3
"""The finding codes of docs/model-threats.md as a C table, so that what a code means is written in one place: rules-table.py IN.md OUT.c

A row "| MDL-NPY-002, -003 | text | severity |" stands for each code that it names.
"""
import pathlib
import re
import sys


def codes(text):
    """(code, meaning) for every code of the table's rows."""
    for names, meaning in re.findall(r"^\| ((?:MDL|SRC)-[^|]+?) \| ([^|]+?) \| [^|]+ \|$", text, re.M):
        family = None
        for name in (part.strip() for part in names.split(",")):
            family = name.rsplit("-", 1)[0] if name.startswith(("MDL-", "SRC-")) else family
            yield (name if name.startswith(("MDL-", "SRC-")) else family + name), meaning.replace("`", "").replace("\\", "")


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    rows = []
    for code, meaning in sorted(codes(source.read_text())):
        text = meaning[0].upper() + meaning[1:]
        rows.append('    {"%s", "%s"},' % (code, text.replace('"', '\\"')))
    if not rows:
        sys.exit(f"{source}: no row of a finding code")
    target.write_text('#include "scan_rules.h"\n\nconst scan_rule scan_rules[] = {\n' + "\n".join(rows) + "\n    {NULL, NULL},\n};\n")


if __name__ == "__main__":
    main()
