#!/usr/bin/env python3
"""Training: `assay model train` beside scikit-learn's fit, the same forest, one run.

The peer is measured twice: fit() alone, in a warm process, and as the user sees it (python train.py). Peers live in .cache/bench-venv.
"""
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


LARGE = """
import json, sys, time, numpy
from sklearn.ensemble import RandomForestClassifier
folder, trees, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = numpy.random.default_rng(0)
x = rng.normal(size=(100000, 20)).astype(numpy.float32)
y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=100000) > 0).astype(int)
numpy.save(folder + "/x.npy", x)
numpy.save(folder + "/y.npy", y)
start = time.perf_counter()
RandomForestClassifier(trees, random_state=0, n_jobs=threads).fit(x, y)
print(json.dumps(time.perf_counter() - start))
"""


def wall(command):
    start = time.perf_counter()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, out


def main():
    python, assay = venv_python(), assay_binary()
    with tempfile.TemporaryDirectory() as folder:
        command = [assay, "model", "train", "--data", "iris", "--param", "random_state=42", "--out", f"{folder}/m.pkl", "--json"]
        runs = [wall(command) for _ in range(7)]
        assay_wall = statistics.median(seconds for seconds, _ in runs)
        assay_fit = statistics.median(json.loads(out)["seconds"] for _, out in runs)
        train = f"import joblib\nfrom sklearn.datasets import load_iris\nfrom sklearn.ensemble import RandomForestClassifier\n" \
                f"X, y = load_iris(return_X_y=True)\njoblib.dump(RandomForestClassifier(random_state=42).fit(X, y), {folder + '/p.pkl'!r})"
        peer_wall = statistics.median(wall([python, "-c", train])[0] for _ in range(3))
        peer_fit = json.loads(wall([python, "-c", FIT])[1])
        trees, threads = int(os.environ.get("BENCH_TREES", "100")), os.cpu_count()
        large_peer = json.loads(wall([python, "-c", LARGE, folder, str(trees), str(threads)])[1])
        large = json.loads(wall([assay, "model", "train", "--data", f"{folder}/x.npy", "--target", f"{folder}/y.npy", "--random-state", "0", "--param", f"n_estimators={trees}",
                                 "--threads", str(threads), "--out", f"{folder}/l.assay", "--json"])[1])["seconds"]
    print("iris, 100 trees, the same trees bit for bit")
    print(f"  fit alone       scikit-learn {peer_fit * 1e3:8.1f} ms   assay {assay_fit * 1e3:8.1f} ms   {peer_fit / assay_fit:6.1f} x")
    print(f"  100,000 x 20    scikit-learn {large_peer:8.1f} s    assay {large:8.1f} s    {large_peer / large:6.1f} x   ({trees} trees, {threads} threads)")
    print(f"  whole command   python       {peer_wall * 1e3:8.1f} ms   assay {assay_wall * 1e3:8.1f} ms   {peer_wall / assay_wall:6.1f} x")


if __name__ == "__main__":
    main()
