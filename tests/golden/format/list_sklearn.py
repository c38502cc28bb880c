#!/usr/bin/env python3
"""List what src/format/pickle/allow_sklearn.c may hold for the scikit-learn that is installed here.

Prints JSON: every class that is *defined* in a module of scikit-learn (re-exports are left out, because library modules re-export
dangerous functions), and the globals in pickles of every estimator after fitting. With --dump FOLDER the pickles are kept
(protocols 2, 4, 5 and joblib), to be read by format_verdict: all of them must be clean.

    python list_sklearn.py [--dump FOLDER] > 1.9.1.json
"""
import argparse
import importlib
import inspect
import json
import os
import pickle
import pickletools
import pkgutil
import warnings

import joblib
import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

SKIPPED = ("tests", "conftest", "externals", "_build_utils", "testing", "experimental", "__check_build", "_mocking", "_test_common")


def defined_classes():
    found = {}
    for info in pkgutil.walk_packages(sklearn.__path__, "sklearn."):
        if any(part in info.name for part in SKIPPED):
            continue
        try:
            module = importlib.import_module(info.name)
        except BaseException:  # some modules refuse to be imported, or exit
            continue
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == info.name and value.__name__ == name:
                found[f"{info.name} {name}"] = "estimator" if issubclass(value, BaseEstimator) else "other"
    return found


def make(name, cls):
    """An instance with the constructor arguments that have no default."""
    parameters, arguments = inspect.signature(cls.__init__).parameters, {}
    regressor = "Regress" in name
    model = Ridge() if regressor else LogisticRegression()
    choices = {
        "estimator": model, "base_estimator": model,
        "estimators": [("a", model), ("b", Ridge() if regressor else DecisionTreeClassifier())],
        "param_grid": {"C": [0.1, 1]}, "param_distributions": {"C": [0.1, 1]},
        "transformers": [("s", StandardScaler(), [0, 1])], "transformer_list": [("s", StandardScaler())],
        "steps": [("s", StandardScaler()), ("m", LogisticRegression())],
    }
    for key, value in choices.items():
        if key in parameters and parameters[key].default is inspect.Parameter.empty:
            arguments[key] = value
    return cls(**arguments)


def fit(name, estimator):
    X, y = load_iris(return_X_y=True)
    if "Regress" in name or name.endswith("SVR"):
        X, y = (part[:120] for part in load_diabetes(return_X_y=True))
    texts, dicts = ["a b c", "b c d", "c d e"] * 10, [{"a": 1}, {"b": 2}]
    for data, target in ((X, y), (np.abs(X), y), (X[:, :1], y), (X, np.c_[y, y]), (texts, None), (dicts, None)):
        try:
            estimator.fit(data, target)
            return True
        except Exception:
            continue
    return False


def pickled_globals(data):
    return sorted({argument for op, argument, _ in pickletools.genops(data) if op.name == "GLOBAL"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dump", metavar="FOLDER")
    folder = parser.parse_args().dump
    warnings.filterwarnings("ignore")
    try:
        from sklearn.utils.discovery import all_estimators
    except ImportError:
        from sklearn.utils import all_estimators
    if folder:
        os.makedirs(folder, exist_ok=True)
    used = {}
    for name, cls in all_estimators():
        try:
            estimator = make(name, cls)
            fitted = fit(name, estimator)
            used[name] = {"fitted": fitted, "globals": pickled_globals(pickle.dumps(estimator, 2))}
            for protocol in (2, 4, 5) if folder else ():
                with open(os.path.join(folder, f"{name}_p{protocol}.pkl"), "wb") as out:
                    pickle.dump(estimator, out, protocol)
            if folder:
                joblib.dump(estimator, os.path.join(folder, f"{name}.joblib"))
        except Exception as trouble:
            used[name] = {"fitted": False, "error": repr(trouble)}
    print(json.dumps({"version": sklearn.__version__, "classes": defined_classes(), "used": used}, indent=1))


if __name__ == "__main__":
    main()
