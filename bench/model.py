#!/usr/bin/env python3
"""A batch of 10,000 rows through two forests: Assay's engine, scikit-learn, ONNX Runtime and LightGBM's predictor, in one run.

    bench/model.py [--turns N] [--threads N]

The iris forest has 100 small trees; the large one about a million nodes, 100 trees over 20 noisy features. LightGBM predicts a forest of its own of the same
number of trees and leaves, for it cannot read another's. All measure one call on arrays in memory, the fastest of the turns, taken in turns.
Peers are installed into .cache/bench-model-venv.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".cache" / "bench-model-venv"
PACKAGES = ["scikit-learn==1.7.2", "joblib", "onnxruntime", "skl2onnx", "lightgbm"]
ROWS = 10_000


def venv_python():
    named = os.environ.get("BENCH_PYTHON")
    python = pathlib.Path(named) if named else VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def engine_binary():
    for kind in ("release", "debug"):
        folder = ROOT / "build" / kind
        if (folder / "build.ninja").exists():
            subprocess.run(["ninja", "-C", folder, "bench/engine"], check=True, stdout=subprocess.DEVNULL)
            return folder / "bench" / "engine"
    sys.exit("build first: make")


def fastest(call, turns):
    import time
    best = float("inf")
    for _ in range(turns):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


def forests():
    import numpy as np
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier
    rng = np.random.RandomState(0)
    X, y = load_iris(return_X_y=True)
    small = RandomForestClassifier(100, random_state=42).fit(X, y)
    yield "iris", small, X[rng.randint(0, 150, ROWS)] + rng.normal(0, 0.1, (ROWS, 4)), (X, y)
    X = rng.rand(30_000, 20)
    y = (X[:, :4].sum(axis=1) + rng.normal(0, 0.6, len(X)) > 2).astype(int)
    large = RandomForestClassifier(100, random_state=0, n_jobs=-1).fit(X, y)
    yield "large", large, rng.rand(ROWS, 20), (X, y)


def peers(model, rows, fitted, threads):
    """(name, call): each answers predict_proba of all rows."""
    import lightgbm
    import numpy as np
    import onnxruntime
    from skl2onnx import to_onnx
    model.n_jobs = threads if threads > 1 else None
    yield "scikit-learn", lambda: model.predict_proba(rows)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    narrow = rows.astype(np.float32)
    session = onnxruntime.InferenceSession(to_onnx(model, narrow[:1], options={"zipmap": False}).SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    yield "ONNX Runtime", lambda: session.run(None, {session.get_inputs()[0].name: narrow})
    leaves = max(2, int(np.mean([tree.get_n_leaves() for tree in model.estimators_])))
    booster = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=leaves, min_child_samples=1, min_child_weight=0, n_jobs=threads,
                                      boosting_type="rf", bagging_freq=1, bagging_fraction=0.63, verbose=-1).fit(*fitted)
    yield "LightGBM", lambda: booster.predict_proba(rows, num_threads=threads)


def measure(engine, turns, threads):
    import joblib
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, model, rows, fitted in forests():
            joblib.dump(model, folder / "model.joblib")
            (folder / "rows").write_bytes(rows.tobytes())
            nodes = sum(tree.tree_.node_count for tree in model.estimators_)
            print(f"{name}: {nodes} nodes, {ROWS} rows, {threads} thread{'s' if threads > 1 else ''}, fastest of {turns}")
            command = [engine, folder / "model.joblib", folder / "rows", str(rows.shape[1]), str(threads), str(turns)]
            found = {"Assay": float("inf")}
            for peer, call in peers(model, rows, fitted, threads):
                call()
                took, total = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
                found["Assay"] = min(found["Assay"], float(took))
                found[peer] = fastest(call, turns)
            if abs(float(total) - model.predict_proba(rows).sum()) > 1e-6:
                sys.exit("the answers differ")
            for peer, took in found.items():
                print(f"  {peer:13} {took:9.2f} ms   {took / found['Assay']:6.1f} x")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=7)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--inside", help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.inside:
        measure(args.inside, args.turns, args.threads)
        return
    command = [venv_python(), __file__, "--inside", engine_binary(), "--turns", str(args.turns), "--threads", str(args.threads)]
    sys.exit(subprocess.run(command).returncode)


if __name__ == "__main__":
    main()
