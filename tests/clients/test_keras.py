"""HDF5 files of the real library, in random shapes and in every way of storing: Assay sees the same tensors as h5py, and finds the code in them."""

import json
import os
import pathlib
import random
import subprocess
import zipfile

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
LIBVERS = ["earliest", "latest", ("v108", "v108"), ("earliest", "v110"), ("v112", "v112")]
DTYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", ">f4", ">i8"]
CALM = {"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Dense", "config": {"name": "d", "units": 2}}]}}
EVIL = {"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Lambda", "config": {"function": ["4wAAAA==", None, None], "function_type": "lambda"}}]}}


def scan(*paths):
    done = subprocess.run([ASSAY, "scan", "--json", *map(str, paths)], capture_output=True, text=True, check=False, timeout=120)
    return {pathlib.Path(t["path"]).name: t for t in json.loads(done.stdout)["targets"]}


def random_group(dice, group, depth):
    for i in range(dice.choice([0, 1, 3, 12, 40])):
        shape = tuple(dice.randrange(5) for _ in range(dice.randrange(4)))
        kind = dice.choice(DTYPES)
        options = dice.choice([{}, {}, {"chunks": True, "compression": "gzip"}]) if shape and 0 not in shape else {}
        group.create_dataset(f"w{i}", data=np.zeros(shape, kind), **options)
    for i in range(dice.choice([0, 2, 9, 30])):
        group.attrs[f"note{i}"] = dice.choice(["text", 1, 2.5, np.arange(dice.randrange(1, 90)), "long" * dice.randrange(900)])
    for i in range(dice.randrange(4) if depth else 0):
        random_group(dice, group.create_group(f"g{i}"), depth - 1)


def random_file(path, dice, config):
    libver = dice.choice(LIBVERS)
    with h5py.File(path, "w", libver=libver, track_order=dice.random() < 0.3, userblock_size=dice.choice([0, 0, 512, 1024])) as file:
        random_group(dice, file, 3)
        text = json.dumps(config)
        where = dice.choice(["root", "root", "group"])
        target = file if where == "root" else file.create_group("somewhere/else")
        target.attrs["model_config"] = dice.choice([text, np.bytes_(text)])
        for i in range(dice.choice([0, 20])):
            target.attrs[f"late{i}"] = i


def tensors_of(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, thing: found.update({name: thing}) if isinstance(thing, h5py.Dataset) else None)
        return {name: (thing.dtype.newbyteorder("=").name, list(thing.shape), thing.size * thing.dtype.itemsize) for name, thing in found.items()}


def test_sees_what_h5py_sees(tmp_path):
    dice = random.Random(5)
    paths = [tmp_path / f"m{i}.h5" for i in range(40)]
    for path in paths:
        random_file(path, dice, CALM)
    targets = scan(*paths)
    for path in paths:
        target = targets[path.name]
        assert (target["verdict"], target["format"]) == ("clean", "hdf5"), (path.name, target["findings"])
        seen = {t["name"]: (t["dtype"], t["shape"], t["bytes"]) for t in target.get("tensors", [])}
        assert seen == tensors_of(path), path.name


def test_finds_code_however_it_is_stored(tmp_path):
    dice = random.Random(6)
    paths = [tmp_path / f"m{i}.h5" for i in range(40)]
    for path in paths:
        random_file(path, dice, EVIL)
    for name, target in scan(*paths).items():
        codes = {f["code"] for f in target["findings"]}
        assert (target["verdict"], codes) == ("unsafe", {"MDL-KER-001"}), (name, target["findings"])


def test_a_cut_file_is_never_clean(tmp_path):
    random_file(tmp_path / "whole.h5", random.Random(7), CALM)
    whole = (tmp_path / "whole.h5").read_bytes()
    with zipfile.ZipFile(tmp_path / "whole.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(CALM))
        archive.writestr("model.weights.h5", whole)
    assert scan(tmp_path / "whole.keras")["whole.keras"]["verdict"] == "clean"
    packed = (tmp_path / "whole.keras").read_bytes()
    cuts = []
    for i in range(1, 30):
        for content, suffix in ((whole, "h5"), (packed, "keras")):
            cuts.append(tmp_path / f"cut{i}.{suffix}")
            cuts[-1].write_bytes(content[:len(content) * i // 30])
    for name, target in scan(*cuts).items():
        assert target["verdict"] in ("unparseable", "unsafe"), name
