"""Run by a Python that has scikit-learn: fits estimators, writes each as a file with rows and what the library answers.

    sklearn_models.py FOLDER

NAME.model is the file (NAME.hostile one with a call in it), NAME.csv the rows, NAME.json {"outputs": {...}, "exact": how near}. What this version of the library does not have is left out.
ONLY=part,part in the environment: cases with one of these in their names. SHOW=1: tell what is left out, and why.
"""
import csv
import io
import json
import os
import pathlib
import pickle
import sys
import warnings

warnings.simplefilter("ignore")
import joblib
import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import sklearn_more

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
PAIRED = ["SVC", "NuSVC", "OneVsOneClassifier", "GridSearchCV", "Pipeline"]
MORE = set()  # names of cases of sklearn_more
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
    PART = "estimator" if VERSION >= (1, 2) else "base_estimator"
    from sklearn import cluster, decomposition, dummy, ensemble, linear_model, model_selection, naive_bayes, neighbors, pipeline, preprocessing, svm

    def of(module, name, **kw):
        return lambda: getattr(module, name)(**kw)
    for case in sklearn_more.cases(of, sys.modules[__name__]):
        MORE.add(case[0])
        yield case
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
    yield "gbc-init", lambda: ensemble.GradientBoostingClassifier(n_estimators=4, init=ensemble.RandomForestClassifier(3, random_state=0)), iris, "close"
    for loss in ["huber", "quantile", "squared_error", "ls", "lad", "absolute_error"]:
        yield "gbr-" + loss, of(ensemble, "GradientBoostingRegressor", loss=loss, n_estimators=8), diabetes, True
    yield "gbr-init", lambda: ensemble.GradientBoostingRegressor(n_estimators=4, init=lm.Ridge()), diabetes, "float32"
    yield "dummy", of(dummy, "DummyClassifier", strategy="prior"), words, True
    yield "dummy-regressor", of(dummy, "DummyRegressor", strategy="median"), diabetes, True
    from sklearn import compose, impute, neural_network
    try:
        from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
    except ImportError:
        pass
    hist = dict(max_iter=6, min_samples_leaf=5)
    for loss in ["squared_error", "least_squares", "absolute_error", "poisson", "gamma", "quantile"]:
        more = {"quantile": 0.3} if loss == "quantile" else {}
        yield "hist-" + loss, of(ensemble, "HistGradientBoostingRegressor", loss=loss, **hist, **more), (holes, 1.0 + iris[1]), "close" if loss in ("poisson", "gamma") else True
    yield "histc-three", of(ensemble, "HistGradientBoostingClassifier", **hist), (holes, words[1]), "close"
    yield "histc-two", of(ensemble, "HistGradientBoostingClassifier", **hist), overlapping, "close"
    yield "hist-categories", of(ensemble, "HistGradientBoostingRegressor", categorical_features=[1, 3], **hist), (
        np.column_stack([holes[:, 0], rng.randint(0, 9, 150), holes[:, 2], rng.randint(0, 5, 150)]), iris[1]), True
    for kernel in ["rbf", "linear", "poly", "sigmoid"]:
        yield "svc-" + kernel, of(svm, "SVC", kernel=kernel, gamma="scale"), words, False
        yield "svr-" + kernel, of(svm, "SVR", kernel=kernel, gamma="scale"), diabetes, False
    yield "svc-two", of(svm, "SVC", probability=True, gamma="scale", random_state=0), overlapping, False
    yield "svc-probability", of(svm, "SVC", probability=True, gamma="scale", random_state=0), (cancer[0][:, :5], cancer[0][:, 6] // 0.05 % 4), False
    yield "svc-ovo", of(svm, "SVC", decision_function_shape="ovo", gamma="auto"), (cancer[0][:, :5], cancer[0][:, 6] // 0.05 % 4), False
    yield "svc-ties", of(svm, "SVC", break_ties=True, gamma="auto"), (cancer[0][:, :5], cancer[0][:, 6] // 0.05 % 4), False
    yield "nusvc", of(svm, "NuSVC", gamma="scale", nu=0.2), words, False
    yield "nusvr", of(svm, "NuSVR", gamma="scale"), diabetes, False
    yield "oneclass", of(svm, "OneClassSVM", gamma="scale"), iris, False
    for algorithm in ["brute", "kd_tree", "ball_tree"]:
        yield "knn-" + algorithm, of(neighbors, "KNeighborsClassifier", algorithm=algorithm), (diabetes[0], diabetes[1] // 60), False
    for metric in ["manhattan", "chebyshev", "minkowski"]:
        yield "knnr-" + metric, of(neighbors, "KNeighborsRegressor", metric=metric, p=3, weights="distance"), diabetes, False
    yield "knn-distance", of(neighbors, "KNeighborsClassifier", weights="distance", n_neighbors=9), words, False
    yield "knn-two", of(neighbors, "KNeighborsRegressor"), two_targets, False
    yield "knn-cosine", of(neighbors, "KNeighborsRegressor", metric="cosine", algorithm="brute"), diabetes, False
    yield "gaussian", of(naive_bayes, "GaussianNB"), words, False
    for name in ["MultinomialNB", "ComplementNB", "CategoricalNB"]:
        yield name.lower(), of(naive_bayes, name), counts, False
    yield "bernoulli", of(naive_bayes, "BernoulliNB", binarize=3.0), words, False
    for act in ["relu", "tanh", "logistic", "identity"]:
        yield "mlp-" + act, of(neural_network, "MLPClassifier", hidden_layer_sizes=(7, 5), activation=act, max_iter=30, random_state=0), words, False
    yield "mlp-two", of(neural_network, "MLPClassifier", hidden_layer_sizes=(7,), max_iter=30, random_state=0), overlapping, False
    yield "mlp-regressor", of(neural_network, "MLPRegressor", hidden_layer_sizes=(7,), max_iter=30, random_state=0), two_targets, False
    yield "kmeans", of(cluster, "KMeans", n_clusters=4, random_state=0, n_init=2), iris, False
    yield "minibatch", of(cluster, "MiniBatchKMeans", n_clusters=4, random_state=0, n_init=2), iris, False
    yield "onehot", of(preprocessing, "OneHotEncoder"), (mixed[:, [0, 2]], None), True
    yield "onehot-ignore", of(preprocessing, "OneHotEncoder", handle_unknown="ignore"), (mixed[:, [0, 3]], None), True
    yield "onehot-drop", of(preprocessing, "OneHotEncoder", drop="first"), (mixed[:, [0, 2]], None), True
    yield "onehot-infrequent", of(preprocessing, "OneHotEncoder", max_categories=2, handle_unknown="infrequent_if_exist"), (mixed[:, [0, 3]], None), True
    yield "ordinal", of(preprocessing, "OrdinalEncoder"), (mixed[:, [0, 2]], None), True
    yield "ordinal-unknown", of(preprocessing, "OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1), (mixed[:, [0, 2]], None), True
    for strategy in ["mean", "median", "most_frequent", "constant"]:
        yield "imputer-" + strategy, of(impute, "SimpleImputer", strategy=strategy), gaps, False
    yield "imputer-marks", of(impute, "SimpleImputer", add_indicator=True), gaps, False
    yield "missing", of(impute, "MissingIndicator"), gaps, False
    yield "columns", lambda: pipeline.make_pipeline(compose.ColumnTransformer([
        ("words", preprocessing.OneHotEncoder(), [0, 2]), ("numbers", preprocessing.StandardScaler(), [1]), ("no", "drop", [3])]),
        lm.LogisticRegression()), (mixed, iris[1]), False
    yield "columns-remainder", lambda: compose.ColumnTransformer([("n", preprocessing.StandardScaler(), slice(0, 2))], remainder="passthrough"), iris, False
    yield "columns-mask", lambda: compose.ColumnTransformer([("n", preprocessing.MinMaxScaler(), [True, False, False, True])], remainder="drop"), iris, False
    yield "columns-rest", lambda: compose.ColumnTransformer([("n", "passthrough", [1])], remainder=preprocessing.MaxAbsScaler()), iris, False
    from sklearn import feature_selection, multiclass, tree
    yield "pca", of(decomposition, "PCA", n_components=3), cancer, False
    yield "pca-white", of(decomposition, "PCA", n_components=2, whiten=True), iris, False
    yield "svd", of(decomposition, "TruncatedSVD", n_components=2, random_state=0), iris, False
    for kw in [{}, {"degree": 3}, {"interaction_only": True}, {"include_bias": False}]:
        yield "polynomial" + "".join(kw), of(preprocessing, "PolynomialFeatures", **kw), iris, False
    yield "power", of(preprocessing, "PowerTransformer"), diabetes, False
    yield "power-box", of(preprocessing, "PowerTransformer", method="box-cox", standardize=False), iris, False
    yield "quantile", of(preprocessing, "QuantileTransformer", n_quantiles=20), diabetes, False
    yield "quantile-normal", of(preprocessing, "QuantileTransformer", n_quantiles=20, output_distribution="normal"), diabetes, False
    for encode in ["onehot", "ordinal"]:
        yield "bins-" + encode, of(preprocessing, "KBinsDiscretizer", n_bins=4, encode=encode), iris, False
    yield "kbest", of(feature_selection, "SelectKBest", k=2), iris, False
    yield "fpr", of(feature_selection, "SelectFpr", alpha=1e-9), cancer, False
    yield "fwe", of(feature_selection, "SelectFwe", alpha=1e-9), cancer, False
    yield "variance", of(feature_selection, "VarianceThreshold", threshold=0.5), iris, False
    parts = [("a", lm.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=2, random_state=0)), ("c", naive_bayes.GaussianNB())]
    yield "vote-hard", lambda: ensemble.VotingClassifier(parts), words, False
    yield "vote-soft", lambda: ensemble.VotingClassifier(parts, voting="soft", weights=[1, 2, 0.5]), words, False
    yield "vote-numbers", lambda: ensemble.VotingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3, random_state=0))]), diabetes, False
    yield "bag", of(ensemble, "BaggingClassifier", n_estimators=5, max_features=0.6, random_state=0), words, False
    yield "bag-numbers", of(ensemble, "BaggingRegressor", n_estimators=5, random_state=0), diabetes, False
    for data, name in [(words, "three"), (overlapping, "two")]:
        yield "ada-" + name, of(ensemble, "AdaBoostClassifier", n_estimators=6, random_state=0), data, False
        yield "ada-samme-" + name, of(ensemble, "AdaBoostClassifier", n_estimators=6, random_state=0, algorithm="SAMME"), data, False
        yield "rest-" + name, lambda: multiclass.OneVsRestClassifier(lm.LogisticRegression()), data, False
        yield "rest-proba-" + name, lambda: multiclass.OneVsRestClassifier(naive_bayes.GaussianNB()), data, False
    yield "ada-numbers", of(ensemble, "AdaBoostRegressor", n_estimators=6, random_state=0), diabetes, False
    yield "isolation", of(ensemble, "IsolationForest", n_estimators=9, random_state=0), iris, "close"
    yield "isolation-some", of(ensemble, "IsolationForest", n_estimators=9, random_state=0, max_features=0.5, max_samples=60), cancer, "close"
    yield "isolation-new", of(ensemble, "IsolationForest", n_estimators=9, random_state=0, behaviour="new", contamination="auto"), iris, "close"  # 0.20 to 0.23
    yield "ada-samme-scores", of(ensemble, "AdaBoostClassifier", n_estimators=3, random_state=0, algorithm="SAMME", **{PART: svm.LinearSVC(random_state=0)}), words, False


def outputs_of(model, rows):
    found = {}
    for what in OUTPUTS:
        if what == "transform" and type(model).__name__.startswith("Voting"):
            continue
        try:
            answer = getattr(model, what)(rows)
        except AttributeError:
            continue
        if VERSION < (0, 22) and what == "decision_function" and type(model).__name__ in PAIRED:
            continue  # scaled by the largest of all rows, then
        answer = answer.toarray() if hasattr(answer, "toarray") else answer
        if what == "transform" and np.ndim(answer) == 1:
            answer = np.reshape(answer, (-1, 1))
        if what == "predict" and np.ndim(answer) == 2 and np.shape(answer)[1] == 1:
            answer = np.ravel(answer)
        if isinstance(answer, list):
            answer = np.column_stack(answer)
        found[what] = np.asarray(answer).tolist()
    return found


def rows_text(rows):
    def cell(value):
        if value is None or value != value:
            return ""
        return repr(float(value)) if isinstance(value, (float, int, np.number)) else str(value)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell(value) for value in row] for row in rows.reshape(len(rows), -1).tolist())
    return text.getvalue()


DUMPS = [
    lambda model, path: joblib.dump(model, path),
    lambda model, path: joblib.dump(model, path, compress=("gzip", 3)),
    lambda model, path: path.write_bytes(pickle.dumps(model, 2)),
    lambda model, path: path.write_bytes(pickle.dumps(model, 4)),
    lambda model, path: joblib.dump(model, path, compress=("xz", 1)),
]


class Hostile:
    def __reduce__(self):
        return os.system, ("true",)


def main(folder):
    only = os.environ.get("ONLY", "")
    for number, (name, make, data, exact) in enumerate(cases()):
        if only and not any(part in name for part in only.split(",")):
            continue
        X, y, *asked = data  # asked about some of the rows it was trained on, or about others
        try:
            model = make()
            model.fit(X) if y is None else model.fit(X, y)
        except (AttributeError, ImportError, IndexError, TypeError, ValueError) as error:
            if os.environ.get("SHOW"):
                print(name, repr(error)[:150])
            continue
        rows = asked[0] if asked else X[::3][:40]
        answers = outputs_of(model, rows)
        rows = np.asarray(rows)
        DUMPS[number % len(DUMPS)](model, folder / f"{name}.model")
        if number % 9 == 0:
            model.n_more_ = Hostile()
            joblib.dump(model, folder / f"{name}.hostile")
        (folder / f"{name}.csv").write_text(rows_text(rows))
        (folder / f"{name}.json").write_text(json.dumps({"outputs": answers, "exact": exact, "is_more": name in MORE}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
