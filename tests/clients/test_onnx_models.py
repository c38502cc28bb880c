"""`assay model predict` on ONNX files that skl2onnx and we wrote: the answers of ONNX Runtime."""

import json
import os
import pathlib
import subprocess

import joblib
import numpy
import onnxruntime
import pytest
import skl2onnx
from onnx import helper
from sklearn import ensemble, linear_model, pipeline, preprocessing, tree
from sklearn.datasets import load_iris

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
X, SPECIES = load_iris(return_X_y=True)
X = X.astype(numpy.float32)
TEXTS, TWO, NUMBERS = numpy.array(["rose", "iris", "lily"])[SPECIES], (SPECIES > 0).astype(int), X[:, 0] * 2 + X[:, 1]
CASES = [(ensemble.RandomForestClassifier(7, random_state=0), TEXTS), (ensemble.RandomForestClassifier(7, random_state=0), TWO),
         (ensemble.ExtraTreesClassifier(7, random_state=0), SPECIES), (ensemble.GradientBoostingClassifier(n_estimators=7), SPECIES),
         (ensemble.GradientBoostingClassifier(n_estimators=7), TWO), (tree.DecisionTreeClassifier(max_depth=3), SPECIES),
         (ensemble.RandomForestRegressor(7, random_state=0), NUMBERS), (ensemble.ExtraTreesRegressor(7, random_state=0), NUMBERS),
         (ensemble.GradientBoostingRegressor(n_estimators=7), NUMBERS), (tree.DecisionTreeRegressor(), NUMBERS),
         (linear_model.LogisticRegression(max_iter=500), TEXTS), (linear_model.LogisticRegression(), TWO), (linear_model.LinearRegression(), NUMBERS),
         (pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), SPECIES)]


def assay(*args, code=0):
    done = subprocess.run([ASSAY, "model", *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done


def compare(file, folder, classifies):
    numpy.savetxt(folder / "x.csv", X, delimiter=",", header="a,b,c,d", comments="", fmt="%.9g")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {session.get_inputs()[0].name: X})
    wanted = "predict,predict_proba" if classifies else "predict"
    ours = json.loads(assay("predict", file, "--input", folder / "x.csv", "--output", wanted, "--json").stdout)
    if not classifies:
        numpy.testing.assert_allclose(ours["predict"], theirs[0].ravel(), rtol=2e-5, atol=1e-5)
        return
    proba = theirs[1]
    if isinstance(proba, list):
        proba = [[row[c] for c in sorted(row)] for row in proba]
    numpy.testing.assert_allclose(ours["predict_proba"], proba, rtol=2e-5, atol=1e-5)
    ranks = numpy.sort(proba, axis=1)
    apart = ranks[:, -1] - ranks[:, -2] > 1e-5
    assert apart.sum() > 100 and (numpy.array(ours["predict"])[apart] == theirs[0][apart]).all()


@pytest.mark.parametrize("model,y", CASES, ids=lambda v: type(v).__name__)
def test_what_skl2onnx_wrote(tmp_path, model, y):
    model.fit(X, y)
    file = tmp_path / "model.onnx"
    file.write_bytes(skl2onnx.to_onnx(model, X[:1]).SerializeToString())
    compare(file, tmp_path, hasattr(model, "classes_"))


@pytest.mark.parametrize("model,y", [CASES[0], CASES[6]], ids=["classifier", "regressor"])
def test_what_we_wrote(tmp_path, model, y):
    joblib.dump(model.fit(X.astype(float), y), tmp_path / "model.pkl")
    assay("convert", tmp_path / "model.pkl", "--to", "onnx", "--out", tmp_path / "model.onnx")
    compare(tmp_path / "model.onnx", tmp_path, hasattr(model, "classes_"))


def test_what_is_not_understood_is_named(tmp_path):
    ends = [helper.make_tensor_value_info(name, 1, [None, 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Erf", ["x"], ["y"])], "g", ends[:1], ends[1:])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    numpy.save(tmp_path / "x.npy", X)
    done = subprocess.run([ASSAY, "model", "predict", tmp_path / "m.onnx", "--input", tmp_path / "x.npy"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "'Erf'" in done.stderr
