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
from onnx import TensorProto, helper
from sklearn import (cluster, compose, decomposition, ensemble, impute, linear_model, naive_bayes, neighbors, neural_network, pipeline, preprocessing,
                     svm, tree)
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
         (pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), SPECIES),
         (pipeline.make_pipeline(impute.SimpleImputer(missing_values=0.2), decomposition.PCA(2), naive_bayes.GaussianNB()), TEXTS),
         (neighbors.KNeighborsClassifier(3), SPECIES), (neighbors.KNeighborsRegressor(4), NUMBERS), (svm.SVR(), NUMBERS),
         (svm.SVC(probability=True, random_state=0), TEXTS), (svm.SVC(probability=True, random_state=0), TWO),
         (neural_network.MLPClassifier((5,), max_iter=90, random_state=0), SPECIES), (neural_network.MLPRegressor(hidden_layer_sizes=(5,), random_state=0), NUMBERS),
         (ensemble.AdaBoostClassifier(n_estimators=4), SPECIES), (ensemble.BaggingClassifier(n_estimators=3, random_state=0), TEXTS),
         (ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]), NUMBERS),
         (naive_bayes.BernoulliNB(binarize=2), SPECIES), (naive_bayes.MultinomialNB(), TWO)]


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


def test_an_input_for_each_column(tmp_path):
    rows = numpy.array([[["red", "green"][i % 2], i / 7, ["s", "m", "l"][i % 3]] for i in range(40)], dtype=object)
    columns = compose.ColumnTransformer([("words", preprocessing.OneHotEncoder(handle_unknown="ignore"), [0, 2]), ("numbers", preprocessing.StandardScaler(), [1])])
    model = pipeline.make_pipeline(columns, linear_model.LogisticRegression()).fit(rows, numpy.arange(40) % 3)
    kinds = [skl2onnx.common.data_types.StringTensorType, skl2onnx.common.data_types.FloatTensorType, skl2onnx.common.data_types.StringTensorType]
    made = skl2onnx.convert_sklearn(model, initial_types=[(name, kind([None, 1])) for name, kind in zip("abc", kinds)], options={"zipmap": False})
    (tmp_path / "theirs.onnx").write_bytes(made.SerializeToString())
    joblib.dump(model, tmp_path / "model.pkl")
    assay("convert", tmp_path / "model.pkl", "--to", "onnx", "--out", tmp_path / "ours.onnx")
    (tmp_path / "rows.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    for file in ("theirs.onnx", "ours.onnx"):
        session = onnxruntime.InferenceSession(tmp_path / file, providers=["CPUExecutionProvider"])
        feed = {one.name: rows[:, [i]].astype(object if "string" in one.type else numpy.float32) for i, one in enumerate(session.get_inputs())}
        labels, proba = session.run(None, feed)
        ours = json.loads(assay("predict", tmp_path / file, "--input", tmp_path / "rows.csv", "--no-header", "--output", "predict,predict_proba", "--json").stdout)
        assert ours["predict"] == labels.tolist() == model.predict(rows).tolist()
        numpy.testing.assert_allclose(ours["predict_proba"], proba, atol=1e-5)


def test_clusters_have_numbers_and_distances(tmp_path):
    model = cluster.KMeans(4, n_init=2, random_state=0).fit(X)
    (tmp_path / "theirs.onnx").write_bytes(skl2onnx.to_onnx(model, X[:1]).SerializeToString())
    joblib.dump(model, tmp_path / "model.pkl")
    assay("convert", tmp_path / "model.pkl", "--to", "onnx", "--out", tmp_path / "ours.onnx")
    numpy.save(tmp_path / "x.npy", X)
    for file in ("theirs.onnx", "ours.onnx"):
        ours = json.loads(assay("predict", tmp_path / file, "--input", tmp_path / "x.npy", "--output", "predict,transform", "--json").stdout)
        assert ours["predict"] == model.predict(X).tolist()
        numpy.testing.assert_allclose(ours["transform"], model.transform(X), atol=1e-4)


def random_ensemble(rng, modes, leaves_of):
    """Arrays of a few random trees: each node splits until it is deep; `leaves_of` weights a leaf."""
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    weights = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}

    def grow(tree_id, depth):
        at = sum(1 for t in nodes["treeids"] if t == tree_id)
        for key, value in zip(nodes, [tree_id, at, int(rng.integers(4)), float(rng.integers(0, 8)), "LEAF" if depth == 0 else str(rng.choice(modes)), 0, 0, int(rng.integers(2))]):
            nodes[key].append(value)
        row = len(nodes["treeids"]) - 1
        if depth == 0:
            for target, weight in leaves_of():
                for key, value in zip(weights, [tree_id, at, target, weight]):
                    weights[key].append(value)
            return at
        nodes["truenodeids"][row] = grow(tree_id, depth - 1)
        nodes["falsenodeids"][row] = grow(tree_id, depth - 1)
        return at
    for tree_id in range(3):
        grow(tree_id, int(rng.integers(0, 4)))
    return nodes, weights


def trees_beside_runtime(tmp_path, node, outputs, kind):
    rows = numpy.random.default_rng(1).integers(0, 8, (60, 4)).astype(kind)
    rows[::9, 1] = numpy.nan
    number = TensorProto.DOUBLE if kind == numpy.float64 else TensorProto.FLOAT
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("X", number, [None, 4])], [helper.make_tensor_value_info(*one) for one in outputs])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    numpy.save(tmp_path / "x.npy", rows)
    theirs = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"]).run(None, {"X": rows})
    wanted = "predict,predict_proba" if len(outputs) > 1 else "predict"
    ours = json.loads(assay("predict", tmp_path / "m.onnx", "--input", tmp_path / "x.npy", "--output", wanted, "--json").stdout)
    ours = {name: numpy.array(value, float).reshape(len(rows), -1) for name, value in ours.items()}
    if len(outputs) > 1:
        assert (ours["predict"].ravel() == theirs[0]).all()
    numpy.testing.assert_allclose(ours["predict_proba" if len(outputs) > 1 else "predict"], theirs[-1].reshape(len(rows), -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_modes_aggregates_and_links_of_tree_ensembles(tmp_path, seed):
    rng = numpy.random.default_rng(seed)
    several = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
    modes, targets, kind = (several if seed % 2 else [several[seed % 6]]), 1 + seed % 3, [numpy.float32, numpy.float64][seed % 2]
    nodes, weights = random_ensemble(rng, modes, lambda: [(t, float(rng.random())) for t in range(targets) if t == 0 or seed % 4 < 2 or rng.random() < 0.7])
    attributes = {"aggregate_function": ["SUM", "AVERAGE", "MIN", "MAX"][seed % 4], "n_targets": targets}
    if seed % 4 < 2:
        attributes["base_values" if kind == numpy.float32 else "base_values_as_tensor"] = [0.5] * targets
    attributes.update({f"nodes_{key}": value for key, value in nodes.items()}, **{f"target_{key}": value for key, value in weights.items()})
    if kind == numpy.float64:
        for name in ("nodes_values", "target_weights"):
            attributes[name + "_as_tensor"] = helper.make_tensor(name, TensorProto.DOUBLE, [len(attributes[name])], attributes.pop(name))
        if "base_values_as_tensor" in attributes:
            attributes["base_values_as_tensor"] = helper.make_tensor("base_values", TensorProto.DOUBLE, [targets], [0.5] * targets)
    if targets == 3 and seed % 4 == 1:
        attributes["post_transform"] = "PROBIT"
    trees_beside_runtime(tmp_path, helper.make_node("TreeEnsembleRegressor", ["X"], ["y"], domain="ai.onnx.ml", **attributes), [("y", TensorProto.FLOAT, [None, targets])], kind)


# Not here: two classes with weights for both, whose label ONNX Runtime does not choose by the larger one, and PROBIT, which it computes in part.
@pytest.mark.parametrize("post", ["NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"])
@pytest.mark.parametrize("classes,columns", [(2, 1), (3, 3), (5, 5)])
def test_links_of_tree_classifiers(tmp_path, post, classes, columns):
    rng = numpy.random.default_rng(classes * 7 + columns)
    nodes, weights = random_ensemble(rng, ["BRANCH_LEQ"], lambda: [(t, float(rng.uniform(0.05, 0.3))) for t in range(columns)])
    attributes = {f"nodes_{key}": value for key, value in nodes.items()} | {f"class_{key}": value for key, value in weights.items()}
    node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "p"], domain="ai.onnx.ml", classlabels_int64s=list(range(classes)), post_transform=post, **attributes)
    trees_beside_runtime(tmp_path, node, [("label", TensorProto.INT64, [None]), ("p", TensorProto.FLOAT, [None, classes])], numpy.float32)


def test_the_ensemble_of_version_five(tmp_path):
    file = ROOT / "fuzz/corpus/estimator/ensemble5.onnx"
    rows = numpy.random.default_rng(0).integers(-1, 4, (50, 2)).astype(numpy.float32) / 2
    rows[::7] = numpy.nan
    numpy.save(tmp_path / "x.npy", rows)
    theirs = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"X": rows})[0]
    ours = json.loads(assay("predict", file, "--input", tmp_path / "x.npy", "--json").stdout)["predict"]
    numpy.testing.assert_array_equal(ours, theirs)


def test_what_is_not_understood_is_named(tmp_path):
    ends = [helper.make_tensor_value_info(name, 1, [None, 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Hardmax", ["x"], ["y"])], "g", ends[:1], ends[1:])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    numpy.save(tmp_path / "x.npy", X)
    done = subprocess.run([ASSAY, "model", "predict", tmp_path / "m.onnx", "--input", tmp_path / "x.npy"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "'Hardmax'" in done.stderr
