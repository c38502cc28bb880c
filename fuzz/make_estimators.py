#!/usr/bin/env python3
"""Writes fuzz/corpus/estimator: a small fitted model of each kind. Run by a Python with scikit-learn 1.4; the files are committed."""
import pathlib
import pickle

import numpy as np
from sklearn import (cluster, compose, decomposition, ensemble, feature_selection, impute, linear_model, multiclass, naive_bayes, neighbors,
                     neural_network, pipeline, preprocessing, svm)

rng = np.random.RandomState(0)
X = np.round(rng.rand(12, 2), 2)
y = np.arange(12) % 3
counts = np.round(X * 5)
words = np.array([["a", 1.5], ["b", 2.5]] * 6, dtype=object)
few = dict(n_estimators=2, random_state=0)
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
    "isolation": (ensemble.IsolationForest(max_samples=4, **few), X, None),
}

folder = pathlib.Path(__file__).parent / "corpus" / "estimator"
for name, (model, rows, labels) in MODELS.items():
    model.fit(rows, labels)
    (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, 2))
