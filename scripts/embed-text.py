#!/usr/bin/env python3
"""Write a text file as a C array: embed-text.py IN OUT.c NAME gives `const char NAME[]` and `const size_t NAME_len`."""
import pathlib
import sys

source, target, name = sys.argv[1:]
data = pathlib.Path(source).read_bytes()
lines = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
pathlib.Path(target).write_text(
    f"#include <stddef.h>\n\nextern const char {name}[];\nextern const size_t {name}_len;\n"
    f"const char {name}[] = {{\n" + ",\n".join(lines) + f"}};\nconst size_t {name}_len = {len(data)};\n")
