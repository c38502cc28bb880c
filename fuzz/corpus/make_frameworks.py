#!/usr/bin/env python3
"""Assembles files of smaller frameworks by hand, one technique a file: honest, hostile and broken. Nothing is ever loaded.

    make_frameworks.py         writes fuzz/corpus/frameworks/<verdict>.<code>.<what>.<suffix>

The names are as in make_formats.py: ExecuTorch, Flax, MXNet, PaddlePaddle, Torch7, TensorRT, CatBoost as JSON.
"""
import json
import pathlib
import struct

from wire import pb

HERE = pathlib.Path(__file__).resolve().parent / "frameworks"
SAMPLES = {}

EVIL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."  # posix.system('true')


def add(verdict, code, what, suffix, content):
    name = f"{verdict}.{code}.{what}.{suffix}"
    assert name not in SAMPLES, name
    SAMPLES[name] = content.encode() if isinstance(content, str) else content


u32 = lambda *n: struct.pack(f"<{len(n)}I", *n)
u64 = lambda *n: struct.pack(f"<{len(n)}Q", *n)


# --- MessagePack --------------------------------------------------------------------------------------------------------------------------

def text(value):
    value = value.encode()
    return (bytes([0xa0 | len(value)]) if len(value) < 32 else b"\xd9" + bytes([len(value)])) + value


def mapping(*pairs):
    return bytes([0x80 | len(pairs)]) + b"".join(text(k) + v for k, v in pairs)


def extension(kind, data):
    return b"\xc8" + struct.pack(">H", len(data)) + bytes([kind]) + data


def array(shape, dtype="float32", data=None, kind=1):
    data = bytes(4 * shape[0]) if data is None else data
    return extension(kind, b"\x93" + bytes([0x90 | len(shape)]) + bytes(shape) + text(dtype) + b"\xc4" + bytes([len(data)]) + data)


def make_flax():
    dense = mapping(("kernel", array([2, 2], data=bytes(16))), ("bias", array([2])))
    model = mapping(("params", mapping(("dense", dense), ("x" * 40, array([1])))), ("step", b"\xcd\x01\x00"), ("scale", array([1], kind=3)), ("on", b"\xc3"))
    deep = b"\x81\xa1a" * 600 + b"\xc0"
    add("clean", "none", "flax_plain", "msgpack", model)
    add("clean", "none", "flax_other_suffix", "bin", model)
    add("clean", "none", "flax_numbers", "msgpack", mapping(("a", b"\xdc\x00\x0b\xca" + bytes(4) + b"\xcb" + bytes(8) + b"\xcc\x01\xce" + bytes(4) + b"\xcf" + bytes(8) + b"\xd0\x01\xd1\x00\x01\xd2" + bytes(4) + b"\xd3" + bytes(8) + b"\xe0\x7f"), ("b", b"\xd4\x02\x00"), ("c", b"\xc7\x10\x02" + bytes(16)), ("d", b"\xde\x00\x01\xda\x00\x01e\xc5\x00\x02ab")))
    add("clean", "none", "flax_bfloat16", "msgpack", mapping(("a", array([2], "bfloat16", bytes(4)))))
    add("suspicious", "MDL-FLX-001", "flax_foreign_extension", "msgpack", mapping(("a", extension(99, b"abc"))))
    add("suspicious", "MDL-FLX-001", "flax_timestamp", "msgpack", mapping(("a", b"\xd6\xff" + bytes(4))))
    add("unparseable", "MDL-FLX-002", "flax_short_array", "msgpack", mapping(("a", array([3], data=bytes(8)))))
    add("unparseable", "MDL-FLX-002", "flax_array_without_type", "msgpack", mapping(("a", extension(1, b"\x92\x91\x01\xa0"))))
    add("unparseable", "MDL-FLX-002", "flax_overflow", "msgpack", mapping(("a", extension(1, b"\x93\x92\xcf" + b"\xff" * 8 + b"\x02" + text("int8") + b"\xc4\x00"))))
    add("unparseable", "MDL-FLX-002", "flax_cut", "msgpack", model[:-9])
    add("unparseable", "MDL-FLX-002", "flax_never_used_mark", "msgpack", mapping(("a", b"\xc1")))
    add("unparseable", "MDL-FLX-002", "flax_too_many", "msgpack", mapping(("a", b"\xdd\xff\xff\xff\xff\xc0")))
    add("unparseable", "MDL-FLX-002", "flax_deep", "msgpack", deep)
    add("unparseable", "MDL-FLX-002", "flax_trailing", "msgpack", model + b"\x00")
    add("unsafe", "MDL-PKL-001", "flax_trailing_pickle", "msgpack", model + EVIL)
    # 0x8c: a map of twelve to one reader, a short text of 0xa1 bytes to the other, whose opcodes follow.
    first = mapping(*[("abcdefghijkl"[i], b"\xc4\x9e" + bytes(158) if i == 0 else b"\xc0") for i in range(12)])
    first = first[:0xa3] + EVIL[2:] + first[0xa3:]
    add("unsafe", "MDL-PKL-001", "flax_is_a_pickle", "msgpack", first)
    add("unsafe", "MDL-PKL-001", "flax_only_a_pickle", "msgpack", EVIL)


# --- ExecuTorch ---------------------------------------------------------------------------------------------------------------------------

class Flat:
    """A flatbuffer from front to back: every table has its list of fields in front of it, children follow."""

    def table(self, fields):
        """fields: {number: bytes (in place) or a function of nothing that gives a child's bytes}"""
        count = max(fields, default=-1) + 1
        places, body, children, at = [0] * count, b"", [], 4
        for number in sorted(fields):
            value = fields[number]
            places[number] = at
            if isinstance(value, bytes):
                body += value
                at += len(value)
            else:
                children.append((at, value))
                body += bytes(4)
                at += 4
        vtable = struct.pack(f"<HH{count}H", 4 + 2 * count, at, *places)
        out = bytearray(struct.pack("<i", len(vtable)) + body)
        for place, child in children:
            shift, blob = child
            struct.pack_into("<I", out, place, len(out) - place + shift)
            out += blob
        return len(vtable), vtable + bytes(out)

    def vector(self, items):
        """of tables"""
        out = bytearray(u32(len(items)) + bytes(4 * len(items)))
        for i, (shift, blob) in enumerate(items):
            struct.pack_into("<I", out, 4 + 4 * i, len(out) - 4 - 4 * i + shift)
            out += blob
        return 0, bytes(out)

    def text(self, value):
        return 0, u32(len(value)) + value.encode() + b"\0"


def executorch(operators=("aten::add",), delegates=(), segments=(), data=b"", header=True, segments_at=None, plans=1):
    f = Flat()
    plan = f.table({0: f.text("forward"), 6: f.vector([f.table({0: f.text(o), 1: f.text("out")}) for o in operators]), 7: f.vector([f.table({0: f.text(d)}) for d in delegates])})
    shift, root = f.table({0: u32(1), 1: f.vector([plan] * plans), 2: f.vector([f.table({0: (0, u32(4) + bytes(4))})]), 4: f.vector([f.table({0: u64(at), 1: u64(size)}) for at, size in segments])})
    front = 8 + (32 if header else 0)
    size = front + len(root)
    head = b"eh00" + struct.pack("<IQQQ", 32, size, size if segments_at is None else segments_at, len(data)) if header else b""
    return u32(front + shift) + b"ET12" + head + root + data


def make_executorch():
    plain = executorch(segments=[(0, 8), (8, 8)], data=bytes(16))
    add("clean", "none", "pte_plain", "pte", plain)
    add("clean", "none", "pte_no_header", "pte", executorch(header=False))
    add("clean", "none", "pte_delegate", "pte", executorch(delegates=["XnnpackBackend"]))
    add("clean", "none", "pte_other_suffix", "bin", plain)
    add("suspicious", "MDL-ETP-002", "pte_operator", "pte", executorch(["aten::add", "mine::run"]))
    add("suspicious", "MDL-ETP-002", "pte_operator_without_space", "pte", executorch(["run"]))
    add("unparseable", "MDL-ETP-001", "pte_segment_outside", "pte", executorch(segments=[(0, 17)], data=bytes(16)))
    add("unparseable", "MDL-ETP-001", "pte_segment_overflow", "pte", executorch(segments=[((1 << 64) - 8, 16)], data=bytes(16)))
    add("unparseable", "MDL-ETP-001", "pte_segments_outside", "pte", executorch(segments_at=1 << 40))
    add("unparseable", "MDL-ETP-001", "pte_cut", "pte", executorch()[:150])
    add("unparseable", "MDL-ETP-001", "pte_no_root", "pte", u32(0xfffffff0) + b"ET12" + bytes(40))
    add("unparseable", "MDL-ETP-001", "pte_no_plan", "pte", executorch(plans=0))
    add("unparseable", "MDL-REP-006", "pte_nothing", "pte", b"no program")


# --- PaddlePaddle -------------------------------------------------------------------------------------------------------------------------

def operator(kind, **attributes):
    return pb(1, pb(1, "X") + pb(2, "x")) + pb(3, kind) + b"".join(pb(4, pb(1, k) + pb(2, 2) + pb(5, v)) for k, v in attributes.items())


def paddle(*operators, index=0):
    block = pb(1, index) + pb(2, (1 << 64) - 1) + pb(3, pb(1, "x") + pb(2, pb(1, 7))) + b"".join(pb(4, o) for o in operators)
    return pb(1, block) + pb(4, pb(1, 0))


def weights(dims=(2, 2), kind=5, data=bytes(16), version=0, levels=()):
    description = pb(1, kind) + b"".join(pb(2, d) for d in dims)
    return u32(version) + u64(len(levels)) + b"".join(u64(len(l)) + l for l in levels) + u32(0, len(description)) + description + data


def make_paddle():
    plain = paddle(operator("feed"), operator("matmul_v2", op_device=""), operator("fetch"))
    add("clean", "none", "paddle_plain", "pdmodel", plain)
    add("clean", "none", "paddle_other_suffix", "bin", plain)
    add("unsafe", "MDL-PDL-001", "paddle_python", "pdmodel", paddle(operator("feed"), operator("py_func")))
    add("unsafe", "MDL-PDL-001", "paddle_python_in_second_block", "pdmodel", paddle(operator("while")) + paddle(operator("py_func"), index=1))
    for what, path in {"absolute": "/etc/passwd", "up": "../x", "url": "http://x/y"}.items():
        add("unsafe", "MDL-PDL-002", "paddle_load_" + what, "pdmodel", paddle(operator("load", file_path=path)))
    add("unsafe", "MDL-PDL-002", "paddle_save", "pdmodel", paddle(operator("save_combine", name="x", file_path="/tmp/x")))
    add("suspicious", "MDL-PDL-002", "paddle_load_beside", "pdmodel", paddle(operator("load_combine", file_path="weights")))
    add("unparseable", "MDL-PDL-003", "paddle_cut", "pdmodel", plain + b"\x0a\x7f")
    add("unparseable", "MDL-PDL-003", "paddle_cut_inside", "pdmodel", pb(1, pb(1, 0) + pb(2, 0) + pb(4, operator("feed")) + b"\x22\x7f"))
    add("unparseable", "MDL-PDL-003", "paddle_operator_without_name", "pdmodel", paddle(operator("feed"), pb(1, b"")))
    add("unparseable", "MDL-REP-006", "paddle_nothing", "pdmodel", b"\xff\xff")
    add("clean", "none", "paddle_weights", "pdiparams", weights() + weights((3,), 3, bytes(24), levels=[bytes(16)]) + weights((4,), 22, bytes(8)))
    add("clean", "none", "paddle_weights_of_bytes", "pdiparams", b"".join(weights((2,), kind, bytes(2 * size)) for kind, size in ((0, 1), (20, 1), (21, 1), (23, 8), (24, 16))))
    add("unparseable", "MDL-PDL-003", "paddle_weights_cut", "pdiparams", weights() + weights()[:-3])
    add("unparseable", "MDL-PDL-003", "paddle_weights_of_no_type", "pdiparams", weights() + weights((2,), 40, bytes(8)))
    add("unparseable", "MDL-PDL-003", "paddle_weights_overflow", "pdiparams", weights() + weights((1 << 40, 1 << 40)))
    add("unsafe", "MDL-PKL-001", "paddle_weights_and_pickle", "pdiparams", weights() + EVIL)


# --- MXNet --------------------------------------------------------------------------------------------------------------------------------

def graph(*operators, **more):
    nodes = [{"op": "null", "name": "data", "inputs": []}] + [{"op": o, "name": f"n{i}", "inputs": [[i, 0, 0]]} for i, o in enumerate(operators)]
    return json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[len(operators), 0, 0]], "attrs": {"mxnet_version": ["int", 10900]}, **more})


def ndarray(dims=(2,), kind=0, data=bytes(8), magic=0xF993fac9, storage=0, extra=b"", aux=b"", tail=b""):
    shape = u32(len(dims)) + u64(*dims)
    return u32(magic) + (b"" if magic == 0xF993fac8 else u32(storage)) + extra + shape + u32(1, 0, kind) + aux + data + tail


def params(arrays, names=("arg:w",), tail=b""):
    return u64(0x112, 0, len(arrays)) + b"".join(arrays) + u64(len(names)) + b"".join(u64(len(n)) + n.encode() for n in names) + tail


def make_mxnet():
    add("clean", "none", "mxnet_plain", "json", graph("FullyConnected", "softmax"))
    inner = json.loads(graph("Custom"))
    loop = json.loads(graph("_foreach"))
    loop["nodes"][1]["subgraphs"] = [inner]
    add("suspicious", "MDL-MXN-001", "mxnet_custom", "json", graph("Custom"))
    add("suspicious", "MDL-MXN-001", "mxnet_custom_in_loop", "json", json.dumps(loop))
    add("unsafe", "MDL-MXN-001", "mxnet_native", "json", graph("_Native"))
    add("unsafe", "MDL-MXN-001", "mxnet_function", "json", graph("_CustomFunction"))
    add("unparseable", "MDL-MXN-002", "mxnet_cut", "json", graph("FullyConnected")[:-4])
    add("unparseable", "MDL-MXN-002", "mxnet_no_list", "json", graph("FullyConnected", nodes={"op": 1}))
    add("clean", "none", "mxnet_weights", "params", params([ndarray(), ndarray((2, 3), 1, bytes(48), 0xF993faca), ndarray((2,), 6, bytes(16), 0xF993fac8)], ("arg:a", "arg:b", "aux:c")))
    add("clean", "none", "mxnet_weights_without_names", "params", params([ndarray(()) [:12]], ()))
    add("clean", "none", "mxnet_weights_of_before", "params", params([u32(1, 2, 1, 0, 0) + bytes(8)]))
    sparse = ndarray((4, 2), 0, bytes(8), storage=1, extra=u32(2) + u64(1, 2), aux=u32(6, 1) + u64(1), tail=bytes(8))
    add("clean", "none", "mxnet_weights_by_rows", "params", params([sparse]))
    add("unparseable", "MDL-MXN-002", "mxnet_weights_cut", "params", params([ndarray(), ndarray()])[:70])
    add("unparseable", "MDL-MXN-002", "mxnet_weights_of_no_type", "params", params([ndarray(kind=77)]))
    add("unparseable", "MDL-MXN-002", "mxnet_weights_overflow", "params", params([ndarray((1 << 40, 1 << 40))]))
    add("unparseable", "MDL-MXN-002", "mxnet_more_names", "params", params([ndarray()], ("a", "b")))
    add("unparseable", "MDL-MXN-002", "mxnet_long_name", "params", params([ndarray()], ("a" * 2000,)))
    add("unsafe", "MDL-PKL-001", "mxnet_weights_and_pickle", "params", params([ndarray()], tail=EVIL))


# --- Torch7 -------------------------------------------------------------------------------------------------------------------------------

def lua_text(value):
    return u32(2, len(value)) + value.encode()


def lua_number(value):
    return u32(1) + struct.pack("<d", value)


def lua_table(index, *pairs):
    return u32(3, index, len(pairs)) + b"".join(k + v for k, v in pairs)


def lua_object(index, name, content, version="V 1"):
    head = u32(len(version)) + version.encode() if version else b""
    return u32(4, index) + head + u32(len(name)) + name.encode() + content


def lua_function(index, kind=8, code=b"\x1bLJ\x02\x02", outside=u32(0)):
    return u32(kind) + (b"" if kind == 6 else u32(index)) + u32(len(code)) + code + outside


def make_torch7():
    storage = lua_object(3, "torch.FloatStorage", u64(2) + bytes(8))
    tensor = lua_object(2, "torch.FloatTensor", u32(1) + u64(2, 1, 1) + storage)
    table = lua_table(1, (lua_text("weight"), tensor), (lua_number(1), u32(5, 1)), (lua_text("again"), u32(4, 2)), (lua_text("n"), u32(0)))
    module = lua_object(1, "nn.Linear", lua_table(2, (lua_text("train"), u32(5, 0))))
    add("clean", "none", "torch7_table", "t7", table)
    add("clean", "none", "torch7_module", "t7", module)
    add("clean", "none", "torch7_list", "t7", lua_table(1, (lua_number(1), lua_object(2, "torch.LongStorage", u64(1) + bytes(8), version=""))))
    add("unsafe", "MDL-T7-001", "torch7_function", "t7", lua_function(1))
    add("unsafe", "MDL-T7-001", "torch7_function_old", "t7", lua_function(1, 7))
    add("unsafe", "MDL-T7-001", "torch7_function_in_table", "t7", lua_table(1, (lua_text("f"), lua_function(2, outside=lua_table(3, (lua_number(1), lua_function(4, 6)))))))
    add("unsafe", "MDL-T7-001", "torch7_function_in_module", "th", lua_object(1, "nn.Sequential", lua_table(2, (lua_text("hook"), lua_function(3)))))
    add("suspicious", "MDL-T7-002", "torch7_class", "t7", lua_object(1, "my.Layer", lua_table(2)))
    add("unparseable", "MDL-T7-003", "torch7_text", "t7", "4\n1\n3\nV 1\n17\ntorch.DoubleTensor\n1\n1\n1\n1\n")
    add("unparseable", "MDL-T7-003", "torch7_cut", "t7", table[:-6])
    add("unparseable", "MDL-T7-003", "torch7_storage_outside", "t7", lua_object(1, "torch.ByteStorage", u64(1 << 63) + bytes(8)))
    add("unparseable", "MDL-T7-003", "torch7_unknown_kind", "t7", lua_table(1, (lua_text("a"), u32(9))))
    add("unparseable", "MDL-T7-003", "torch7_unknown_reference", "t7", lua_table(1, (lua_text("a"), u32(3, 7, 0))))
    add("unparseable", "MDL-T7-003", "torch7_trailing", "t7", module + b"x")
    add("unparseable", "MDL-REP-006", "torch7_nothing", "t7", b"no table")


# --- TensorRT, CatBoost -------------------------------------------------------------------------------------------------------------------

def make_others():
    add("suspicious", "MDL-TRT-001", "engine", "engine", b"ptrt" + bytes(60))
    add("suspicious", "MDL-TRT-001", "engine", "plan", b"ftrt" + bytes(60))
    add("unparseable", "MDL-REP-006", "nothing", "engine", b"no engine")
    tree = {"leaf_values": [0.1, 0.2, 0.3, 0.4], "leaf_weights": [1, 2, 3, 4], "splits": [{"border": 0.5, "float_feature_index": 0, "split_index": 0, "split_type": "FloatFeature"}] * 2}
    model = {"features_info": {"float_features": [{"borders": [0.5], "feature_index": 0}]}, "model_info": {"catboost_version_info": "CatBoost 1.2\nCommit x"}, "oblivious_trees": [tree, tree], "scale_and_bias": [1, [0]]}
    add("clean", "none", "catboost", "json", json.dumps(model))
    add("clean", "none", "catboost_trees", "json", json.dumps({**model, "oblivious_trees": None, "trees": [{"left": {"value": 1}, "right": {"value": 2}, "split": {}}]}))
    add("unparseable", "MDL-CAT-001", "catboost_cut", "json", json.dumps(model)[:-20])
    add("unparseable", "MDL-CAT-001", "catboost_leaves", "json", json.dumps({**model, "oblivious_trees": [{**tree, "leaf_values": [1, 2, 3]}]}))
    add("unparseable", "MDL-CAT-001", "catboost_leaf", "json", json.dumps({**model, "oblivious_trees": [{**tree, "leaf_values": [1, 2, 3, "x"]}]}))
    add("unparseable", "MDL-CAT-001", "catboost_split", "json", json.dumps({**model, "oblivious_trees": [{**tree, "splits": [1, 2]}]}))
    add("unparseable", "MDL-CAT-001", "catboost_dimensions", "json", json.dumps({**model, "oblivious_trees": [tree, {**tree, "leaf_values": [1] * 8}]}))
    add("unparseable", "MDL-CAT-001", "catboost_no_trees", "json", json.dumps({**model, "oblivious_trees": 3}))
    add("unparseable", "MDL-CAT-001", "catboost_no_features", "json", json.dumps({**model, "features_info": []}))


def main():
    for make in (make_flax, make_executorch, make_paddle, make_mxnet, make_torch7, make_others):
        make()
    HERE.mkdir(exist_ok=True)
    for old in HERE.iterdir():
        old.unlink()
    for name, content in SAMPLES.items():
        (HERE / name).write_bytes(content)
    print(len(SAMPLES))


main()
