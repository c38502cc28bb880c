#!/usr/bin/env python3
"""Write files that try to get past a scanner, and broken ones: hostile.py FOLDER [COUNT]

evil.<technique>.<suffix> must not be clean, nor taken for no model; broken.<technique>.<suffix> must not be clean. One technique per file. Three sources:
the hand-made cases of tests/golden/format/make_pickles.py; the samples of other formats in fuzz/corpus; and combinations made here of how a name is
spelt, how it is called, what becomes of the result and what the pickle is packed into, COUNT (400) of them, the same ones each time. Nothing is ever
loaded, and the calls are harmless or never run.
"""
import bz2
import gzip
import io
import itertools
import lzma
import pathlib
import random
import struct
import sys
import tarfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/golden/format"))
import make_pickles as pickles  # noqa: E402
from make_pickles import P2, P4, P5, b, g, npy, s, sg, u32, u64, wrapper  # noqa: E402

CASES = {}


def add(kind, name, data, suffix):
    key = f"{kind}.{name}.{suffix.lstrip('.')}"
    assert key not in CASES, key
    CASES[key] = data


# --- how a name is spelt: (module, name) -> opcodes that leave the function on the stack -------------------------------------------------

def line(text):
    return text.encode() + b"\n"


def escaped(text):
    return "".join(f"\\x{ord(c):02x}" for c in text)


NAMES = {
    "global": lambda m, n: g(m, n),
    "stack_global": lambda m, n: sg(m, n),
    "string": lambda m, n: b"S'" + line(m + "'") + b"S\"" + line(n + "\"") + b"\x93",
    "string_escaped": lambda m, n: b"S'" + line(escaped(m) + "'") + b"S'" + line(escaped(n) + "'") + b"\x93",
    "string_octal": lambda m, n: b"S'" + line("".join(f"\\{ord(c):03o}" for c in m) + "'") + s(n) + b"\x93",
    "unicode": lambda m, n: b"V" + line(m) + b"V" + line(n) + b"\x93",
    "unicode_escaped": lambda m, n: b"V" + line("".join(f"\\u{ord(c):04x}" for c in m)) + b"V" + line("".join(f"\\U{ord(c):08x}" for c in n)) + b"\x93",
    "binstring": lambda m, n: b"T" + u32(len(m)) + m.encode() + b"U" + bytes([len(n)]) + n.encode() + b"\x93",
    "binunicode": lambda m, n: b"X" + u32(len(m)) + m.encode() + b"\x8d" + u64(len(n)) + n.encode() + b"\x93",
    "memo": lambda m, n: s(n) + b"q\x07" + b"0" + s(m) + b"h\x07\x93",
    "memoize": lambda m, n: s(m) + b"\x94" + s(n) + b"\x94" + b"\x93",
    "memo_text": lambda m, n: s(m) + b"p77\n0" + s(n) + b"p78\n0g77\ng78\n\x93",
    "memo_far": lambda m, n: s(m) + b"r" + u32(4000000000) + b"0j" + u32(4000000000) + s(n) + b"\x93",
    "memo_replaced": lambda m, n: s("json") + b"q\x050" + s(m) + b"q\x050" + b"h\x05" + s(n) + b"\x93",
    "dup": lambda m, n: sg(m, n) + b"2" + b"0",
    "from_tuple_mark": lambda m, n: b"(N1" + sg(m, n),
    "through_pop": lambda m, n: s(m) + s("decoy") + b"0" + s(n) + b"\x93",
    "frame_between": lambda m, n: s(m) + b"\x95" + u64(0) + s(n) + b"\x93",
    "proto_between": lambda m, n: b"\x80\x02" + g(m, n) + b"\x80\x04",
    "dotted": lambda m, n: s("json") + s(f"decoder.{n}") + b"\x93",
    "computed": lambda m, n: pickles.call("builtins", "str", b(m.encode()), s("ascii")) + s(n) + b"\x93",
    "resolved": lambda m, n: pickles.call("pkgutil", "resolve_name", s(f"{m}:{n}")),
    "getattr": lambda m, n: pickles.call("builtins", "getattr", pickles.call("importlib", "import_module", s(m)), s(n)),
    "extension": lambda m, n: pickles.call("copyreg", "add_extension", s(m), s(n), b"K\x09") + b"0\x82\x09",
}

# --- what is called: on some list, on none, and things no list could have -------------------------------------------------------------------

TARGETS = """
posix.system nt.system subprocess.check_output os.execv pty.spawn runpy.run_path builtins.exec builtins.eval builtins.compile code.interact bdb.Bdb cProfile.run
ctypes.CDLL importlib.import_module marshal.loads pickle.loads joblib.load dill.loads cloudpickle.loads numpy.load pandas.read_pickle torch.load shelve.open
operator.attrgetter operator.methodcaller functools.partial functools.reduce itertools.starmap webbrowser.open urllib.request.urlopen socket.create_connection
shutil.rmtree io.FileIO logging.FileHandler tempfile.NamedTemporaryFile zipfile.ZipFile sqlite3.connect threading.Thread multiprocessing.Process atexit.register
weakref.finalize signal.signal gc.get_objects sys.settrace types.FunctionType typing.get_type_hints dataclasses.make_dataclass inspect.getsource timeit.timeit
numpy.f2py.compile numpy.ctypeslib.load_library numpy.testing.runstring numpy.lib.npyio.loadtxt numpy.fromfile numpy.genfromtxt numpy.DataSource numpy.memmap
pandas.eval pandas.read_csv pandas.core.frame.DataFrame.query pandas.io.common.get_handle scipy.io.loadmat scipy.LowLevelCallable scipy.optimize.minimize
sklearn.datasets.load_svmlight_file sklearn.datasets.fetch_openml sklearn.utils._testing.check_output sklearn.utils.discovery.import_module sklearn.base.clone
joblib.Memory joblib.Parallel joblib.parallel.delayed joblib.func_inspect.get_func_code torch.hub.load torch.jit.load torch.utils.data.DataLoader
torch.storage._load_from_bytes torch._utils._rebuild_wrapper_subclass torch.serialization._load keras.models.load_model keras.utils.get_file tensorflow.load_op_library
xgboost.core.Booster.load_model lightgbm.basic.Booster.model_from_string mlflow.pyfunc.load_model transformers.pipeline huggingface_hub.snapshot_download yaml.load
_io.open codecs.open encodings.search_function copyreg.pickle copyreg.constructor zoneinfo.ZoneInfo.from_file statsmodels.iolib.smpickle.load_pickle
acme_models.hooks.on_load my_pkg.module.run a.b x.y.z _private.thing somewhere.else_.Thing
""".split()

# --- how it is called: function opcodes -> a complete call that leaves one value --------------------------------------------------------------

ARGUMENT = s("true")
ODICT = sg("collections", "OrderedDict") + b")R"
CALLS = {
    "reduce": lambda f: f + ARGUMENT + b"\x85R",
    "reduce_empty": lambda f: f + b")R",
    "newobj": lambda f: f + ARGUMENT + b"\x85\x81",
    "newobj_ex": lambda f: f + ARGUMENT + b"\x85}\x92",
    "newobj_ex_keywords": lambda f: f + b")}" + s("cmd") + ARGUMENT + b"s\x92",
    "obj": lambda f: b"(" + f + ARGUMENT + b"o",
    "obj_empty": lambda f: b"(" + f + b"o",
    "newobj_function": lambda f: sg("copyreg", "__newobj__") + f + ARGUMENT + b"\x86R",
    "newobj_ex_function": lambda f: sg("copyreg", "__newobj_ex__") + f + ARGUMENT + b"\x85}\x87R",
    "reconstructor": lambda f: sg("copyreg", "_reconstructor") + f + sg("builtins", "object") + b"N\x87R",
    "map_consumed": lambda f: sg("builtins", "tuple") + sg("builtins", "map") + f + b"](" + ARGUMENT + b"e\x86\x81\x85\x81",
    "filter_consumed": lambda f: sg("builtins", "list") + sg("builtins", "filter") + f + b"](" + ARGUMENT + b"e\x86R\x85R",
    "starmap_consumed": lambda f: sg("collections", "deque") + sg("itertools", "starmap") + f + b"](" + ARGUMENT + b"\x85e\x86R\x85R",
    "partial": lambda f: sg("functools", "partial") + f + ARGUMENT + b"\x86R)R",
    "setstate": lambda f: ODICT + b"}" + s("__setstate__") + f + b"sb" + ARGUMENT + b"b",
    "append": lambda f: ODICT + b"}" + s("append") + f + b"sb" + ARGUMENT + b"a",
    "extend": lambda f: ODICT + b"}" + s("extend") + f + b"sb(" + ARGUMENT + b"e",
    "add": lambda f: ODICT + b"}" + s("add") + f + b"sb(" + ARGUMENT + b"\x90",
    "slots": lambda f: ODICT + b"N}" + s("__setstate__") + f + b"s\x86b" + ARGUMENT + b"b",
    "estimator_attribute": lambda f: sg("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81}" + s("func") + f + b"sb",
    "factory": lambda f: sg("collections", "defaultdict") + f + b"\x85R",
    "rebuild_from_type": lambda f: sg("torch._tensor", "_rebuild_from_type_v2") + b"(" + f + sg("torch", "Tensor") + b")NtR",
    "new_index": lambda f: sg("pandas.core.indexes.base", "_new_Index") + f + b"}\x86R",
    "tree_object": lambda f: sg("sklearn.neighbors._kd_tree", "newObj") + f + b"\x85R",
    "cython": lambda f: sg("sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss") + f + b"K\x01N\x87R",
    "array_class": lambda f: sg("numpy.core.multiarray", "_reconstruct") + f + b"K\x00\x85C\x01b\x87R",
    "array_type": lambda f: sg("numpy", "dtype") + f + b"\x85R",
}

ENDS = {
    "kept": b".", "dropped": b"0N.", "in_memo": b"\x940N.", "in_list": b"\x85]h\x000N.", "then_broken": b"0\xff", "without_stop": b"", "then_missing_memo": b"0h\xee.",
    "then_second_stream": b"." + P4 + b"N.", "padded": b"." + bytes(40), "key": b"}h\x00Ns0.", "then_array": b"0" + wrapper(align=False) + bytes(8) + b".",
}

# --- what it is packed into ---------------------------------------------------------------------------------------------------------------------

EPOCH = (2020, 1, 1, 0, 0, 0)


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, method)
    return out.getvalue()


def tarred(*members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def z_file(data):
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)


MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
LEGACY_HEAD = MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88X\x0a\0\0\0type_sizes}u."
STATE = P2 + b"}."


def torch_zip(main, *more, method=zipfile.ZIP_STORED, root="archive"):
    return zipped((f"{root}/data.pkl", main), (f"{root}/byteorder", b"little"), *more, (f"{root}/version", b"3\n"), method=method)


def keras(config):
    return zipped(("metadata.json", b'{"keras_version": "3.5.0"}'), ("config.json", config), ("model.weights.h5", b""))


PACKED = {
    "plain": (lambda d: d, "pkl"), "pickle": (lambda d: d, "pickle"), "joblib": (lambda d: d, "joblib"), "bin": (lambda d: d, "bin"), "pt": (lambda d: d, "pt"), "no_suffix": (lambda d: d, "model"),
    "named_safetensors": (lambda d: d, "safetensors"), "named_onnx": (lambda d: d, "onnx"), "named_npy": (lambda d: d, "npy"), "named_h5": (lambda d: d, "h5"), "named_gguf": (lambda d: d, "gguf"),
    "gzip": (lambda d: gzip.compress(d, mtime=0), "pkl.gz"), "zlib": (zlib.compress, "joblib"), "zlib_stored": (lambda d: zlib.compress(d, 0), "pkl"), "bzip2": (bz2.compress, "pkl"), "xz": (lzma.compress, "pkl"),
    "lzma": (lambda d: lzma.compress(d, lzma.FORMAT_ALONE), "pkl"), "z_file": (z_file, "pkl"), "gzip_two_members": (lambda d: gzip.compress(d[:7], mtime=0) + gzip.compress(d[7:], mtime=0), "pkl.gz"),
    "gzip_cut_checksum": (lambda d: gzip.compress(d + b"\0" * 3000, 0, mtime=0)[:-8], "pkl.gz"),
    "torch": (torch_zip, "pt"), "torch_bin": (torch_zip, "bin"), "torch_deflated": (lambda d: torch_zip(d, method=zipfile.ZIP_DEFLATED), "pth"), "torch_second_pickle": (lambda d: torch_zip(STATE, ("archive/extra/hidden.pkl", d)), "pt"),
    "torch_storage_is_pickle": (lambda d: torch_zip(STATE, ("archive/data/0", d)), "pt"), "torch_no_suffix_member": (lambda d: torch_zip(STATE, ("archive/.data/notes", d)), "ckpt"),
    "torch_prefix": (lambda d: d + torch_zip(STATE), "pt"), "torch_behind": (lambda d: torch_zip(STATE) + d, "pt"), "torch_constants": (lambda d: torch_zip(STATE, ("archive/constants.pkl", d)), "pt"),
    "legacy_object": (lambda d: LEGACY_HEAD + d + b"\x80\x02].", "pth"), "legacy_magic": (lambda d: d + LEGACY_HEAD, "pth"), "legacy_keys": (lambda d: LEGACY_HEAD + STATE + d, "pth"),
    "legacy_tar": (lambda d: tarred(("sys_info", STATE), ("pickle", d), ("storages", P2 + b"K\x00."), ("tensors", P2 + b"K\x00.")), "pt"),
    "npy": (lambda d: npy("'|O'", "(1,)", d), "npy"), "npy_field": (lambda d: npy("[('a', '<i4'), ('b', '|O', (2,))]", "(1,)", d), "npy"), "npz": (lambda d: zipped(("a.npy", npy("'|O'", "(1,)", d))), "npz"),
    "npz_deflated": (lambda d: zipped(("a.npy", npy("'<f8'", "(1,)", bytes(8))), ("b", d), method=zipfile.ZIP_DEFLATED), "npz"), "joblib_objects": (lambda d: P4 + wrapper("O8") + d + b".", "joblib"),
    "joblib_behind_array": (lambda d: P4 + wrapper(align=False) + bytes(8) + b"0" + d[d.startswith(P4) and 2:], "joblib"), "zip": (lambda d: zipped(("model/weights.pkl", d)), "zip"), "zip_text_name": (lambda d: zipped(("README.md", d)), "zip"),
    "zip_in_zip": (lambda d: zipped(("inner.zip", zipped(("a.pkl", d)))), "zip"), "tar": (lambda d: tarred(("m.pkl", d)), "tar"), "tar_gz": (lambda d: tarred(("m/model.joblib", d), mode="w:gz"), "tar.gz"),
    "tar_xz_in_zip": (lambda d: zipped(("m.tar.xz", tarred(("a", d), mode="w:xz"))), "zip"), "gzip_in_tar": (lambda d: tarred(("m.pkl.gz", gzip.compress(d, mtime=0))), "tar"), "mar": (lambda d: zipped(("MAR-INF/MANIFEST.json", b"{}"), ("model.pt", d)), "mar"),
    "nemo": (lambda d: tarred(("model_config.yaml", b"a: 1\n"), ("model_weights.ckpt", torch_zip(d))), "nemo"), "skops_member": (lambda d: zipped(("schema.json", b"{}"), ("1.npy", d)), "skops"), "skops_itself": (lambda d: d, "skops"),
    "keras_member": (lambda d: keras(b"{}")[:0] + zipped(("config.json", b"{}"), ("assets/vocabulary.txt", d)), "keras"), "zip_wrong_crc": (lambda d: zipped(("a.pkl", d)).replace(struct.pack("<I", zlib.crc32(d)), b"abcd"), "zip"),
    "zip_duplicate": (lambda d: zipped(("a.pkl", d), ("b.pkl", P4 + b"N.")).replace(b"b.pkl", b"a.pkl"), "zip"), "zip_encrypted_flag": (lambda d: zipped(("a.pkl", d)).replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"), "pt"),
    "zip_other_local_name": (lambda d: torch_zip(d).replace(b"archive/data.pkl", b"archive/data.xyz", 1), "pt"), "safetensors_rest": (lambda d: struct.pack("<Q", 2) + b"{}" + d, "safetensors"),
    "onnx_rest": (lambda d: b"\x08\x07\x12\x04test\x3a\x00" + d, "onnx"), "tar_name_is_pickle": (lambda d: tarred(("cposix\nsystem\n(S'true'\ntR.", d)), "tar"),
}


def reaches(spelling, m, n):
    """Opcodes of a name, or None where this way cannot spell it."""
    if spelling in ("binstring",) and len(n) > 255 or spelling == "dotted" and "." in n:
        return None
    return NAMES[spelling](m, n)


def combinations(count):
    """Each part at least once, then a deterministic draw of the rest."""
    rng = random.Random(20261125)
    parts = [list(NAMES), TARGETS, list(CALLS), list(ENDS), list(PACKED)]
    rounds = itertools.count()
    made = 0
    decks = [[] for _ in parts]
    for _ in rounds:
        if made >= count:
            return
        chosen = []
        for deck, part in zip(decks, parts):
            if not deck:
                deck.extend(rng.sample(part, len(part)))
            chosen.append(deck.pop())
        spelling, target, how, end, packing = chosen
        module, _, name = target.rpartition(".")
        function = reaches(spelling, module, name)
        if function is None or (target, how) == ("numpy.memmap", "array_class"):  # which opens no file
            continue
        pack, suffix = PACKED[packing]
        protocol = P5 if made % 5 == 0 else P4
        data = protocol + b"N\x940" + CALLS[how](function) + ENDS[end]
        add("evil", f"{made:03d}-{spelling}-{target}-{how}-{end}-{packing}", pack(data), suffix)
        made += 1


# --- one technique each -------------------------------------------------------------------------------------------------------------------------

LAMBDA = b'{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wE="}}}}'


def formats():
    """Hostile files of formats that are no pickle."""
    add("evil", "keras_lambda", keras(b'{"class_name": "Sequential", "module": "keras", "config": {"layers": [' + LAMBDA + b"]}}"), "keras")
    add("evil", "keras_module", keras(b'{"class_name": "system", "module": "os", "config": {}, "registered_name": null}'), "keras")
    add("evil", "keras_function", keras(b'{"class_name": "function", "module": "keras.utils", "config": "get_file", "registered_name": "get_file"}'), "keras")
    add("evil", "keras_wrapper", keras(b'{"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {"module": "aGk="}}'), "keras")
    add("evil", "executable_named_model", b"\x7fELF" + bytes(60), "pt")
    add("evil", "llamafile", b"MZqFpD='\n" + bytes(64) + zipped(("model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 0))), "gguf")
    add("evil", "safetensors_overlap", struct.pack("<Q", 120) + (b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}').ljust(120) + bytes(6), "safetensors")
    add("evil", "seven_zip_named_pt", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24), "pt")
    add("evil", "rar_named_pkl", b"Rar!\x1a\x07\x01\0" + bytes(20), "pkl")


def malformed():
    """Broken files under the names of models."""
    whole = P4 + wrapper(align=False) + bytes(8) + b"."
    for cut in range(1, len(whole), 11):
        add("broken", f"joblib_cut_at_{cut:03d}", whole[:cut], "joblib")
    array = npy("'<f8'", "(4,)", bytes(32))
    for cut in (5, 9, 20, 60, len(array) - 1):
        add("broken", f"npy_cut_at_{cut}", array[:cut], "npy")
    packed = zlib.compress(whole)
    for cut in (3, len(packed) // 2, len(packed) - 1):
        add("broken", f"zlib_cut_at_{cut}", packed[:cut], "joblib")
    archive = torch_zip(STATE)
    for cut in (30, len(archive) // 2, len(archive) - 1):
        add("broken", f"torch_cut_at_{cut}", archive[:cut], "pt")
    for opcode in range(256):
        if opcode % 12 == 0:
            add("broken", f"only_opcode_{opcode:02x}", P4 + bytes([opcode]), "pkl")
    for name, suffix in (("text", "pkl"), ("text", "pt"), ("text", "onnx"), ("text", "h5"), ("text", "keras"), ("text", "gguf"), ("text", "npz"), ("text", "joblib"), ("text", "safetensors"), ("text", "skops"), ("text", "tflite")):
        add("broken", name, b"this is no model\n" * 9, suffix)
    add("broken", "safetensors_length", struct.pack("<Q", 1 << 40) + b"{}", "safetensors")
    add("broken", "gguf_counts", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60), "gguf")
    add("broken", "h5_header_only", b"\x89HDF\r\n\x1a\n" + bytes(20), "h5")
    add("broken", "zeros", bytes(1000), "pkl")
    add("broken", "deep_marks", P4 + b"(" * 1000, "pkl")


def golden():
    for name, (data, _) in pickles.build().items():
        kind, rest = name.split(".", 1)
        if kind in ("evil", "broken"):
            stem, _, suffix = rest.partition(".")
            add(kind, f"golden-{stem}", data, suffix)


def samples():
    """What other engineers' generators left in fuzz/corpus: the verdict is the first part of the name."""
    for path in sorted((ROOT / "fuzz/corpus").glob("*/*")):
        verdict, _, rest = path.name.partition(".")
        kind = {"unsafe": "evil", "suspicious": "evil", "unparseable": "broken"}.get(verdict)
        if kind and path.is_file() and path.stat().st_size < 1 << 20:
            stem, _, suffix = rest.rpartition(".")
            add(kind, f"{path.parent.name}-{stem}", path.read_bytes(), suffix)


def build(count=400):
    CASES.clear()
    pickles.CASES.clear()
    golden()
    combinations(count)
    formats()
    malformed()
    samples()
    return CASES


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in sorted(build(int(sys.argv[2]) if len(sys.argv) > 2 else 400).items()):
        (folder / name).write_bytes(data)
    kinds = [name.split(".")[0] for name in CASES]
    print(f"{kinds.count('evil')} evil and {kinds.count('broken')} broken files in {folder}")


if __name__ == "__main__":
    main()
