"""Random fits beside real scikit-learn of several versions: hundreds of data sets and parameters, every tree bit for bit, both ways; and ONNX Runtime.

One Python process per version makes the references of all its seeds, one compares afterwards (model_cases.py); between them `assay model train` runs once a case.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess

import pytest

from environments import scikit_learn

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
CASES = int(os.environ.get("ASSAY_FIT_CASES", "120"))
VERSIONS = os.environ.get("ASSAY_FIT_VERSIONS", "1.2.2 1.4.2 1.7.2 1.9.0").split()  # by hand: any that .cache/sklearn-VERSION has
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def assay(*args):
    return subprocess.run([ASSAY, "model", *map(str, args)], capture_output=True, text=True, timeout=120)


def train(folder, case, params, out, *more):
    targets = ",".join(f"y{k}" for k in range(case["targets"]))
    weight = ["--weight", "w"] if case["weighted"] else []
    return assay("train", "--data", folder / "data.csv", "--target", targets, *weight, "--estimator", case["estimator"], "--params", folder / params,
                 "--sklearn-version", case["version"], "--threads", "2", "--out", folder / out, *more)


def run_case(folder):
    """What is wrong, or None."""
    case = json.loads((folder / "case.json").read_text())
    if case.get("warm"):
        first = train(folder, case, "first.json", "first.pkl")
        done = train(folder, case, "params.json", "ours.pkl", "--warm-start", folder / "first.pkl") if first.returncode == 0 else first
    else:
        done = train(folder, case, "params.json", "ours.pkl")
    if "refused" in case:
        return None if done.returncode == 2 else f"taken, but scikit-learn says: {case['refused'][:200]}"
    if done.returncode != 0:
        return f"refused: {done.stderr}"
    return read_theirs(folder, case)


def read_theirs(folder, case):
    """Their file through `predict`: the same labels and numbers."""
    want = json.loads((folder / "rows.json").read_text())
    done = assay("predict", folder / "model.pkl", "--input", folder / "rows.csv", "--output", ",".join(want), "--json")
    if done.returncode != 0:
        return f"predict: {done.stderr}"
    got = json.loads(done.stdout)
    if got["predict"] != want["predict"]:
        return "predict gives other labels or numbers"
    if "predict_proba" in want and case["targets"] == 1 and got["predict_proba"] != want["predict_proba"]:
        return "predict gives other probabilities"
    return None


@pytest.mark.parametrize("version", VERSIONS)
def test_random_fits_are_the_librarys_own(tmp_path, version):
    python, script = scikit_learn(version), HERE / "model_cases.py"
    first = int(os.environ.get("ASSAY_FIT_FIRST", VERSIONS.index(version) * 10000))
    subprocess.run([python, script, "make", tmp_path, str(first), str(CASES)], check=True, env=ONE_THREAD, timeout=600)
    folders = sorted(tmp_path.iterdir())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [f"seed {folder.name}: {trouble}" for folder, trouble in zip(folders, pool.map(run_case, folders)) if trouble]
    assert not wrong, "\n".join(wrong)
    assert sum("refused" not in (f / "case.json").read_text() for f in folders) > CASES // 2
    done = subprocess.run([python, script, "check", tmp_path], capture_output=True, text=True, env=ONE_THREAD, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


ARRAYS = """
import sys, numpy
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import cross_val_score
folder, seed = sys.argv[1], int(sys.argv[2])
rng = numpy.random.default_rng(seed)
x = rng.normal(size=(90, 3)).round(2)
x[rng.random(x.shape) < (0.1 if seed % 2 else 0)] = numpy.nan
y = [lambda: rng.integers(0, 3, 90), lambda: numpy.array(["a", "b é", "c"])[rng.integers(0, 2, (90, 2))], lambda: rng.normal(size=90), lambda: rng.normal(size=(90, 2)),
     lambda: numpy.zeros(90, int)][seed]()
numpy.save(folder + "/x.npy", x)
numpy.save(folder + "/y.npy", y)
numpy.savez_compressed(folder + "/d.npz", X=x, y=y)
model = RandomForestRegressor if y.dtype.kind == "f" else RandomForestClassifier
scores = [] if seed == 1 else cross_val_score(model(5, random_state=3), x, y, cv=4).tolist()
import json
print(json.dumps({"estimator": model.__name__, "scores": scores}))
"""


@pytest.mark.parametrize("seed", range(5))
def test_arrays_folds_and_onnx(tmp_path, seed):
    python = scikit_learn("1.9.0", "onnxruntime")
    want = json.loads(subprocess.run([python, "-c", ARRAYS, tmp_path, str(seed)], capture_output=True, text=True, check=True, env=ONE_THREAD).stdout)
    fit = ["--estimator", want["estimator"], "--param", "n_estimators=5", "--random-state", "3"]
    cv = ["--cv", "4"] if want["scores"] else []
    done = assay("train", "--data", tmp_path / "x.npy", "--target", tmp_path / "y.npy", *fit, *cv, "--json", "--out", tmp_path / "m.pkl")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"].get("cv_scores", []) == want["scores"]
    for out in ("n.pkl", "m.onnx", "m.assay"):
        done = assay("train", "--data", tmp_path / "d.npz", *fit, "--out", tmp_path / out)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "n.pkl").read_bytes() == (tmp_path / "m.pkl").read_bytes()
    done = subprocess.run([python, HERE / "model_onnx.py", tmp_path / "x.npy", tmp_path / "m.pkl", tmp_path / "m.onnx"], capture_output=True, text=True, env=ONE_THREAD)
    assert done.returncode == 0, done.stderr

    # Assay's own form answers as the pickle does.
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,c\n1,2,3\n-1,0.5,0\n0,-2,1\n")
    answers = [assay("predict", tmp_path / name, "--input", rows, "--json") for name in ("m.pkl", "m.assay")]
    assert answers[0].returncode == 0 and answers[0].stdout == answers[1].stdout, answers[1].stderr


def test_a_card_and_a_provenance_lie_beside_the_model(tmp_path):
    import hashlib
    data = tmp_path / "d.csv"
    data.write_text("len,w,<b>,one,y\n1,1,3,7,a&b\n2,2,,7,c\n3,1,5,7,a&b\n4,1,6,7,c\n5,1,9,7,c\n6,2,1,7,a&b\n")
    done = assay("train", "--data", data, "--target", "y", "--weight", "w", "--random-state", "0", "--param", "n_estimators=4", "--out", tmp_path / "m.pkl",
                 "--card", tmp_path / "card.html")
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256((tmp_path / "m.pkl").read_bytes()).hexdigest()
    card = json.loads((tmp_path / "m.pkl.card.json").read_text())
    assert card["schema"] == "assay.modelcard/1" and card["model"]["sha256"] == digest and card["data"]["weighted"]
    length = card["features"][0]
    assert (length["name"], length["min"], length["max"], length["mean"], length["missing"]) == ("len", 1, 6, 3.5, 0)
    assert sum(length["counts"]) == 6 and len(length["edges"]) == len(length["counts"]) + 1
    assert card["features"][1]["missing"] == 1 and sum(card["features"][1]["counts"]) == 5
    assert card["features"][2]["edges"] == [7, 7] and card["features"][2]["counts"] == [6]
    assert [c["count"] for c in card["targets"][0]["classes"]] == [3, 3]
    page = (tmp_path / "card.html").read_text()
    assert "&lt;b&gt;" in page and "a&amp;b" in page and "<b>,</b>" not in page and "http" not in page and "<script" not in page

    statement = json.loads((tmp_path / "m.pkl.intoto.json").read_text())
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "m.pkl", "digest": {"sha256": digest}}]
    materials = {m["name"]: m["digest"]["sha256"] for m in statement["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert materials == {"d.csv": hashlib.sha256(data.read_bytes()).hexdigest(), "assay": hashlib.sha256(pathlib.Path(ASSAY).read_bytes()).hexdigest()}


@pytest.mark.parametrize("version,given,means", [
    ("1.9.0", {"criterion": "mse", "max_features": "auto", "min_impurity_split": None}, {"criterion": "squared_error", "max_features": 1.0}),
    ("0.24.2", {"criterion": "absolute_error", "max_features": "auto", "monotonic_cst": None}, {"criterion": "mae", "max_features": "auto", "min_impurity_split": None}),
    ("1.1.3", {"criterion": "mae", "n_estimators": "warn"}, {"criterion": "mae", "n_estimators": 10}),
])
def test_parameters_of_another_version_are_translated(tmp_path, version, given, means):
    (tmp_path / "p.json").write_text(json.dumps({"n_estimators": 2, "random_state": 1, **given}))
    (tmp_path / "d.csv").write_text("a,b,y\n1,2,0.5\n2,1,1.5\n3,5,2\n4,4,7\n")
    done = assay("train", "--data", tmp_path / "d.csv", "--estimator", "RandomForestRegressor", "--params", tmp_path / "p.json", "--sklearn-version", version, "--json", "--out", tmp_path / "m.pkl")
    assert done.returncode == 0, done.stderr
    translated = [name for name, value in means.items() if name in given and given[name] != value]
    assert [w.split("=")[0] for w in json.loads(done.stdout)["warnings"]] == sorted(translated, key=["n_estimators", "criterion", "max_features"].index)
    card = json.loads((tmp_path / "m.pkl.card.json").read_text())
    assert {name: card["params"][name] for name in means} == means
    assert ("monotonic_cst" in card["params"]) == (version == "1.9.0")


def test_min_impurity_split_makes_leaves_where_a_version_has_it(tmp_path):
    def nodes(version, *param):
        done = assay("train", "--data", "iris", "--estimator", "DecisionTreeClassifier", "--random-state", "0", "--sklearn-version", version, *param, "--json", "--out", tmp_path / "m.pkl")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["nodes"]
    assert nodes("0.24.2", "--param", "min_impurity_split=0.2") == 5 < nodes("0.24.2") == nodes("0.22.2", "--param", "presort=True")
    done = assay("train", "--data", "iris", "--param", "min_impurity_split=0.2", "--out", tmp_path / "m.pkl")
    assert done.returncode == 2 and "which went with 1.0" in done.stderr


def test_a_target_of_one_class_is_fitted_with_a_warning(tmp_path):
    (tmp_path / "d.csv").write_text("a,y\n1,x\n2,x\n")
    done = assay("train", "--data", tmp_path / "d.csv", "--param", "n_estimators=2", "--random-state", "0", "--out", tmp_path / "m.pkl")
    assert done.returncode == 0 and "warning: target y has one class only" in done.stderr, done.stderr


@pytest.mark.parametrize("args,says,code", [
    (["--out", "folder"], "is a folder", 2),
    (["--out", "nowhere/m.pkl"], "no folder nowhere", 2),
    (["--param", "max_samples=0"], "max_samples", 2),
    (["--warm-start", "m.pkl", "--param", "n_estimators=2"], "at least the 3 trees", 2),
    (["--warm-start", "evil.pkl"], "evil.pkl: the file is", 3),
    (["--data", "table.parquet"], "Parquet", 3),
    (["--data", "x.npy"], "--target must name", 3),
    (["--cv", "1000"], "--cv must be", 2),
])
def test_refusals(tmp_path, args, says, code):
    (tmp_path / "folder").mkdir()
    (tmp_path / "table.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }".ljust(127) + b"\n" + bytes(16))
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert assay("train", "--data", "iris", "--random-state", "1", "--param", "n_estimators=3", "--out", tmp_path / "m.pkl").returncode == 0
    whole = args if "--data" in args else ["--data", "iris", *args]
    done = subprocess.run([ASSAY, "model", "train", *whole], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and says in done.stderr, done.stderr
