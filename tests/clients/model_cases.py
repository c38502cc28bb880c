"""Random fits by the real scikit-learn that runs this, and the comparison of Assay's files with them.

    python model_cases.py make FOLDER FIRST COUNT     one folder per seed: data.csv, params.json, case.json, theirs.pkl
    python model_cases.py check FOLDER                ours.pkl of every folder against theirs.pkl, bit for bit; prints what differs

A fit that scikit-learn refuses is a case too: then Assay has to refuse it.
"""
import csv
import json
import pathlib
import pickle
import sys
import warnings

import numpy
import sklearn
from sklearn import ensemble, tree

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
SQUARED, ABSOLUTE = ("squared_error", "absolute_error") if VERSION >= (1, 0) else ("mse", "mae")
CRITERIA = [SQUARED, "friedman_mse", ABSOLUTE] + (["poisson"] if VERSION >= (0, 24) else [])
CLASSES = {name: getattr(module, name) for module, name in [
    (ensemble, "RandomForestClassifier"), (ensemble, "RandomForestRegressor"), (ensemble, "ExtraTreesClassifier"), (ensemble, "ExtraTreesRegressor"),
    (tree, "DecisionTreeClassifier"), (tree, "DecisionTreeRegressor"), (tree, "ExtraTreeClassifier"), (tree, "ExtraTreeRegressor")]}


def random_features(rng, rows, columns):
    x = rng.normal(size=(rows, columns)) * 10.0 ** rng.integers(-3, 4, columns)
    for f in range(columns):
        style = rng.integers(6)
        if style == 0:
            x[:, f] = rng.integers(0, rng.integers(1, 6), rows)
        elif style == 1:
            x[:, f] = numpy.round(x[:, f], 1)
        elif style == 2:  # steps about the width below which values are one
            x[:, f] = 1 + rng.integers(0, 5, rows) * 6e-8
    if VERSION >= (1, 3) and rng.random() < 0.25:
        x[rng.random(x.shape) < rng.choice([0.02, 0.2, 0.5])] = numpy.nan
    return x


def random_targets(rng, rows, classifies):
    outputs = int(rng.choice([1, 1, 1, 2, 3]))
    if not classifies:
        y = rng.normal(size=(rows, outputs)) * 5
        style = rng.integers(4)
        if style == 0:
            y = numpy.round(y)
        elif style == 1:
            y = numpy.abs(y)
        elif style == 2:
            y = rng.poisson(1.5, (rows, outputs)).astype(float)
        return y
    count = int(rng.choice([1, 2, 2, 3, 5]))
    y = rng.integers(0, count, (rows, outputs))
    kind = rng.integers(4)
    if kind == 0:
        return numpy.array(numpy.array(["red", "green", "blue é", "x,y", 'q"r'])[y].tolist())  # as wide as its widest
    if kind == 1 and count == 2:
        return y.astype(bool)
    return y * 3 - 4


def random_class_weight(rng, y, is_forest):
    choice = rng.integers(4 if is_forest else 3)
    if choice == 0:
        return None
    if choice == 1:
        return "balanced"
    if choice == 3:
        return "balanced_subsample"
    dicts = [{label: float(rng.integers(1, 5)) / 2 for label in numpy.unique(y[:, k]).tolist()} for k in range(y.shape[1])]
    return dicts[0] if len(dicts) == 1 else dicts


def random_params(rng, name, y, columns):
    is_forest = not name.endswith(("TreeClassifier", "TreeRegressor"))
    classifies = name.endswith("Classifier")
    maybe = lambda chance: rng.random() < chance
    p = {"random_state": int(rng.integers(0, 2**32))}
    if classifies:
        p["criterion"] = str(rng.choice(["gini", "entropy"] + (["log_loss"] if VERSION >= (1, 1) else [])))
        p["class_weight"] = random_class_weight(rng, y, is_forest)
    else:
        p["criterion"] = str(rng.choice(CRITERIA))
    if maybe(0.4): p["max_depth"] = int(rng.integers(1, 8))
    if maybe(0.3): p["min_samples_leaf"] = int(rng.integers(1, 6)) if maybe(0.5) else float(rng.choice([0.01, 0.1, 0.2]))
    if maybe(0.3): p["min_samples_split"] = int(rng.integers(2, 10)) if maybe(0.5) else float(rng.choice([0.05, 0.3]))
    if maybe(0.2): p["min_weight_fraction_leaf"] = float(rng.choice([0.01, 0.1]))
    if maybe(0.5): p["max_features"] = [None, "sqrt", "log2", 1, columns, 0.5, 1.0][rng.integers(7)]
    if maybe(0.3): p["max_leaf_nodes"] = int(rng.integers(2, 20))
    if maybe(0.2): p["min_impurity_decrease"] = float(rng.choice([0.001, 0.05]))
    if maybe(0.2): p["ccp_alpha"] = float(rng.choice([0.001, 0.02, 0.5]))
    if VERSION >= (1, 4) and maybe(0.2): p["monotonic_cst"] = rng.integers(-1, 2, columns).tolist()
    if not is_forest:
        if maybe(0.3): p["splitter"] = str(rng.choice(["best", "random"]))
        return p
    p["n_estimators"] = int(rng.integers(1, 7))
    if maybe(0.5): p["bootstrap"] = bool(rng.integers(2))
    bootstrap = p.get("bootstrap", name.startswith("Random"))
    if bootstrap and maybe(0.4): p["max_samples"] = int(rng.integers(1, len(y))) if maybe(0.5) else float(rng.choice([0.03, 0.3, 0.75]))
    if maybe(0.3): p["oob_score"] = True
    return p


def random_weights(rng, rows):
    choice = rng.integers(5)
    if choice == 0:
        return rng.random(rows)
    if choice == 1:
        return rng.integers(0, 3, rows).astype(float)
    return None


def write_csv(path, x, y, weights):
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        columns = [f"f{i}" for i in range(x.shape[1])] + [f"y{k}" for k in range(y.shape[1])]
        writer.writerow(columns + (["w"] if weights is not None else []))
        for i in range(len(x)):
            row = ["" if numpy.isnan(v) else repr(float(v)) for v in x[i]] + y[i].tolist()
            writer.writerow(row + ([repr(float(weights[i]))] if weights is not None else []))


def json_params(params):
    keys = lambda d: {str(k): v for k, v in d.items()} if isinstance(d, dict) else d
    weight = params.get("class_weight")
    return {**params, **({"class_weight": [keys(d) for d in weight] if isinstance(weight, list) else keys(weight)} if weight is not None else {})}


def make(folder, seed):
    rng = numpy.random.default_rng(seed)
    name = str(rng.choice(list(CLASSES)))
    rows, columns = int(rng.integers(8, 90)), int(rng.integers(1, 7))
    x = random_features(rng, rows, columns)
    y = random_targets(rng, rows, name.endswith("Classifier"))
    weights = random_weights(rng, rows)
    params = random_params(rng, name, y, columns)
    folder.mkdir(parents=True)
    write_csv(folder / "data.csv", x, y, weights)
    write_csv(folder / "rows.csv", x, y[:, :0], None)
    (folder / "params.json").write_text(json.dumps(json_params(params)))
    target = y[:, 0] if y.shape[1] == 1 else y
    case = {"estimator": name, "targets": y.shape[1], "weighted": weights is not None, "version": sklearn.__version__}
    try:
        warm = rng.random() < 0.15 and "n_estimators" in params and params["n_estimators"] > 1 and VERSION >= (1, 2)
        theirs = CLASSES[name](**params)
        if warm:
            theirs.set_params(warm_start=True, n_estimators=1).fit(x, target, sample_weight=weights)
            first = {**json_params(params), "n_estimators": 1, "warm_start": True}
            (folder / "first.json").write_text(json.dumps(first))
            theirs.set_params(n_estimators=params["n_estimators"])
            (folder / "params.json").write_text(json.dumps({**json_params(params), "warm_start": True}))
        theirs.fit(x, target, sample_weight=weights)
        if any(m.tree_.n_node_samples[0] == 0 for m in getattr(theirs, "estimators_", [theirs])):
            raise ValueError("a tree without a row: nothing but NaN in it")
        case["warm"] = bool(warm)
        (folder / "theirs.pkl").write_bytes(pickle.dumps({"model": theirs, "x": x}))
        (folder / "model.pkl").write_bytes(pickle.dumps(theirs, protocol=int(rng.integers(2, 6))))
        (folder / "rows.json").write_text(json.dumps(expected(theirs, x)))
    except (ValueError, TypeError, ZeroDivisionError) as error:
        case["refused"] = str(error)
    (folder / "case.json").write_text(json.dumps(case))


def expected(model, x):
    if not hasattr(model, "predict_proba"):
        return {"predict": model.predict(x).tolist()}
    proba = model.predict_proba(x)
    return {"predict": model.predict(x).tolist(), "predict_proba": [p.tolist() for p in proba] if isinstance(proba, list) else proba.tolist()}


def same(a, b):
    """Equal to the last bit; NaN is NaN."""
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(i, j) for i, j in zip(a, b))
    if isinstance(a, numpy.ndarray) and a.dtype.kind == "U":  # text of several outputs is as wide as the widest of all: ours as that of its own
        return isinstance(b, numpy.ndarray) and b.dtype.kind == "U" and a.tolist() == b.tolist()
    if isinstance(a, numpy.ndarray):
        return isinstance(b, numpy.ndarray) and a.shape == b.shape and a.dtype == b.dtype and (a.tolist() == b.tolist() if a.dtype == object else a.tobytes() == b.tobytes())
    if isinstance(a, float):
        return isinstance(b, float) and numpy.float64(a).tobytes() == numpy.float64(b).tobytes()
    return a == b


def compare(ours, theirs, x):
    if type(ours) is not type(theirs):
        return f"is a {type(ours).__name__}"
    mine, real = vars(ours), vars(theirs)
    if set(mine) - {"feature_names_in_"} != set(real):
        return f"attributes differ: {sorted(set(mine) ^ set(real))}"
    if ours.get_params() != theirs.get_params():
        return f"parameters differ: {ours.get_params()} {theirs.get_params()}"
    for key, value in real.items():
        if key in ("estimators_", "tree_", "estimator_", "estimator", "_estimator", "base_estimator_", "base_estimator"):
            continue
        if not same(value, mine[key]):
            return f"{key} differs: {value!r} {mine[key]!r}"[:600]
    if len(getattr(ours, "estimators_", [])) != len(getattr(theirs, "estimators_", [])):
        return "the number of trees differs"
    for i, (a, b) in enumerate(zip(getattr(ours, "estimators_", [ours]), getattr(theirs, "estimators_", [theirs]))):
        a_state, b_state = a.tree_.__getstate__(), b.tree_.__getstate__()
        for field in b_state["nodes"].dtype.names:
            if a_state["node_count"] != b_state["node_count"] or a_state["nodes"][field].tobytes() != b_state["nodes"][field].tobytes():
                return f"tree {i}: {field} differs: {a_state['nodes'][field][:12]} {b_state['nodes'][field][:12]}"
        if a_state["values"].tobytes() != b_state["values"].tobytes() or a_state["max_depth"] != b_state["max_depth"]:
            return f"tree {i}: values or depth differ"
        if a is not ours and set(vars(a)) != set(vars(b)):
            return f"attributes of trees differ: {sorted(set(vars(a)) ^ set(vars(b)))}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names of features are unknown to x; importances of NaN
        if not same(theirs.feature_importances_, ours.feature_importances_):
            return "importances differ"
        if not same(theirs.predict(x), ours.predict(x)):
            return "predictions differ"
        if hasattr(theirs, "predict_proba") and not same(theirs.predict_proba(x), ours.predict_proba(x)):
            return "probabilities differ"
    return None


def check(folder):
    trouble = 0
    for case in sorted(folder.iterdir(), key=lambda path: int(path.name)):
        if not (case / "theirs.pkl").exists() or not (case / "ours.pkl").exists():
            continue
        theirs = pickle.loads((case / "theirs.pkl").read_bytes())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                ours = pickle.loads((case / "ours.pkl").read_bytes())
                difference = compare(ours, theirs["model"], theirs["x"])
            except Exception as error:  # noqa: BLE001 - whatever the library makes of our file is the finding
                difference = repr(error)
        if difference:
            trouble += 1
            print(f"seed {case.name}: {difference}")
            print("   ", (case / "case.json").read_text(), (case / "params.json").read_text())
    return trouble


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    where = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        for seed in range(int(sys.argv[3]), int(sys.argv[3]) + int(sys.argv[4])):
            make(where / str(seed), seed)
    else:
        sys.exit(1 if check(where) else 0)
