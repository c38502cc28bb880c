"""Run by a Python that has scikit-learn: fits estimators, writes each as a file with rows and what the library answers.

    sklearn_models.py FOLDER

NAME.model is the file, NAME.csv the rows, NAME.json {"outputs": {...}, "exact": how near}. What this version of the library does not have is left out.
"""
import json
import pathlib
import pickle
import sys
import warnings

warnings.simplefilter("ignore")
import joblib
import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
OUTPUTS = ["predict", "predict_proba", "decision_function", "transform"]
iris = load_iris(return_X_y=True)
cancer = tuple(part[:200] for part in load_breast_cancer(return_X_y=True))
diabetes = tuple(part[:150] for part in load_diabetes(return_X_y=True))
words = (iris[0], np.array(["setosa", "versi, \"color\"", "virginica"])[iris[1]])
pair = (iris[0][:100], iris[1][:100])
overlapping = (iris[0][50:], np.array(["no", "yes"])[iris[1][50:] - 1])
counts = (np.round(iris[0] * 10), iris[1])
two_targets = (diabetes[0], np.column_stack([diabetes[1], -2 * diabetes[1]]))
holes = iris[0].copy()
holes[::7, 0] = holes[::5, 2] = np.nan
gaps = (holes, iris[1])
rng = np.random.RandomState(0)
mixed = np.array([[["red", "green", "blue"][a], b, ["s", "m", "l"][c], d] for a, b, c, d in
                  zip(rng.randint(0, 3, 150), np.round(rng.rand(150), 3), rng.randint(0, 3, 150), rng.randint(0, 9, 150))], dtype=object)


def cases():
    """(name, constructor, data, exact): constructors are called late, so that what a version lacks is skipped."""
    from sklearn import cluster, decomposition, dummy, ensemble, linear_model, model_selection, naive_bayes, neighbors, pipeline, preprocessing, svm

    def of(module, name, **kw):
        return lambda: getattr(module, name)(**kw)
    lm = linear_model
    for name in ["LinearRegression", "Ridge", "Lasso", "ElasticNet", "SGDRegressor", "PassiveAggressiveRegressor", "HuberRegressor", "BayesianRidge", "Lars", "RidgeCV"]:
        yield name.lower(), of(lm, name), diabetes, False
    yield "linear-two", of(lm, "LinearRegression"), two_targets, False
    yield "poisson", of(lm, "PoissonRegressor"), diabetes, False
    yield "tweedie", of(lm, "TweedieRegressor", power=0), diabetes, False
    for name in ["RidgeClassifier", "SGDClassifier", "Perceptron", "PassiveAggressiveClassifier", "LogisticRegression"]:
        yield name.lower() + "-three", of(lm, name), words, False
        yield name.lower() + "-two", of(lm, name), overlapping, False
    yield "linearsvc", of(svm, "LinearSVC"), words, False
    yield "linearsvr", of(svm, "LinearSVR"), diabetes, False
    yield "logistic-ovr", of(lm, "LogisticRegression", multi_class="ovr"), iris, False
    yield "logistic-multinomial", of(lm, "LogisticRegression", multi_class="multinomial", solver="lbfgs"), pair, False
    yield "logistic-liblinear", of(lm, "LogisticRegression", solver="liblinear"), overlapping, False
    yield "logistic-cv", of(lm, "LogisticRegressionCV", cv=3, Cs=2), iris, False
    for loss in ["log", "log_loss", "modified_huber"]:
        yield "sgd-" + loss, of(lm, "SGDClassifier", loss=loss, random_state=0), iris, False
        yield "sgd-two-" + loss, of(lm, "SGDClassifier", loss=loss, random_state=0), overlapping, False
    yield "standard", of(preprocessing, "StandardScaler"), gaps, False
    yield "standard-mean", of(preprocessing, "StandardScaler", with_std=False), iris, False
    yield "standard-none", of(preprocessing, "StandardScaler", with_std=False, with_mean=False), iris, False
    yield "minmax", of(preprocessing, "MinMaxScaler", feature_range=(-1, 2)), gaps, False
    yield "minmax-clip", of(preprocessing, "MinMaxScaler", clip=True), iris, False
    yield "maxabs", of(preprocessing, "MaxAbsScaler"), iris, False
    yield "robust", of(preprocessing, "RobustScaler"), gaps, False
    for norm in ["l1", "l2", "max"]:
        yield "normalizer-" + norm, of(preprocessing, "Normalizer", norm=norm), diabetes, False
    yield "binarizer", of(preprocessing, "Binarizer", threshold=2.0), iris, False
    yield "pipeline", lambda: pipeline.make_pipeline(preprocessing.StandardScaler(), preprocessing.Normalizer(), lm.LogisticRegression()), words, False
    yield "pipeline-pass", lambda: pipeline.Pipeline([("a", "passthrough"), ("b", preprocessing.MaxAbsScaler()), ("c", ensemble.RandomForestClassifier(5, random_state=0))]), iris, True
    yield "pipeline-transform", lambda: pipeline.make_pipeline(preprocessing.Normalizer(), preprocessing.MinMaxScaler()), iris, False
    yield "union", lambda: pipeline.FeatureUnion([("a", preprocessing.StandardScaler()), ("b", preprocessing.MinMaxScaler())], transformer_weights={"b": 3}), iris, False
    yield "search", lambda: model_selection.GridSearchCV(lm.Ridge(), {"alpha": [1, 2]}, cv=2), diabetes, False
    yield "function", lambda: pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), lm.LogisticRegression()), iris, False
    for loss in ["exponential", "deviance", "log_loss"]:
        yield "gbc-two-" + loss, of(ensemble, "GradientBoostingClassifier", loss=loss, n_estimators=8), overlapping, "close"
    yield "gbc", of(ensemble, "GradientBoostingClassifier", n_estimators=8), words, "close"
    yield "gbc-zero", of(ensemble, "GradientBoostingClassifier", n_estimators=8, init="zero"), words, "close"
    yield "gbc-init", lambda: ensemble.GradientBoostingClassifier(n_estimators=4, init=lm.LogisticRegression()), iris, "float32"
    for loss in ["huber", "quantile", "squared_error", "ls", "lad", "absolute_error"]:
        yield "gbr-" + loss, of(ensemble, "GradientBoostingRegressor", loss=loss, n_estimators=8), diabetes, True
    yield "gbr-init", lambda: ensemble.GradientBoostingRegressor(n_estimators=4, init=lm.Ridge()), diabetes, "float32"
    yield "dummy", of(dummy, "DummyClassifier", strategy="prior"), words, True
    yield "dummy-regressor", of(dummy, "DummyRegressor", strategy="median"), diabetes, True


def outputs_of(model, rows):
    found = {}
    for what in OUTPUTS:
        try:
            method = getattr(model, what)
        except AttributeError:
            continue
        answer = method(rows)
        answer = answer.toarray() if hasattr(answer, "toarray") else answer
        if isinstance(answer, list):
            answer = np.column_stack(answer)
        found[what] = np.asarray(answer).tolist()
    return found


def rows_text(rows):
    def cell(value):
        if value is None or value != value:
            return ""
        return repr(float(value)) if isinstance(value, (float, int, np.number)) else str(value)
    return "".join(",".join(cell(value) for value in row) + "\n" for row in rows.tolist())


DUMPS = [
    lambda model, path: joblib.dump(model, path),
    lambda model, path: joblib.dump(model, path, compress=("gzip", 3)),
    lambda model, path: path.write_bytes(pickle.dumps(model, 2)),
    lambda model, path: path.write_bytes(pickle.dumps(model, 4)),
    lambda model, path: joblib.dump(model, path, compress=("xz", 1)),
]


def main(folder):
    for number, (name, make, data, exact) in enumerate(cases()):
        X, y = data
        try:
            model = make()
            model.fit(X, y)
        except (AttributeError, TypeError, ValueError):
            continue
        rows = X[::3][:40]
        DUMPS[number % len(DUMPS)](model, folder / f"{name}.model")
        (folder / f"{name}.csv").write_text(rows_text(rows))
        (folder / f"{name}.json").write_text(json.dumps({"outputs": outputs_of(model, rows), "exact": exact}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
