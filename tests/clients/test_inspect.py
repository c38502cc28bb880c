"""`assay model inspect`: what a file is, told from its bytes; beside the libraries that wrote it where they are at hand."""

import json
import pickle
import struct
import subprocess

import numpy


def inspect(assay, path, *options, code=0):
    done = subprocess.run([str(assay), "model", "inspect", str(path), *options], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def target(assay, path, **rest):
    return json.loads(inspect(assay, path, "--json", **rest))


def facts(told):
    return {item["name"]: item["value"] for item in told["facts"]}


def write_safetensors(path, shapes):
    header, at = {}, 0
    for name, shape in shapes.items():
        end = at + 4 * int(numpy.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))


def test_estimator(assay, tmp_path):
    path = tmp_path / "model.pkl"
    subprocess.run([str(assay), "model", "train", "--data", "iris", "--estimator", "RandomForestClassifier", "--param", "n_estimators=7", "--param", "max_depth=3", "--random-state", "1", "--out", str(path)], check=True, capture_output=True)
    known = facts(target(assay, path))
    assert known["class"] == "sklearn.ensemble._forest.RandomForestClassifier"
    assert known["framework"] == "scikit-learn" and known["framework_version"]
    assert (known["param.n_estimators"], known["param.max_depth"], known["param.min_impurity_decrease"], known["param.bootstrap"]) == ("7", "3", "0.0", "True")
    assert (known["features"], known["classes"], known["estimators"]) == ("4", "0, 1, 2", "7")
    page = inspect(assay, path)
    assert page.startswith("clean  ") and "\nParameters\n" in page and "RandomForestClassifier" in page


def test_plain_values_and_arrays(assay, tmp_path):
    path = tmp_path / "bag.pkl"
    path.write_bytes(pickle.dumps({"weights": numpy.zeros((3, 5), "f4"), "rate": 0.1, "name": "été"}, protocol=2))
    told = target(assay, path)
    assert told["tensors"] == [{"name": "weights", "dtype": "float32", "shape": [3, 5], "bytes": 60}]
    assert facts(told)["item.rate"] == "0.1" and facts(told)["item.name"] == "été"


def test_numpy_files(assay, tmp_path):
    arrays = {"w": numpy.ones((2, 3, 4), "i2"), "b": numpy.ones(7, "?"), "when": numpy.zeros(2, "M8[s]"), "one": numpy.float64(2)}
    numpy.savez_compressed(tmp_path / "many.npz", **arrays)
    numpy.save(tmp_path / "one.npy", arrays["w"])
    numpy.save(tmp_path / "records.npy", numpy.zeros(3, [("a", "i4"), ("b", "f8")]))
    told = {t["name"]: (t["dtype"], t["shape"], t["bytes"]) for t in target(assay, tmp_path / "many.npz")["tensors"]}
    assert told == {"w": ("int16", [2, 3, 4], 48), "b": ("bool", [7], 7), "when": ("datetime64", [2], 16), "one": ("float64", [], 8)}
    assert target(assay, tmp_path / "one.npy")["tensors"] == [{"name": "array", "dtype": "int16", "shape": [2, 3, 4], "bytes": 48}]
    assert target(assay, tmp_path / "records.npy")["tensors"][0]["dtype"] == "record"


def test_tree_of_tensors(assay, tmp_path):
    path = tmp_path / "net.safetensors"
    shapes = {"embed.weight": [50, 8]}
    shapes |= {f"layers.{n}.{part}.weight": [8, 8] for n in range(30) for part in ("q", "k")}
    write_safetensors(path, shapes)
    told = target(assay, path)
    assert told["tensor_count"] == 61 and told["parameter_count"] == 50 * 8 + 60 * 64 and told["tensor_bytes"] == 4 * told["parameter_count"]
    short, whole = inspect(assay, path), inspect(assay, path, "--all")
    assert "60 tensors, 3840" in short and "folded" in short and "50 x 8" in whole and "folded" not in whole
    assert whole.count("float32  8 x 8") == 60


def test_hostile_names_stay_off_the_terminal(assay, tmp_path):
    path = tmp_path / "net.safetensors"
    write_safetensors(path, {"a.\x1b[31mred\x07": [1], "..": [2], "": [3], "x" * 5000: [1], ".".join("y" * 100): [1]})
    page = inspect(assay, path, "--all")
    assert "\x1b" not in page and "\x07" not in page


def test_codes_and_refusals(assay, tmp_path):
    bad = tmp_path / "bad.pkl"
    bad.write_bytes(b"cposix\nsystem\n(S'id'\ntR.")
    assert inspect(assay, bad, code=1).startswith("unsafe  ")
    cut = tmp_path / "cut.npy"
    cut.write_bytes(b"\x93NUMPY\x01\x00\xff\xff")
    assert inspect(assay, cut, code=3).startswith("unparseable  ")
    inspect(assay, tmp_path / "none.pkl", code=2)
    inspect(assay, bad, str(cut), code=2)
