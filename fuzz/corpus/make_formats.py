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
import warnings
import zipfile

from wire import pb

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


# --- torch --------------------------------------------------------------------------------------------------------------------------------

def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def storage_id(key, elements, kind="FloatStorage", module="torch", view=None):
    parts = text("storage") + name(module, kind) + text(key) + text("cpu") + number(elements)
    return b"(" + parts + (view or b"") + b"tQ"


def torch_tensor(reference, shape):
    sizes = b"(" + b"".join(number(n) for n in shape) + b"t"
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + reference + number(0) + sizes + sizes + b"\x89" + name("collections", "OrderedDict") + b")RtR"


def state_dict(tensors, tail=b""):
    """What torch.save(model.state_dict()) writes: an OrderedDict of tensors, protocol 2."""
    items = b"".join(text(key) + value for key, value in tensors.items())
    return b"\x80\x02" + name("collections", "OrderedDict") + b")R(" + items + b"u" + tail + b"."


def archive(members, method=zipfile.ZIP_STORED, root="archive"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for path, content in members.items():
            z.writestr(zipfile.ZipInfo(f"{root}/{path}" if root else path), content, compress_type=method)
    return out.getvalue()


def torch_members(tensors=None, **more):
    plain = {"data.pkl": state_dict(tensors or {"w": torch_tensor(storage_id("0", 6), (2, 3)), "b": torch_tensor(storage_id("1", 3, "LongStorage"), (3,))}),
             "byteorder": b"little", "data/0": bytes(24), "data/1": bytes(24), "version": b"3\n", ".data/serialization_id": b"0" * 20}
    plain.update({key.replace("__", "/"): value for key, value in more.items()})
    return plain


LEGACY = [b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", b"\x80\x02M\xe9\x03.",
          b"\x80\x02}(X\x10\x00\x00\x00protocol_versionM\xe9\x03X\x0d\x00\x00\x00little_endian\x88u."]


def legacy(obj=None, keys=("0",), data=None, head=LEGACY, keys_pickle=None):
    obj = state_dict({"w": torch_tensor(storage_id("0", 6, view=b"N"), (2, 3))}) if obj is None else obj
    listed = b"\x80\x02](" + b"".join(text(key) for key in keys) + b"e."
    data = struct.pack("<q", 6) + bytes(24) if data is None else data
    return b"".join(head) + obj + (keys_pickle or listed) + data


def make_torch():
    def add(verdict, code, what, content, suffix="pt"):
        sample("torch", verdict, code, what, content, suffix)
    evil_call = name("posix", "system") + text("true") + b"\x85R"
    good = archive(torch_members())
    add("clean", "none", "state_dict", good)
    add("clean", "none", "other_root", archive(torch_members(), root="my_model"))
    add("clean", "none", "deflated", archive(torch_members(), zipfile.ZIP_DEFLATED))
    add("clean", "none", "no_suffix", good, "bin")
    add("clean", "none", "shared_storage", archive(torch_members({"a": torch_tensor(storage_id("0", 6), (2,)), "b": torch_tensor(storage_id("0", 6), (6,))})))
    add("clean", "none", "untyped", archive(torch_members({"a": torch_tensor(storage_id("0", 24, "UntypedStorage", "torch.storage"), (2,))})))
    add("clean", "none", "numbers_like_proto", archive(torch_members(data__0=b"\x80\x04N." + bytes(20))))
    add("clean", "none", "numbers_like_pickle", archive(torch_members(data__0=b"N." + bytes(22))))
    add("clean", "none", "checkpoint", archive(torch_members() | {"data.pkl": b"\x80\x02}(" + text("epoch") + number(3) + text("state") + state_dict({"w": torch_tensor(storage_id("0", 6), (6,))})[2:-1] + b"u."}))
    add("clean", "none", "legacy", legacy())

    add("unsafe", "MDL-PKL-001", "evil_pickle", archive(torch_members() | {"data.pkl": EVIL}))
    add("unsafe", "MDL-PKL-001", "evil_value", archive(torch_members({"w": evil_call})))
    add("unsafe", "MDL-PKL-001", "evil_popped", archive(torch_members() | {"data.pkl": state_dict({}, evil_call + b"0")}))
    add("unsafe", "MDL-PKL-001", "evil_other_member", archive(torch_members(extra__notes=EVIL)))
    numbers = bytes(range(7, 31))
    add("unsafe", "MDL-ZIP-004", "storage_changed", archive(torch_members(data__0=numbers)).replace(numbers, numbers[::-1]))
    add("unsafe", "MDL-PKL-001", "evil_storage", archive(torch_members(data__0=EVIL)))
    add("unsafe", "MDL-PKL-001", "evil_storage_deflated", archive(torch_members(data__0=EVIL), zipfile.ZIP_DEFLATED))
    add("unsafe", "MDL-PKL-001", "evil_nested_archive", archive(torch_members(data__0=archive(torch_members({"w": evil_call})))))
    add("unsafe", "MDL-PKL-001", "evil_script_constants", archive(torch_members() | {"constants.pkl": EVIL}))
    add("unsafe", "MDL-PKL-001", "evil_in_front", EVIL + good)
    add("unsafe", "MDL-PKL-001", "evil_behind", good + EVIL)
    add("unsafe", "MDL-PKL-001", "evil_after_stop", archive(torch_members() | {"data.pkl": state_dict({"w": torch_tensor(storage_id("0", 6), (6,))}) + EVIL}))
    add("unsafe", "MDL-PKL-001", "evil_in_id", archive(torch_members({"w": torch_tensor(b"(" + text("storage") + name("torch", "FloatStorage") + evil_call + text("cpu") + number(6) + b"tQ", (6,))})))
    computed = name("builtins", "str") + b"(" + text("0") + b"tR"
    add("unsafe", "MDL-PKL-016", "computed_id", archive(torch_members({"w": torch_tensor(b"(" + text("storage") + name("torch", "FloatStorage") + computed + text("cpu") + number(6) + b"tQ", (6,))})))
    add("unsafe", "MDL-PKL-016", "id_is_text", archive(torch_members({"w": text("storage") + b"Q"})))
    add("unsafe", "MDL-PKL-016", "id_of_class", archive(torch_members({"w": torch_tensor(storage_id("0", 6, "OrderedDict", "collections"), (6,))})))
    add("unsafe", "MDL-PKL-016", "id_line", archive(torch_members() | {"data.pkl": b"\x80\x02Pstorage\n."}))
    add("unsafe", "MDL-PKL-016", "id_of_module", archive(torch_members({"w": b"(" + text("module") + name("torch.nn.modules.linear", "Linear") + text("a.py") + text("x") + b"tQ"})))
    add("unsafe", "MDL-PKL-016", "id_negative", archive(torch_members({"w": torch_tensor(storage_id("0", -6), (6,))})))
    add("unsafe", "MDL-ZIP-002", "member_twice", twice(torch_members()))
    add("unsafe", "MDL-ZIP-001", "two_names", good.replace(b"archive/data.pkl", b"archive/data.pk1", 1))
    add("unsafe", "MDL-TOR-005", "python", archive(torch_members(code__model_py=b"import os\n") | {"code/model.py": b"import os\n"}))
    add("unsafe", "MDL-TOR-005", "torchserve", archive({"MAR-INF/MANIFEST.json": b"{}", "handler.py": b"import os"}, root=""), "mar")
    add("unsafe", "MDL-TOR-004", "native", archive(torch_members(**{"data__aotinductor__model.so": b"\x7fELF" + bytes(60)}) | {"archive_format": b"pt2"}), "pt2")
    script = torch_members() | {"constants.pkl": b"\x80\x02).", "data.pkl": b"\x80\x02" + name("__torch__", "Net") + b")\x81}" + text("w") + torch_tensor(storage_id("0", 6), (6,)) + b"sb."}
    typed = name("torch.jit._pickle", "build_intlist") + b"](" + number(1) + b"e\x85R"
    code = b"class Net(Module):\n  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n    # ops.evil.run\n    s = 'torch.save('\n    return torch.add(torch.mul(x, 2), ops.prim.data(x))\n"
    add("clean", "none", "script", archive(script | {"code/__torch__.py": code}))
    add("clean", "none", "script_typed", archive(script | {"code/__torch__.py": code, "data.pkl": script["data.pkl"][:-3] + b"s" + text("n") + typed + b"sb."}))
    # debug files use the marks of typed lists too, and sit beside the code.
    add("clean", "none", "script_debug", archive(script | {"code/__torch__.py": code, "code/__torch__.py.debug_pkl": b"\x80\x02" + typed + b"."}))
    add("suspicious", "MDL-TOR-003", "script_custom", archive(script | {"code/__torch__.py": code + b"    ops.mylib.go(x)\n"}))
    add("unsafe", "MDL-TOR-003", "script_file", archive(script | {"code/__torch__.py": code + b"    y = torch.from_file('/etc/passwd')\n"}))
    add("unsafe", "MDL-TOR-003", "script_save", archive(script | {"code/__torch__.py": code + b"    ops.aten.save(x, '/tmp/x')\n"}))
    add("unsafe", "MDL-PKL-001", "script_evil", archive(script | {"code/__torch__.py": code, "data.pkl": EVIL}))
    add("unsafe", "MDL-PKL-002", "class_without_script", archive(torch_members() | {"data.pkl": script["data.pkl"]}))
    add("unsafe", "MDL-TOR-001", "legacy_version", legacy(head=[LEGACY[0], EVIL, LEGACY[2]]))
    add("unsafe", "MDL-PKL-001", "legacy_magic", legacy(head=[EVIL, LEGACY[1], LEGACY[2]]))
    computed = b"\x80\x04" + name("builtins", "int") + text("119547037146038801333356") + b"\x85R."
    add("unsafe", "MDL-TOR-001", "legacy_magic_computed", legacy(head=[computed, LEGACY[1], LEGACY[2]]))
    add("unsafe", "MDL-PKL-001", "legacy_object", legacy(obj=state_dict({"w": evil_call})))
    add("unsafe", "MDL-TOR-001", "legacy_keys", legacy(keys_pickle=EVIL))
    add("unsafe", "MDL-PKL-001", "legacy_behind", legacy(data=struct.pack("<q", 6) + bytes(24) + EVIL))
    add("unsafe", "MDL-PKL-016", "legacy_id", legacy(obj=state_dict({"w": torch_tensor(storage_id("0", 6), (6,))})))
    add("suspicious", "MDL-PKL-016", "legacy_module", legacy(obj=state_dict({"m": b"(" + text("module") + name("torch.nn.modules.linear", "Linear") + text("a.py") + text("x=1") + b"tQ",
                                                                          "w": torch_tensor(storage_id("0", 6, view=b"N"), (6,))})))
    linear = b"(" + text("module") + name("torch.nn.modules.linear", "Linear") + text("linear.py") + text("class Linear: ...") + b"tQ"
    add("suspicious", "MDL-PKL-005", "legacy_whole_module", legacy(obj=state_dict({"m": linear + b")\x81}" + text("training") + b"\x89sb",
                                                                                  "w": torch_tensor(storage_id("0", 6, view=b"N"), (6,))})))
    foreign = linear.replace(b"torch.nn.modules.linear\nLinear", b"posix\nsystem")
    add("unsafe", "MDL-PKL-001", "legacy_class_id", legacy(obj=state_dict({"m": foreign + b"(" + text("true") + b"tR", "w": torch_tensor(storage_id("0", 6, view=b"N"), (6,))})))
    add("suspicious", "MDL-PKL-005", "whole_optimizer", archive(torch_members({"m": name("torch.optim.sgd", "SGD") + b")\x81}" + text("state") + b"}sb"})))
    add("suspicious", "MDL-PKL-013", "legacy_trailing", legacy(data=struct.pack("<q", 6) + bytes(28)))
    add("suspicious", "MDL-PKL-005", "whole_module", archive(torch_members({"m": name("torch.nn.modules.linear", "Linear") + b")\x81}" + text("training") + b"\x89sb"})))

    add("unparseable", "MDL-TOR-006", "storage_gone", archive({k: v for k, v in torch_members().items() if k != "data/1"}))
    add("unparseable", "MDL-TOR-006", "storage_short", archive(torch_members(data__0=bytes(20))))
    add("unparseable", "MDL-TOR-006", "no_pickle", archive({"readme": b"hello"}))
    add("unparseable", "MDL-PKL-014", "pickle_cut", archive(torch_members() | {"data.pkl": torch_members()["data.pkl"][:-9]}))
    add("unparseable", "MDL-ZIP-008", "cut", good[:len(good) - 40])
    add("unparseable", "MDL-TOR-006", "legacy_short", legacy(data=struct.pack("<q", 6) + bytes(20)))
    add("unparseable", "MDL-TOR-006", "legacy_huge", legacy(data=struct.pack("<Q", 1 << 62) + bytes(24)))
    add("unparseable", "MDL-TOR-006", "legacy_no_data", legacy(keys=(), data=b""))
    add("unparseable", "MDL-TOR-006", "legacy_unknown_key", legacy(keys=("9",)))


def twice(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for path, content in members.items():
            z.writestr(zipfile.ZipInfo("archive/" + path), content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            z.writestr(zipfile.ZipInfo("archive/data.pkl"), members["data.pkl"])
    return out.getvalue()


# --- gguf ---------------------------------------------------------------------------------------------------------------------------------

def gguf_text(value, order="<", count="Q"):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack(order + count, len(value)) + value


def gguf_pair(key, kind, payload, order="<", count="Q"):
    return gguf_text(key, order, count) + struct.pack(order + "I", kind) + payload


def gguf_tensor(label, dims, kind, offset, order="<", count="Q"):
    return (gguf_text(label, order, count) + struct.pack(order + "I", len(dims)) + b"".join(struct.pack(order + count, n) for n in dims)
            + struct.pack(order + "IQ", kind, offset))


def gguf(pairs=(), tensors=(), data=b"", version=3, order="<", count="Q", counts=None, alignment=32):
    head = b"GGUF" + struct.pack(order + "I", version) + struct.pack(order + 2 * count, *(counts or (len(tensors), len(pairs)))) + b"".join(pairs) + b"".join(tensors)
    return head + (bytes(-len(head) % alignment) + data if tensors else data)


ORDINARY_TEMPLATE = """{%- set ns = namespace(found=false, first=true) -%}{# __class__ in a comment #}
{%- for message in messages %}{% if message['role'] == 'system' and loop.first %}{{ '<|im_start|>system\\n' + message.content.strip() + '<|im_end|>' }}
{%- elif message.role not in ['user', 'assistant', 'tool'] %}{{ raise_exception('Only __user__ and assistant roles: ' ~ message.role) }}{% endif %}
{%- set ns.found = true %}{% set content = message['content'] | replace('__', ' ') | trim %}
{%- for key, value in message.items() if key.startswith('x') and range(3) %}{{ bos_token + value.split('</think>')[-1] | tojson(indent=4) }}{% endfor %}
{%- endfor %}{% if tools is defined %}{{ tools | map(attribute='name') | join(', ') }}{% endif %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
{% raw %}{{ x.__class__ }}{% endraw %} os.system __class__ {{ strftime_now('%d %b %Y') }}{{ {'a': {'b': 1}} }}{{ messages[0]['content'][1:] }}{{ eos_token }}"""


def make_gguf():
    def add(verdict, code, what, content):
        sample("gguf", verdict, code, what, content, "gguf")

    def template(value, key="tokenizer.chat_template"):
        return gguf([gguf_pair(key, 8, gguf_text(value))])
    arch = gguf_pair("general.architecture", 8, gguf_text("llama"))
    words = gguf_pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + gguf_text("os.system") + gguf_text("__class__"))
    scores = gguf_pair("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 2) + bytes(8))
    two = [gguf_tensor("a", [4, 2], 0, 0), gguf_tensor("b", [32], 2, 32)]
    add("clean", "none", "keys", gguf([arch, words, scores, gguf_pair("llama.context_length", 4, struct.pack("<I", 4096)), gguf_pair("x.bool", 7, b"\1"), gguf_pair("x.f64", 12, bytes(8))]))
    add("clean", "none", "tensors", gguf([arch], two, bytes(32) + b"\7" * 18))
    add("clean", "none", "padded", gguf([arch], two, bytes(32) + b"\7" * 18 + bytes(14)))
    add("clean", "none", "aligned", gguf([gguf_pair("general.alignment", 4, struct.pack("<I", 64))], [gguf_tensor("a", [2], 24, 0), gguf_tensor("b", [1], 24, 64)], bytes(65), alignment=64))
    add("clean", "none", "version_2", gguf([arch], version=2))
    add("clean", "none", "version_1", gguf([gguf_pair("general.architecture", 8, gguf_text("llama", count="I"), count="I")], [gguf_tensor("a", [2], 24, 0, count="I")], bytes(2), version=1, count="I"))
    add("clean", "none", "big_endian", gguf([gguf_pair("general.architecture", 8, gguf_text("llama", ">"), ">")], [gguf_tensor("a", [2], 24, 0, ">")], bytes(2), order=">"))
    add("clean", "none", "empty", gguf())
    add("clean", "none", "template", template(ORDINARY_TEMPLATE))
    add("clean", "none", "template_by_name", template(ORDINARY_TEMPLATE, "tokenizer.chat_template.tool_use"))
    add("clean", "none", "like_python_elsewhere", gguf([gguf_pair("general.description", 8, gguf_text("{{ x.__class__ }}"))]))

    for what, text in {
        "class": "{{ ''.__class__.__mro__ }}", "statement": "{% set x = messages.__init__ %}", "subscript": "{{ x['__globals__'] }}",
        "escape": r"{{ x['\x5f\x5fclass\x5f\x5f'] }}", "unicode": r"{{ x['\u005f_class_\137'] }}", "by_name": r"{{ x['\N{LOW LINE}_class__'] }}", "joined": "{{ x['__cl' ~ 'ass__'] }}",
        "adjacent": "{{ x['__cl' 'ass__'] }}", "attr": "{{ x|attr('__class__') }}", "attr_computed": "{{ x|attr(name) }}", "attr_tail": "{{ x|attr('a' ~ name) }}", "kept": "{% set a = '__class__' %}{{ x[a] }}",
        "popen": "{{ x.popen('id').read() }}", "cycler": "{{ cycler.next }}", "lipsum": "{{ lipsum['x'] }}", "include": "{% include '/etc/passwd' %}", "import": "{%- from 'a' import b %}",
        "map": "{{ x | map(attribute='__class__') }}", "in_braces": "{{ {'a': x.__class__} }}", "after_comment": "{# {{ #}{{ x.__class__ }}", "raw_end": "{% raw %}x{% endraw %}{{ x.__class__ }}",
        "text_with_end": "{{ '}}' ~ x.__class__ }}", "mro": "{{ x.mro() }}", "space": "{{ x . __class__ }}", "line": "{{ x.\n__class__ }}"}.items():
        add("unsafe", "MDL-GUF-001", "template_" + what, template(text))
    for what, text in {"pieces": "{{ ['__', 'class'] | join }}", "times": "{{ ('_' * 2) ~ 'class' }}", "numbers": "{{ '%c%c' | format(95, 95) }}",
                       "filled": "{{ ''['%s%sclass%s%s' | format('_', '_', '_', '_')] }}", "block": "{% set x %}__class__{% endset %}{{ ''[x] }}",
                       "macro": "{% macro m() -%}\n__class__\n{%- endmacro %}{{ ''[m()] }}", "open": "{{ x", "long": "x" * 65537 + "{{ x }}",
                       "deep": "{{ " + "(" * 40 + "1" + ")" * 40 + " }}", "deep_blocks": "{% if a %}" * 40 + "{% endif %}" * 40}.items():
        if len(text) < 60000:
            add("suspicious", "MDL-GUF-001", "template_" + what, template(text))
    add("unsafe", "MDL-GUF-001", "template_of_name", template("{{ x.__class__ }}", "tokenizer.chat_template.rag"))
    add("unsafe", "MDL-GUF-001", "template_of_another_key", gguf([gguf_pair("adapter.template", 8, gguf_text("{{ x.__class__ }}"))]))
    for what, text in {"replaced": "x['**class**'|replace('*', '_')]", "replaced_later": "x[y|replace('*', '_')]", "reversed": "x['__ssalc__x'|reverse]", "pattern": "x['%s%s'|format(a, b)]",
                       "braces": "x['{}{}'.format(a, b)]", "raised": "x['__Class__x'.lower()]", "cut_out": "x['x__class__x'[1:-1]]"}.items():
        add("suspicious", "MDL-GUF-001", f"template_{what}", template("{{ " + text + " }}"))
    add("clean", "none", "template_of_texts", template("{{ ', '.join(x) }}{{ m['content'].replace('a', 'b')|lower }}{{ x[y|length - 1] }}{{ '%s: %s'|format(a, b) }}{{ ['a', 'b'] }}"))
    add("unsafe", "MDL-GUF-002", "dimension_zero", gguf([arch], [gguf_tensor("a", [0, 8], 0, 0)]))
    add("unsafe", "MDL-GUF-001", "template_in_list", gguf([gguf_pair("tokenizer.chat_templates", 9, struct.pack("<IQ", 8, 1) + gguf_text("{{ x.__class__ }}"))]))

    for what, content in {
        "many_keys": gguf(counts=(0, 1 << 60)), "many_tensors": gguf(counts=(1 << 62, 0)), "few_bytes": gguf(counts=(1, 1)),
        "text_too_long": gguf([gguf_pair("k", 8, struct.pack("<Q", (1 << 64) - 1)), arch]), "key_too_long": gguf([struct.pack("<Q", 1 << 63) + bytes(20)]),
        "value_type": gguf([gguf_pair("k", 13, bytes(8))]), "nested_array": gguf([gguf_pair("k", 9, struct.pack("<IQ", 9, 1) + bytes(12))]),
        "array_overflows": gguf([gguf_pair("k", 9, struct.pack("<IQ", 10, 1 << 61))]), "array_of_texts": gguf([gguf_pair("k", 9, struct.pack("<IQ", 8, 2) + bytes(8) + struct.pack("<Q", 99))]),
        "key_twice": gguf([arch, arch]), "name_twice": gguf([], [gguf_tensor("a", [1], 24, 0), gguf_tensor("a", [1], 24, 32)], bytes(33)),
        "alignment_zero": gguf([gguf_pair("general.alignment", 4, bytes(4))]), "alignment_odd": gguf([gguf_pair("general.alignment", 4, struct.pack("<I", 48))]),
        "overflow": gguf([], [gguf_tensor("a", [1 << 32, 1 << 32], 0, 0)], bytes(32)), "beyond": gguf([], [gguf_tensor("a", [9], 0, 0)], bytes(32)), "offset_beyond": gguf([], [gguf_tensor("a", [1], 0, 1 << 63)], bytes(32)),
        "unaligned": gguf([], [gguf_tensor("a", [1], 24, 1)], bytes(32)), "overlap": gguf([], [gguf_tensor("a", [40], 24, 0), gguf_tensor("b", [1], 24, 32)], bytes(40)),
        "rank": gguf([], [gguf_tensor("a", [1] * 5, 24, 0)], bytes(32)), "type": gguf([], [gguf_tensor("a", [1], 99, 0)], bytes(32)), "type_removed": gguf([], [gguf_tensor("a", [32], 4, 0)], bytes(32)),
        "rows": gguf([], [gguf_tensor("a", [33], 2, 0)], bytes(64)), "long_name": gguf([], [gguf_tensor("a" * 65, [1], 24, 0)], bytes(32))}.items():
        add("unsafe", "MDL-GUF-002", what, content)
    add("unsafe", "MDL-PKL-001", "pickle_behind", gguf([], [gguf_tensor("a", [1], 24, 0)], bytes(1) + EVIL + bytes(32)))
    add("unsafe", "MDL-PKL-001", "pickle_in_hole", gguf([], [gguf_tensor("a", [1], 24, 0), gguf_tensor("b", [1], 24, 96)], bytes(1) + EVIL + bytes(95)))
    add("unsafe", "MDL-PKL-001", "is_a_pickle", EVIL)
    add("suspicious", "MDL-GUF-002", "behind", gguf([], [gguf_tensor("a", [1], 24, 0)], b"\1" * 80))
    add("unparseable", "MDL-GUF-002", "version_4", gguf(version=4))
    add("unparseable", "MDL-GUF-002", "obsolete", b"tjgg" + struct.pack("<II", 3, 32000))


# --- onnx ---------------------------------------------------------------------------------------------------------------------------------

def onnx_tensor(dims=(2,), raw=bytes(8), kind=1, external=()):
    pairs = b"".join(pb(13, pb(1, key) + pb(2, value)) for key, value in external)
    return b"".join(pb(1, n) for n in dims) + pb(2, kind) + pb(8, "w") + (pb(9, raw) if not external else pairs + pb(14, 1))


def onnx_node(op="Add", domain="", attributes=b""):
    return pb(1, "x") + pb(2, "y") + pb(4, op) + attributes + (pb(7, domain) if domain else b"")


def onnx(nodes=(), tensors=(), more=b"", graph=b""):
    inside = b"".join(pb(1, node) for node in nodes) + pb(2, "g") + b"".join(pb(5, t) for t in tensors) + graph
    return pb(1, 9) + pb(2, "assay") + pb(7, inside) + pb(8, pb(2, 20)) + more


def make_onnx():
    def add(verdict, code, what, content, suffix="onnx"):
        sample("onnx", verdict, code, what, content, suffix)
    plain = onnx([onnx_node()], [onnx_tensor()])
    nested = onnx_node()
    for _ in range(20):
        nested = onnx_node("If", attributes=pb(5, pb(1, "then_branch") + pb(6, pb(1, nested))))
    deep = onnx_node()
    for _ in range(40):
        deep = onnx_node("If", attributes=pb(5, pb(6, pb(1, deep))))
    add("clean", "none", "plain", plain)
    add("clean", "none", "no_suffix", plain, "bin")
    add("unparseable", "MDL-ONX-004", "cut_behind_graph", plain[:-4])
    add("unparseable", "MDL-ONX-004", "cut_before_graph", plain[:9])
    add("clean", "none", "domains", onnx([onnx_node("LinearRegressor", "ai.onnx.ml"), onnx_node("Gelu", "com.microsoft")]))
    add("clean", "none", "nested", onnx([nested]))
    add("clean", "none", "function", onnx([onnx_node("F", "pkg.mine")], more=pb(25, pb(1, "F") + pb(7, onnx_node()) + pb(10, "pkg.mine"))))
    add("clean", "none", "external", onnx([], [onnx_tensor(external=[("location", "weights/model.data"), ("offset", "0"), ("length", "8")])]))
    add("clean", "none", "packed_dims", onnx([], [pb(1, b"\2\3") + pb(2, 7) + pb(9, bytes(48))]))
    add("clean", "none", "half_bytes", onnx([], [onnx_tensor((3,), bytes(2), 22)]))
    add("clean", "none", "text", onnx([onnx_node("Identity")], more=pb(14, pb(1, "note") + pb(2, "os.system('id')"))))
    for what, path in {"up": "../../etc/passwd", "absolute": "/etc/passwd", "drive": "C:x", "backslash": "a\\..\\b", "home": "~/x", "url": "http://x/y", "inner": "a/../../b", "empty": ""}.items():
        add("unsafe", "MDL-ONX-001", "path_" + what, onnx([], [onnx_tensor(external=[("location", path)])]))
    out = onnx_tensor(external=[("location", "../x")])
    add("unsafe", "MDL-ONX-001", "path_in_attribute", onnx([onnx_node("Constant", attributes=pb(5, pb(5, out)))]))
    add("unsafe", "MDL-ONX-001", "path_in_subgraph", onnx([onnx_node("If", attributes=pb(5, pb(11, pb(5, out))))]))
    add("unsafe", "MDL-ONX-001", "path_in_sparse", onnx(graph=pb(15, pb(2, out))))
    add("unsafe", "MDL-ONX-001", "path_in_function", onnx(more=pb(25, pb(1, "F") + pb(7, onnx_node("Constant", attributes=pb(5, pb(10, out)))))))
    add("unsafe", "MDL-ONX-001", "path_in_training", onnx(more=pb(20, pb(2, pb(5, out)))))
    add("unsafe", "MDL-ONX-001", "path_of_base", onnx([], [onnx_tensor(external=[("location", "a"), ("basepath", "/etc")])]))
    add("unsafe", "MDL-ONX-002", "python", onnx([onnx_node("PyOp", "ai.onnx.contrib")]))
    add("unsafe", "MDL-PKL-001", "is_a_pickle", EVIL)
    add("suspicious", "MDL-ONX-003", "custom", onnx([onnx_node("Go", "my.lib")]))
    add("suspicious", "MDL-ONX-003", "other_function", onnx([onnx_node("Go", "my.lib")], more=pb(25, pb(1, "Go") + pb(10, "other"))))
    add("suspicious", "MDL-ONX-001", "odd_key", onnx([], [onnx_tensor(external=[("location", "a"), ("__class__", "b")])]))
    add("suspicious", "MDL-ONX-004", "size", onnx([], [onnx_tensor((3,), bytes(8))]))
    add("suspicious", "MDL-ONX-004", "overflow", onnx([], [onnx_tensor((1 << 40, 1 << 40), bytes(8))]))
    add("unparseable", "MDL-ONX-004", "cut", plain[:-5])
    add("unparseable", "MDL-ONX-004", "deep", onnx([deep]))
    add("unparseable", "MDL-ONX-004", "cut_inside", onnx(graph=pb(1, pb(4, "Add") + b"\x2a\x7f")))


# --- Git LFS pointers ---------------------------------------------------------------------------------------------------------------------

def make_lfs():
    def add(verdict, code, what, content, suffix):
        sample("lfs", verdict, code, what, content.encode(), suffix)
    head, oid = "version https://git-lfs.github.com/spec/v1\n", "oid sha256:" + "4d" * 32 + "\n"
    for suffix in ("pkl", "bin", "safetensors"):
        add("unparseable", "MDL-REP-010", "pointer", head + oid + "size 12345678901\n", suffix)
    add("unparseable", "MDL-REP-010", "extension", head + "ext-0-foo sha256:" + "00" * 32 + "\n" + oid + "size 1\n", "pt")
    add("unparseable", "MDL-REP-010", "no_size", head + oid, "onnx")
    add("unparseable", "MDL-REP-010", "before_lfs", "version https://hawser.github.com/spec/v1\n" + oid + "size 1\n", "h5")
    add("unparseable", "MDL-REP-006", "no_oid", head + "size 1\n", "gguf")
    add("unparseable", "MDL-REP-006", "too_long", head + oid + "size 1\n" + "x 1\n" * 300, "gguf")
    add("not_a_model", "none", "picture", head + oid + "size 1\n", "png")


def main():
    make_safetensors()
    make_torch()
    make_gguf()
    make_onnx()
    make_lfs()
    for folder, files in SAMPLES.items():
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).iterdir():
            old.unlink()
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)
        print(folder, len(files))


main()
