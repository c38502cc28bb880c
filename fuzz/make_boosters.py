#!/usr/bin/env python3
"""Writes small boosters to fuzz/corpus/estimator. Run by a Python with xgboost and lightgbm, and (--binary) by one with xgboost 1.7, which wrote the binary form; the files are committed."""
import pathlib
import pickle
import sys

import numpy as np
import xgboost

folder = pathlib.Path(__file__).parent / "corpus" / "estimator"
rng = np.random.RandomState(0)
X = np.round(rng.rand(30, 2), 2)
y = np.arange(30) % 3
few = dict(n_estimators=1, max_depth=1, n_jobs=1)
if "--binary" in sys.argv:
    booster = xgboost.train({"objective": "binary:logistic", "booster": "dart", "max_depth": 1}, xgboost.DMatrix(X, y > 0), 2)
    booster.save_model(folder / "xgb.bin")
else:
    import lightgbm
    (folder / "xgb.pkl").write_bytes(pickle.dumps(xgboost.XGBClassifier(**few, missing=-1).fit(X, y > 0).get_booster(), 2))
    lgbm = lightgbm.LGBMRegressor(**few, verbose=-1, linear_tree=True, min_child_samples=5).fit(X, y)
    (folder / "lgbm.pkl").write_bytes(pickle.dumps(lgbm, 4))
    vectors = xgboost.XGBRegressor(**few, multi_strategy="multi_output_tree", tree_method="hist").fit(X, np.stack([y, X[:, 0]], 1))
    vectors.save_model(folder / "xgb_vectors.ubj")
