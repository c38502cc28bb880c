"""XGBoost's and LightGBM's models, read from their files and answered as the libraries answer."""

import json
import pickle
import subprocess

import joblib
import lightgbm
import numpy
import onnx_answers
import pytest
import xgboost
from sklearn import pipeline, preprocessing

ROWS, FEATURES = 160, 5


def data(kind, categories=False, seed=0):
    rng = numpy.random.default_rng(seed)
    x = rng.normal(size=(ROWS, FEATURES)).astype("f4")
    x[rng.random(x.shape) < 0.1] = numpy.nan
    if categories:
        x[:, 2] = rng.integers(0, 40, ROWS)
        x[rng.random(ROWS) < 0.1, 2] = numpy.nan
    signal = numpy.nan_to_num(x[:, 0] * 2 + (x[:, 2] if not categories else (x[:, 2] % 3 - 1)) - x[:, 1])
    y = {"number": signal, "positive": numpy.exp(signal / 3), "two": (signal > 0).astype(int), "three": numpy.digitize(signal, [-1, 1])}[kind]
    return x, y


def predict(assay, model, x, outputs, tmp_path):
    numpy.save(tmp_path / "x.npy", x.astype("f8"))
    done = subprocess.run([str(assay), "model", "predict", str(model), "--input", str(tmp_path / "x.npy"), "--output", outputs, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: numpy.array(value, "f8") for name, value in json.loads(done.stdout).items()}


def close(ours, theirs, tolerance):
    assert ours.shape == numpy.shape(theirs)
    assert numpy.allclose(ours, theirs, rtol=tolerance, atol=tolerance), float(numpy.abs(ours - theirs).max())


XGB = [
    ("number", "reg:squarederror", {}),
    ("number", "reg:absoluteerror", {}),
    ("number", "reg:pseudohubererror", {}),
    ("two", "reg:logistic", {}),
    ("two", "binary:logistic", {}),
    ("two", "binary:logitraw", {}),
    ("two", "binary:hinge", {}),
    ("three", "multi:softprob", {}),
    ("three", "multi:softmax", {}),
    ("positive", "count:poisson", {}),
    ("positive", "reg:gamma", {}),
    ("positive", "reg:tweedie", {}),
    ("two", "binary:logistic", {"booster": "dart", "rate_drop": 0.5}),
    ("three", "multi:softprob", {"num_parallel_tree": 3, "subsample": 0.7}),
    ("two", "binary:logistic", {"booster": "gblinear"}),
    ("three", "multi:softprob", {"booster": "gblinear"}),
]


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("kind, objective, more", XGB, ids=lambda value: value if isinstance(value, str) else "-".join(f"{k}" for k in value) or "plain")
def test_xgboost(assay, tmp_path, kind, objective, more, suffix):
    x, y = data(kind)
    params = {"objective": objective, "max_depth": 4, "eta": 0.3, "seed": 1, "nthread": 1, **more}
    if objective.startswith("multi"):
        params["num_class"] = 3
    booster = xgboost.train(params, xgboost.DMatrix(x, y), 15)
    path = tmp_path / f"model.{suffix}"
    booster.save_model(path)
    classifies = objective in ("binary:logistic", "multi:softprob", "multi:softmax")
    ours = predict(assay, path, x, "predict,predict_proba,decision_function" if classifies else "predict", tmp_path)
    margin = booster.predict(xgboost.DMatrix(x), output_margin=True)
    if not classifies:
        close(ours["predict"], booster.predict(xgboost.DMatrix(x)), 1e-6)
        return
    close(ours["decision_function"], margin, 1e-6)
    if objective == "multi:softmax":
        assert (ours["predict"] == booster.predict(xgboost.DMatrix(x))).all()
        return
    proba = booster.predict(xgboost.DMatrix(x))
    close(ours["predict_proba"], proba if proba.ndim == 2 else numpy.stack([1 - proba, proba], 1), 1e-6)
    assert (ours["predict"] == (proba.argmax(1) if proba.ndim == 2 else proba > 0.5)).all()


def test_xgboost_categories_and_several_targets(assay, tmp_path):
    x, y = data("number", categories=True)
    types = ["q", "q", "c", "q", "q"]
    matrix = xgboost.DMatrix(x, numpy.stack([y, -y * 2], 1), feature_types=types, enable_categorical=True, feature_names=["a", "b", "kind", "d", "e"])
    booster = xgboost.train({"objective": "reg:squarederror", "max_cat_to_onehot": 3, "max_depth": 4, "nthread": 1}, matrix, 12)
    booster.save_model(tmp_path / "model.json")
    ours = predict(assay, tmp_path / "model.json", x, "predict", tmp_path)
    close(ours["predict"], booster.predict(matrix), 1e-6)


def test_xgboost_stops_where_training_stopped(assay, tmp_path):
    x, y = data("two")
    model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=5, n_jobs=1).fit(x[:100], y[:100], eval_set=[(x[100:], y[100:])], verbose=False)
    assert model.best_iteration < 150
    model.save_model(tmp_path / "model.json")
    ours = predict(assay, tmp_path / "model.json", x, "predict,predict_proba", tmp_path)
    close(ours["predict_proba"], model.predict_proba(x), 1e-6)
    assert (ours["predict"] == model.predict(x)).all()


LGB = [
    ("number", "regression", {}),
    ("number", "regression_l1", {}),
    ("positive", "regression", {"reg_sqrt": True}),
    ("positive", "poisson", {}),
    ("positive", "gamma", {}),
    ("two", "binary", {}),
    ("two", "binary", {"sigmoid": 2.5}),
    ("two", "cross_entropy", {}),
    ("three", "multiclass", {}),
    ("three", "multiclassova", {}),
    ("three", "multiclass", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}),
    ("two", "binary", {"boosting": "dart"}),
    ("number", "regression", {"zero_as_missing": True}),
    ("number", "regression", {"use_missing": False}),
]


@pytest.mark.parametrize("categories", [False, True], ids=["numbers", "categories"])
@pytest.mark.parametrize("kind, objective, more", LGB, ids=lambda value: value if isinstance(value, str) else "-".join(f"{k}" for k in value) or "plain")
def test_lightgbm(assay, tmp_path, kind, objective, more, categories):
    x, y = data(kind, categories)
    x[:10, 3] = 0
    params = {"objective": objective, "num_leaves": 12, "min_data_in_leaf": 5, "seed": 1, "num_threads": 1, "verbosity": -1, "min_data_per_group": 4, "cat_smooth": 1, **more}
    if objective.startswith("multi"):
        params["num_class"] = 3
    booster = lightgbm.train(params, lightgbm.Dataset(x.astype("f8"), y, categorical_feature=[2] if categories else []), 15)
    path = tmp_path / "model.txt"
    booster.save_model(path)
    classifies = objective in ("binary", "multiclass", "multiclassova")
    ours = predict(assay, path, x, "predict,predict_proba,decision_function" if classifies else "predict", tmp_path)
    theirs = booster.predict(x.astype("f8"))
    if not classifies:
        close(ours["predict"], theirs, 1e-12)
        return
    close(ours["decision_function"], booster.predict(x.astype("f8"), raw_score=True), 1e-12)
    close(ours["predict_proba"], theirs if theirs.ndim == 2 else numpy.stack([1 - theirs, theirs], 1), 1e-12)
    assert (ours["predict"] == (theirs.argmax(1) if theirs.ndim == 2 else theirs > 0.5)).all()


def as_onnx(assay, model, x, tmp_path):
    """ONNX Runtime's answers from the converted model."""
    target = tmp_path / "converted.onnx"
    target.unlink(missing_ok=True)
    done = onnx_answers.convert(assay, model, target, "--double")
    assert done.returncode == 0, done.stderr
    return onnx_answers.run(target, [[repr(float(cell)) for cell in row] for row in x])


@pytest.mark.parametrize("kind, objective, more", XGB, ids=lambda value: value if isinstance(value, str) else "-".join(f"{k}" for k in value) or "plain")
def test_xgboost_as_onnx(assay, tmp_path, kind, objective, more):
    x, y = data(kind, categories=True)
    types = None if more.get("booster") == "gblinear" else ["q", "q", "c", "q", "q"]
    params = {"objective": objective, "max_depth": 4, "seed": 1, "nthread": 1, **more} | ({"num_class": 3} if objective.startswith("multi") else {})
    matrix = xgboost.DMatrix(x, y, feature_types=types, enable_categorical=types is not None)
    booster = xgboost.train(params, matrix, 8)
    booster.save_model(tmp_path / "model.ubj")
    answers, theirs = as_onnx(assay, tmp_path / "model.ubj", x, tmp_path), booster.predict(matrix)
    if "label" not in answers or objective == "multi:softmax":
        close(numpy.asarray(answers.get("variable", answers.get("label")), "f8").ravel(), theirs, 2e-6)
        return
    close(answers["probabilities"], theirs if theirs.ndim == 2 else numpy.stack([1 - theirs, theirs], 1), 2e-6)
    assert (answers["label"] == (theirs.argmax(1) if theirs.ndim == 2 else theirs > 0.5)).all()


@pytest.mark.parametrize("kind, objective, more", LGB, ids=lambda value: value if isinstance(value, str) else "-".join(f"{k}" for k in value) or "plain")
def test_lightgbm_as_onnx(assay, tmp_path, kind, objective, more):
    x, y = data(kind, categories=True)
    x[:10, 3] = 0
    params = {"objective": objective, "num_leaves": 12, "min_data_in_leaf": 5, "num_threads": 1, "verbosity": -1, "min_data_per_group": 4, "cat_smooth": 1, **more}
    booster = lightgbm.train(params | ({"num_class": 3} if objective.startswith("multi") else {}), lightgbm.Dataset(x.astype("f8"), y, categorical_feature=[2]), 8)
    booster.save_model(tmp_path / "model.txt")
    answers, theirs = as_onnx(assay, tmp_path / "model.txt", x.astype("f8"), tmp_path), booster.predict(x.astype("f8"))
    if "label" not in answers:
        close(answers["variable"].ravel(), theirs, 2e-6)
        return
    close(answers["probabilities"], theirs if theirs.ndim == 2 else numpy.stack([1 - theirs, theirs], 1), 2e-6)
    assert (answers["label"] == (theirs.argmax(1) if theirs.ndim == 2 else theirs > 0.5)).all()


@pytest.mark.parametrize("more", [{}, {"num_parallel_tree": 2, "subsample": 0.7}], ids=["plain", "parallel"])
def test_leaves_that_are_vectors(assay, tmp_path, more):
    x, y = data("number")
    targets, matrix = numpy.stack([y, -y * 2, y ** 2], 1), xgboost.DMatrix(x)
    booster = xgboost.train({"multi_strategy": "multi_output_tree", "tree_method": "hist", "max_depth": 4, "nthread": 1, **more}, xgboost.DMatrix(x, targets), 9)
    for suffix in ("json", "ubj"):
        booster.save_model(tmp_path / f"model.{suffix}")
        close(predict(assay, tmp_path / f"model.{suffix}", x, "predict", tmp_path)["predict"], booster.predict(matrix), 1e-6)
    close(as_onnx(assay, tmp_path / "model.json", x, tmp_path)["variable"], booster.predict(matrix), 2e-6)


def test_vectors_of_a_classifier(assay, tmp_path):
    x, y = data("three")
    model = xgboost.XGBClassifier(n_estimators=6, max_depth=3, multi_strategy="multi_output_tree", tree_method="hist", n_jobs=1).fit(x, y)
    model.save_model(tmp_path / "model.json")
    ours = predict(assay, tmp_path / "model.json", x, "predict,predict_proba", tmp_path)
    close(ours["predict_proba"], model.predict_proba(x), 1e-6)
    assert (ours["predict"] == model.predict(x)).all()


@pytest.mark.parametrize("holes", [False, True], ids=["whole", "holes"])
def test_leaves_that_are_linear_models(assay, tmp_path, holes):
    x, y = data("number")
    x = x.astype("f8") if holes else numpy.nan_to_num(x).astype("f8")
    booster = lightgbm.train({"verbosity": -1, "linear_tree": True, "num_threads": 1, "num_leaves": 6, "linear_lambda": 0.1}, lightgbm.Dataset(x, y), 8)
    booster.save_model(tmp_path / "model.txt")
    close(predict(assay, tmp_path / "model.txt", x, "predict", tmp_path)["predict"], booster.predict(x), 1e-12)
    done = onnx_answers.convert(assay, tmp_path / "model.txt", tmp_path / "model.onnx")
    assert done.returncode == 3 and "linear" in done.stderr


def pickled():
    x, y = data("number")
    x = x.astype("f8")
    few = {"n_estimators": 12, "max_depth": 3, "n_jobs": 1}
    words, gaps = numpy.array(["no", "yes"])[(y > 0).astype(int)], numpy.where(numpy.isnan(x), -999, x)
    stops = {"eval_set": [(x[100:], (y > 0)[100:])]}
    return x, {
        "xgb-two": xgboost.XGBClassifier(**few).fit(x, y > 0), "xgb-three": xgboost.XGBClassifier(**few).fit(x, numpy.digitize(y, [-1, 1])),
        "xgb-number": xgboost.XGBRegressor(**few).fit(x, y), "xgb-gaps": xgboost.XGBRegressor(**few, missing=-999).fit(gaps, y),
        "xgb-forest": xgboost.XGBRFRegressor(**few).fit(x, y), "xgb-rank": xgboost.XGBRanker(**few).fit(x, y > 0, group=[80, 80]),
        "xgb-stops": xgboost.XGBClassifier(**few | {"n_estimators": 90}, early_stopping_rounds=3).fit(x[:100], (y > 0)[:100], verbose=False, **stops),
        "lgbm-words": lightgbm.LGBMClassifier(**few, verbose=-1).fit(x, words), "lgbm-number": lightgbm.LGBMRegressor(**few, verbose=-1).fit(x, y),
        "lgbm-three": lightgbm.LGBMClassifier(**few, verbose=-1).fit(x, numpy.digitize(y, [-1, 1]) + 5),
        "lgbm-stops": lightgbm.LGBMClassifier(**few | {"n_estimators": 90}, verbose=-1).fit(x[:100], (y > 0)[:100], callbacks=[lightgbm.early_stopping(3, verbose=False)], **stops),
        "steps": pipeline.make_pipeline(preprocessing.StandardScaler(), xgboost.XGBClassifier(**few)).fit(x, y > 0),
    }


def test_pickled_boosters(assay, tmp_path):
    x, models = pickled()
    for number, (name, model) in enumerate(models.items()):
        path, rows = tmp_path / f"{name}.pkl", numpy.where(numpy.isnan(x), -999, x) if name == "xgb-gaps" else x
        if number % 3 == 0:
            joblib.dump(model, path, compress=3)
        else:
            path.write_bytes(pickle.dumps(model, 2 + number % 4))
        numpy.save(tmp_path / "x.npy", rows.astype("f8"))
        outputs = ["predict"] + ["predict_proba"] * hasattr(model, "predict_proba")
        done = subprocess.run([str(assay), "model", "predict", str(path), "--input", str(tmp_path / "x.npy"), "--output", ",".join(outputs), "--json"], capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stderr)
        ours, answers = json.loads(done.stdout), as_onnx(assay, path, rows, tmp_path)
        if "predict_proba" in outputs:
            assert ours["predict"] == answers["label"].tolist() == model.predict(rows).tolist(), name
            close(numpy.array(ours["predict_proba"]), model.predict_proba(rows), 1e-6)
            close(answers["probabilities"], model.predict_proba(rows), 2e-6)
        else:
            close(numpy.array(ours["predict"]), model.predict(rows), 1e-6)
            close(answers["variable"].ravel(), model.predict(rows), 2e-6)


def test_boosters_as_json(assay, tmp_path):
    x, y = data("number")
    booster = xgboost.train({"max_depth": 3, "nthread": 1}, xgboost.DMatrix(x, y), 3)
    told = {}
    for suffix in ("json", "ubj"):
        booster.save_model(tmp_path / f"model.{suffix}")
        done = subprocess.run([str(assay), "model", "convert", str(tmp_path / f"model.{suffix}"), "--to", "json", "--out", str(tmp_path / f"{suffix}.out.json")], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        told[suffix] = json.loads((tmp_path / f"{suffix}.out.json").read_text())["estimator"]["attributes"]
        again = tmp_path / f"again-{suffix}.json"
        again.write_text(json.dumps(told[suffix]))
        loaded = xgboost.Booster(model_file=again)
        assert (loaded.predict(xgboost.DMatrix(x)) == booster.predict(xgboost.DMatrix(x))).all(), suffix
    lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(x.astype("f8"), y), 3).save_model(tmp_path / "model.txt")
    done = subprocess.run([str(assay), "model", "convert", str(tmp_path / "model.txt"), "--to", "json", "--out", str(tmp_path / "lgbm.json")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "lgbm.json").read_text())["estimator"]
    theirs = lightgbm.Booster(model_file=tmp_path / "model.txt").dump_model()
    first = made["attributes"]["trees"][0]
    assert made["class"] == "lightgbm.basic.Booster" and len(made["attributes"]["trees"]) == 3
    assert first["threshold"][0] == theirs["tree_info"][0]["tree_structure"]["threshold"] and len(first["leaf_value"]) == theirs["tree_info"][0]["num_leaves"]


def test_what_is_not_understood_is_named(assay, tmp_path):
    x, y = data("number")
    booster = xgboost.train({"objective": "reg:squarederror"}, xgboost.DMatrix(x, y), 2)
    booster.save_model(tmp_path / "model.json")
    text = (tmp_path / "model.json").read_text().replace("reg:squarederror", "reg:unheardof")
    (tmp_path / "model.json").write_text(text)
    numpy.save(tmp_path / "x.npy", x.astype("f8"))
    done = subprocess.run([str(assay), "model", "predict", str(tmp_path / "model.json"), "--input", str(tmp_path / "x.npy")], capture_output=True, text=True)
    assert done.returncode == 3 and "'reg:unheardof'" in done.stderr
