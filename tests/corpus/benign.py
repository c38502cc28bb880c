#!/usr/bin/env python3
"""Write honest model files with the libraries themselves: benign.py FOLDER [family ...]

Each family is a function below; one whose library is not installed is skipped and named on the last line. Nothing here is hand-made: the
files are what people would have on their disks, which is the point. Run it with each Python that has other versions of the libraries.
"""
import array
import collections
import datetime
import decimal
import fractions
import functools
import gzip
import importlib
import ipaddress
import json
import pathlib
import pickle
import random
import re
import string
import sys
import time
import uuid
import warnings

warnings.filterwarnings("ignore")
FAMILIES = {}


class Out:
    """The folder, and how a thing is written in each way that people write it."""

    def __init__(self, folder, family):
        self.folder, self.family, self.count = folder, family, 0
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name):
        self.count += 1
        return self.folder / f"{self.family}.{name}"

    def pickles(self, name, thing, protocols=(2, 4)):
        for protocol in protocols:
            self.path(f"{name}.p{protocol}.pkl").write_bytes(pickle.dumps(thing, protocol))

    def joblib(self, name, thing, compress=0, suffix="joblib", **options):
        import joblib
        joblib.dump(thing, self.path(f"{name}.{suffix}"), compress=compress, **options)


def family(*needs):
    def register(function):
        FAMILIES[function.__name__] = (needs, function)
        return function
    return register


# --- the standard library ----------------------------------------------------------------------------------------------------------

@family()
def python(out):
    values = {
        "numbers": [1, -1, 2**100, 1.5, True, None, complex(1, 2), decimal.Decimal("1.25"), fractions.Fraction(1, 3)],
        "texts": ["", "os.system", "cos\nsystem\n(S'id'\ntR.", "ä€\U0001f600", b"\x80\x04.", bytearray(b"abc")],
        "containers": [(), [], {}, set(), frozenset([1]), collections.OrderedDict(a=1), collections.Counter("abca"), collections.deque([1, 2], 5),
                       collections.defaultdict(list, a=[1]), collections.defaultdict(collections.OrderedDict), range(3), slice(1, 2)],
        "times": [datetime.datetime(2026, 1, 2, 3, 4, 5, 6, datetime.timezone.utc), datetime.date(2026, 1, 2), datetime.time(1, 2), datetime.timedelta(3),
                  datetime.timezone(datetime.timedelta(hours=2), "X")],
        "tokenizers": [str.lower, str.split, re.compile("a+", re.I), array.array("d", [1, 2]), len, max],
        "wrappers": [collections.UserDict(a=1), collections.UserList([1]), collections.UserString("x"), collections.ChainMap({"a": 1}, {}), string.Template("$a"), random.Random(1), time.gmtime(0),
                     ipaddress.ip_address("1.2.3.4"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1")],
        "raised": [ValueError("x"), KeyError("a"), ZeroDivisionError(), type(None), type(...)],
        "others": [uuid.UUID(int=5), pathlib.PurePosixPath("a/b"), Ellipsis, NotImplemented, int, float, dict],
    }
    try:
        import zoneinfo
        values["zones"] = [datetime.datetime(2026, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), zoneinfo.ZoneInfo("UTC")]
    except Exception:
        pass
    for name, value in values.items():
        out.pickles(name, value, range(6))


# --- numpy -------------------------------------------------------------------------------------------------------------------------

@family("numpy")
def numpy(out):
    import numpy as np
    rng = np.random.default_rng(0)
    wide = np.zeros(2, dtype=[(f"f{i}", "<f4") for i in range(3000)])
    arrays = {
        "floats": rng.random((3, 4)), "fortran": np.asfortranarray(rng.random((3, 4))), "empty": np.zeros((0, 3)), "scalar0d": np.array(1.5),
        "half": np.zeros(3, "f2"), "long": np.zeros(3, np.longdouble), "complex": np.zeros(3, "c16"), "bool": np.array([True, False]), "big_endian": np.arange(3, dtype=">i4"),
        "text": np.array(["a", "bcd"]), "bytes": np.array([b"a", b"bcd"]), "times": np.array(["2026-01-02"], "M8[ns]"), "spans": np.array([5], "m8[s]"),
        "objects": np.array(["a", 1, None, (1, 2)], dtype=object), "structured": np.zeros(2, dtype=[("a", "i4"), ("b", [("c", "f8", (2, 2))]), ("d", "S3")]),
        "structured_objects": np.array([(1, "x")], dtype=[("a", "i4"), ("b", "O")]), "wide": wide, "void": np.zeros(2, "V7"), "subarray": np.zeros(2, np.dtype([("a", "f8", (3,))])),
        "titled": np.zeros(2, dtype=[(("title", "a"), "i4")]), "aligned": np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        "matrix": np.matrix([[1.0, 2.0]]), "record": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        "masked": np.ma.array([1.0, 2.0], mask=[True, False]), "masked_plain": np.ma.array([1, 2]), "masked_structured": np.ma.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    }
    for name, array in arrays.items():
        out.pickles(name, array, (0, 2, 3, 4, 5))
    for name in ("floats", "fortran", "text", "times", "structured", "wide", "bool", "big_endian", "scalar0d", "complex", "objects"):
        np.save(out.path(f"{name}.npy"), arrays[name])
    np.savez(out.path("plain.npz"), a=arrays["floats"], b=arrays["text"])
    np.savez_compressed(out.path("packed.npz"), a=arrays["floats"], b=arrays["times"])
    scalars = [np.float64(1), np.float32(1), np.int8(1), np.bool_(True), np.str_("a"), np.bytes_(b"a"), np.datetime64("2026-01-02"), np.timedelta64(1, "s"),
               np.complex64(1), np.longdouble(1), arrays["structured"][0], np.float16(2)]
    out.pickles("scalars", scalars, range(6))
    out.pickles("types", [np.float64, np.int32, np.dtype("f8"), np.dtype("O"), np.dtype("M8[ns]"), np.ndarray, np.log1p, np.mean, np.inf, np.newaxis], (2, 4))
    generators = [np.random.RandomState(0), np.random.default_rng(1), np.random.Generator(np.random.MT19937(3)), np.random.Generator(np.random.Philox(3)),
                  np.random.Generator(np.random.SFC64(3)), np.random.PCG64(5), np.random.SeedSequence(7)]
    if hasattr(np.random, "PCG64DXSM"):
        generators.append(np.random.Generator(np.random.PCG64DXSM(4)))
    out.pickles("random", generators, range(2, 6))
    out.pickles("functions", [np.clip, np.nan_to_num, np.where, np.matmul, np.greater, np.linalg.norm, np.finfo("f4"), np.linalg.svd(np.eye(2)), functools.partial(np.clip, a_min=0, a_max=1)], (2, 4))
    out.pickles("polynomial", [np.polynomial.Polynomial([1, 2]), np.polynomial.Chebyshev([1, 2]), np.poly1d([1, 2])])
    mapped = np.memmap(out.path("mapped.raw.txt"), dtype="f4", mode="w+", shape=(4,))
    out.pickles("memmap", mapped)
    (out.folder / f"{out.family}.mapped.raw.txt").unlink()


@family("numpy", "joblib")
def joblib(out):
    import numpy as np
    thing = {"a": np.arange(1000.0), "o": np.array(["x", None], dtype=object), "t": np.array(["2026-01-02"], "M8[ns]"), "m": np.matrix([[1.0]]),
             "f": np.asfortranarray(np.ones((3, 4))), "s": np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]), "e": np.zeros((0, 4)), "n": [np.float64(1), "text"]}
    thing["same"] = thing["a"]
    out.joblib("plain", thing)
    for method in ("zlib", "gzip", "bz2", "xz", "lzma"):
        out.joblib(f"packed_{method}", thing, compress=(method, 3), suffix="pkl")
    try:
        out.joblib("packed_lz4", thing, compress=("lz4", 3))
    except Exception:
        pass
    for protocol in (2, 3, 4, 5):
        out.joblib(f"protocol_{protocol}", thing, protocol=protocol)
    out.joblib("wide", np.zeros(2, dtype=[(f"f{i}", "<f4") for i in range(3000)]))
    out.joblib("objects_only", np.array(["a", {"b": 1}], dtype=object), protocol=4)


# --- scikit-learn --------------------------------------------------------------------------------------------------------------------

def training_data():
    import numpy as np
    rng = np.random.RandomState(0)
    X = np.abs(rng.rand(40, 5)) + 0.01
    return X, (X[:, 0] > 0.5).astype(int), X[:, 0] * 2 + X[:, 1], rng


def make_estimator(cls):
    """An instance of any class of all_estimators, meta-estimators with what they need."""
    from sklearn import linear_model, tree
    base, regressor = linear_model.LogisticRegression(), linear_model.Ridge()
    name = cls.__name__
    special = {
        "ColumnTransformer": lambda: cls([("a", "passthrough", [0, 1]), ("b", "drop", [2])]), "FeatureUnion": lambda: cls([("a", "passthrough")]),
        "Pipeline": lambda: cls([("a", base)]), "StackingClassifier": lambda: cls([("a", base), ("b", tree.DecisionTreeClassifier())]),
        "StackingRegressor": lambda: cls([("a", regressor), ("b", tree.DecisionTreeRegressor())]), "VotingClassifier": lambda: cls([("a", base)]),
        "VotingRegressor": lambda: cls([("a", regressor)]), "GridSearchCV": lambda: cls(base, {"C": [0.1, 1]}), "RandomizedSearchCV": lambda: cls(base, {"C": [0.1, 1]}, n_iter=2),
        "HalvingGridSearchCV": lambda: cls(base, {"C": [0.1, 1]}), "HalvingRandomSearchCV": lambda: cls(base, {"C": [0.1, 1]}),
        "SparseCoder": lambda: cls(training_data()[0][:3]), "SelfTrainingClassifier": lambda: cls(base), "MultiOutputRegressor": lambda: cls(regressor),
        "RegressorChain": lambda: cls(regressor), "FixedThresholdClassifier": lambda: cls(base), "TunedThresholdClassifierCV": lambda: cls(base),
        "FrozenEstimator": lambda: cls(base), "SelectFromModel": lambda: cls(tree.DecisionTreeClassifier()), "TransformedTargetRegressor": lambda: cls(regressor),
        "SequentialFeatureSelector": lambda: cls(base, n_features_to_select=2, cv=2),
    }
    if name in special:
        return special[name]()
    try:
        return cls()
    except TypeError:
        return cls(base)


def fit_estimator(estimator):
    """Fit on whichever data it takes; unfitted ones are files too."""
    X, y, target, rng = training_data()
    texts = ["some words here", "other words there", "more"]
    for data in ((X, y), (X, target), (X,), (X, (X[:, :2] > 0.5).astype(int)), (X, X[:, :2]), (X[:, 0], target), (texts,), ([{"a": 1}, {"b": "x"}],), (y,), ([[1, 2], [3]],)):
        try:
            return estimator.fit(*data)
        except Exception:
            continue
    return estimator


@family("sklearn", "joblib")
def sklearn(out):
    from sklearn.utils import all_estimators
    importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    try:
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")
        importlib.import_module("sklearn.experimental.enable_hist_gradient_boosting")
    except ImportError:
        pass
    for name, cls in all_estimators():
        try:
            estimator = fit_estimator(make_estimator(cls))
            out.joblib(name, estimator)
            if len(name) % 3 == 0:
                out.pickles(name, estimator, (2,))
        except Exception as trouble:
            print(f"  {name}: {type(trouble).__name__}: {str(trouble)[:80]}")


@family("sklearn", "joblib", "pandas")
def sklearn_models(out):
    """What people really write: pipelines over data frames, searches, and the parameters that hold functions."""
    import numpy as np
    import pandas as pd
    import scipy.stats
    from sklearn import (calibration, cluster, compose, datasets, decomposition, ensemble, feature_extraction, feature_selection, gaussian_process, impute, linear_model, metrics,
                         model_selection, neighbors, neural_network, pipeline, preprocessing, svm, tree)
    X, y, target, rng = training_data()
    frame = pd.DataFrame({"age": X[:, 0], "pay": X[:, 1], "city": ["a", "b"] * 20, "when": pd.date_range("2026-01-01", periods=40)})
    text = pd.Series(["good film", "bad film"] * 20)
    kernels = gaussian_process.kernels
    numeric = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler())
    columns = compose.ColumnTransformer([("n", numeric, ["age", "pay"]), ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["city"])])
    by_type = compose.make_column_transformer((preprocessing.StandardScaler(), compose.make_column_selector(dtype_include=np.number)),
                                              (preprocessing.OneHotEncoder(), compose.make_column_selector(dtype_include=[object, "string"])), remainder="drop")
    models = {
        "columns": pipeline.Pipeline([("prep", columns), ("model", ensemble.RandomForestClassifier(n_estimators=5))]).fit(frame, y),
        "selector": pipeline.make_pipeline(by_type, linear_model.LogisticRegression()).fit(frame, y),
        "text": pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.SGDClassifier()).fit(text, y),
        "search_random": model_selection.RandomizedSearchCV(svm.SVC(), {"C": scipy.stats.loguniform(0.1, 10), "gamma": scipy.stats.uniform(0, 1)}, n_iter=2, random_state=0).fit(X, y),
        "search_integers": model_selection.RandomizedSearchCV(tree.DecisionTreeClassifier(), {"max_depth": scipy.stats.randint(1, 9)}, n_iter=2).fit(X, y),
        "search_scoring": model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1, 2]}, scoring=metrics.make_scorer(metrics.mean_absolute_error, greater_is_better=False)).fit(X, target),
        "search_names": model_selection.GridSearchCV(linear_model.LogisticRegression(), {"C": [1]}, scoring=["accuracy", "roc_auc"], refit="accuracy").fit(X, y),
        "search_folds": model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1]}, cv=model_selection.KFold(3, shuffle=True, random_state=np.random.RandomState(1))).fit(X, target),
        "function_log": pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p, np.expm1), linear_model.Ridge()).fit(X, target),
        "function_none": preprocessing.FunctionTransformer().fit(X),
        "target_log": compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1).fit(X, target),
        "selection": pipeline.make_pipeline(feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2), linear_model.LogisticRegression()).fit(X, y),
        "selection_partial": feature_selection.SelectKBest(functools.partial(feature_selection.mutual_info_classif, random_state=0), k=2).fit(X, y),
        "tokens": feature_extraction.text.TfidfVectorizer(tokenizer=str.split, preprocessor=str.lower, token_pattern=None).fit(text),
        "selection_chi2": feature_selection.SelectPercentile(score_func=feature_selection.chi2).fit(X, y),
        "kernels": gaussian_process.GaussianProcessRegressor(kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel() + kernels.Matern() * kernels.DotProduct()
                                                             + kernels.RationalQuadratic() + kernels.ExpSineSquared() ** 2, alpha=1.0, optimizer=None).fit(X, target),
        "boosting": ensemble.GradientBoostingClassifier(n_estimators=5, init=linear_model.LogisticRegression()).fit(X, y),
        "boosting_huber": ensemble.GradientBoostingRegressor(loss="huber", n_estimators=5).fit(X, target),
        "hist": ensemble.HistGradientBoostingClassifier(max_iter=5, early_stopping=True).fit(X, y),
        "hist_poisson": ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=5).fit(X, target),
        "hist_quantile": ensemble.HistGradientBoostingRegressor(max_iter=5).fit(X, target),
        "net": neural_network.MLPClassifier(hidden_layer_sizes=(4, 4), max_iter=20).fit(X, y), "net_sgd": neural_network.MLPRegressor(hidden_layer_sizes=(4,), solver="sgd", max_iter=20, early_stopping=True).fit(X, target),
        "neighbours_haversine": neighbors.KNeighborsRegressor(metric="haversine", algorithm="ball_tree").fit(X[:, :2], target),
        "neighbours_manhattan": neighbors.KNeighborsClassifier(metric="manhattan", algorithm="kd_tree").fit(X, y),
        "density": neighbors.KernelDensity().fit(X), "spline": preprocessing.SplineTransformer().fit(X) if hasattr(preprocessing, "SplineTransformer") else preprocessing.StandardScaler().fit(X),
        "quantile": preprocessing.QuantileTransformer(n_quantiles=10).fit(X), "bins": preprocessing.KBinsDiscretizer().fit(X), "isotonic": importlib.import_module("sklearn.isotonic").IsotonicRegression().fit(X[:, 0], target),
        "calibrated": calibration.CalibratedClassifierCV(svm.LinearSVC(), method="isotonic", cv=3).fit(X, y),
        "voting": ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier())], voting="soft").fit(X, y),
        "stacking": ensemble.StackingRegressor([("a", linear_model.Ridge())], final_estimator=ensemble.RandomForestRegressor(n_estimators=3)).fit(X, target),
        "bagging": ensemble.BaggingRegressor(linear_model.Ridge(), n_estimators=3).fit(X, target), "ada": ensemble.AdaBoostClassifier(n_estimators=3).fit(X, y),
        "isolation": ensemble.IsolationForest(n_estimators=5).fit(X), "kmeans": cluster.KMeans(n_clusters=3, n_init=1, random_state=np.random.RandomState(2)).fit(X), "birch": cluster.Birch().fit(X),
        "pca": decomposition.PCA(n_components=2).fit(X), "nmf": decomposition.NMF(n_components=2).fit(X), "sparse": linear_model.SGDClassifier().fit(X, y).sparsify(),
        "forest": ensemble.RandomForestRegressor(n_estimators=10).fit(frame[["age", "pay"]], target), "extra": ensemble.ExtraTreesClassifier(n_estimators=5, class_weight={0: 1.0, 1: 2.0}).fit(X, y),
        "nested": {"model": linear_model.Ridge().fit(X, target), "columns": list(frame.columns), "scores": np.ones(3), "meta": {"when": datetime.datetime(2026, 1, 2)}, "frame": frame},
        "list": [linear_model.Ridge().fit(X, target), preprocessing.StandardScaler().fit(X)], "label": preprocessing.LabelEncoder().fit(["a", "b"]), "bunch": datasets.load_iris(),
        "labels": preprocessing.MultiLabelBinarizer().fit([["a"], ["b", "c"]]), "hashing": feature_extraction.text.HashingVectorizer(), "counts": feature_extraction.text.CountVectorizer(
            stop_words="english", ngram_range=(1, 2)).fit(text), "dict": feature_extraction.DictVectorizer().fit([{"a": 1, "b": "c"}]),
    }
    if hasattr(model_selection, "StratifiedGroupKFold"):
        models["iterative"] = model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1]}, cv=list(model_selection.KFold(2).split(X))).fit(X, target)
    try:
        models["named_output"] = preprocessing.StandardScaler().set_output(transform="pandas").fit(frame[["age"]])
        models["routed"] = linear_model.LogisticRegression().fit(X, y)
    except AttributeError:
        pass
    for name, model in models.items():
        out.joblib(name, model)
        out.pickles(name, model, (4,))
    out.joblib("compressed", models["columns"], compress=3, suffix="pkl.z")
    out.path("gzipped.pkl.gz").write_bytes(gzip.compress(pickle.dumps(models["forest"])))


# --- scipy ---------------------------------------------------------------------------------------------------------------------------

@family("scipy")
def scipy(out):
    import numpy as np
    from scipy import interpolate, optimize, sparse, spatial, special, stats
    x = np.arange(8.0)
    for form in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        matrix = sparse.eye(4).asformat(form)
        out.pickles(f"matrix_{form}", matrix)
        if hasattr(sparse, f"{form}_array"):
            out.pickles(f"array_{form}", getattr(sparse, f"{form}_array")(np.eye(3)))
    sparse.save_npz(out.path("matrix.npz"), sparse.eye(4).tocsr())
    for kind in ("linear", "cubic", "nearest", "previous", "zero", "slinear", "quadratic", "next"):
        out.pickles(f"interp1d_{kind}", interpolate.interp1d(x, x**2, kind=kind, fill_value=0 if kind == "linear" else np.nan, bounds_error=False))
    splines = {"bspline": interpolate.make_interp_spline(x, x**2), "univariate": interpolate.UnivariateSpline(x, x**2), "interpolated": interpolate.InterpolatedUnivariateSpline(x, x**2),
               "cubic": interpolate.CubicSpline(x, x**2), "pchip": interpolate.PchipInterpolator(x, x**2), "akima": interpolate.Akima1DInterpolator(x, x**2),
               "ppoly": interpolate.PPoly(np.ones((2, 7)), x), "grid": interpolate.RegularGridInterpolator((x, x), np.outer(x, x)),
               "near": interpolate.NearestNDInterpolator(np.random.rand(9, 2), np.arange(9.0)), "rbf": interpolate.RBFInterpolator(np.random.rand(9, 2), np.arange(9.0)),
               "bivariate": interpolate.RectBivariateSpline(x, x, np.outer(x, x)), "barycentric": interpolate.BarycentricInterpolator(x, x), "krogh": interpolate.KroghInterpolator(x[:4], x[:4])}
    for name, spline in splines.items():
        out.pickles(f"spline_{name}", spline)
    out.pickles("trees", [spatial.cKDTree(np.random.rand(9, 2)), spatial.KDTree(np.random.rand(9, 2))])
    out.pickles("kde", stats.gaussian_kde(np.random.rand(20)))
    out.pickles("rotation", spatial.transform.Rotation.from_euler("x", 1.0))
    frozen = {"norm": stats.norm(0, 1), "loguniform": stats.loguniform(1, 2), "uniform": stats.uniform(0, 1), "randint": stats.randint(1, 9), "gamma": stats.gamma(2.0), "beta": stats.beta(2, 3),
              "poisson": stats.poisson(3), "expon": stats.expon(), "t": stats.t(5), "lognorm": stats.lognorm(1), "binom": stats.binom(5, 0.5), "truncnorm": stats.truncnorm(-1, 1),
              "norm_itself": stats.norm, "kwds": stats.norm(loc=1.0, scale=2.0), "nbinom": stats.nbinom(5, 0.5), "triang": stats.triang(0.5)}
    for name, distribution in frozen.items():
        out.pickles(f"stats_{name}", distribution)
    points = np.random.rand(12, 2)
    out.pickles("shapes", [spatial.ConvexHull(points), spatial.Delaunay(points), spatial.Voronoi(points), interpolate.LinearNDInterpolator(points, points[:, 0])])
    out.pickles("own_values", stats.rv_discrete(values=([1, 2, 3], [0.2, 0.3, 0.5])))
    out.pickles("histogram", stats.rv_histogram(np.histogram(np.random.rand(50), 5)))
    out.pickles("tests", [stats.linregress(x, x * 2), stats.kstest(x, "norm"), stats.pearsonr(x, x**2), stats.describe(x)], (4,))
    out.pickles("optimum", [optimize.minimize(np.linalg.norm, [1.0, 2.0], method="L-BFGS-B"), optimize.root_scalar(np.sin, bracket=[1, 4])])
    out.pickles("special", [special.expit, special.logit])
    out.pickles("multivariate", stats.multivariate_normal([0, 0], np.eye(2)))


# --- pandas --------------------------------------------------------------------------------------------------------------------------

@family("pandas")
def pandas(out):
    import numpy as np
    import pandas as pd
    from dateutil import tz
    columns = {
        "ints": pd.Series([1, 2]), "floats": pd.Series([1.5, np.nan]), "text": pd.Series(["a", "b"]), "objects": pd.Series([1, "a", None]), "category": pd.Series(["a", "b"], dtype="category"),
        "ordered": pd.Series(pd.Categorical(["a", "b"], ordered=True)), "times": pd.Series(pd.to_datetime(["2026-01-01", None])), "utc": pd.Series(pd.date_range("2026-01-01", periods=2, tz="UTC")),
        "berlin": pd.Series(pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")), "fixed": pd.Series(pd.to_datetime(["2026-01-01T00:00+02:00"])), "spans": pd.Series(pd.to_timedelta(["1d"])),
        "period": pd.Series(pd.period_range("2026-01", periods=2, freq="M")), "interval": pd.Series(pd.interval_range(0, 2)), "int64": pd.Series([1, None], dtype="Int64"),
        "float64": pd.Series([1.5, None], dtype="Float64"), "boolean": pd.Series([True, None], dtype="boolean"), "string": pd.Series(["a", None], dtype="string"),
        "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 1])), "uint8": pd.Series([1], dtype="UInt8"), "bool": pd.Series([True, False]), "complex": pd.Series([1j]),
    }
    for name, column in columns.items():
        out.pickles(f"series_{name}", column, (2, 4, 5))
    try:
        import pyarrow  # noqa: F401
        out.pickles("series_arrow", pd.Series([1, None], dtype="int64[pyarrow]"), (4, 5))
        out.pickles("series_arrow_text", pd.Series(["a", None], dtype="string[pyarrow]"), (4, 5))
    except Exception:
        pass
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.5, 2.5], "d": pd.Categorical(["u", "v"]), "e": pd.date_range("2026-01-01", periods=2)})
    frame.attrs["source"] = "test"
    frames = {"plain": frame, "multi_index": frame.set_index(["a", "b"]), "multi_columns": pd.concat({"k": frame[["a"]]}, axis=1), "time_index": frame.set_index("e"),
              "zone_index": frame.set_index(pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")), "range_index": frame.iloc[:1], "empty": frame.iloc[:0], "grouped": frame.groupby("b")[["a", "c"]].sum(),
              "interval_index": pd.cut(pd.Series([1, 5, 9]), 3).to_frame(), "period_index": pd.DataFrame({"a": [1, 2]}, index=pd.period_range("2026", periods=2, freq="Y" if pd.__version__ > "2.2" else "A")),
              "span_index": pd.DataFrame({"a": [1]}, index=pd.to_timedelta(["1d"])), "category_index": pd.DataFrame({"a": [1]}, index=pd.CategoricalIndex(["x"])), "wide": pd.DataFrame(np.zeros((2, 50)))}
    for name, value in frames.items():
        out.pickles(f"frame_{name}", value, (2, 4, 5))
        if name in ("plain", "time_index"):
            value.to_pickle(out.path(f"frame_{name}.to_pickle.pkl"))
            value.to_pickle(out.path(f"frame_{name}.to_pickle.pkl.gz"))
            value.to_pickle(out.path(f"frame_{name}.to_pickle.pkl.bz2"))
            value.to_pickle(out.path(f"frame_{name}.to_pickle.pkl.xz"))
    values = {"stamps": [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-02", tz="UTC"), pd.Timestamp("2026-01-02", tz="Europe/Berlin"), pd.NaT, pd.NA], "spans": [pd.Timedelta("1d"), pd.Period("2026-01", "M")],
              "intervals": [pd.Interval(0, 1), pd.Interval(pd.Timestamp("2026"), pd.Timestamp("2027"))],
              "offsets": [pd.offsets.Day(), pd.offsets.MonthEnd(), pd.offsets.BusinessDay(), pd.offsets.Week(weekday=1), pd.offsets.QuarterEnd(), pd.offsets.Hour(2), pd.DateOffset(months=2)],
              "indexes": [pd.Index([1, 2]), pd.Index(["a"]), pd.RangeIndex(3), pd.MultiIndex.from_tuples([(1, "a")]), pd.DatetimeIndex(["2026-01-01"], freq="D"), pd.IntervalIndex.from_breaks([0, 1]), pd.Index([1.5]), pd.Index([True])],
              "dtypes": [pd.CategoricalDtype(["a"]), pd.DatetimeTZDtype(tz="UTC"), pd.PeriodDtype("M"), pd.IntervalDtype("int64"), pd.SparseDtype("float64"), pd.StringDtype(), pd.Int64Dtype(), pd.BooleanDtype(), pd.Float32Dtype()],
              "arrays": [columns[name].array for name in ("ints", "category", "utc", "period", "interval", "int64", "boolean", "string", "sparse")]}
    values["custom_offsets"] = [pd.offsets.CustomBusinessDay(holidays=["2026-01-01"]), pd.offsets.WeekOfMonth(week=1, weekday=2), pd.offsets.FY5253(weekday=1, startingMonth=2)]
    values["zones_of_dateutil"] = [datetime.datetime(2026, 1, 2, tzinfo=tz.tzoffset("X", 3600)), datetime.datetime(2026, 1, 2, tzinfo=tz.gettz("Europe/Berlin")), tz.tzlocal()]
    for name, value in values.items():
        out.pickles(f"values_{name}", value, (2, 4, 5))
    indexes = {"range": pd.RangeIndex(3, name="r"), "int": pd.Index([3, 1, 2]), "float": pd.Index([1.5, 2.5, 3.5]), "unsigned": pd.Index(np.array([1, 2, 3], "u4")), "text": pd.Index(["a", "b", "c"]), "objects": pd.Index([1, "a", None]),
               "ordered": pd.CategoricalIndex(["a", "b", "a"], ordered=True), "hours": pd.date_range("2026", periods=3, freq="h" if pd.__version__ > "2.2" else "H", tz="US/Eastern"), "months": pd.date_range("2026", periods=3, freq="MS"),
               "spans": pd.timedelta_range("1D", periods=3, freq="12h" if pd.__version__ > "2.2" else "12H"), "quarters": pd.period_range("2026", periods=3, freq="Q"), "closed": pd.interval_range(0, 3, closed="both"),
               "product": pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"])[:3], "mixed": pd.MultiIndex.from_arrays([pd.date_range("2026", periods=3), pd.CategoricalIndex(list("abc"))])}
    for name, index in indexes.items():
        table = pd.DataFrame({"a": range(3), "b": 1.0}, index=index)
        out.pickles(f"index_{name}", [index, table, table.T, table["a"]], (2, 5))
    for suffix in ("pkl.zip", "pkl.tar", "pkl.tar.gz"):
        try:
            frame.to_pickle(out.path(f"packed.{suffix}"))
        except ValueError:  # pandas before 1.5 knows no tar
            (out.folder / f"{out.family}.packed.{suffix}").unlink(missing_ok=True)


# --- gradient boosting -----------------------------------------------------------------------------------------------------------------

@family("xgboost", "sklearn", "joblib")
def xgboost(out):
    import xgboost as xgb
    X, y, target, _ = training_data()
    models = {"classifier": xgb.XGBClassifier(n_estimators=3).fit(X, y), "regressor": xgb.XGBRegressor(n_estimators=3).fit(X, target), "ranker": xgb.XGBRanker(n_estimators=2).fit(X, y, group=[40]),
              "forest": xgb.XGBRFClassifier(n_estimators=3).fit(X, y), "unfitted": xgb.XGBClassifier(), "early": xgb.XGBClassifier(n_estimators=3, early_stopping_rounds=2).fit(X, y, eval_set=[(X, y)], verbose=False)}
    for name, model in models.items():
        out.pickles(name, model)
        out.joblib(name, model)
    booster = xgb.train({"max_depth": 2}, xgb.DMatrix(X, target), 3)
    out.pickles("booster", booster)
    for suffix in ("json", "ubj"):
        booster.save_model(out.path(f"booster.{suffix}"))


@family("lightgbm", "sklearn", "joblib")
def lightgbm(out):
    import lightgbm as lgb
    X, y, target, _ = training_data()
    options = {"n_estimators": 3, "min_child_samples": 2, "verbose": -1}
    models = {"classifier": lgb.LGBMClassifier(**options).fit(X, y), "regressor": lgb.LGBMRegressor(**options).fit(X, target), "ranker": lgb.LGBMRanker(**options).fit(X, y, group=[40]),
              "eval": lgb.LGBMClassifier(**options).fit(X, y, eval_set=[(X, y)])}
    for name, model in models.items():
        out.pickles(name, model)
        out.joblib(name, model)
    out.pickles("booster", models["regressor"].booster_)
    models["regressor"].booster_.save_model(out.path("booster.lgb.txt"))


@family("catboost", "joblib", "sklearn")
def catboost(out):
    from catboost import CatBoostClassifier, CatBoostRegressor
    X, y, target, _ = training_data()
    options = {"iterations": 3, "verbose": False, "allow_writing_files": False}
    for name, model in (("classifier", CatBoostClassifier(**options).fit(X, y)), ("regressor", CatBoostRegressor(**options).fit(X, target))):
        out.pickles(name, model)
        out.joblib(name, model)
        model.save_model(str(out.path(f"{name}.cbm")))


# --- relatives of scikit-learn ------------------------------------------------------------------------------------------------------------

@family("imblearn", "joblib", "sklearn")
def imblearn(out):
    from imblearn import combine, ensemble, over_sampling, pipeline, under_sampling
    from sklearn import linear_model
    X, y, _, _ = training_data()
    y = y.copy()
    y[:30] = 0
    y[30:] = 1
    for cls in (over_sampling.SMOTE, over_sampling.RandomOverSampler, over_sampling.ADASYN, over_sampling.BorderlineSMOTE, under_sampling.RandomUnderSampler, under_sampling.NearMiss,
                under_sampling.TomekLinks, combine.SMOTEENN, combine.SMOTETomek):
        sampler = cls()
        try:
            sampler.fit_resample(X, y)
        except ValueError:
            pass
        out.joblib(cls.__name__, sampler)
    out.joblib("pipeline", pipeline.Pipeline([("s", over_sampling.SMOTE()), ("m", linear_model.LogisticRegression())]).fit(X, y))
    for cls in (ensemble.BalancedRandomForestClassifier, ensemble.BalancedBaggingClassifier, ensemble.EasyEnsembleClassifier, ensemble.RUSBoostClassifier):
        out.joblib(cls.__name__, cls(n_estimators=2).fit(X, y))


@family("category_encoders", "joblib", "pandas", "sklearn")
def category_encoders(out):
    import category_encoders as ce
    import pandas as pd
    frame, y = pd.DataFrame({"c": ["a", "b", "a", "c"]}), [0, 1, 0, 1]
    for name in ("TargetEncoder", "OrdinalEncoder", "OneHotEncoder", "BinaryEncoder", "CountEncoder", "LeaveOneOutEncoder", "CatBoostEncoder", "WOEEncoder", "JamesSteinEncoder", "HashingEncoder"):
        out.joblib(name, getattr(ce, name)(cols=["c"]).fit(frame, pd.Series(y)))


# --- statistics, graphs, searches --------------------------------------------------------------------------------------------------------

@family("statsmodels", "pandas")
def statsmodels(out):
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    from statsmodels.tsa.api import AutoReg, ExponentialSmoothing
    X, y, target, rng = training_data()
    target = target + rng.rand(len(target))
    y = (rng.rand(len(target)) > 0.5).astype(int)
    frame = pd.DataFrame(X, columns=list("abcde")).assign(t=target, y=y, c=list("pqrs") * 10)
    series = pd.Series(np.cumsum(rng.rand(40)), index=pd.date_range("2026", periods=40))
    fits = {"ols": sm.OLS(target, sm.add_constant(X)).fit(), "logit": sm.Logit(y, X).fit(disp=0), "glm": sm.GLM(y, X, family=sm.families.Binomial()).fit(), "classes": sm.MNLogit(np.arange(40) % 3, X).fit(disp=0),
            "formula": smf.ols("t ~ a + b", frame).fit(), "contrast": smf.ols("t ~ a + C(c)", frame).fit(), "logarithm": smf.ols("t ~ np.log(a) + I(b ** 2) - 1", frame).fit(), "quantile": smf.quantreg("t ~ a", frame).fit(),
            "robust": sm.RLM(target, X).fit(), "lags": AutoReg(series, 2).fit(), "smoothing": ExponentialSmoothing(series).fit(), "groups": smf.mixedlm("t ~ a", frame, groups=frame.c).fit(),
            "equations": sm.GEE(target, X, groups=frame.c).fit(), "density": sm.nonparametric.KDEUnivariate(target)}
    for name, fit in fits.items():
        out.pickles(name, fit, (4,))
        if hasattr(fit, "save"):
            fit.save(str(out.path(f"{name}.saved.pickle")))


@family("networkx")
def networkx(out):
    import networkx as lib
    for graph in (lib.path_graph(4), lib.DiGraph([(1, 2)]), lib.MultiGraph([(1, 2)]), lib.MultiDiGraph([(1, 2), (1, 2)])):
        graph.add_node(1, label="x")
        out.pickles(type(graph).__name__, graph)


@family("optuna")
def optuna(out):
    import optuna as lib
    lib.logging.set_verbosity(lib.logging.ERROR)
    study = lib.create_study()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_int("n", 1, 3) + trial.suggest_categorical("c", [1, 2]), n_trials=3)
    for name, thing in {"study": study, "trial": study.best_trial, "sampler": lib.samplers.TPESampler(seed=1), "pruners": [lib.pruners.MedianPruner(), lib.pruners.NopPruner(), lib.pruners.PercentilePruner(5.0)]}.items():
        out.pickles(name, thing, (4,))


@family("hdbscan", "joblib")
def hdbscan(out):
    import hdbscan as lib
    X = training_data()[0]
    out.joblib("clusters", lib.HDBSCAN(min_cluster_size=3).fit(X))
    out.joblib("prediction", lib.HDBSCAN(min_cluster_size=3, prediction_data=True).fit(X))


@family("lifelines", "pandas")
def lifelines(out):
    import lifelines as lib
    import pandas as pd
    X, y, target, _ = training_data()
    out.pickles("kaplan_meier", lib.KaplanMeierFitter().fit(target, y))
    out.pickles("cox", lib.CoxPHFitter().fit(pd.DataFrame({"t": target, "e": y, "a": X[:, 2]}), "t", "e"))


@family("xarray", "numpy")
def xarray(out):
    import numpy as np
    import xarray as lib
    array = lib.DataArray(np.ones((2, 3)), dims=("a", "b"), coords={"a": ["x", "y"]})
    out.pickles("arrays", [array, lib.Dataset({"v": array, "w": ("c", [1, 2])}), lib.Variable("c", [1])])


# --- formats that hold only data -------------------------------------------------------------------------------------------------------

@family("onnx", "numpy")
def onnx(out):
    import numpy as np
    import onnx as lib
    from onnx import TensorProto, helper, numpy_helper
    weight = numpy_helper.from_array(np.ones((4, 2), "f4"), "W")
    for name, nodes in (("linear", [helper.make_node("MatMul", ["X", "W"], ["Y"])]), ("relu", [helper.make_node("MatMul", ["X", "W"], ["h"]), helper.make_node("Relu", ["h"], ["Y"])])):
        graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 4])], [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, 2])], [weight])
        lib.save(helper.make_model(graph, producer_name="test"), str(out.path(f"{name}.onnx")))


@family("skl2onnx", "sklearn")
def skl2onnx(out):
    from skl2onnx import to_onnx
    from sklearn import cluster, ensemble, linear_model, neural_network, pipeline, preprocessing, svm, tree
    X, y, target, _ = training_data()
    X = X.astype("f4")
    for model in (linear_model.LogisticRegression(), ensemble.RandomForestClassifier(n_estimators=3), ensemble.GradientBoostingClassifier(n_estimators=3), svm.SVC(), tree.DecisionTreeClassifier(), neural_network.MLPClassifier(hidden_layer_sizes=(3,), max_iter=5),
                  pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge()), cluster.KMeans(n_clusters=2, n_init=1), preprocessing.MinMaxScaler(), linear_model.Lasso()):
        out.path(f"{type(model).__name__}.onnx").write_bytes(to_onnx(model.fit(X, y), X[:1]).SerializeToString())


@family("safetensors", "numpy")
def safetensors(out):
    import numpy as np
    from safetensors.numpy import save_file
    save_file({"a": np.ones((2, 3), "f4"), "b": np.zeros(4, "i8"), "c": np.ones((2,), "f2")}, str(out.path("some.safetensors")), metadata={"format": "np"})
    save_file({}, str(out.path("empty.safetensors")))
    save_file({"layer.0.weight": np.ones((64, 64), "f4")}, str(out.path("weight.safetensors")))


@family("gguf", "numpy")
def gguf(out):
    import gguf as lib
    import numpy as np
    template = "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
    for name, chat in (("plain", None), ("chat", template)):
        writer = lib.GGUFWriter(str(out.path(f"{name}.gguf")), "llama")
        writer.add_block_count(1)
        writer.add_context_length(128)
        writer.add_name("tiny")
        writer.add_token_list(["a", "b", "</s>"])
        if chat:
            writer.add_chat_template(chat)
        writer.add_tensor("blk.0.attn_q.weight", np.ones((8, 8), "f4"))
        writer.add_tensor("token_embd.weight", np.ones((3, 8), "f2"))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


@family("h5py", "numpy")
def hdf5(out):
    """Weights as Keras lays them out, and plain files of arrays."""
    import h5py
    import numpy as np
    for name, options in (("earliest", {}), ("latest", {"libver": "latest"})):
        with h5py.File(out.path(f"weights_{name}.h5"), "w", **options) as file:
            file.attrs["keras_version"] = "2.15.0"
            file.attrs["backend"] = "tensorflow"
            file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [
                {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "i"}},
                {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": "relu", "use_bias": True}}]}})
            group = file.create_group("model_weights/dense/dense")
            group.create_dataset("kernel:0", data=np.ones((4, 2), "f4"))
            group.create_dataset("bias:0", data=np.zeros(2, "f4"), chunks=(2,), compression="gzip")
    with h5py.File(out.path("arrays.hdf5"), "w") as file:
        for i in range(40):
            file.create_dataset(f"group/{i}", data=np.arange(i + 1))


@family("skops", "sklearn")
def skops(out):
    import skops.io
    from sklearn import ensemble, linear_model, pipeline, preprocessing, svm
    X, y, _, _ = training_data()
    for model in (linear_model.LogisticRegression(), ensemble.RandomForestClassifier(n_estimators=3), svm.SVC(), pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.SGDClassifier()), ensemble.GradientBoostingClassifier(n_estimators=2)):
        skops.io.dump(model.fit(X, y), out.path(f"{type(model).__name__}.skops"))


# --- torch -------------------------------------------------------------------------------------------------------------------------------

@family("torch")
def torch(out):
    import torch as lib
    net = lib.nn.Sequential(lib.nn.Conv1d(1, 2, 3), lib.nn.BatchNorm1d(2), lib.nn.ReLU(), lib.nn.Flatten(), lib.nn.Linear(4, 2), lib.nn.LSTM(2, 3))
    optimizer = lib.optim.Adam(net.parameters())
    things = {"state": net.state_dict(), "tensor": lib.ones(3, 4), "checkpoint": {"epoch": 3, "model": net.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.5, "args": {"lr": 1e-3}},
              "dtypes": {str(kind): lib.zeros(2, dtype=kind) for kind in (lib.float16, lib.bfloat16, lib.float64, lib.int8, lib.uint8, lib.int16, lib.int32, lib.int64, lib.bool, lib.complex64)},
              "views": (lambda base: [base, base[2:5], base.t(), base.view(-1)])(lib.ones(6, 6)), "parameter": lib.nn.Parameter(lib.ones(2)), "sparse": lib.eye(3).to_sparse(), "csr": lib.eye(3).to_sparse_csr(),
              "quantized": lib.quantize_per_tensor(lib.ones(2), 0.1, 0, lib.qint8), "mixed": [1, "a", lib.ones(2), None, (lib.float32, lib.device("cpu"), lib.Size([1, 2]))], "empty": lib.zeros(0), "number": lib.tensor(1.5)}
    for name, thing in things.items():
        lib.save(thing, out.path(f"{name}.pt"))
        lib.save(thing, out.path(f"{name}.legacy.pth"), _use_new_zipfile_serialization=False)
    lib.jit.script(lib.nn.Sequential(lib.nn.Linear(4, 2), lib.nn.ReLU())).save(str(out.path("scripted.pt")))
    lib.jit.trace(lib.nn.Linear(4, 2), lib.ones(1, 4)).save(str(out.path("traced.pt")))


@family("keras")
def keras(out):
    import keras as lib
    models = {"dense": [lib.layers.Input((4,)), lib.layers.Dense(3, activation="relu"), lib.layers.Dropout(0.1), lib.layers.Dense(1, activation="sigmoid")],
              "conv": [lib.layers.Input((8, 8, 1)), lib.layers.Conv2D(2, 3), lib.layers.BatchNormalization(), lib.layers.MaxPooling2D(), lib.layers.Flatten(), lib.layers.Dense(2, activation="softmax")],
              "lstm": [lib.layers.Input((5,)), lib.layers.Embedding(10, 4), lib.layers.LSTM(3), lib.layers.Dense(1)]}
    for name, layers in models.items():
        model = lib.Sequential(layers)
        model.compile("adam", "mse", metrics=["mae"])
        for suffix in ("keras", "h5"):
            model.save(str(out.path(f"{name}.{suffix}")))
        model.save_weights(str(out.path(f"{name}.weights.h5")))


# --- main ----------------------------------------------------------------------------------------------------------------------------------

def main():
    folder, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:] or list(FAMILIES)
    skipped, stopped, total = [], 0, 0
    for name in wanted:
        needs, function = FAMILIES[name]
        try:
            for need in needs:
                importlib.import_module(need)
        except ImportError as missing:
            skipped.append(f"{name} ({missing.name})")
            continue
        out = Out(folder, name)
        try:
            function(out)
        except Exception as trouble:  # one family's trouble with one version must not hide the others
            print(f"{name}: stopped by {type(trouble).__name__}: {trouble}", file=sys.stderr)
            stopped += 1
        total += out.count
    print(f"{total} files in {folder}; skipped: {', '.join(skipped) or 'none'}")
    sys.exit(stopped > 0)


if __name__ == "__main__":
    main()
