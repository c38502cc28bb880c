#!/usr/bin/env python3
"""Keras, HDF5, TensorFlow and TensorFlow Lite files: honest, hostile and broken ones. Nothing is ever loaded as a model.

    make_keras.py            writes fuzz/corpus/{hdf5,keras,keras_config,tensorflow,tflite}/<verdict>.<code>.<what>.<suffix>

The names are as in make_formats.py. Needs h5py and numpy (HDF5 is written by the real library, in all its ways of storing things); the rest is
put together by hand. Code in the files is marshalled by this very Python and never run. Files whose name holds "real_" were written by the
libraries themselves (keras 3.15, tf_keras 2.21) and are kept as they are.
"""
import base64
import ctypes
import io
import json
import marshal
import pathlib
import struct
import zipfile

import h5py
import numpy as np

import checkpoint
from wire import pb as field, varint

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = {}
EVIL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."  # posix.system('true')


def sample(folder, verdict, code, what, content, suffix):
    name = f"{verdict}.{code}.{what}.{suffix}"
    assert name not in SAMPLES.setdefault(folder, {}), name
    assert len(content) < 64 * 1024, (name, len(content))
    SAMPLES[folder][name] = content if isinstance(content, bytes) else content.encode()


# --- configurations -----------------------------------------------------------------------------------------------------------------------

def code(source):
    return base64.b64encode(marshal.dumps(compile(source, "x", "eval"))).decode()


EVIL_CODE = code("lambda x: __import__('os').system('id')")
CALM_CODE = code("lambda x: x * 2")


def layer(class_name, module="keras.layers", registered=None, **config):
    return {"module": module, "class_name": class_name, "config": config, "registered_name": registered}


def dense(name="dense", **more):
    return layer("Dense", name=name, units=4, activation="relu", kernel_initializer=layer("GlorotUniform", "keras.initializers", seed=None), **more)


def model(*layers, **more):
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers)}, "registered_name": "Sequential", **more}


def lambda3(source=EVIL_CODE):
    return layer("Lambda", name="l", function={"class_name": "__lambda__", "config": {"code": source, "defaults": None, "closure": None}})


def lambda2(source=EVIL_CODE):
    return {"class_name": "Lambda", "config": {"name": "l", "function": [source, None, None], "function_type": "lambda"}}


def legacy(*layers):
    return {"class_name": "Sequential", "config": {"name": "m", "layers": list(layers)}}


def function(name, module="builtins"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


def configurations():
    """(verdict, code, what, object) for every rule of the configuration's walk."""
    compiled = {"optimizer": layer("Adam", "keras.optimizers", learning_rate=0.001), "loss": function("mse"), "metrics": ["accuracy"]}
    yield "clean", "none", "dense", model(dense(), dense("d2"))
    yield "clean", "none", "compiled", model(dense(), compile_config=compiled)
    yield "clean", "none", "legacy", legacy({"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "relu"}})
    yield "clean", "none", "source_module", model(layer("Functional", "keras.src.models.functional", "Functional", layers=[dense()]))
    yield "clean", "none", "operation", model(layer("Add", "keras.src.ops.numpy", "Add", name="add"))
    yield "clean", "none", "vocabulary_list", model(layer("StringLookup", vocabulary=["os.system", "__lambda__"]))
    yield "clean", "none", "text_like_lambda", model(dense("Lambda"), dense("__lambda__"))
    yield "clean", "none", "tensor", model({"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "float32"}}, dense())
    yield "clean", "none", "custom_adam", legacy({"class_name": "Custom>Adam", "config": {}})
    yield "clean", "none", "tf_add", legacy({"class_name": "TFOpLambda", "config": {"name": "tf.math.add", "function": "math.add"}})
    yield "unsafe", "MDL-KER-001", "lambda", model(dense(), lambda3())
    yield "unsafe", "MDL-KER-001", "lambda_calm", model(lambda3(CALM_CODE))
    yield "unsafe", "MDL-KER-001", "lambda_legacy", legacy(lambda2())
    yield "unsafe", "MDL-KER-001", "lambda_named", model(layer("Lambda", function="my_function", function_type="function"))
    yield "unsafe", "MDL-KER-001", "lambda_in_activation", model(dense(activation_fn={"class_name": "__lambda__", "config": {"code": EVIL_CODE}}))
    yield "unsafe", "MDL-KER-001", "lambda_in_arguments", model({**dense(), "inbound_nodes": [{"args": [{"class_name": "__lambda__", "config": {"code": EVIL_CODE}}], "kwargs": {}}]})
    yield "unsafe", "MDL-KER-001", "lambda_in_loss", model(dense(), compile_config={"loss": {"class_name": "__lambda__", "config": {"code": EVIL_CODE}}})
    yield "unsafe", "MDL-KER-001", "lambda_wrapped", model(layer("TimeDistributed", layer=layer("Bidirectional", layer=lambda3())))
    yield "unsafe", "MDL-KER-001", "lambda_type_only", model(layer("Dense", wrapped={"function": [EVIL_CODE, None, None], "function_type": "lambda"}))
    yield "unsafe", "MDL-KER-002", "module_os", model(layer("system", "os", command="id"))
    yield "unsafe", "MDL-KER-002", "module_submodule", model(layer("Popen", "subprocess", args=["id"]))
    yield "unsafe", "MDL-KER-002", "module_builtins", model(layer("eval", "builtins", source="1"))
    yield "unsafe", "MDL-KER-002", "module_own", model(layer("Net", "my_package.net", "my_package>Net"))
    yield "unsafe", "MDL-KER-002", "module_like_keras", model(layer("Dense", "kerasx.layers"))
    yield "unsafe", "MDL-KER-002", "module_utils", model(layer("get_file", "keras.utils", origin="http://127.0.0.1/"))
    yield "unsafe", "MDL-KER-003", "function_get_file", model(dense(initializer=function("get_file", "keras.utils")))
    yield "unsafe", "MDL-KER-003", "function_unsafe_mode", model(dense(initializer=function("enable_unsafe_deserialization", "keras.config")))
    yield "unsafe", "MDL-KER-003", "function_load_model", model(dense(initializer=function("load_model", "keras.saving")))
    yield "unsafe", "MDL-KER-003", "function_system", model(dense(initializer=function("system", "os")))
    yield "unsafe", "MDL-KER-003", "class_is_function", model(layer("load_model", "keras.models", filepath="x"))
    yield "unsafe", "MDL-KER-003", "tf_write_file", legacy({"class_name": "TFOpLambda", "config": {"function": "io.write_file"}})
    yield "unsafe", "MDL-KER-004", "vocabulary_path", model(layer("StringLookup", vocabulary="/etc/passwd"))
    yield "unsafe", "MDL-KER-004", "vocabulary_address", model(layer("TextVectorization", vocabulary="http://127.0.0.1/x"))
    yield "unsafe", "MDL-KER-004", "idf_path", model(layer("TextVectorization", idf_weights="../x"))
    yield "suspicious", "MDL-KER-004", "vocabulary_asset", model(layer("StringLookup", vocabulary="vocab.txt"))
    yield "unsafe", "MDL-KER-005", "tfsm", model(layer("TFSMLayer", filepath="/tmp/x"))
    yield "unsafe", "MDL-KER-005", "torch_module", model({**layer("TorchModuleWrapper"), "config": {"module": "gASV"}})
    yield "unsafe", "MDL-KER-005", "jax", model(layer("JaxLayer", call_fn="x"))
    yield "suspicious", "MDL-KER-007", "custom", model({"module": None, "class_name": "Net", "config": {}, "registered_name": "my_package>Net"})
    yield "suspicious", "MDL-KER-007", "custom_legacy", legacy({"class_name": "MyLayer", "config": {}})
    yield "suspicious", "MDL-KER-007", "hub", model(layer("TransformerEncoder", "keras_nlp.layers", "keras_nlp>TransformerEncoder"))
    yield "suspicious", "MDL-KER-007", "unknown_class", model(layer("FutureLayer"))
    yield "unsafe", "MDL-TF-002", "raw_op", legacy({"class_name": "TFOpLambda", "config": {"function": "raw_ops.WriteFile"}})
    yield "unsafe", "MDL-TF-002", "node_text", legacy({"class_name": "TensorFlowOpLayer", "config": {"node_def": 'name: "x"\nop: "ReadFile"\n'}})


def make_configs():
    for verdict, found, what, tree in configurations():
        sample("keras_config", verdict, found, what, json.dumps(tree), "json")
    good = json.dumps(model(dense()))
    evil = json.dumps(model(lambda3()))
    sample("keras_config", "clean", "none", "numbers_of_python", json.dumps(model(dense(limit=float("inf"), low=float("-inf"), n=float("nan")))), "json")
    for verdict, found, what, tree in (("clean", "none", "of_js", model(dense())), ("unsafe", "MDL-KER-001", "of_js_with_code", json.loads(evil))):
        topology = {"format": "layers-model", "modelTopology": {"keras_version": "2.15.0", "model_config": tree}, "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": []}]}
        sample("keras_config", verdict, found, what, json.dumps(topology), "json")
    sample("keras_config", "clean", "none", "indented", json.dumps(model(dense()), indent=2), "json")
    sample("keras_config", "unsafe", "MDL-KER-001", "escaped_name", evil.replace("Lambda", "\\u004cambda"), "json")
    sample("keras_config", "unsafe", "MDL-KER-008", "twice", good[:-1] + ', "class_name": "Sequential"}', "json")
    sample("keras_config", "unsafe", "MDL-KER-001", "twice_lambda", evil[:-1] + ', "class_name": "Sequential"}', "json")
    sample("keras_config", "unparseable", "MDL-KER-008", "cut", good[:-9], "json")
    sample("keras_config", "unsafe", "MDL-KER-001", "cut_lambda", evil[:-9], "json")


# --- HDF5 ---------------------------------------------------------------------------------------------------------------------------------

def hdf5(fill, libver=None, userblock=None, fcpl=None, **options):
    out = io.BytesIO()
    if fcpl is not None:
        path = HERE / "made.tmp"
        fid = h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, fcpl=fcpl)
        with h5py.File(fid) as f:
            fill(f)
        content = path.read_bytes()
        path.unlink()
        return content
    with h5py.File(out, "w", libver=libver, **options) as f:
        fill(f)
    content = out.getvalue()
    return content if userblock is None else userblock + content


def objects_of_pytables(pickled):
    """An array of objects as PyTables keeps it: items of variable length, each a pickle."""
    def fill(f):
        array = f.create_dataset("df/block0_values", (1,), dtype=h5py.vlen_dtype(np.dtype("uint8")))
        array[0] = np.frombuffer(pickled, "u1")
        array.attrs["CLASS"], array.attrs["PSEUDOATOM"] = np.bytes_("VLARRAY"), np.bytes_("object")
    return fill


def weights(f):
    g = f.create_group("model_weights/dense")
    g.create_dataset("kernel:0", data=np.zeros((3, 2), "f4"))
    g.create_dataset("bias:0", data=np.zeros(2, "f4"))
    g.attrs["weight_names"] = [b"kernel:0", b"bias:0"]


def keras_h5(config, store=None, **options):
    def fill(f):
        weights(f)
        f.attrs["keras_version"] = "3.15.1"
        f.attrs["backend"] = "tensorflow"
        (store or plain)(f, json.dumps(config))
    return hdf5(fill, **options)


def plain(f, text):
    f.attrs["model_config"] = text


def fixed(f, text):
    f.attrs.create("model_config", np.bytes_(text.encode()))


def dense_store(f, text):
    for i in range(20):
        f.attrs[f"a{i}"] = i
    plain(f, text)
    for i in range(20, 30):
        f.attrs[f"a{i}"] = i


def dense_fixed(f, text):
    for i in range(20):
        f.attrs[f"a{i}"] = i
    fixed(f, text)


def dense_huge(f, text):
    for i in range(20):
        f.attrs[f"a{i}"] = i
    fixed(f, text + " " * 9000)


def many_dense(f, text):
    for i in range(300):
        f.attrs[f"attribute_{i:04d}"] = "x" * 40
    fixed(f, text)


def continued(f, text):
    for i in range(6):
        f.attrs[f"filler{i}"] = np.zeros(60, "i8")
    fixed(f, text)
    f.attrs["more"] = np.zeros(90, "i8")


def committed(f, text):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(text) + 7)
    kind.commit(f.id, b"kind")
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    a = h5py.h5a.create(f.id, b"model_config", kind, space)
    a.write(np.array(text.encode(), f"S{len(text) + 7}"))


def in_group(f, text):
    f.create_group("a/b/c").attrs["anything"] = text


def in_dataset(f, text):
    f["model_weights/dense/kernel:0"].attrs["architecture"] = text


def in_training(f, text):
    plain(f, json.dumps(model(dense())))
    f.attrs["training_config"] = text


def shared_messages():
    """Attributes go into the file's heap of shared messages: a setting that h5py does not offer, its library does."""
    library = ctypes.CDLL(next(str(p) for p in pathlib.Path(h5py.__file__).parent.parent.glob("h5py.libs/libhdf5-*.so*")))
    fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    one = ctypes.c_uint(1)
    assert library.H5Pset_shared_mesg_nindexes(ctypes.c_int64(fcpl.id), one) >= 0
    assert library.H5Pset_shared_mesg_index(ctypes.c_int64(fcpl.id), ctypes.c_uint(0), ctypes.c_uint(1 << 12 | 1 << 3 | 1 << 1), ctypes.c_uint(10)) >= 0
    return fcpl


STORES = {"plain": plain, "fixed": fixed, "dense": dense_store, "dense_fixed": dense_fixed, "dense_huge": dense_huge, "many_dense": many_dense,
          "continued": continued, "committed": committed, "in_group": in_group, "in_dataset": in_dataset, "in_training": in_training}


def many_links(f):
    g = f.create_group("many")
    for i in range(60):
        g.create_dataset(f"weight_{i:03d}", data=np.float32(i))


def kinds(f):
    f.create_dataset("half", data=np.zeros(2, "f2"))
    f.create_dataset("big_endian", data=np.zeros(2, ">i4"))
    f.create_dataset("bool", data=np.zeros(2, "?"))
    f.create_dataset("record", data=np.zeros(2, [("a", "i4"), ("b", "f8")]))
    f.create_dataset("text", data=["a", "bc"], dtype=h5py.string_dtype())
    f.create_dataset("packed", data=np.zeros((40, 40), "i2"), chunks=(10, 10), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("grown", shape=(4, 0), maxshape=(None, None), dtype="u1")
    f.create_dataset("complex", data=np.zeros(3, "c8"))
    f.create_dataset("empty", data=h5py.Empty("f4"))
    f.attrs["empty"] = h5py.Empty("S1")
    f.attrs["reference"] = f["half"].ref
    f["soft"] = h5py.SoftLink("/half")
    f["again"] = f["half"]
    f["group/loop"] = f["/"]


def foreign_filter(f):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4,))
    plist.set_filter(40404, h5py.h5z.FLAG_OPTIONAL, (1, 2))
    h5py.h5d.create(f.id, b"x", h5py.h5t.NATIVE_INT8, h5py.h5s.create_simple((4,)), plist)


def virtual(f):
    layout = h5py.VirtualLayout((4,), "i4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (4,))
    f.create_virtual_dataset("x", layout)


def make_hdf5():
    def add(verdict, found, what, content, suffix="h5"):
        sample("hdf5", verdict, found, what, content, suffix)
    good, evil = model(dense()), model(dense(), lambda3())
    for version, libver in {"old": "earliest", "new": "latest", "v108": ("v108", "v108"), "v110": ("v110", "v110")}.items():
        add("clean", "none", f"weights_{version}", hdf5(weights, libver))
        add("clean", "none", f"model_{version}", keras_h5(good, libver=libver))
        add("clean", "none", f"many_links_{version}", hdf5(many_links, libver))
        add("clean", "none", f"kinds_{version}", hdf5(kinds, libver))
        add("clean", "none", f"ordered_{version}", keras_h5(good, libver=libver, track_order=True))
        for name, store in STORES.items():
            if name in ("dense_huge", "many_dense") and version == "old":
                continue
            add("unsafe", "MDL-KER-001", f"{name}_{version}", keras_h5(evil, store, libver=libver))
            if version == "new":
                add("clean", "none", f"stored_{name}", keras_h5(good, store, libver=libver))
    add("unsafe", "MDL-KER-001", "ordered_dense", keras_h5(evil, dense_fixed, libver="latest", track_order=True))
    add("unsafe", "MDL-KER-001", "legacy_lambda", keras_h5(legacy(lambda2())))
    add("clean", "none", "shared_messages", keras_h5(good, fixed, fcpl=shared_messages()))
    add("unsafe", "MDL-KER-001", "shared_messages_lambda", keras_h5(evil, fixed, fcpl=shared_messages()))
    add("unsafe", "MDL-KER-001", "shared_messages_dense", keras_h5(evil, dense_fixed, fcpl=shared_messages()))
    add("unsafe", "MDL-KER-001", "other_name", keras_h5(evil), "data")

    add("clean", "none", "user_block", hdf5(weights, userblock=bytes(512)))
    add("clean", "none", "user_block_text", hdf5(weights, userblock=b"MATLAB 7.3 MAT-file".ljust(512)))
    add("unsafe", "MDL-KER-001", "user_block_lambda", keras_h5(evil, userblock=bytes(512)))
    add("unsafe", "MDL-KER-001", "user_block_2048", keras_h5(evil, fixed, libver="latest", userblock=bytes(2048)))
    add("unsafe", "MDL-PKL-001", "user_block_pickle", hdf5(weights, userblock=EVIL.ljust(1024, b"\0")))
    add("suspicious", "MDL-KER-009", "user_block_bytes", hdf5(weights, userblock=b"\xfe\xca".ljust(512, b"\1")))
    add("unsafe", "MDL-PKL-001", "pickle_behind", hdf5(weights) + EVIL)
    add("unsafe", "MDL-ZIP-006", "archive_behind", hdf5(weights) + keras_zip(evil))
    add("unsafe", "MDL-PKL-001", "pickle_in_attribute", hdf5(lambda f: f.attrs.create("x", np.bytes_(b"cposix\nsystem\n(S'true'\ntR."))))
    add("clean", "none", "list_in_attribute", hdf5(lambda f: f.attrs.create("x", np.bytes_(b"(lp0\nS'a'\np1\na."))))
    add("unsafe", "MDL-KER-006", "external_link", hdf5(lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/other.h5", "/x"))))
    add("unsafe", "MDL-KER-006", "external_link_new", hdf5(lambda f: f.__setitem__("x", h5py.ExternalLink("../other.h5", "/x")), "latest"))
    add("unsafe", "MDL-KER-006", "external_data", hdf5(lambda f: f.create_dataset("x", (4,), "i4", external=[("/etc/passwd", 0, 16)])))
    add("unsafe", "MDL-KER-006", "external_data_new", hdf5(lambda f: f.create_dataset("x", (4,), "i4", external=[("/etc/passwd", 0, 16)]), "latest"))
    add("unsafe", "MDL-KER-006", "virtual", hdf5(virtual, "latest"))
    add("unsafe", "MDL-KER-006", "soft_link_out", hdf5(lambda f: f.__setitem__("x", h5py.SoftLink("../../etc/x"))))
    add("suspicious", "MDL-KER-009", "filter", hdf5(foreign_filter))
    add("suspicious", "MDL-KER-007", "custom", keras_h5(legacy({"class_name": "MyLayer", "config": {}})))
    add("unparseable", "MDL-KER-008", "no_json", keras_h5(good, lambda f, text: plain(f, text[:-5])))
    add("unparseable", "MDL-KER-008", "numbers", keras_h5(good, lambda f, text: f.attrs.create("model_config", np.zeros(4, "i8"))))
    add("unsafe", "MDL-KER-001", "yaml", keras_h5(good, lambda f, text: plain(f, "!!python/object/apply:os.system [id]")))
    add("clean", "none", "objects_of_pytables", hdf5(objects_of_pytables(b"\x80\x04]\x94(K\x01K\x02e.")))
    add("unsafe", "MDL-PKL-001", "objects_of_pytables_old", hdf5(objects_of_pytables(EVIL)))
    add("unsafe", "MDL-PKL-001", "objects_of_pytables_new", hdf5(objects_of_pytables(EVIL), "latest"))
    add("unsafe", "MDL-KER-001", "bytes_with_nul", keras_h5(evil, lambda f, text: f.attrs.create("model_config", np.void(text.encode()))))
    old = keras_h5(good)
    add("unparseable", "MDL-KER-008", "cut", old[:-1])
    add("unparseable", "MDL-KER-008", "signature_only", old[:8])
    add("unparseable", "MDL-KER-008", "superblock_9", old[:8] + b"\x09" + old[9:])
    add("unparseable", "MDL-KER-008", "broken_tree", old.replace(b"TREE", b"TREX", 1))
    add("unparseable", "MDL-KER-008", "broken_names", old.replace(b"SNOD", b"SNOX", 1))
    add("unparseable", "MDL-KER-008", "broken_heap", old.replace(b"GCOL", b"GCOX", 1))
    add("unsafe", "MDL-KER-001", "broken_lambda", keras_h5(evil).replace(b"SNOD", b"SNOX"))
    new = keras_h5(good, dense_fixed, libver="latest")
    for what in (b"FRHP", b"BTHD", b"BTLF", b"OHDR"):
        assert what in new
        add("unparseable", "MDL-KER-008", "broken_" + what.decode(), new.replace(what, what[:3] + b"X"))


# --- archives ------------------------------------------------------------------------------------------------------------------------------

def keras_zip(config=None, weights_file=None, more=(), order=("metadata.json", "config.json", "model.weights.h5"), method=zipfile.ZIP_STORED):
    members = {"metadata.json": json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-25@00:00:00"}).encode(),
               "config.json": config if isinstance(config, bytes) else json.dumps(config if config else model(dense())).encode(),
               "model.weights.h5": weights_file or hdf5(weights)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name in order:
            z.writestr(zipfile.ZipInfo(name), members[name], compress_type=method)
        for name, content in more:
            z.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


def make_keras():
    def add(verdict, found, what, content, suffix="keras"):
        sample("keras", verdict, found, what, content, suffix)
    evil = model(dense(), lambda3())
    add("clean", "none", "plain", keras_zip())
    add("clean", "none", "deflated", keras_zip(method=zipfile.ZIP_DEFLATED))
    add("clean", "none", "other_name", keras_zip(), "bin")
    add("clean", "none", "assets", keras_zip(more=[("assets/vocab.txt", b"a\nb\nos.system\n")]))
    add("clean", "none", "new_weights", keras_zip(weights_file=hdf5(weights, "latest")))
    add("unsafe", "MDL-KER-001", "lambda", keras_zip(evil))
    add("unsafe", "MDL-KER-001", "lambda_deflated", keras_zip(evil, method=zipfile.ZIP_DEFLATED))
    add("unsafe", "MDL-KER-001", "lambda_other_name", keras_zip(evil), "zip")
    add("unsafe", "MDL-KER-001", "legacy_inside", keras_zip(weights_file=keras_h5(legacy(lambda2()))))
    add("unsafe", "MDL-KER-001", "h5_member", keras_zip(more=[("assets/x.bin", keras_h5(evil))]))
    add("unsafe", "MDL-KER-002", "module", keras_zip(model(layer("system", "os"))))
    add("unsafe", "MDL-KER-006", "outside_weights", keras_zip(weights_file=hdf5(lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/other.h5", "/x")))))
    two = keras_zip(more=[("config.json", json.dumps(evil).encode())])
    add("unsafe", "MDL-KER-001", "two_configs", two)
    add("unsafe", "MDL-ZIP-002", "two_configs_told", two)
    add("unsafe", "MDL-ZIP-007", "leads_out", keras_zip(more=[("../../x.txt", b"x")]))
    add("unsafe", "MDL-ZIP-007", "absolute", keras_zip(more=[("/etc/x", b"x")]))
    add("unsafe", "MDL-PKL-001", "pickle_member", keras_zip(more=[("assets/data.pkl", EVIL)]))
    add("unsafe", "MDL-PKL-001", "pickle_as_text", keras_zip(more=[("assets/vocab.txt", EVIL)]))
    add("unsafe", "MDL-REP-004", "python", keras_zip(more=[("layers.py", b"import os\n")]))
    add("unsafe", "MDL-REP-004", "native", keras_zip(more=[("assets/a.so", b"\x7fELF" + bytes(60))]))
    add("unsafe", "MDL-PKL-001", "pickle_in_front", EVIL + keras_zip())
    add("unsafe", "MDL-KER-001", "hdf5_in_front", keras_h5(evil) + keras_zip())
    hidden = keras_zip(order=("metadata.json", "model.weights.h5", "config.json"), more=[("x.json", b"{}")])
    at = hidden.rfind(b"PK\1\2", 0, hidden.rfind(b"x.json"))
    entry = hidden[at:hidden.rfind(b"PK\5\6")]
    end = bytearray(hidden[hidden.rfind(b"PK\5\6"):])
    struct.pack_into("<HHI", end, 8, 3, 3, struct.unpack_from("<I", end, 12)[0] - len(entry))
    add("unsafe", "MDL-ZIP-003", "hidden_member", hidden[:at] + bytes(end))
    add("unsafe", "MDL-ZIP-001", "two_names", keras_zip(evil).replace(b"config.json", b"c0nfig.json", 1))
    add("unparseable", "MDL-KER-008", "no_config", keras_zip(order=("metadata.json", "model.weights.h5")))
    add("unparseable", "MDL-KER-008", "config_cut", keras_zip(json.dumps(model(dense())).encode()[:-3]))
    add("unparseable", "MDL-KER-008", "weights_cut", keras_zip(weights_file=hdf5(weights)[:-100]))
    add("unparseable", "MDL-ZIP-008", "cut", keras_zip()[:-30])
    add("unparseable", "MDL-REP-006", "no_archive", b"no archive at all, and no HDF5")


# --- protocol buffers -------------------------------------------------------------------------------------------------------------------------

def node(name, op, *inputs, **attrs):
    return field(1, name) + field(2, op) + b"".join(field(3, i) for i in inputs) + b"".join(field(5, field(1, k) + field(2, v)) for k, v in attrs.items())


def const(name, text):
    return node(name, "Const", value=field(8, field(1, 7) + field(8, text)), dtype=field(6, 7))


def graph(*nodes, functions=()):
    library = b"".join(field(1, field(1, field(1, name)) + b"".join(field(3, n) for n in body)) for name, body in functions)
    return b"".join(field(1, n) for n in nodes) + (field(2, library) if library else b"") + field(4, field(1, 1482))


CALM = [node("x", "Placeholder"), node("w", "VarHandleOp"), node("r", "ReadVariableOp", "w"), node("y", "MatMul", "x", "r"), node("save", "SaveV2", "y"),
        node("s", "ShardedFilename"), node("a", "Assert"), node("p", "PrintV2", output_stream=field(2, "stderr"))]


def meta(g, assets=b"", objects=b""):
    info = field(4, "serve") + field(5, "2.21.0") + field(6, "v2.21.0-rc0")
    return field(1, info) + field(2, g) + field(5, field(1, "serving_default") + field(2, b"")) + assets + objects


def saved(*graphs, **more):
    return field(1, 1) + b"".join(field(2, meta(g, **more)) for g in graphs)


def keras_metadata(tree):
    return field(1, field(2, 1) + field(3, "root.layer-0") + field(4, "_tf_keras_layer") + field(5, json.dumps(tree)))


def make_tensorflow():
    def add(verdict, found, what, content, suffix="pb"):
        sample("tensorflow", verdict, found, what, content, suffix)
    for verdict, found, what, content in checkpoint.samples():
        add(verdict, found, what, content, "index")
    calm = graph(*CALM)
    text_nodes = 'node {\n  name: "x"\n  op: "Placeholder"\n  attr { key: "dtype" value { type: DT_FLOAT } }\n}\nnode: <name: "y" op: "Relu" input: ["x"]>; # calm\n'
    text_evil = 'node { name: "e" op: "Py\\x46unc" input: "x" }\n'
    text_read = 'node { name: "f" op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape {} string_val: "/etc/" "passwd" } } } }\nnode { name: "r" op: "ReadFile" input: "f" }\n'
    text_saved = 'saved_model_schema_version: 1\nmeta_graphs {\n meta_info_def { tags: "serve" tensorflow_version: "2.10.0" }\n graph_def {\n%s }\n signature_def { key: "d" value { inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT } } } }\n}\n'
    versions = 'versions { producer: 27 }\n'
    for what, verdict, found, text in (("text", "clean", "none", text_nodes + versions), ("text_versions_first", "clean", "none", versions + text_nodes), ("text_saved", "clean", "none", text_saved % text_nodes),
                                       ("text_meta", "clean", "none", "meta_info_def { tensorflow_version: '2.1.0' }\ngraph_def {" + text_nodes + "}\n"),
                                       ("text_python", "unsafe", "MDL-TF-001", text_nodes + text_evil), ("text_read", "unsafe", "MDL-TF-002", text_nodes + text_read),
                                       ("text_saved_read", "unsafe", "MDL-TF-002", text_saved % (text_nodes + text_read)), ("text_library", "unsafe", "MDL-TF-001", text_nodes + 'library { function { signature { name: "g" } node_def { name: "e" op: "EagerPyFunc" } } }\n'),
                                       ("text_custom", "suspicious", "MDL-TF-003", text_nodes + 'node { name: "c" op: "MyOwn" }\n'),
                                       ("text_cut", "unparseable", "MDL-TF-004", text_nodes[:-20]), ("text_unclosed", "unparseable", "MDL-TF-004", text_nodes + 'node { name: "a\n" }'),
                                       ("text_evil_cut", "unsafe", "MDL-TF-001", text_nodes + text_evil + 'node {'), ("text_deep", "unparseable", "MDL-TF-004", text_nodes + "node {" + "attr {" * 100)):
        add(verdict, found, what, text.encode(), "pbtxt")
    add("unsafe", "MDL-TF-001", "text_no_suffix", (text_nodes + text_evil).encode(), "bin")
    add("not_a_model", "none", "labels", b"item {\n  id: 1\n  name: 'cat'\n}\n", "pbtxt")
    for form, make, suffix in (("graph", lambda g: g, "pb"), ("meta", meta, "meta"), ("saved", saved, "pb")):
        add("clean", "none", form, make(calm), suffix)
        add("clean", "none", form + "_no_suffix", make(calm), "bin")
        for op in ("PyFunc", "EagerPyFunc"):
            add("unsafe", "MDL-TF-001", f"{form}_{op}", make(graph(*CALM, node("e", op, "x"))), suffix)
        for op in ("WriteFile", "ReadFile", "MatchingFiles", "TFRecordDatasetV2", "LMDBReader", "SaveDatasetV2", "RpcCall", "RemoteCall", "LoadLibrary"):
            if form == "graph" or op == "WriteFile":
                add("unsafe", "MDL-TF-002", f"{form}_{op}", make(graph(*CALM, node("e", op, "x"))), suffix)
        add("unsafe", "MDL-TF-002", form + "_in_function", make(graph(*CALM, node("c", "PartitionedCall"), functions=[("f", [node("e", "WriteFile", "x")])])), suffix)
        add("suspicious", "MDL-TF-003", form + "_custom", make(graph(*CALM, node("e", "MyVendorOp"))), suffix)
        add("unparseable", "MDL-TF-004", form + "_cut", make(graph(*CALM, CALM[0] * 3))[:-7], suffix)
    add("clean", "none", "local_function", graph(*CALM, node("c", "my_function"), functions=[("my_function", [node("e", "AddV2", "x", "x")])]))
    add("clean", "none", "table_relative", graph(const("f", "vocab.txt"), node("t", "InitializeTableFromTextFileV2", "h", "f")))
    add("unsafe", "MDL-TF-002", "table_absolute", graph(const("f", "/etc/passwd"), node("t", "InitializeTableFromTextFileV2", "h", "f")))
    add("clean", "none", "table_asset", saved(graph(const("f", "/home/me/vocab.txt"), node("t", "InitializeTableFromTextFileV2", "h", "f")),
                                             assets=field(6, field(1, field(1, "f:0")) + field(2, "vocab.txt"))))
    add("unsafe", "MDL-TF-002", "asset_outside", saved(calm, assets=field(6, field(1, field(1, "f:0")) + field(2, "../../x"))))
    add("unsafe", "MDL-TF-002", "print_to_file", graph(*CALM, node("q", "PrintV2", "x", output_stream=field(2, "file:///tmp/x"))))
    add("unsafe", "MDL-TF-002", "debug_address", graph(*CALM, node("q", "DebugIdentity", "x", debug_urls=field(1, field(2, "grpc://127.0.0.1:1")))))
    add("suspicious", "MDL-TF-002", "proto_source", graph(*CALM, node("q", "DecodeProtoV2", "x", descriptor_source=field(2, "/tmp/x"))))
    add("suspicious", "MDL-TF-002", "mapped", graph(*CALM, node("q", "ImmutableConst")))
    add("unsafe", "MDL-TF-002", "mapped_outside", graph(*CALM, node("q", "ImmutableConst", memory_region_name=field(2, "/etc/passwd"))))
    add("unsafe", "MDL-TF-002", "path_by_identity", graph(const("f", "/etc/passwd"), node("i", "Identity", "f"), node("t", "InitializeTableFromTextFileV2", "h", "i:output:0")))
    table = [("f", [node("t", "InitializeTableFromTextFileV2", "h", "filename")])]
    add("unsafe", "MDL-TF-002", "path_as_argument", graph(const("c", "/etc/passwd"), node("p", "StatefulPartitionedCall", "c"), functions=table))
    add("clean", "none", "path_from_placeholder", graph(node("c", "Placeholder"), node("p", "StatefulPartitionedCall", "c"), functions=table))
    add("unsafe", "MDL-TF-002", "path_joined", graph(const("a", "../"), const("b", "passwd"), node("j", "StringJoin", "a", "b"), node("t", "InitializeTableFromTextFileV2", "h", "j")))
    evil = graph(*CALM, node("e", "PyFunc", "x"))
    add("unsafe", "MDL-TF-001", "unknown_field", field(99, "x") + field(77, 5) + evil)
    add("unsafe", "MDL-TF-001", "group", varint(99 << 3 | 3) + varint(7 << 3 | 3) + field(1, 5) + varint(7 << 3 | 4) + varint(99 << 3 | 4) + evil)
    add("unsafe", "MDL-TF-001", "versions_first", field(4, field(1, 1482)) + evil, "bin")
    add("unsafe", "MDL-TF-001", "library_first", field(2, field(1, field(1, field(1, "f")) + field(3, node("e", "PyFunc")))) + calm, "bin")
    add("unsafe", "MDL-TF-001", "meta_unknown_field", field(99, "x") + meta(evil), "meta")
    add("unsafe", "MDL-TF-001", "saved_unknown_field", field(1, 1) + field(2, field(50, "x") + meta(evil)))
    add("unsafe", "MDL-TF-001", "second_meta", saved(calm, graph(*CALM, node("e", "PyFunc", "x"))))
    add("unsafe", "MDL-TF-001", "second_library", calm + field(2, field(1, field(1, field(1, "f")) + field(3, node("e", "PyFunc")))))
    add("unsafe", "MDL-TF-001", "meta_in_parts", field(1, 1) + field(2, meta(calm) + field(2, graph(node("e", "PyFunc")))))
    add("clean", "none", "keras_layer", keras_metadata({"class_name": "Dense", "config": {"units": 2}}))
    add("clean", "none", "keras_own_class", keras_metadata({"class_name": "MyModel", "config": {}}))
    add("unsafe", "MDL-KER-001", "keras_lambda", keras_metadata(lambda2()))
    add("unsafe", "MDL-KER-001", "keras_lambda_tuple", keras_metadata({"class_name": "Lambda", "config": {"function": {"class_name": "__tuple__", "items": [EVIL_CODE, None, None]}, "function_type": "lambda"}}))
    objects = field(7, field(1, field(4, field(1, "_tf_keras_layer") + field(3, json.dumps(lambda2())))))
    add("unsafe", "MDL-KER-001", "objects_lambda", saved(calm, objects=objects))


# --- TensorFlow Lite ----------------------------------------------------------------------------------------------------------------------------

class Flat:
    """A flatbuffer, written forwards: each table behind what points to it."""

    def __init__(self):
        self.out = bytearray(4) + b"TFL3"

    def align(self, n=4):
        self.out += bytes(-len(self.out) % n)
        return len(self.out)

    def table(self, fields):
        """fields: {number: ("i", format, value) or ("ref",)}. Gives the table's place and those of its references."""
        count = max(fields, default=-1) + 1
        at_vtable = self.align(8)
        self.out += struct.pack("<HH", 4 + 2 * count, 4 + 8 * count) + bytes(2 * count)
        at = self.align(8)
        self.out += struct.pack("<i", at - at_vtable) + bytes(4 + 8 * count)
        places = {}
        for number, value in fields.items():
            place = at + 8 + 8 * number
            struct.pack_into("<H", self.out, at_vtable + 4 + 2 * number, place - at)
            if value is None:
                places[number] = place
            else:
                struct.pack_into(value[0], self.out, place, value[1])
        return at, places

    def point(self, place, to):
        struct.pack_into("<I", self.out, place, to - place)

    def text(self, place, content):
        self.point(place, self.align())
        content = content.encode() if isinstance(content, str) else content
        self.out += struct.pack("<I", len(content)) + content + b"\0"

    def numbers(self, place, values):
        self.point(place, self.align())
        self.out += struct.pack(f"<I{len(values)}i", len(values), *values)

    def tables(self, place, count):
        self.point(place, self.align())
        self.out += struct.pack("<I", count) + bytes(4 * count)
        return [len(self.out) - 4 * (count - i) for i in range(count)]


def tflite(codes=((0, None), (9, None)), operators=(0, 1), buffers=(b"", bytes(16)), tensor_buffer=1, far=None, tail=b"", options=None):
    f = Flat()
    model_at, m = f.table({0: ("<I", 3), 1: None, 2: None, 3: None, 4: None})
    f.point(0, model_at)
    f.text(m[3], "made by hand")
    for place, (builtin, custom) in zip(f.tables(m[1], len(codes)), codes):
        at, refs = f.table({0: ("<b", min(builtin, 127)), 3: ("<i", builtin), **({1: None} if custom else {})})
        f.point(place, at)
        if custom:
            f.text(refs[1], custom)
    for place, content in zip(f.tables(m[4], len(buffers)), buffers):
        at, refs = f.table({**({0: None} if content else {}), **({1: ("<Q", far[0]), 2: ("<Q", far[1])} if far and content else {})})
        f.point(place, at)
        if content:
            f.text(refs[0], content)
    place, = f.tables(m[2], 1)
    at, g = f.table({0: None, 3: None})
    f.point(place, at)
    place, = f.tables(g[0], 1)
    at, t = f.table({0: None, 1: ("<b", 0), 2: ("<I", tensor_buffer), 3: None})
    f.point(place, at)
    f.numbers(t[0], [2, 2])
    f.text(t[3], "w")
    for place, code_index in zip(f.tables(g[3], len(operators)), operators):
        at, refs = f.table({0: ("<I", code_index), **({5: None} if options else {})})
        f.point(place, at)
        if options:
            f.text(refs[5], options)
    return bytes(f.out) + tail


def make_tflite():
    def add(verdict, found, what, content):
        sample("tflite", verdict, found, what, content, "tflite")
    labels = io.BytesIO()
    with zipfile.ZipFile(labels, "w") as z:
        z.writestr(zipfile.ZipInfo("labels.txt"), "cat\ndog\n")
    evil = io.BytesIO()
    with zipfile.ZipFile(evil, "w") as z:
        z.writestr(zipfile.ZipInfo("labels.txt"), EVIL)
    good = tflite()
    add("clean", "none", "two_operators", good)
    add("clean", "none", "labels", tflite(tail=labels.getvalue()))
    add("clean", "none", "flex_add", tflite(codes=((32, "FlexAddV2"),), operators=(0,)))
    add("suspicious", "MDL-TF-003", "custom", tflite(codes=((32, "MyOp"),), operators=(0,)))
    add("suspicious", "MDL-TF-003", "flex_unknown", tflite(codes=((32, "FlexMyOp"),), operators=(0,)))
    for op in ("ReadFile", "WriteFile"):
        add("unsafe", "MDL-TF-002", "flex_" + op, tflite(codes=((32, "Flex" + op),), operators=(0,)))
    add("unsafe", "MDL-TF-001", "flex_python", tflite(codes=((32, "FlexPyFunc"),), operators=(0,)))
    add("unsafe", "MDL-TF-002", "flex_not_used", tflite(codes=((0, None), (32, "FlexReadFile")), operators=(0,)))
    flex = dict(codes=((32, "FlexAddV2"),), operators=(0,))
    add("clean", "none", "flex_node", tflite(**flex, options=b"\x06AddV2\0\x10" + node("WriteFile", "AddV2", "x", "y") + b"\2\x0a"))
    add("unsafe", "MDL-TF-002", "flex_other_node", tflite(**flex, options=b"\x06AddV2\0\x10" + node("add", "WriteFile", "x", "y") + b"\2\x0a"))
    add("unsafe", "MDL-TFL-002", "operator_not_listed", tflite(operators=(7,)))
    add("unsafe", "MDL-TFL-002", "buffer_not_there", tflite(tensor_buffer=9))
    add("unsafe", "MDL-TFL-002", "buffer_far_outside", tflite(far=(1 << 40, 5)))
    add("unsafe", "MDL-TFL-002", "root_outside", struct.pack("<I", 1 << 30) + good[4:])
    add("unsafe", "MDL-TFL-002", "cut", good[:len(good) // 2])
    add("unsafe", "MDL-PKL-001", "pickle_in_labels", tflite(tail=evil.getvalue()))


def main():
    for folder in ("hdf5", "keras", "keras_config", "tensorflow", "tflite"):
        (HERE / folder).mkdir(exist_ok=True)
    for make in (make_configs, make_hdf5, make_keras, make_tensorflow, make_tflite):
        make()
    for folder, files in SAMPLES.items():
        for old in (HERE / folder).iterdir():
            if "real_" not in old.name:
                old.unlink()
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)
        print(folder, len(files))


main()
