#!/usr/bin/env python3
"""Training: `assay model train` beside scikit-learn's fit, the same forest, one run.

The peer is measured twice: fit() alone, in a warm process, and as the user sees it (python train.py). Peers live in .cache/bench-venv.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from predict import assay_binary, venv_python  # noqa: E402

FIT = """
import json, time
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
X, y = load_iris(return_X_y=True)
RandomForestClassifier(random_state=42).fit(X, y)
times = []
for _ in range(7):
    start = time.perf_counter()
    RandomForestClassifier(random_state=42).fit(X, y)
    times.append(time.perf_counter() - start)
print(json.dumps(sorted(times)[3]))
"""


DATA = """
import sys, numpy
rng = numpy.random.default_rng(0)
x = rng.normal(size=(int(sys.argv[2]), 20)).astype(numpy.float32)
y = x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=len(x))
numpy.save(sys.argv[1] + "/x.npy", x)
numpy.save(sys.argv[1] + "/numbers.npy", y)
numpy.save(sys.argv[1] + "/counts.npy", numpy.exp(y / 4))
numpy.save(sys.argv[1] + "/classes.npy", (y > 0).astype(int))
"""

LARGE = """
import hashlib, json, sys, time, numpy
from sklearn import ensemble
folder, name, target, params, pickled = sys.argv[1:]
x, y = numpy.load(folder + "/x.npy"), numpy.load(folder + "/" + target)
model = getattr(ensemble, name)(**json.loads(params))
start = time.perf_counter()
model.fit(x, y)
seconds = time.perf_counter() - start
import joblib
ours = joblib.load(pickled)
same = all(a.tree_.__getstate__()["nodes"].tobytes() == b.tree_.__getstate__()["nodes"].tobytes() and numpy.array_equal(a.tree_.value, b.tree_.value)
           for a, b in zip(model.estimators_, ours.estimators_))
print(json.dumps([seconds, bool(same)]))
"""

# estimator, target, parameters beside n_estimators, share of the trees: absolute_error is a sort per feature and node for both
CASES = [("RandomForestClassifier", "classes.npy", {}, 1), ("RandomForestRegressor", "numbers.npy", {}, 1), ("ExtraTreesClassifier", "classes.npy", {}, 1),
         ("ExtraTreesRegressor", "numbers.npy", {}, 1), ("RandomForestClassifier", "classes.npy", {"criterion": "entropy"}, 0.1),
         ("RandomForestRegressor", "numbers.npy", {"criterion": "friedman_mse"}, 0.1), ("RandomForestRegressor", "counts.npy", {"criterion": "poisson"}, 0.1),
         ("RandomForestRegressor", "numbers.npy", {"criterion": "absolute_error"}, 0.02)]


def wall(command):
    start = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, out


def version_of(python):
    return wall([python, "-c", "import sklearn; print(sklearn.__version__)"])[1].strip()


def small(python, assay, folder):
    command = [assay, "model", "train", "--data", "iris", "--param", "random_state=42", "--out", f"{folder}/m.pkl", "--json"]
    runs = [wall(command) for _ in range(7)]
    assay_wall = statistics.median(seconds for seconds, _ in runs)
    assay_fit = statistics.median(json.loads(out)["seconds"] for _, out in runs)
    train = f"import joblib\nfrom sklearn.datasets import load_iris\nfrom sklearn.ensemble import RandomForestClassifier\n" \
            f"X, y = load_iris(return_X_y=True)\njoblib.dump(RandomForestClassifier(random_state=42).fit(X, y), {folder + '/p.pkl'!r})"
    peer_wall = statistics.median(wall([python, "-c", train])[0] for _ in range(3))
    peer_fit = json.loads(wall([python, "-c", FIT])[1])
    print("iris, 100 trees")
    print(f"  fit alone       scikit-learn {peer_fit * 1e3:8.1f} ms   assay {assay_fit * 1e3:8.1f} ms   {peer_fit / assay_fit:6.1f} x")
    print(f"  whole command   python       {peer_wall * 1e3:8.1f} ms   assay {assay_wall * 1e3:8.1f} ms   {peer_wall / assay_wall:6.1f} x")


def large(python, assay, folder, options):
    subprocess.run([python, "-c", DATA, folder, str(options.rows)], check=True)
    version = version_of(python)
    print(f"{options.rows:,} x 20, {options.threads} threads, scikit-learn {version}: the fit alone")
    for name, target, params, share in CASES:
        trees = max(1, round(options.trees * share))
        params = {**params, "n_estimators": trees, "random_state": 0}
        given = [part for key, value in params.items() for part in ("--param", f"{key}={value}")]
        _, out = wall([assay, "model", "train", "--data", f"{folder}/x.npy", "--target", f"{folder}/{target}", "--estimator", name, *given, "--sklearn-version", version,
                       "--threads", str(options.threads), "--out", f"{folder}/l.pkl", "--json"])
        ours = json.loads(out)["seconds"]
        theirs, same = json.loads(wall([python, "-W", "ignore", "-c", LARGE, folder, name, target, json.dumps({**params, "n_jobs": options.threads}), f"{folder}/l.pkl"])[1])
        what = f"{name} {params.get('criterion', '')}".strip()
        print(f"  {what:38} {trees:4} trees   scikit-learn {theirs:8.2f} s   assay {ours:8.2f} s   {theirs / ours:5.1f} x   {'same bits' if same else 'OTHER BITS'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--trees", type=int, default=int(os.environ.get("BENCH_TREES", "100")), help="fewer for a quick look")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    python, assay = venv_python(), assay_binary()
    with tempfile.TemporaryDirectory() as folder:
        small(python, assay, folder)
        large(python, assay, folder, options)


if __name__ == "__main__":
    main()
