#!/usr/bin/env python3
"""Assembles model files by hand: honest, hostile and broken ones. Nothing is ever loaded.

    make_formats.py            writes fuzz/corpus/<format>/<verdict>.<code>.<what>.<suffix>

The name says what Assay has to answer: the verdict, and the code of a finding that must be among those told ("none": there is no finding
above info). tests/unit/format/test_samples.c checks it.
"""
import io
import json
import pathlib
import struct
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = {}

EVIL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."  # posix.system('true')


def sample(folder, verdict, code, what, content, suffix):
    name = f"{verdict}.{code}.{what}.{suffix}"
    assert name not in SAMPLES.setdefault(folder, {}), name
    SAMPLES[folder][name] = content


# --- safetensors --------------------------------------------------------------------------------------------------------------------------

def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def make_safetensors():
    def add(verdict, code, what, content):
        sample("safetensors", verdict, code, what, content, "safetensors")
    two = {"a": tensor("F32", [2, 2], 0, 16), "b": tensor("I8", [3], 16, 19)}
    add("clean", "none", "two", safetensors(two, bytes(19)))
    add("clean", "none", "unsorted", safetensors({"b": two["b"], "a": two["a"]}, bytes(19)))
    add("clean", "none", "metadata", safetensors({"__metadata__": {"format": "pt", "note": "os.system"}, **two}, bytes(19)))
    add("clean", "none", "address", safetensors({"__metadata__": {"home": "https://example.org"}, **two}, bytes(19)))
    add("clean", "none", "empty", safetensors({}))
    add("clean", "none", "scalar", safetensors({"x": tensor("BF16", [], 0, 2)}, bytes(2)))
    add("clean", "none", "zero_dimension", safetensors({"x": tensor("F64", [0, 5], 0, 0), "y": tensor("U8", [1], 0, 1)}, bytes(1)))
    add("clean", "none", "half_bytes", safetensors({"x": tensor("F4", [6], 0, 3), "y": tensor("F6_E2M3", [4], 3, 6)}, bytes(6)))
    # The eight bytes of the length spell the start of a pickle; it is none.
    plain = safetensors({**two, "__metadata__": {"pad": "x" * (0x0480 - 127)}}, bytes(19))
    wanted = 0x0480 - (struct.unpack("<Q", plain[:8])[0])
    add("clean", "none", "length_like_proto", safetensors({**two, "__metadata__": {"pad": "x" * (0x0480 - 127 + wanted)}}, bytes(19)))

    add("unsafe", "MDL-SFT-001", "overlap", safetensors({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)))
    add("unsafe", "MDL-SFT-001", "hole", safetensors({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 6, 10)}, bytes(10)))
    add("unsafe", "MDL-SFT-001", "hole_at_front", safetensors({"a": tensor("U8", [4], 2, 6)}, bytes(6)))
    add("unsafe", "MDL-SFT-001", "trailing", safetensors({"a": tensor("U8", [4], 0, 4)}, bytes(5)))
    add("unsafe", "MDL-PKL-001", "pickle_behind", safetensors({"a": tensor("U8", [4], 0, 4)}, bytes(4) + EVIL))
    add("unsafe", "MDL-PKL-001", "pickle_in_hole", safetensors({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 2 + len(EVIL), 4 + len(EVIL))},
                                                               bytes(2) + EVIL + bytes(2)))
    add("unsafe", "MDL-SFT-001", "twice", safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', bytes(2)))
    add("unsafe", "MDL-SFT-001", "twice_escaped", safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', bytes(2)))
    add("unsafe", "MDL-SFT-001", "field_twice", safetensors(b'{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}', bytes(1)))
    add("unsafe", "MDL-SFT-001", "huge_header", safetensors(two, bytes(19), length=100_000_001))
    add("unsafe", "MDL-PKL-001", "is_a_pickle", EVIL)
    add("unsafe", "MDL-SFT-001", "also_a_pickle", polyglot())

    for what, entry in {
        "dtype": tensor("F128", [1], 0, 1), "no_shape": {"dtype": "U8", "data_offsets": [0, 1]}, "negative": tensor("U8", [-1], 0, 1),
        "size": tensor("F32", [1], 0, 1), "overflow": tensor("U8", [1 << 40, 1 << 40], 0, 1), "beyond": tensor("U8", [9], 0, 9),
        "backwards": tensor("U8", [0], 1, 0), "no_object": 5, "real": tensor("U8", [1.0], 0, 1), "half": tensor("F4", [1], 0, 1)}.items():
        add("unparseable", "MDL-SFT-002", what, safetensors({"a": entry}, bytes(1)))
    add("unparseable", "MDL-SFT-002", "metadata_number", safetensors({"__metadata__": {"a": 1}}))
    add("unparseable", "MDL-SFT-002", "no_json", safetensors(b'{"a":'))
    add("unparseable", "MDL-SFT-002", "header_beyond", safetensors(two, b"", length=1 << 20))
    add("unparseable", "MDL-SFT-002", "padding", safetensors(b'{}\n'))
    add("unparseable", "MDL-SFT-002", "second_value", safetensors(b'{"__metadata__":{}} {}'))
    add("suspicious", "MDL-SFT-002", "extra_field", safetensors({"a": {**tensor("U8", [1], 0, 1), "code": "x"}}, bytes(1)))


def polyglot():
    """A whole safetensors file that a pickle loader also takes: its length reads as SHORT_BINBYTES, which swallows the start of the header."""
    count = 0x40
    length = 0x43 | count << 8  # 'C', then how many bytes follow
    front = b'{"__metadata__":{"p":"'
    text = front + b"p" * (2 + count - 8 - len(front)) + b'."}}'  # STOP is the first opcode behind the swallowed bytes
    return struct.pack("<Q", length) + text + b" " * (length - len(text))


def main():
    make_safetensors()
    for folder, files in SAMPLES.items():
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).iterdir():
            old.unlink()
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)
        print(folder, len(files))


main()
