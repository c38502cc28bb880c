#!/usr/bin/env python3
"""Differential test: random values, pickled in every protocol, are read by the pickle machine as Python's pickletools lists them and as
they were; the argument of every literal is the one that it decodes; random opcode soup stops where pickletools stops, or earlier. Nothing is ever loaded.

    check_values.py FORMAT_DUMP [SEED]
"""
import json
import pathlib
import pickle
import pickletools
import random
import subprocess
import sys
import tempfile


def random_value(rng, depth=0):
    kinds = ["none", "bool", "int", "big", "float", "str", "bytes"] + ["tuple", "list", "dict", "set", "frozenset"] * (depth < 4)
    kind = rng.choice(kinds)
    if kind == "none":
        return None
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "int":
        return rng.choice([0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, -2**63, rng.randrange(-10**9, 10**9)])
    if kind == "big":
        return rng.choice([1, -1]) * rng.randrange(2**63, 2**rng.randrange(64, 2200))
    if kind == "float":
        return rng.choice([0.0, -0.0, 1.5, 1e300, -5e-324, float("inf"), float("-inf"), rng.random()])
    if kind == "str":
        return "".join(rng.choice("abc\\'\"\n\r\t\0\x1a\x7f\x80\xe4\u20ac\ud7ff\uffff\U0001f600") for _ in range(rng.choice([0, 1, 5, 300])))
    if kind == "bytes":
        return rng.randbytes(rng.choice([0, 1, 7, 300, 70000]))
    if kind in ("tuple", "list"):
        items = [random_value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 4, 9]))]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {rng.choice([str(i), i, (i,)]): random_value(rng, depth + 1) for i in range(rng.choice([0, 1, 3]))}
    return {i * 7 for i in range(rng.choice([0, 1, 4]))} if kind == "set" else frozenset(range(rng.choice([0, 1, 4])))


def tagged(value):
    """The same spelling as dump.c's. Sets have no order: they are compared sorted."""
    if value is None:
        return ["none", None]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        if -2**63 <= value < 2**63:
            return ["int", str(value)]
        return ["big", value]
    if isinstance(value, float):
        return ["float", value]
    if isinstance(value, str):
        return ["str", value.encode("utf-8", "surrogatepass").hex()]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, dict):
        return ["dict", [tagged(part) for pair in value.items() for part in pair]]
    if isinstance(value, (set, frozenset)):
        return [type(value).__name__, sorted(map(tagged, value))]
    return [type(value).__name__, [tagged(part) for part in value]]


def plain(row):
    """What dump.c printed, with numbers as numbers."""
    kind, value = row
    if kind == "big":
        number = int.from_bytes(bytes.fromhex(value), "little", signed=True)
        return ["int", str(number)] if -2**63 <= number < 2**63 else ["big", number]
    if kind == "float":
        return ["float", float.fromhex(value)]
    if kind in ("tuple", "list", "dict", "set", "frozenset"):
        parts = [plain(part) for part in value]
        return [kind, sorted(parts) if "set" in kind else parts]
    return [kind, value]


def run(program, datas):
    with tempfile.TemporaryDirectory() as place:
        paths = []
        for i, data in enumerate(datas):
            paths.append(str(pathlib.Path(place) / f"{i}.pkl"))
            pathlib.Path(paths[-1]).write_bytes(data)
        done = subprocess.run([program, *paths], capture_output=True, text=True, timeout=300, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def listed(data):
    """Opcodes up to where pickletools stops, by STOP or by trouble."""
    rows = []
    try:
        for op, _, at in pickletools.genops(data):
            rows.append([at, op.name])
    except Exception:
        return rows, False
    return rows, True


def check_random_values(program, rng):
    pairs = []
    for _ in range(300):
        value = random_value(rng)
        for protocol in range(6):
            pairs.append((value, protocol, pickle.dumps(value, protocol)))
    # Protocols below 3 write bytes, and below 4 sets, as calls: those compare their opcodes only.
    for (value, protocol, data), got in zip(pairs, run(program, [data for _, _, data in pairs])):
        rows, _ = listed(data)
        assert got["opcodes"] == rows, (protocol, data[:80], got["opcodes"][:9], rows[:9])
        assert got["end"] == len(data)
        if protocol >= 4:
            assert plain(got["value"]) == tagged(value), (protocol, value)
    return len(pairs)


def check_soup(program, rng):
    """Random opcodes: as long as both go on they see the same; the machine may stop earlier (its stack is checked), never later."""
    datas = []
    seeds = [pickle.dumps(random_value(rng), protocol) for protocol in range(6) for _ in range(30)]
    for _ in range(3000):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), rng.choice(b"(){}[].0123NIKLMSVXabcdeghijlopqrstu")])
        datas.append(bytes(data))
    for data, got in zip(datas, run(program, datas)):
        rows, whole = listed(data)
        common = min(len(rows), len(got["opcodes"]))
        assert got["opcodes"][:common] == rows[:common], (data[:80], got["opcodes"][:common][-3:], rows[:common][-3:])
        # pickletools reads an opcode's argument before it lists it; the machine notes the opcode first. So one more is right.
        later = len(got["opcodes"]) - len(rows)
        assert later <= 1 or lenient(data, got["opcodes"][len(rows)]), (data[:80], got["opcodes"][len(rows):][:3])
    return len(datas)


def snippets(rng):
    """Every opcode in a place where it is legal, each piece leaving the stack as it was: opcode bytes by name."""
    u32, u64 = (lambda n: n.to_bytes(4, "little")), (lambda n: n.to_bytes(8, "little"))
    raw, text = rng.randbytes(rng.choice([0, 1, 9, 200])), "".join(rng.choice("ab\u00e4\u20ac\U0001f600") for _ in range(rng.choice([0, 1, 20])))
    coded, number = text.encode(), rng.randrange(-2**31, 2**31)
    plain = "".join(rng.choice("abc 01") for _ in range(rng.choice([0, 3, 40]))).encode()
    index, word = rng.randrange(200), b"c" + rng.choice([b"os", b"a.b", b"__main__"]) + b"\n" + rng.choice([b"x", b"y_z"]) + b"\n"
    long = rng.randbytes(rng.choice([0, 1, 8, 30]))
    pieces = {
        "MARK": b"(1", "EMPTY_TUPLE": b")0", "POP": b"N0", "POP_MARK": b"(NN1", "DUP": b"N200", "BINBYTES": b"B" + u32(len(raw)) + raw + b"0", "SHORT_BINBYTES": b"C" + bytes([len(raw)]) + raw + b"0",
        "BINBYTES8": b"\x8e" + u64(len(raw)) + raw + b"0", "BYTEARRAY8": b"\x96" + u64(len(raw)) + raw + b"0", "FLOAT": b"F" + repr(number / 7).encode() + b"\n0",
        "BINFLOAT": b"G" + rng.randbytes(8) + b"0", "INT": b"I%d\n0" % number, "BININT": b"J" + number.to_bytes(4, "little", signed=True) + b"0", "BININT1": b"K" + rng.randbytes(1) + b"0", "BININT2": b"M" + rng.randbytes(2) + b"0",
        "LONG": b"L%dL\n0" % number, "LONG1": b"\x8a" + bytes([len(long)]) + long + b"0", "LONG4": b"\x8b" + u32(len(long)) + long + b"0", "NONE": b"N0", "NEWTRUE": b"\x880", "NEWFALSE": b"\x890",
        "STRING": b"S'" + plain + b"'\n0", "BINSTRING": b"T" + u32(len(plain)) + plain + b"0", "SHORT_BINSTRING": b"U" + bytes([len(plain)]) + plain + b"0", "UNICODE": b"V" + plain + b"\n0",
        "BINUNICODE": b"X" + u32(len(coded)) + coded + b"0", "SHORT_BINUNICODE": b"\x8c" + bytes([len(coded)]) + coded + b"0", "BINUNICODE8": b"\x8d" + u64(len(coded)) + coded + b"0",
        "EMPTY_LIST": b"]0", "APPEND": b"]Na0", "APPENDS": b"](NNe0", "LIST": b"(Nl0", "EMPTY_DICT": b"}0", "DICT": b"(K\x01Nd0", "SETITEM": b"}K\x01Ns0", "SETITEMS": b"}(K\x01Nu0", "EMPTY_SET": b"\x8f0",
        "ADDITEMS": b"\x8f(K\x01\x900", "FROZENSET": b"(K\x01\x910", "TUPLE": b"(NNt0", "TUPLE1": b"N\x850", "TUPLE2": b"NN\x860", "TUPLE3": b"NNN\x870", "GLOBAL": word + b"0", "INST": b"(Ni" + word[1:] + b"0",
        "OBJ": b"(" + word + b"No0", "REDUCE": word + b")R0", "NEWOBJ": word + b")\x810", "NEWOBJ_EX": word + b")}\x920", "BUILD": word + b")R}b0", "STACK_GLOBAL": b"\x8c\x02os\x8c\x01x\x930",
        "PUT": b"Np%d\n0" % index, "BINPUT": b"Nq" + bytes([index]) + b"0", "LONG_BINPUT": b"Nr" + u32(index) + b"0", "MEMOIZE": b"N\x940", "GET": b"Np%d\n0g%d\n0" % (index, index), "BINGET": b"Nq" + bytes([index]) + b"0h" + bytes([index]) + b"0",
        "LONG_BINGET": b"Nr" + u32(index) + b"0j" + u32(index) + b"0", "PERSID": b"Pid %d\n0" % index, "BINPERSID": b"K\x01Q0", "EXT1": b"\x82\x010", "EXT2": b"\x83\x01\x010", "EXT4": b"\x84\x01\0\0\x000",
        "PROTO": b"\x80" + bytes([rng.randrange(6)]), "FRAME": b"\x95" + u64(0), "NEXT_BUFFER": b"\x970", "READONLY_BUFFER": b"\x97\x980",
    }
    return pieces


def check_generated(program, rng):
    """Streams of all opcodes in any order: both see the same opcodes at the same places, to the very end."""
    datas, used = [], set()
    for _ in range(400):
        pieces = snippets(rng)
        chosen = rng.sample(sorted(pieces), len(pieces))
        used.update(chosen)
        datas.append(b"".join(pieces[name] for name in chosen) + b"N.")
    every = {op.name for op in pickletools.opcodes} - {"STOP"}
    assert used == every, f"not generated: {every - used}, unknown: {used - every}"
    for data, got in zip(datas, run(program, datas)):
        rows, whole = listed(data)
        assert whole, "pickletools does not read what was generated"
        assert got["opcodes"] == rows, next((a, b) for a, b in zip(got["opcodes"] + [None], rows + [None]) if a != b)
        assert got["end"] == len(data), (got["end"], len(data))
    return len(datas)


def literals(rng):
    """Every opcode whose argument becomes the value, as it is written, without what takes it off the stack."""
    u32, u64 = (lambda n: n.to_bytes(4, "little")), (lambda n: n.to_bytes(8, "little"))
    raw, text = rng.randbytes(rng.choice([0, 1, 9, 255])), "".join(rng.choice("ab\u00e4\u20ac\U0001f600\\'\"\n\0") for _ in range(rng.choice([0, 1, 20])))
    line = "".join(c for c in text if c not in "\\\n\0")
    coded, number = text.encode(), rng.choice([0, 1, -1, 7, 8, 10, 2**31, -2**63, 2**63, rng.randrange(-2**80, 2**80)])
    plain = "".join(rng.choice("abc 01") for _ in range(rng.choice([0, 3, 40]))).encode()
    long = rng.randbytes(rng.choice([0, 1, 8, 9, 200]))
    return {
        "INT": b"I%d\n" % number, "BININT": b"J" + rng.randbytes(4), "BININT1": b"K" + rng.randbytes(1), "BININT2": b"M" + rng.randbytes(2), "LONG": b"L%dL\n" % number,
        "LONG1": b"\x8a" + bytes([len(long)]) + long, "LONG4": b"\x8b" + u32(len(long)) + long, "FLOAT": b"F%s\n" % repr(rng.choice([0.1, -1e300, 5e-324, float("inf"), number / 7])).encode(),
        "BINFLOAT": b"G" + rng.randbytes(8), "STRING": b"S'" + plain + b"'\n", "BINSTRING": b"T" + u32(len(plain)) + plain, "SHORT_BINSTRING": b"U" + bytes([len(plain)]) + plain,
        "UNICODE": b"V" + line.encode("raw-unicode-escape") + b"\n",
        "BINUNICODE": b"X" + u32(len(coded)) + coded, "SHORT_BINUNICODE": b"\x8c" + bytes([len(coded)]) + coded, "BINUNICODE8": b"\x8d" + u64(len(coded)) + coded,
        "BINBYTES": b"B" + u32(len(raw)) + raw, "SHORT_BINBYTES": b"C" + bytes([len(raw)]) + raw, "BINBYTES8": b"\x8e" + u64(len(raw)) + raw, "BYTEARRAY8": b"\x96" + u64(len(raw)) + raw,
    }


def is_same(got, wanted):
    """Numbers that are no numbers differ from themselves; a bytearray is told as bytes."""
    if isinstance(wanted, bytearray):
        wanted = bytes(wanted)
    if isinstance(wanted, float) and wanted != wanted:
        return got[0] == "float" and got[1] != got[1]
    return got == tagged(wanted)


def check_arguments(program, rng):
    """Each literal's argument is the value that pickletools decodes from it."""
    datas, used = [], set()
    for _ in range(300):
        pieces = literals(rng)
        used.update(pieces)
        datas.append(b"(" + b"".join(pieces[name] for name in rng.sample(sorted(pieces), len(pieces))) + b"l.")
    for data, got in zip(datas, run(program, datas)):
        wanted = [(op.name, argument) for op, argument, _ in pickletools.genops(data) if op.name not in ("MARK", "LIST", "STOP")]
        kind, values = plain(got["value"])
        assert kind == "list" and len(values) == len(wanted), (data, got["value"])
        for value, (name, argument) in zip(values, wanted):
            assert is_same(value, argument), (name, value, argument)
    literal = {op.name for op in pickletools.opcodes if op.arg and not op.stack_before and op.stack_after and op.stack_after[0].name != "any"}
    assert used >= literal - {"GLOBAL", "PERSID"}, literal - used
    return len(datas) * len(used)


def lenient(data, row):
    """Text arguments where one of Python's two loaders accepts what pickletools does not."""
    return row[1] in ("INT", "LONG", "FLOAT", "STRING", "GET", "PUT", "GLOBAL", "INST", "UNICODE", "PERSID", "BINSTRING", "SHORT_BINSTRING",
                      "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "FRAME")


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261124
    rng = random.Random(seed)
    values = check_random_values(sys.argv[1], rng)
    soup = check_soup(sys.argv[1], rng)
    streams = check_generated(sys.argv[1], rng)
    arguments = check_arguments(sys.argv[1], rng)
    print(f"{values} pickles, {arguments} arguments, {streams} streams of all opcodes and {soup} damaged ones are read as pickletools reads them (seed {seed})")


if __name__ == "__main__":
    main()
