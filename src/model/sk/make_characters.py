#!/usr/bin/env python3
"""Writes character_tables.h beside it: what Python's str knows about characters, as tables. Run by Python 3.13 (Unicode 15.1); the result is committed."""
import pathlib
import sys
import unicodedata

POINTS = [p for p in range(0x80, sys.maxunicode + 1) if not 0xD800 <= p < 0xE000]


def ranges(has):
    """Runs of code points from 0x80 on."""
    out = []
    for p in POINTS:
        if not has(chr(p)):
            continue
        if out and out[-1][1] == p - 1:
            out[-1][1] = p
        else:
            out.append([p, p])
    return out


def lowered():
    """[first, last, step, what is added]: letters alternate in many scripts. U+0130 becomes two characters, and is not here."""
    out = []
    for p in POINTS:
        low = chr(p).lower()
        if len(low) != 1 or ord(low) == p:
            continue
        by = ord(low) - p
        if out and out[-1][3] == by and p - out[-1][1] in (1, 2) and out[-1][2] in (0, p - out[-1][1]):
            out[-1][2] = p - out[-1][1]
            out[-1][1] = p
        else:
            out.append([p, p, 0, by])
    return [[a, b, step or 1, by] for a, b, step, by in out]


def rows(items):
    line, lines = "   ", []
    for item in items:
        word = " {" + ", ".join(hex(n) if i < 2 else str(n) for i, n in enumerate(item)) + "},"
        if len(line) + len(word) > 118:
            lines.append(line)
            line = "   "
        line += word
    return "\n".join(lines + [line])


def table(name, has):
    found = ranges(has)
    return f"static const character_range {name}[] = {{\n{rows(found)}\n}};\n"


def lower_table():
    return f"static const character_shift lower[] = {{\n{rows(lowered())}\n}};\n"


# The final sigma tells what its neighbours are: CPython's own properties, seen through str.lower.
cased = lambda c: (" " + c + "Σ").lower()[-1] == "ς"
skipped = lambda c: not cased(c) and ("A" + c + "Σ").lower()[-1] == "ς"
TABLES = [table("alphanumeric", str.isalnum), table("decimal", str.isdecimal), table("space", str.isspace), table("cased", cased),
          table("skipped", skipped)]

HEAD = """/*
 * model/sk/character_tables.h - written by make_characters.py from the tables of Unicode %s. ASCII is decided without them.
 */
typedef struct character_range {
    uint32_t first, last;
} character_range;

typedef struct character_shift {
    uint32_t first, last, step;
    int32_t by;
} character_shift;

/* clang-format off */
%s%s/* clang-format on */
"""
pathlib.Path(__file__).with_name("character_tables.h").write_text(HEAD % (unicodedata.unidata_version, "".join(TABLES), lower_table()))
