#!/usr/bin/env python3
"""Training: `assay model train` beside scikit-learn's fit, the same forest, one run.

The peer is measured twice: fit() alone, in a warm process, and as the user sees it (python train.py). Peers live in .cache/bench-venv.
"""
import json
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
    print("iris, 100 trees, the same trees bit for bit")
    print(f"  fit alone       scikit-learn {peer_fit * 1e3:8.1f} ms   assay {assay_fit * 1e3:8.1f} ms   {peer_fit / assay_fit:6.1f} x")
    print(f"  whole command   python       {peer_wall * 1e3:8.1f} ms   assay {assay_wall * 1e3:8.1f} ms   {peer_wall / assay_wall:6.1f} x")


if __name__ == "__main__":
    main()
