#!/usr/bin/env python3
"""A batch of 10,000 rows through two forests: Assay's engine, scikit-learn, ONNX Runtime, Treelite and LightGBM's predictor, in one run.

    bench/model.py [--turns N] [--threads N]

The iris forest has 100 small trees; the large one 956 thousand nodes, 100 trees over 20 noisy features. Treelite is asked in both of its ways: its own library (GTIL), and
for the small forest C code of it (tl2cgen, gcc). LightGBM predicts a forest of its own of the same number of trees and leaves, for it cannot read another's.
Everybody answers predict_proba of arrays in memory, one call each in every turn, so that a busy machine is busy for all; the fastest turn counts. Beside the time on the
clock stands the processor's (of all threads), which others that want the same processor disturb less. Peers are installed into .cache/bench-model-venv.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".cache" / "bench-model-venv"
PACKAGES = ["scikit-learn==1.7.2", "joblib", "onnxruntime", "skl2onnx", "lightgbm", "treelite", "tl2cgen"]
ROWS = 10_000
COMPILED_NODES_MAX = 10_000  # gcc takes hours for more


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


class Engine:
    """bench/engine, which takes a turn for every line."""

    def __init__(self, binary, model, rows, columns, threads):
        self.process = subprocess.Popen([binary, model, rows, str(columns), str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        return line.split() if line else sys.exit("the engine ended")

    def turn(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        wall, cpu, self.total = map(float, self.read())
        return wall, cpu

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(call):
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def forests():
    import numpy as np
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier
    rng = np.random.RandomState(0)
    X, y = load_iris(return_X_y=True)
    small = RandomForestClassifier(100, random_state=42).fit(X, y)
    yield "iris", small, X[rng.randint(0, 150, ROWS)] + rng.normal(0, 0.1, (ROWS, 4)), (X, y)
    X = rng.rand(35_395, 20)
    y = (X[:, :4].sum(axis=1) + rng.normal(0, 0.6, len(X)) > 2).astype(int)
    large = RandomForestClassifier(100, random_state=0, n_jobs=-1).fit(X, y)
    yield "large", large, rng.rand(ROWS, 20), (X, y)


def peers(model, rows, fitted, threads):
    """(name, call): each answers predict_proba of all rows."""
    import lightgbm
    import numpy as np
    import onnxruntime
    import treelite
    from skl2onnx import to_onnx
    model.n_jobs = threads if threads > 1 else None
    yield "scikit-learn", lambda: model.predict_proba(rows)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    narrow = rows.astype(np.float32)
    session = onnxruntime.InferenceSession(to_onnx(model, narrow[:1], options={"zipmap": False}).SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    yield "ONNX Runtime", lambda: session.run(None, {session.get_inputs()[0].name: narrow})
    forest = treelite.sklearn.import_model(model)
    yield "Treelite", lambda: treelite.gtil.predict(forest, rows, nthread=threads)
    leaves = max(2, int(np.mean([tree.get_n_leaves() for tree in model.estimators_])))
    booster = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=leaves, min_child_samples=1, min_child_weight=0, n_jobs=-1,
                                      boosting_type="rf", bagging_freq=1, bagging_fraction=0.63, verbose=-1).fit(*fitted)
    yield "LightGBM", lambda: booster.predict_proba(rows, num_threads=threads)


def compiled(model, rows, threads):
    """The forest as C code of tl2cgen, compiled by gcc."""
    import tl2cgen
    import treelite
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "forest.so"
        tl2cgen.export_lib(treelite.sklearn.import_model(model), toolchain="gcc", libpath=library, params={})
        predictor = tl2cgen.Predictor(library, nthread=threads)
    return lambda: predictor.predict(tl2cgen.DMatrix(rows, dtype="float64"))


def measure(binary, turns, threads):
    import joblib
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, model, rows, fitted in forests():
            joblib.dump(model, folder / "model.joblib")
            (folder / "rows").write_bytes(rows.tobytes())
            nodes = sum(tree.tree_.node_count for tree in model.estimators_)
            print(f"{name}: {nodes} nodes, {ROWS} rows, {threads} thread{'s' if threads > 1 else ''}, fastest of {turns}")
            engine = Engine(binary, folder / "model.joblib", folder / "rows", rows.shape[1], threads)
            others = list(peers(model, rows, fitted, threads))
            if nodes <= COMPILED_NODES_MAX:
                others.append(("tl2cgen", compiled(model, rows, threads)))
            found = {"Assay": [engine.turn()]} | {peer: [timed(call)] for peer, call in others}
            for _ in range(turns):
                found["Assay"].append(engine.turn())
                for peer, call in others:
                    found[peer].append(timed(call))
            engine.close()
            if abs(engine.total - model.predict_proba(rows).sum()) > 1e-6:
                sys.exit("the answers differ")
            best = {peer: [min(times) for times in zip(*taken)] for peer, taken in found.items()}
            for peer, (wall, cpu) in best.items():
                print(f"  {peer:13} {wall:9.2f} ms {wall / best['Assay'][0]:7.1f} x    processor {cpu:9.2f} ms {cpu / best['Assay'][1]:7.1f} x")


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
