#!/usr/bin/env python3
"""What remains of characters without their accents, as C tables: make_accents.py OUT.c. Run while building: Python's unicodedata is the oracle, and too long to be committed.

A character is decomposed (NFKD), and what combines is dropped. Hangul is left out: its letters are computed.
"""
import pathlib
import sys
import unicodedata

POINTS = [p for p in range(0x80, sys.maxunicode + 1) if not 0xD800 <= p < 0xE000 and not 0xAC00 <= p < 0xD7A4]


def bare(p):
    return "".join(c for c in unicodedata.normalize("NFKD", chr(p)) if not unicodedata.combining(c))


dropped, moved, spelled = [], [], []
for p in POINTS:
    rest = bare(p)
    if rest == "":
        if dropped and dropped[-1][1] == p - 1:
            dropped[-1][1] = p
        else:
            dropped.append([p, p])
    elif len(rest) == 1 and rest != chr(p):
        by, run = ord(rest) - p, moved[-1] if moved else None
        if run and run[3] == by and p - run[1] in (1, 2) and run[2] in (0, p - run[1]):
            run[1], run[2] = p, p - run[1]
        else:
            moved.append([p, p, 0, by])
    elif len(rest) > 1:
        spelled.append((p, rest))

letters = "".join(rest for _, rest in spelled)
starts, at = [], 0
for p, rest in spelled:
    starts.append((p, at, len(rest)))
    at += len(rest)


def table(declaration, rows):
    return f"const {declaration}[] = {{\n" + "\n".join(rows) + "\n};\n"


pathlib.Path(sys.argv[1]).write_text(
    '#include "sk/accents.h"\n\n'
    + table("accent_range accents_dropped", (f"    {{{a}, {b}}}," for a, b in dropped))
    + table("accent_shift accents_moved", (f"    {{{a}, {b}, {step or 1}, {by}}}," for a, b, step, by in moved))
    + table("accent_word accents_spelled", (f"    {{{p}, {start}, {count}}}," for p, start, count in starts))
    + table("uint32_t accents_letters", (f"    {ord(c)}," for c in letters))
    + "".join(f"const size_t {name}_count = sizeof {name} / sizeof *{name};\n" for name in ["accents_dropped", "accents_moved", "accents_spelled"]))
