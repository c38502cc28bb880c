"""`assay model convert`: the numbers come along, whatever would have run stays behind; beside numpy and the safetensors library."""

import json
import os
import pickle
import struct
import subprocess
import zipfile

import gguf
import h5py
import numpy
import onnx
import pytest
import safetensors.numpy
from sklearn import datasets, ensemble

PROTOCOLS = [0, 2, 4, 5]


def convert(assay, path, form, *options, code=0):
    done = subprocess.run([str(assay), "model", "convert", str(path), "--to", form, *options], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


class Evil:
    """Only ever written, never loaded."""

    def __reduce__(self):
        return os.system, ("true",)


def weights():
    rng = numpy.random.default_rng(1)
    return {
        "encoder": {"w": rng.normal(size=(3, 5)).astype("f4"), "columns": numpy.asfortranarray(rng.normal(size=(4, 3, 2)))},
        "layers": [rng.integers(0, 9, (2, 2)), numpy.array([True, False])],
        "big": rng.normal(size=(3, 2)).astype(">f8"),
        "half": rng.normal(size=7).astype("f2"),
        "empty": numpy.zeros((0, 3), "i2"),
    }


def flat(nested, prefix=""):
    pairs = nested.items() if isinstance(nested, dict) else enumerate(nested)
    for key, value in pairs:
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, (dict, list)):
            yield from flat(value, name)
        else:
            yield name, value


def same(loaded, wanted):
    assert set(loaded) == set(wanted)
    for name, array in wanted.items():
        got = loaded[name]
        assert got.shape == array.shape and got.dtype.kind == array.dtype.kind and got.dtype.itemsize == array.dtype.itemsize, name
        assert (got == array).all(), name


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_weights_of_a_hostile_pickle(assay, tmp_path, protocol):
    path = tmp_path / "w.pkl"
    path.write_bytes(pickle.dumps({**weights(), "evil": Evil()}, protocol))
    assert "unsafe" in convert(assay, path, "safetensors") and "unsafe" in convert(assay, path, "npz")
    wanted = dict(flat(weights()))
    same(safetensors.numpy.load_file(tmp_path / "w.safetensors"), wanted)
    with numpy.load(tmp_path / "w.npz", allow_pickle=False) as loaded:
        same({name: loaded[name] for name in loaded.files}, wanted)
    for made in ("w.safetensors", "w.npz"):
        done = subprocess.run([str(assay), "scan", str(tmp_path / made)], capture_output=True)
        assert done.returncode == 0


def test_there_and_back(assay, tmp_path):
    wanted = {"a.b/c": numpy.arange(6, dtype="i8").reshape(2, 3), "x": numpy.float32([1.5, numpy.nan, numpy.inf]), "scalar": numpy.array(3, "u1"), "ü": numpy.ones((2, 1), "c8")}
    numpy.savez_compressed(tmp_path / "in.npz", **wanted)
    convert(assay, tmp_path / "in.npz", "safetensors", "--out", str(tmp_path / "mid.safetensors"))
    convert(assay, tmp_path / "mid.safetensors", "npz", "--out", str(tmp_path / "out.npz"))
    with numpy.load(tmp_path / "out.npz", allow_pickle=False) as loaded:
        assert set(loaded.files) == set(wanted)
        for name, array in wanted.items():
            assert loaded[name].tobytes() == array.tobytes() and loaded[name].shape == array.shape and loaded[name].dtype == array.dtype


def test_what_cannot_be_carried_over(assay, tmp_path):
    path = tmp_path / "odd.pkl"
    path.write_bytes(pickle.dumps({"words": numpy.array(["a", "b"]), "w": numpy.ones(2)}, 4))
    assert "'words'" in convert(assay, path, "npz", code=3) and not (tmp_path / "odd.npz").exists()
    assert "1 tensor, 1 left out" in convert(assay, path, "npz", "--skip")
    empty = tmp_path / "none.pkl"
    empty.write_bytes(pickle.dumps({"a": 1}, 4))
    assert "no tensor" in convert(assay, empty, "safetensors", code=3)
    twice = tmp_path / "twice.pkl"
    twice.write_bytes(pickle.dumps({"a.b": numpy.ones(1), "a": {"b": numpy.zeros(1)}}, 4))
    assert "'a.b'" in convert(assay, twice, "npz", code=3)
    bfloat = tmp_path / "b.safetensors"
    header = json.dumps({"t": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    bfloat.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    assert "bfloat16" in convert(assay, bfloat, "npz", code=3)


def test_a_path_that_leads_out_is_thrown_away(assay, tmp_path):
    path = tmp_path / "out.pkl"
    path.write_bytes(pickle.dumps({"../../etc/x": numpy.ones(1)}, 4))
    assert "thrown away" in convert(assay, path, "npz", code=3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.pkl"]


# torch.save without torch: its pickle names a function and a class of storages, and keeps the numbers beside.
TENSORS = b"".join([
    b"\x80\x02}q\x00(",
    *(b"X" + struct.pack("<I", len(name)) + name + b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\n" + storage + b"\nX\x01\x00\x00\x00" + key
      + b"X\x03\x00\x00\x00cpuK" + bytes([count]) + b"tQK" + bytes([offset]) + b"(" + b"".join(b"K" + bytes([n]) for n in shape) + b"t(" + b"".join(b"K" + bytes([n]) for n in strides)
      + b"t\x89ccollections\nOrderedDict\n)RtR"
      for name, storage, key, count, offset, shape, strides in [
          (b"fc.weight", b"FloatStorage", b"0", 12, 0, (3, 4), (4, 1)),
          (b"turned", b"FloatStorage", b"0", 12, 0, (4, 3), (1, 4)),
          (b"part", b"FloatStorage", b"0", 12, 5, (3,), (2,)),
          (b"steps", b"LongStorage", b"1", 1, 0, (), ()),
          (b"beyond", b"FloatStorage", b"0", 12, 8, (3, 4), (4, 1)),
      ]),
    b"u.",
])


def test_tensors_of_pytorch(assay, tmp_path):
    numbers, steps = numpy.arange(12, dtype="f4") / 7, numpy.array([41], "i8")
    path = tmp_path / "net.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {"data.pkl": TENSORS, "byteorder": b"little", "version": b"3\n", "data/0": numbers.tobytes(), "data/1": steps.tobytes()}.items():
            archive.writestr(f"net/{name}", content)
    assert "'beyond'" in convert(assay, path, "npz", code=3)
    assert "4 tensors, 1 left out" in convert(assay, path, "npz", "--skip")
    square = numbers.reshape(3, 4)
    with numpy.load(tmp_path / "net.npz", allow_pickle=False) as loaded:
        same({name: loaded[name] for name in loaded.files}, {"fc.weight": square, "turned": square.T, "part": numbers[[5, 7, 9]], "steps": steps.reshape(())})


def test_a_forest_as_onnx(assay, tmp_path):
    path = tmp_path / "model.pkl"
    subprocess.run([str(assay), "model", "train", "--data", "iris", "--estimator", "RandomForestClassifier", "--param", "n_estimators=3", "--random-state", "1", "--out", str(path)], check=True, capture_output=True)
    convert(assay, path, "onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "model.onnx"))


def test_an_estimator_as_json(assay, tmp_path):
    path = tmp_path / "model.pkl"
    subprocess.run([str(assay), "model", "train", "--data", "iris", "--estimator", "RandomForestClassifier", "--param", "n_estimators=3", "--random-state", "1", "--out", str(path)], check=True, capture_output=True)
    convert(assay, path, "json")
    told = json.loads((tmp_path / "model.json").read_text())
    assert told["schema"] == "assay.estimator/1" and told["library"] == "scikit-learn"
    forest = told["estimator"]
    assert forest["class"].endswith("RandomForestClassifier") and forest["attributes"]["n_estimators"] == 3
    tree = forest["attributes"]["estimators_"][0]["attributes"]["tree_"]["attributes"]
    nodes, count = tree["nodes"]["data"], tree["node_count"]
    assert len(nodes["left_child"]) == len(nodes["threshold"]) == count
    assert tree["values"]["shape"] == [count, 1, 3] and len(tree["values"]["data"]) == 3 * count


def test_integers_of_any_length_and_numbers_as_keys_have_json(assay, tmp_path):
    x, y = datasets.load_iris(return_X_y=True)
    model = ensemble.HistGradientBoostingClassifier(max_iter=1, random_state=0).fit(x, y)
    model.notes_ = {numpy.int64(-3): 2 ** 200 - 1, 0.5: -2 ** 127, True: -1 - 2 ** 64, None: 2 ** 63, "a": 0}
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model, 4))
    convert(assay, tmp_path / "model.pkl", "json")
    notes = json.loads((tmp_path / "model.json").read_text())["estimator"]["attributes"]["notes_"]
    assert notes == {"-3": 2 ** 200 - 1, "0.5": -2 ** 127, "true": -1 - 2 ** 64, "null": 2 ** 63, "a": 0}


def test_usage(assay, tmp_path):
    path = tmp_path / "w.npz"
    numpy.savez(path, a=numpy.ones(2))
    convert(assay, path, "pickle", code=2)
    convert(assay, path, "npz", code=2)  # it would be written over itself
    convert(assay, tmp_path / "none.pkl", "npz", code=2)
    evil = tmp_path / "evil.pkl"
    evil.write_bytes(pickle.dumps(Evil(), 4))
    assert "system" in convert(assay, evil, "json", code=1)
    (tmp_path / "junk.bin").write_bytes(os.urandom(1000))
    convert(assay, tmp_path / "junk.bin", "npz", code=3)


# Blocks of ggml: random bytes with sane scales, unpacked by the gguf library too.
BLOCKS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4"]


def random_blocks(kind, count):
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = numpy.random.default_rng(int(kind)).integers(0, 256, (count, size), "u1")
    for at in {"Q4_1": (0, 2), "Q5_1": (0, 2), "Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,), "TQ1_0": (52,), "TQ2_0": (64,)}.get(kind.name, (0,)):
        if kind.name != "MXFP4":
            halves = numpy.random.default_rng(at).normal(size=count).astype("<f2")
            halves[:2] = [0, 6e-8]  # and one that is not normal
            blocks[:, at : at + 2] = halves.view("u1").reshape(count, 2)
    if kind.name == "MXFP4":
        blocks[:, 0] = blocks[:, 0] % 100 + 80
    return numbers, blocks


def test_blocks_of_gguf(assay, tmp_path):
    path = tmp_path / "m.gguf"
    writer, wanted = gguf.GGUFWriter(path, "llama"), {}
    for name in BLOCKS:
        kind = gguf.GGMLQuantizationType[name]
        numbers, blocks = random_blocks(kind, 6)
        rows = blocks.reshape(3, -1)
        writer.add_tensor(name, rows, raw_dtype=kind)
        wanted[name] = gguf.quants.dequantize(rows, kind)
    writer.add_tensor("plain", numpy.arange(6, dtype="f4").reshape(2, 3))
    wanted["plain"] = numpy.arange(6, dtype="f4").reshape(2, 3)
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    for form in ("safetensors", "npz"):
        assert f"{len(wanted)} tensors, {len(wanted) - 1} of them unpacked" in convert(assay, path, form)
    with numpy.load(tmp_path / "m.npz", allow_pickle=False) as loaded:
        from_npz = {name: loaded[name] for name in loaded.files}
    for found in (safetensors.numpy.load_file(tmp_path / "m.safetensors"), from_npz):
        assert set(found) == set(wanted)
        for name, array in wanted.items():
            assert found[name].dtype == numpy.float32 and found[name].shape == array.shape
            assert found[name].tobytes() == array.astype("f4").tobytes() or numpy.array_equal(found[name], array), name


def test_weights_of_hdf5_and_of_a_keras_archive(assay, tmp_path):
    wanted = {"dense/kernel": numpy.arange(12, dtype="f4").reshape(3, 4) / 7, "dense/bias": numpy.arange(4, dtype=">f8"), "step": numpy.array(41, "i8"), "mask": numpy.array([True, False]), "small": numpy.arange(3, dtype="f2")}
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        for name, array in wanted.items():
            if name != "small":
                file[name] = array
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        small = h5py.h5d.create(file.id, b"small", h5py.h5t.py_create(wanted["small"].dtype), h5py.h5s.create_simple((3,)), compact)
        small.write(h5py.h5s.ALL, h5py.h5s.ALL, wanted["small"])
    convert(assay, path, "safetensors")
    same(safetensors.numpy.load_file(tmp_path / "w.safetensors"), wanted)
    archive = tmp_path / "m.keras"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("metadata.json", '{"keras_version": "3.4.0"}')
        z.writestr("config.json", '{"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": []}, "registered_name": null}')
        z.write(path, "model.weights.h5")
    convert(assay, archive, "npz")
    with numpy.load(tmp_path / "m.npz", allow_pickle=False) as loaded:
        same({name.removeprefix("model.weights.h5!"): loaded[name] for name in loaded.files}, wanted)
    with h5py.File(path, "a") as file:
        file.create_dataset("packed", data=numpy.ones(100), compression="gzip")
    assert "'packed'" in convert(assay, path, "npz", code=3)


def test_constants_of_a_frozen_graph(assay, tmp_path):
    def field(number, content):
        return bytes([number << 3 | 2, *([len(content)] if len(content) < 128 else [len(content) & 127 | 128, len(content) >> 7])]) + content
    numbers = numpy.arange(24, dtype="f4").reshape(4, 6)
    tensor = b"\x08\x01" + field(2, field(2, b"\x08\x04") + field(2, b"\x08\x06")) + field(4, numbers.tobytes())
    node = field(1, b"w") + field(2, b"Const") + field(5, field(1, b"value") + field(2, field(8, tensor)))
    (tmp_path / "g.pb").write_bytes(field(1, node))
    convert(assay, tmp_path / "g.pb", "safetensors")
    same(safetensors.numpy.load_file(tmp_path / "g.safetensors"), {"w": numbers})
