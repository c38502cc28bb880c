"""More estimators for sklearn_models.py: text, and estimators around others."""
import numpy as np
import sklearn

VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
PART = "estimator" if VERSION >= (1, 2) else "base_estimator"
WORDS = "the cat sat on a mat while Seven DOGS ran home naïve café ÉCOLE Straße ΟΔΟΣ x1 don't e-mail 3.14 __init__ tic-tac 東京 và".split()
rng = np.random.RandomState(1)
texts = np.array([" ".join(rng.choice(WORDS, rng.randint(1, 12))) + ("  \t odd, \"quoted\" " if i % 9 == 0 else "") for i in range(120)], dtype=object)
topics = np.array(["sport", "home", "art"])[[sum(map(ord, t)) % 3 for t in texts]]


def text_cases(of):
    """Vectorizers alone and in front of classifiers."""
    from sklearn import calibration, compose, decomposition, ensemble, feature_extraction, feature_selection, linear_model, naive_bayes, pipeline, preprocessing, svm
    t = feature_extraction.text
    for name, kw in [("", {}), ("-grams", {"ngram_range": (1, 3)}), ("-stop", {"stop_words": "english", "ngram_range": (2, 2)}), ("-own", {"stop_words": ["cat", "dogs"], "ngram_range": (1, 2)}),
                     ("-char", {"analyzer": "char", "ngram_range": (1, 3)}), ("-within", {"analyzer": "char_wb", "ngram_range": (2, 6)}), ("-binary", {"binary": True}),
                     ("-case", {"lowercase": False, "min_df": 2, "max_features": 30}), ("-given", {"vocabulary": ["cat", "the", "mat"], "stop_words": "english"})]:
        yield "count" + name, of(t, "CountVectorizer", **kw), (texts, None), True
    for name, pattern in [("all", r"(?u)\b\w+\b"), ("letters", r"[a-zA-Z]{2,}"), ("blank", r"\S+"), ("words", r"\b[^\d\W]+\b"), ("either", r"\d+\.\d+|[^\W_]+")]:
        yield "count-pattern-" + name, of(t, "CountVectorizer", token_pattern=pattern), (texts, None), True
    for name, kw in [("", {}), ("-sub", {"sublinear_tf": True, "norm": "l1"}), ("-plain", {"use_idf": False}), ("-none", {"norm": None, "smooth_idf": False}), ("-grams", {"ngram_range": (1, 2), "min_df": 2})]:
        yield "tfidf" + name, of(t, "TfidfVectorizer", **kw), (texts, None), "close"
    for name, kw in [("", {}), ("-binary", {"binary": True, "norm": None}), ("-plain", {"alternate_sign": False, "norm": "l1"})]:
        yield "hashing" + name, of(t, "HashingVectorizer", n_features=64, **kw), (texts, None), "close"
    yield "text-logistic", lambda: pipeline.make_pipeline(t.TfidfVectorizer(), linear_model.LogisticRegression()), (texts, topics), False
    yield "text-bayes", lambda: pipeline.make_pipeline(t.CountVectorizer(), t.TfidfTransformer(), naive_bayes.MultinomialNB()), (texts, topics), False
    yield "text-hash", lambda: pipeline.make_pipeline(t.HashingVectorizer(), linear_model.SGDClassifier(random_state=0)), (texts, topics), False
    yield "text-svm", lambda: pipeline.make_pipeline(t.TfidfVectorizer(), svm.LinearSVC()), (texts, topics), False
    yield "text-svc", lambda: pipeline.make_pipeline(t.TfidfVectorizer(), svm.SVC(gamma="scale", kernel="linear")), (texts, topics), False
    yield "text-best", lambda: pipeline.make_pipeline(t.CountVectorizer(), feature_selection.SelectKBest(feature_selection.chi2, k=9), ensemble.RandomForestClassifier(5, random_state=0)), (texts, topics), True
    yield "text-svd", lambda: pipeline.make_pipeline(t.TfidfVectorizer(), decomposition.TruncatedSVD(3, random_state=0), preprocessing.Normalizer(), linear_model.LogisticRegression()), (texts, topics), False
    yield "text-union", lambda: pipeline.make_pipeline(pipeline.FeatureUnion([("w", t.TfidfVectorizer()), ("c", t.CountVectorizer(analyzer="char"))]), naive_bayes.ComplementNB()), (texts, topics), False
    accented = np.array(["Café au lait", "cafe\u0301 nai\u0308ve", "ﬁne Ångström Å", "한국어 텍스트", "ＦＵＬＬ ½ x² №5", "Ørsted straße", "ΆΣΊΑ йод ёлка", "plain words", "Việt Nam ǅ", "\u0301 alone\u0301"] * 3)
    for way in ["unicode", "ascii", t.strip_accents_unicode, t.strip_accents_ascii]:
        tag = getattr(way, "__name__", way)
        yield "count-accents-" + tag, of(t, "CountVectorizer", strip_accents=way), (accented, None), True
        yield "count-accents-char-" + tag, of(t, "CountVectorizer", strip_accents=way, analyzer="char_wb", ngram_range=(1, 2), lowercase=False), (accented, None), True
    yield "text-accents", lambda: pipeline.make_pipeline(t.TfidfVectorizer(strip_accents="unicode", sublinear_tf=True), linear_model.LogisticRegression()), (accented, np.arange(30) % 3), False
    columns = np.column_stack([texts, np.arange(120) % 7 / 2, texts[::-1]]).astype(object)
    yield "text-columns", lambda: pipeline.make_pipeline(compose.ColumnTransformer([("a", t.TfidfVectorizer(), 0), ("n", preprocessing.StandardScaler(), [1]), ("b", t.CountVectorizer(), 2)]),
                                                         linear_model.LogisticRegression()), (columns, topics), False


def around_cases(of, d):
    """Estimators around others. `d` has the data sets of sklearn_models."""
    from sklearn import calibration, ensemble, feature_selection, isotonic, linear_model as lm, model_selection, multiclass, multioutput, naive_bayes, pipeline, preprocessing, svm, tree
    for data, name in [(d.words, "three"), (d.overlapping, "two")]:
        for method in ["sigmoid", "isotonic", "temperature"]:
            for inner, tag in [(naive_bayes.GaussianNB(), ""), (lm.LogisticRegression(), "-scores")]:
                yield f"calibrated-{method}-{name}{tag}", of(calibration, "CalibratedClassifierCV", method=method, cv=3, **{PART: inner}), data, False
        parts = [("a", lm.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=2, random_state=0)), ("c", svm.LinearSVC())]
        yield "stack-" + name, of(ensemble, "StackingClassifier", estimators=parts, cv=3), data, False
        yield "stack-pass-" + name, of(ensemble, "StackingClassifier", estimators=parts, cv=3, passthrough=True, final_estimator=ensemble.RandomForestClassifier(3, random_state=0)), data, False
        yield "stack-predict-" + name, of(ensemble, "StackingClassifier", estimators=parts, cv=3, stack_method="predict"), data, False
        yield "ovo-" + name, of(multiclass, "OneVsOneClassifier", estimator=lm.LogisticRegression()), data, False
        yield "ovo-trees-" + name, of(multiclass, "OneVsOneClassifier", estimator=tree.DecisionTreeClassifier(max_depth=2, random_state=0)), data, False
        yield "code-" + name, of(multiclass, "OutputCodeClassifier", estimator=lm.LogisticRegression(), random_state=0), data, False
        yield "rfe-" + name, of(feature_selection, "RFE", estimator=lm.LogisticRegression(), n_features_to_select=2), data, False
    yield "stack-numbers", lambda: ensemble.StackingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3, random_state=0))], cv=3), d.diabetes, False
    yield "rfecv", of(feature_selection, "RFECV", estimator=lm.Ridge(), cv=2), d.diabetes, False
    for threshold in [0.4, "auto"]:
        yield f"fixed-{threshold}", lambda: model_selection.FixedThresholdClassifier(lm.LogisticRegression(), threshold=threshold), d.overlapping, False
    yield "fixed-first", lambda: model_selection.FixedThresholdClassifier(lm.LogisticRegression(), threshold=0.2, response_method="decision_function", pos_label="no"), d.overlapping, False
    yield "tuned", lambda: model_selection.TunedThresholdClassifierCV(lm.LogisticRegression(), cv=3), d.overlapping, False
    yield "frozen", lambda: __import__("sklearn.frozen", fromlist=["x"]).FrozenEstimator(lm.Ridge().fit(*d.diabetes)), d.diabetes, False
    yield "target-log", lambda: __import__("sklearn.compose", fromlist=["x"]).TransformedTargetRegressor(lm.Ridge(), func=np.log1p, inverse_func=np.expm1), d.diabetes, False
    for scaler in ["StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "PowerTransformer", "QuantileTransformer"]:
        more = {"n_quantiles": 30, "output_distribution": "normal"} if scaler == "QuantileTransformer" else {}
        yield "target-" + scaler, lambda: __import__("sklearn.compose", fromlist=["x"]).TransformedTargetRegressor(lm.Ridge(), transformer=getattr(preprocessing, scaler)(**more)), d.diabetes, False
    yield "isotonic", of(isotonic, "IsotonicRegression"), (d.diabetes[0][:, 2:3], d.diabetes[1]), False
    yield "multi-numbers", lambda: multioutput.MultiOutputRegressor(lm.Ridge()), d.two_targets, False
    marks = np.column_stack([d.iris[1] > 0, d.iris[0][:, 0] > 5.8, d.iris[1] == 1]).astype(int)
    yield "multi-classes", lambda: multioutput.MultiOutputClassifier(lm.LogisticRegression()), (d.iris[0], marks), False
    yield "chain", lambda: multioutput.ClassifierChain(lm.LogisticRegression(), order=[2, 0, 1]), (d.iris[0], marks), False
    yield "chain-trees", lambda: multioutput.ClassifierChain(tree.DecisionTreeClassifier(max_depth=2, random_state=0), order="random", random_state=1), (d.iris[0], marks), False
    yield "chain-numbers", lambda: multioutput.RegressorChain(lm.Ridge(), order=[1, 0]), d.two_targets, False
    for name, kw in [("", {}), ("-median", {"threshold": "0.8*median"}), ("-most", {"threshold": -np.inf, "max_features": 3}), ("-number", {"threshold": 0.1})]:
        yield "model-lasso" + name, of(feature_selection, "SelectFromModel", estimator=lm.Lasso(alpha=0.5), **kw), d.diabetes, True
        yield "model-forest" + name, of(feature_selection, "SelectFromModel", estimator=ensemble.RandomForestRegressor(5, random_state=0), **kw), d.diabetes, True
    yield "model-svc", of(feature_selection, "SelectFromModel", estimator=svm.LinearSVC()), d.words, True
    yield "percentile", of(feature_selection, "SelectPercentile", percentile=37), d.cancer, True
    yield "fdr", of(feature_selection, "SelectFdr", alpha=1e-9), d.cancer, True
    for mode, param in [("percentile", 20), ("k_best", 3), ("fpr", 1e-9), ("fdr", 1e-9), ("fwe", 1e-9)]:
        yield "generic-" + mode, of(feature_selection, "GenericUnivariateSelect", mode=mode, param=param), d.cancer, True
    from sklearn import impute
    sparse_holes = d.diabetes[0] + rng.rand(*d.diabetes[0].shape) / 50  # no two as far from a third: then the library's choice is the machine's
    sparse_holes[::3, 1] = sparse_holes[::4, 5] = sparse_holes[::3, 6] = np.nan
    try:
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    except ImportError:
        pass
    for name, kw in [("", {}), ("-distance", {"weights": "distance", "n_neighbors": 3}), ("-marks", {"add_indicator": True})]:
        yield "fill-neighbors" + name, of(impute, "KNNImputer", **kw), (sparse_holes, None), False
    for name, kw in [("", {}), ("-trees", {"estimator": tree.DecisionTreeRegressor(max_depth=3, random_state=0)}), ("-bounds", {"min_value": 1, "max_value": [6, 6, 3, 3], "add_indicator": True})]:
        yield "fill-turns" + name, of(impute, "IterativeImputer", max_iter=3, random_state=0, **kw), d.gaps, False


def near_cases(of, d):
    """Neighbours, where many are equally far: trees decide as the library's do. Encoders that need a target."""
    from sklearn import neighbors, preprocessing
    grid = np.round(np.random.RandomState(3).rand(130, 3) * 4), np.random.RandomState(4).randint(0, 4, 130)
    for algorithm in ["kd_tree", "ball_tree"]:
        for data, name in [(d.iris, "iris"), (grid, "grid")]:
            yield f"ties-{algorithm}-{name}", of(neighbors, "KNeighborsClassifier", algorithm=algorithm, leaf_size=4, n_neighbors=7), data, False
        for metric in ["manhattan", "chebyshev", "minkowski"]:
            yield f"ties-{algorithm}-{metric}", of(neighbors, "KNeighborsClassifier", algorithm=algorithm, leaf_size=3, metric=metric, p=3), grid, False
    yield "ties-auto", of(neighbors, "KNeighborsRegressor"), d.iris, False
    spread = np.linspace(0.5, 2, 16).reshape(4, 4)
    for algorithm in ["ball_tree", "brute"]:
        for metric, more in [("hamming", None), ("canberra", None), ("braycurtis", None), ("seuclidean", {"V": np.array([0.5, 1.0, 2.0, 0.7])}), ("mahalanobis", {"VI": np.eye(4) + spread @ spread.T})]:
            yield f"near-{metric}-{algorithm}", of(neighbors, "KNeighborsClassifier", algorithm=algorithm, metric=metric, metric_params=more, weights="distance", leaf_size=5), (
                (np.round(d.iris[0]) if metric == "hamming" and algorithm == "ball_tree" else d.iris[0] + np.random.RandomState(5).rand(150, 4) / 9), d.iris[1]), False
    yield "radius", of(neighbors, "RadiusNeighborsClassifier", radius=0.9), d.words, False
    yield "radius-outlier", of(neighbors, "RadiusNeighborsClassifier", radius=0.2, outlier_label="setosa", weights="distance"), d.words, False
    yield "radius-numbers", of(neighbors, "RadiusNeighborsRegressor", radius=0.9, weights="distance"), d.iris, False
    yield "outliers", of(neighbors, "LocalOutlierFactor", novelty=True, n_neighbors=11), d.diabetes, False
    yield "centroid", of(neighbors, "NearestCentroid"), d.words, False
    for data, name in [(d.iris[1] % 2, "two"), (d.words[1], "three"), (d.iris[0][:, 0], "numbers")]:
        yield "target-encoder-" + name, of(preprocessing, "TargetEncoder"), (d.mixed[:, [0, 2]], data), False
    yield "binarize-three", of(preprocessing, "LabelBinarizer", neg_label=-1), (d.mixed[:, 0].astype(str), None), True
    yield "binarize-two", of(preprocessing, "LabelBinarizer"), (d.overlapping[1], None), True


def density_cases(of, d):
    """Classes and clusters as clouds."""
    from sklearn import covariance, discriminant_analysis, mixture, neighbors
    for data, name in [(d.words, "three"), (d.overlapping, "two")]:
        yield "quadratic-" + name, of(discriminant_analysis, "QuadraticDiscriminantAnalysis", reg_param=0.1), data, False
        yield "centroid-priors-" + name, of(neighbors, "NearestCentroid", priors="empirical", shrink_threshold=0.2), (data[0][:90], data[1][:90]), False
    yield "centroid-manhattan", of(neighbors, "NearestCentroid", metric="manhattan"), d.words, False
    for shape in ["full", "tied", "diag", "spherical"]:
        yield "mixture-" + shape, of(mixture, "GaussianMixture", n_components=3, covariance_type=shape, random_state=0), (d.iris[0], None), False
        yield "bayesian-" + shape, of(mixture, "BayesianGaussianMixture", n_components=3, covariance_type=shape, random_state=0), (d.iris[0], None), False
    yield "bayesian-dirichlet", of(mixture, "BayesianGaussianMixture", n_components=3, weight_concentration_prior_type="dirichlet_distribution", random_state=0), (d.iris[0], None), False
    yield "ellipse", of(covariance, "EllipticEnvelope", random_state=0), (d.iris[0], None), False


def label_cases(of, d):
    """Rows that have several labels at once, and labels of odd kinds."""
    from sklearn import ensemble, linear_model as lm, multiclass, naive_bayes, neighbors, neural_network, preprocessing, svm, tree
    marks = np.column_stack([d.iris[1] > 0, d.iris[0][:, 0] > 5.8, d.iris[1] == 1]).astype(int)
    several = d.iris[0], marks
    yield "labels-rest", lambda: multiclass.OneVsRestClassifier(lm.LogisticRegression()), several, False
    yield "labels-rest-bayes", lambda: multiclass.OneVsRestClassifier(naive_bayes.GaussianNB()), several, False
    yield "labels-network", of(neural_network, "MLPClassifier", hidden_layer_sizes=(5,), max_iter=60, random_state=0), several, False
    yield "labels-ridge", of(lm, "RidgeClassifier"), several, False
    yield "labels-forest", of(ensemble, "RandomForestClassifier", n_estimators=5, random_state=0), several, True
    yield "labels-near", of(neighbors, "KNeighborsClassifier"), several, False
    for name, labels in [("bool", d.iris[1] > 0), ("object", np.array(["ä", "b", "c d"], dtype=object)[d.iris[1]]), ("float", d.iris[1] / 2.0), ("big", (d.iris[1] * 10 ** 12 - 7).astype(np.int64)),
                         ("small", d.iris[1].astype(np.int8)), ("bytes", d.iris[1].astype(">i4"))]:
        for kind, make in [("tree", of(tree, "DecisionTreeClassifier", max_depth=3, random_state=0)), ("linear", of(lm, "LogisticRegression")), ("boost", of(ensemble, "GradientBoostingClassifier", n_estimators=3))]:
            yield f"labels-{name}-{kind}", make, (d.iris[0], labels), False
    one = d.iris[0], np.full(150, "only")
    for kind, make in VERSION >= (1, 0) and [("forest", of(ensemble, "RandomForestClassifier", n_estimators=3, random_state=0)), ("near", of(neighbors, "KNeighborsClassifier")), ("bayes", of(naive_bayes, "GaussianNB")),
                       ("multinomial", of(naive_bayes, "MultinomialNB")), ("network", of(neural_network, "MLPClassifier", hidden_layer_sizes=(3,), max_iter=5)), ("bernoulli", of(naive_bayes, "BernoulliNB")),
                       ("bag", of(ensemble, "BaggingClassifier", n_estimators=2)), ("complement", of(naive_bayes, "ComplementNB"))] or []:
        yield "one-" + kind, make, one, False
    narrow = d.iris[0].astype(np.float32), d.iris[1]
    for kind, make in [("linear", of(lm, "LogisticRegression")), ("scale", of(preprocessing, "StandardScaler")), ("near", of(neighbors, "KNeighborsClassifier")), ("network", of(neural_network, "MLPClassifier", max_iter=9)),
                       ("svc", of(svm, "SVC"))]:
        yield "narrow-" + kind, make, narrow, "narrow"
    swapped = d.iris[0].astype(">f8"), d.iris[1]
    for kind, make in [("scale", of(preprocessing, "MinMaxScaler")), ("near", of(neighbors, "KNeighborsClassifier")), ("linear", of(lm, "Ridge"))]:
        yield "swapped-" + kind, make, swapped, False
    try:
        import pandas
    except ImportError:
        return
    frame = pandas.DataFrame(d.iris[0], columns=["a b", "c", "d,e", "f"])
    from sklearn import compose, pipeline
    yield "frame", lambda: pipeline.make_pipeline(compose.ColumnTransformer([("x", preprocessing.StandardScaler(), ["f", "a b"])], remainder="passthrough"), lm.LogisticRegression()), (frame, d.words[1]), False
    yield "frame-forest", of(ensemble, "RandomForestClassifier", n_estimators=3, random_state=0), (frame, d.words[1]), True
    yield "frame-out", lambda: preprocessing.StandardScaler().set_output(transform="pandas"), (frame, None), False
    yield "frame-search", lambda: __import__("sklearn.model_selection", fromlist=["x"]).GridSearchCV(pipeline.make_pipeline(preprocessing.StandardScaler(), svm.SVC()), {"svc__C": [1, 2]}, cv=2), (frame, d.words[1]), False


def reduce_cases(of, d):
    """Kernels and projections."""
    from sklearn import cross_decomposition, decomposition, gaussian_process, kernel_approximation, kernel_ridge, neighbors, pipeline, random_projection
    k = gaussian_process.kernels
    for name in ["linear", "rbf", "poly", "sigmoid", "laplacian", "cosine"]:
        yield "kernel-ridge-" + name, of(kernel_ridge, "KernelRidge", kernel=name), d.diabetes, "float32"
    for name in ["linear", "rbf", "poly", "cosine"]:
        yield "kernel-parts-" + name, of(decomposition, "KernelPCA", n_components=3, kernel=name), (d.iris[0], None), "float32"
    yield "nystroem", of(kernel_approximation, "Nystroem", n_components=9, random_state=0), (d.iris[0], None), "float32"
    yield "waves", of(kernel_approximation, "RBFSampler", n_components=9, random_state=0), (d.iris[0], None), False
    for name, kernel in [("rbf", k.ConstantKernel(2.0) * k.RBF([1.0, 2.0, 3.0, 1.0]) + k.WhiteKernel(0.5)), ("matern", k.Matern(nu=1.5) + k.WhiteKernel()), ("rough", k.Matern(nu=0.5) ** 2), ("dot", k.DotProduct() + k.RationalQuadratic() + k.WhiteKernel())]:
        yield "process-" + name, of(gaussian_process, "GaussianProcessRegressor", kernel=kernel, optimizer=None, alpha=0.1, normalize_y=True), (d.iris[0], d.iris[0][:, 0] * d.iris[1]), "float32"
    yield "factors", of(decomposition, "FactorAnalysis", n_components=2, random_state=0), (d.iris[0], None), False
    yield "independent", of(decomposition, "FastICA", n_components=2, random_state=0, whiten="unit-variance" if VERSION >= (1, 1) else True), (d.iris[0], None), False
    yield "random-dense", of(random_projection, "GaussianRandomProjection", n_components=3, random_state=0), (d.diabetes[0], None), False
    yield "random-sparse", of(random_projection, "SparseRandomProjection", n_components=3, random_state=0), (d.diabetes[0], None), False
    yield "nca", of(neighbors, "NeighborhoodComponentsAnalysis", n_components=2, random_state=0, max_iter=5), d.iris, False
    yield "pls", of(cross_decomposition, "PLSRegression", n_components=3), d.diabetes, False
    yield "pls-two", of(cross_decomposition, "PLSRegression", n_components=2), d.two_targets, False
    yield "topics", lambda: pipeline.make_pipeline(__import__("sklearn.feature_extraction.text", fromlist=["x"]).CountVectorizer(), decomposition.LatentDirichletAllocation(4, max_iter=3, random_state=0)), (texts, None), "float32"


def cluster_cases(of, d):
    """Centres, leaves and splines."""
    from sklearn import cluster, cross_decomposition, ensemble, linear_model as lm, pipeline, preprocessing, semi_supervised
    for data, name in [(d.iris, "iris"), (d.cancer, "cancer")]:
        for strategy in ["biggest_inertia", "largest_cluster"]:
            yield f"bisecting-{name}-{strategy}", of(cluster, "BisectingKMeans", n_clusters=7, random_state=0, bisecting_strategy=strategy), data, False
    yield "shift", of(cluster, "MeanShift", bandwidth=0.9), d.iris, False
    yield "affinity", of(cluster, "AffinityPropagation", random_state=0), d.iris, False
    yield "birch", of(cluster, "Birch", n_clusters=3), d.iris, False
    yield "birch-alone", of(cluster, "Birch", n_clusters=None, threshold=0.8), d.iris, False
    for pool in [np.mean, np.max, np.min]:
        yield f"alike-{pool.__name__}", of(cluster, "FeatureAgglomeration", n_clusters=5, pooling_func=pool), d.cancer, False
    yield "leaves", of(ensemble, "RandomTreesEmbedding", n_estimators=4, max_depth=3, random_state=0), d.iris, True
    yield "leaves-linear", lambda: pipeline.make_pipeline(ensemble.RandomTreesEmbedding(n_estimators=9, random_state=0), lm.LogisticRegression()), d.words, False
    yield "one-class", of(lm, "SGDOneClassSVM", random_state=0), d.iris, False
    yield "correlation", of(cross_decomposition, "CCA", n_components=2), d.two_targets, False
    yield "self-training", lambda: semi_supervised.SelfTrainingClassifier(lm.LogisticRegression()), (d.iris[0], np.where(np.arange(150) % 3, d.iris[1], -1)), False
    narrow = d.iris[0][40:90], d.iris[1][40:90]  # asked about more than it was trained on
    for way in ["constant", "linear", "continue", "periodic", "error"]:
        for more, name in [({}, ""), ({"degree": 1}, "-1"), ({"degree": 2, "include_bias": False, "n_knots": 4}, "-2"), ({"degree": 5, "knots": "quantile"}, "-5")]:
            yield f"spline-{way}{name}", of(preprocessing, "SplineTransformer", extrapolation=way, **more), d.iris if way == "error" else (*narrow, d.iris[0][::3]), False
    yield "spline-zeros", of(preprocessing, "SplineTransformer", handle_missing="zeros"), d.gaps, False


def cases(of, d):
    yield from text_cases(of)
    for some in [around_cases, near_cases, density_cases, label_cases, reduce_cases, cluster_cases]:
        yield from some(of, d)
