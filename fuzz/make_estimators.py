#!/usr/bin/env python3
"""Writes fuzz/corpus/estimator: a small fitted model of each kind. Run by a Python with scikit-learn 1.4; the files are committed."""
import pathlib
import pickle

import numpy as np
from scipy import sparse
from sklearn import (calibration, cluster, compose, covariance, cross_decomposition, decomposition, discriminant_analysis, ensemble, feature_extraction, feature_selection, gaussian_process, impute,
                     linear_model, mixture, multiclass, multioutput, naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401

rng = np.random.RandomState(0)
X = np.round(rng.rand(12, 2), 2)
y = np.arange(12) % 3
counts = np.round(X * 5)
words = np.array([["a", 1.5], ["b", 2.5]] * 6, dtype=object)
few = dict(n_estimators=2, random_state=0)
texts = ["the red cat", "a blue dog", "red dogs ran"] * 4
pairs = np.column_stack([y > 0, y > 1]).astype(int)
holes = np.where(X > 0.8, np.nan, X)
small = feature_extraction.text.TfidfVectorizer(max_features=4, ngram_range=(1, 2), stop_words=["the"])
MODELS = {
    "pipeline": (pipeline.make_pipeline(preprocessing.StandardScaler(), preprocessing.Normalizer(), linear_model.LogisticRegression()), X, y),
    "columns": (pipeline.make_pipeline(compose.ColumnTransformer([("w", preprocessing.OneHotEncoder(), [0])], remainder="passthrough"),
                                       linear_model.Ridge()), words, y),
    "union": (pipeline.FeatureUnion([("a", preprocessing.MinMaxScaler()), ("b", preprocessing.OrdinalEncoder())]), counts, None),
    "gb": (ensemble.GradientBoostingClassifier(max_depth=1, **few), X, y),
    "hist": (ensemble.HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=2), X, y),
    "svc": (svm.SVC(probability=True, random_state=0), X, y),
    "knn": (neighbors.KNeighborsClassifier(2, weights="distance", algorithm="brute"), X, y),
    "bayes": (naive_bayes.GaussianNB(), X, y),
    "categorical": (naive_bayes.CategoricalNB(), counts, y),
    "mlp": (neural_network.MLPClassifier((2,), max_iter=2, random_state=0), X, y),
    "kmeans": (cluster.KMeans(2, n_init=1, random_state=0), X, None),
    "pca": (decomposition.PCA(1, whiten=True), X, None),
    "imputer": (impute.SimpleImputer(add_indicator=True), np.where(X > 0.8, np.nan, X), None),
    "polynomial": (preprocessing.PolynomialFeatures(2), X, None),
    "quantile": (preprocessing.QuantileTransformer(n_quantiles=4), X, None),
    "power": (preprocessing.PowerTransformer(), X, None),
    "bins": (preprocessing.KBinsDiscretizer(2), X, None),
    "kbest": (feature_selection.SelectKBest(k=1), X, y),
    "vote": (ensemble.VotingClassifier([("a", naive_bayes.GaussianNB())], voting="soft", weights=[2]), X, y),
    "bag": (ensemble.BaggingClassifier(naive_bayes.GaussianNB(), max_features=0.5, **few), X, y),
    "ada": (ensemble.AdaBoostClassifier(naive_bayes.GaussianNB(), algorithm="SAMME", **few), X, y),
    "rest": (multiclass.OneVsRestClassifier(naive_bayes.GaussianNB()), X, y),
    "dicts": (feature_extraction.DictVectorizer(), [{"a": 1.5, "b": "x"}, {"b": "y"}] * 6, None),
    "accents": (feature_extraction.text.CountVectorizer(strip_accents="unicode", max_features=4), ["café fine", "nàïve cafe"] * 6, y),
    "text": (pipeline.make_pipeline(small, naive_bayes.MultinomialNB()), texts, y),
    "hashing": (feature_extraction.text.HashingVectorizer(n_features=4, analyzer="char_wb", ngram_range=(2, 3)), texts, y),
    "calibrated": (calibration.CalibratedClassifierCV(naive_bayes.GaussianNB(), method="isotonic", cv=2), X, y),
    "stack": (ensemble.StackingClassifier([("a", naive_bayes.GaussianNB())], naive_bayes.GaussianNB(), cv=2, passthrough=True), X, y),
    "pairs": (multiclass.OneVsOneClassifier(naive_bayes.GaussianNB()), X, y),
    "codes": (multiclass.OutputCodeClassifier(linear_model.Perceptron(), random_state=0), X, y),
    "chain": (multioutput.ClassifierChain(naive_bayes.GaussianNB(), order=[1, 0]), X, pairs),
    "choose": (feature_selection.SelectFromModel(linear_model.Ridge(), threshold="0.5*mean"), X, y),
    "eliminate": (feature_selection.RFE(linear_model.Ridge(), n_features_to_select=1), X, y),
    "percentile": (feature_selection.SelectPercentile(percentile=50), X, y),
    "neighbors": (impute.KNNImputer(n_neighbors=2, add_indicator=True), holes, None),
    "turns": (impute.IterativeImputer(linear_model.Ridge(), max_iter=1), holes, None),
    "target": (compose.TransformedTargetRegressor(linear_model.Ridge(), transformer=preprocessing.QuantileTransformer(n_quantiles=3)), X, X[:, 0]),
    "scaled": (neighbors.KNeighborsClassifier(2, metric="seuclidean", metric_params={"V": np.array([0.5, 2])}, algorithm="brute"), X, y),
    "bent": (neighbors.KNeighborsClassifier(2, metric="mahalanobis", metric_params={"VI": np.eye(2)}, algorithm="ball_tree"), X, y),
    "tree": (neighbors.KNeighborsClassifier(2, algorithm="kd_tree", leaf_size=2), X, y),
    "ball": (neighbors.LocalOutlierFactor(2, novelty=True, algorithm="ball_tree", leaf_size=3), X, None),
    "radius": (neighbors.RadiusNeighborsClassifier(0.5, outlier_label=0, algorithm="brute"), X, y),
    "targets": (preprocessing.TargetEncoder(cv=2), words[:, :1], y),
    "quadratic": (discriminant_analysis.QuadraticDiscriminantAnalysis(), X, y),
    "mixture": (mixture.BayesianGaussianMixture(n_components=2, random_state=0, max_iter=2), X, None),
    "ellipse": (covariance.EllipticEnvelope(random_state=0), X, None),
    "process": (gaussian_process.GaussianProcessRegressor(1.0 * gaussian_process.kernels.RBF([1.0, 2.0]) + gaussian_process.kernels.Matern(nu=1.5), optimizer=None), X, y),
    "likeness": (decomposition.KernelPCA(1, kernel="rbf"), X, None),
    "topics": (decomposition.LatentDirichletAllocation(2, max_iter=1, random_state=0), counts, None),
    "squares": (cross_decomposition.PLSRegression(1), X, y),
    "sparse": (svm.SVC(kernel="linear"), sparse.csr_matrix(X), y),
    "halves": (cluster.BisectingKMeans(3, random_state=0), X, None),
    "birch": (cluster.Birch(n_clusters=2), X, None),
    "alike": (cluster.FeatureAgglomeration(1), X, None),
    "leaves": (ensemble.RandomTreesEmbedding(max_depth=1, **few), X, None),
    "spline": (preprocessing.SplineTransformer(3, degree=1, extrapolation="linear"), X, None),
    "isolation": (ensemble.IsolationForest(max_samples=4, **few), X, None),
}

folder = pathlib.Path(__file__).parent / "corpus" / "estimator"
for name, (model, rows, labels) in MODELS.items():
    if (folder / f"{name}.pkl").exists():
        continue  # what is committed stays
    model.fit(rows, labels)
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, 2))
