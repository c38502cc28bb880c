"""Files that need each other: in a folder and in archives a file is judged together with those that it names."""

import io
import json
import os
import pathlib
import subprocess
import tarfile
import zipfile

import numpy
import onnx
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
EVIL = b"cos\ngetcwd\n)R."


def scan(*paths, cwd):
    done = subprocess.run([ASSAY, "scan", "--json", *map(str, paths)], cwd=cwd, capture_output=True, check=False, timeout=120)
    return {target["path"].removeprefix("./"): target for target in json.loads(done.stdout)["targets"]}


def worst(target):
    return {f["code"] for f in target["findings"] if f["severity"] != "info"}


def side_file_pickle(name):
    """What joblib 0.9 wrote: the array lies in a file of its own."""
    return (b"\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(U\x08filenameU" + bytes([len(name)]) + name + b"U\x08subclasscnumpy\nndarray\nU\nallow_mmap\x88ub.")


def array():
    out = io.BytesIO()
    numpy.save(out, numpy.arange(10.0))
    return out.getvalue()


def onnx_model(**where):
    weight = TensorProto(name="w", dims=[2], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in where.items():
        weight.external_data.add(key=key, value=value)
    vector = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [vector("x")], [vector("y")], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def packed(files):
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as z, tarfile.open(fileobj=tarred, mode="w:gz") as t:
        for name, content in files.items():
            z.writestr("d/" + name, content)
            info = tarfile.TarInfo("d/" + name)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    return {"a.zip": zipped.getvalue(), "a.tar.gz": tarred.getvalue()}


def verdicts(tmp_path, name, files):
    """The verdict of `name` in a folder, and those of archives that hold the same files."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for path, content in (files | packed(files)).items():
        (folder / path).write_bytes(content)
    found = scan("folder", cwd=tmp_path)
    return [found["folder/" + path]["verdict"] for path in (name, "a.zip", "a.tar.gz")]


def test_an_old_joblib_pickle_is_judged_with_its_array(tmp_path):
    assert verdicts(tmp_path, "m.pkl", {"m.pkl": side_file_pickle(b"m_01.npy"), "m_01.npy": array()}) == ["clean"] * 3
    lone = scan("folder/m.pkl", cwd=tmp_path)["folder/m.pkl"]
    assert lone["verdict"] == "suspicious" and "MDL-PKL-016" in worst(lone)


def test_the_table_judges_with_the_neighbours_too(tmp_path):
    code = json.dumps({"model_type": "x", "architectures": ["X"], "auto_map": {"AutoModel": "modeling_x.X"}}).encode()
    files = {"m.onnx": onnx_model(location="weights.bin"), "m.pkl": side_file_pickle(b"m_01.npy"), "m_01.npy": array(), "config.json": code,
             "modeling_x.py": b"import os\nos.system('id')\n"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    told = {path: target["verdict"] for path, target in scan(".", cwd=tmp_path).items() if target["verdict"] != "not_a_model"}
    table = subprocess.run([ASSAY, "scan", "."], cwd=tmp_path, capture_output=True, check=False, timeout=120, text=True).stdout
    shown = dict(reversed(line.split()[:2]) for line in table.splitlines() if "  ./" in line and line[0] not in " n")
    assert {path.removeprefix("./"): verdict.lower() for path, verdict in shown.items()} == told
    assert told["m.onnx"] == "suspicious" and told["m.pkl"] == "clean"


def test_an_array_that_is_a_program_makes_its_pickle_unsafe(tmp_path):
    assert verdicts(tmp_path, "m.pkl", {"m.pkl": side_file_pickle(b"m_01.npy"), "m_01.npy": EVIL}) == ["unsafe"] * 3


def test_an_array_that_is_not_there_is_told(tmp_path):
    assert verdicts(tmp_path, "m.pkl", {"m.pkl": side_file_pickle(b"m_01.npy")}) == ["suspicious"] * 3


def test_tensors_beside_a_model_have_to_be_there_and_long_enough(tmp_path):
    model = onnx_model(location="w.bin", offset="0", length="8")
    assert verdicts(tmp_path, "m.onnx", {"m.onnx": model, "w.bin": bytes(8)}) == ["clean"] * 3
    (tmp_path / "folder/w.bin").write_bytes(bytes(7))
    assert worst(scan("folder", cwd=tmp_path)["folder/m.onnx"]) == {"MDL-ONX-004"}
    (tmp_path / "folder/w.bin").unlink()
    assert worst(scan("folder", cwd=tmp_path)["folder/m.onnx"]) == {"MDL-ONX-001"}
    (tmp_path / "folder/w.bin").symlink_to("/etc/hostname")
    assert scan("folder", cwd=tmp_path)["folder/m.onnx"]["verdict"] == "unsafe"


def test_code_that_settings_name_is_looked_at(tmp_path):
    config = json.dumps({"model_type": "x", "architectures": ["X"], "auto_map": {"AutoModel": "modeling_x.X"}}).encode()
    calm, wild = b"import torch\nclass X: pass\n", b"import os\nclass X:\n    def forward(self):\n        os.system('id')\n"
    assert verdicts(tmp_path, "config.json", {"config.json": config, "modeling_x.py": calm})[0] == "suspicious"
    (tmp_path / "folder/modeling_x.py").write_bytes(wild)
    target = scan("folder", cwd=tmp_path)["folder/config.json"]
    assert target["verdict"] == "unsafe" and [f["call"] for f in target["findings"] if f["severity"] == "high"] == ["commands"]


def test_code_that_runs_because_of_its_place_is_told(tmp_path):
    """Nobody names these files: transformers and datasets look for them. Findings about settings name the line."""
    plain, far = b"def generate(model, **more):\n    return model(**more)\n", b"import os\ndef generate(model):\n    os.system('x')\n"
    script = b"import datasets\nclass D(datasets.GeneratorBasedBuilder):\n    pass\n"
    config = json.dumps({"model_type": "x", "architectures": ["X"], "auto_map": {"AutoModel": "modeling_x.X"}}, indent=2).encode()
    files = {"a/custom_generate/generate.py": plain, "b/custom_generate/generate.py": far, "squad/squad.py": script, "pkg/pkg.py": b"x = 1\n", "a/config.json": config}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = scan(tmp_path, cwd=tmp_path)
    verdict = {path.removeprefix(str(tmp_path) + "/"): target["verdict"] for path, target in found.items()}
    assert verdict == {"a/custom_generate/generate.py": "suspicious", "b/custom_generate/generate.py": "unsafe", "squad/squad.py": "unsafe",
                       "pkg/pkg.py": "not_a_model", "a/config.json": "suspicious"}
    assert [f["where"]["line"] for f in found[str(tmp_path / "a/config.json")]["findings"]] == [7]
