"""Makes cases/*.json with the scikit-learn that runs it: python make_cases.py (then again with another version).

Small fits whose every tree test_fit.c compares bit for bit. Hex floats, so nothing is rounded on the way.
"""
import json
import pathlib
import platform

import numpy
import sklearn
from sklearn import ensemble, tree
from sklearn.datasets import load_diabetes, load_iris

HERE = pathlib.Path(__file__).parent
VERSION = sklearn.__version__


def hexes(array):
    return [float(x).hex() for x in array]


def describe_tree(member):
    t = member.tree_
    out = {
        "random_state": member.random_state,
        "max_depth": int(t.max_depth),
        "left": t.children_left.tolist(),
        "right": t.children_right.tolist(),
        "feature": t.feature.tolist(),
        "threshold": hexes(t.threshold),
        "impurity": hexes(t.impurity),
        "n_node_samples": t.n_node_samples.tolist(),
        "weighted_n_node_samples": hexes(t.weighted_n_node_samples),
        "value": [hexes(row[0]) if row.shape[1] > 1 else float(row[0][0]).hex() for row in t.value],
    }
    nodes = t.__getstate__()["nodes"]
    if "missing_go_to_left" in nodes.dtype.names:
        out["missing_go_to_left"] = nodes["missing_go_to_left"].tolist()
    return out


def write(name, estimator, X, y, weights=None):
    estimator.fit(X, y, sample_weight=weights)
    members = getattr(estimator, "estimators_", [estimator])
    grid = X[:: max(1, len(X) // 12)]
    case = {
        "case": name,
        "versions": {"sklearn": VERSION, "numpy": numpy.__version__, "arch": platform.machine()},
        "estimator": type(estimator).__module__ + "." + type(estimator).__name__,
        "params": {k: v for k, v in estimator.get_params().items()},
        "data": {"X": [[repr(float(x)) for x in row] for row in X]},
        "y": y.tolist(),
        "trees": [describe_tree(m) for m in members],
        "grid": [hexes(row) for row in grid],
        "predict": estimator.predict(grid).tolist(),
        "feature_importances": hexes(estimator.feature_importances_),
    }
    if weights is not None:
        case["sample_weight"] = hexes(weights)
    if hasattr(estimator, "classes_"):
        case["classes"] = estimator.classes_.tolist()
        case["predict_proba"] = [hexes(row) for row in estimator.predict_proba(grid)]
    path = HERE / "cases" / f"sk{VERSION}_{name}.json"
    path.write_text(json.dumps(case, separators=(",", ":")) + "\n")
    print(path.name, path.stat().st_size)


iris, diabetes = load_iris(), load_diabetes()
X, y = iris.data[::2], iris.target[::2]
names = iris.target_names[y]
DX, dy = diabetes.data[:60, :5], diabetes.target[:60]
rng = numpy.random.RandomState(1)
holes = X.copy()
holes[rng.random_sample(X.shape) < 0.1] = numpy.nan

write("forest", ensemble.RandomForestClassifier(3, random_state=0), X, y)
write("labels_balanced", ensemble.RandomForestClassifier(3, random_state=2, class_weight="balanced", criterion="entropy"), X, names)
write("weights_bestfirst", ensemble.RandomForestClassifier(2, random_state=3, max_leaf_nodes=6), X, y, rng.random_sample(len(y)))
write("extra_trees", ensemble.ExtraTreesClassifier(2, random_state=4), X, y)
write("missing", ensemble.RandomForestClassifier(2, random_state=5), holes, y)
write("regressor", ensemble.RandomForestRegressor(1, random_state=6, min_samples_leaf=3), DX, dy)
write("poisson", tree.DecisionTreeRegressor(random_state=8, criterion="poisson", max_depth=4), DX, dy)
write("monotonic", tree.DecisionTreeRegressor(random_state=7, monotonic_cst=[1, 0, -1, 0, 0], max_depth=4), DX, dy)
