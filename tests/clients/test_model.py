"""`assay model train`, `serve` and `predict` beside real scikit-learn: the same trees, the same files, the same answers."""

import json
import os
import pathlib
import pickle
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import numpy
import pytest
from sklearn import datasets, ensemble, metrics, model_selection

from environments import scikit_learn

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
VERSIONS = ["1.4.2", "1.9.0"]

COMPARE = """
import json, sys, warnings
warnings.simplefilter("error")
import joblib, numpy
from sklearn.base import clone
from sklearn.datasets import load_iris
spec = json.load(sys.stdin)
module = __import__(spec["module"], fromlist=["x"])
X, y = load_iris(return_X_y=True)
theirs = getattr(module, spec["estimator"])(**spec["params"]).fit(X, y)
ours = joblib.load(spec["file"])
assert type(ours) is type(theirs) and ours.get_params() == theirs.get_params(), ours.get_params()
for a, b in zip(getattr(ours, "estimators_", [ours]), getattr(theirs, "estimators_", [theirs]), strict=True):
    assert a.tree_.__getstate__()["nodes"].tobytes() == b.tree_.__getstate__()["nodes"].tobytes()
    assert a.tree_.value.tobytes() == b.tree_.value.tobytes()
    assert a.get_params() == b.get_params() and a.tree_.max_depth == b.tree_.max_depth
assert ours.predict_proba(X).tobytes() == theirs.predict_proba(X).tobytes()
assert ours.feature_importances_.tobytes() == theirs.feature_importances_.tobytes()
clone(ours).fit(X, y), repr(ours), joblib.dump(ours, spec["file"] + ".again")
print(json.dumps({"predict": ours.predict(X).tolist(), "proba": ours.predict_proba(X).tolist()}))
"""


@pytest.fixture(scope="session", params=VERSIONS)
def sklearn(request):
    """(version, python) of a cached virtual environment with that scikit-learn."""
    return request.param, scikit_learn(request.param)


def assay(*args, check=True):
    done = subprocess.run([ASSAY, "model", *map(str, args)], capture_output=True, text=True, timeout=120)
    if check:
        assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("estimator,params", [
    ("RandomForestClassifier", {"random_state": 0}),
    ("RandomForestClassifier", {"random_state": 1, "n_estimators": 5, "class_weight": "balanced", "max_leaf_nodes": 7, "criterion": "entropy"}),
    ("ExtraTreesClassifier", {"random_state": 2, "n_estimators": 5, "max_features": "log2", "bootstrap": True, "max_samples": 0.5}),
    ("DecisionTreeClassifier", {"random_state": 3, "min_samples_leaf": 0.02}),
])
def test_training_writes_what_scikit_learn_would(sklearn, tmp_path, estimator, params):
    version, python = sklearn
    file = tmp_path / "model.pkl"
    (tmp_path / "params.json").write_text(json.dumps(params))
    assay("train", "--data", "iris", "--estimator", estimator, "--params", tmp_path / "params.json", "--sklearn-version", version, "--out", file)
    module = "sklearn.tree" if estimator.startswith("Decision") else "sklearn.ensemble"
    spec = json.dumps({"module": module, "estimator": estimator, "params": params, "file": str(file)})
    done = subprocess.run([python, "-c", COMPARE], input=spec, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout)

    # The same rows through `predict`, from our file and from the one that scikit-learn wrote again.
    rows = tmp_path / "rows.csv"
    dump = "from sklearn.datasets import load_iris\nfor r in load_iris().data.tolist(): print(*r, sep=',')"
    rows.write_text(subprocess.run([python, "-c", dump], capture_output=True, text=True, check=True).stdout)
    for model in (file, str(file) + ".again"):
        answer = json.loads(assay("predict", model, "--input", rows, "--no-header", "--output", "predict,predict_proba", "--json").stdout)
        assert answer["predict"] == expected["predict"]
        assert answer["predict_proba"] == expected["proba"]


REGRESSION = """
import sys, warnings
import joblib, numpy
from sklearn.ensemble import RandomForestRegressor
rng = numpy.random.RandomState(0)
X = rng.rand(200, 5)
y = X[:, 0] * 3 + rng.rand(200)
if sys.argv[1] == "write":
    print("a,b,c,d,e,y")
    for row, target in zip(X.tolist(), y.tolist()):
        print(*map(repr, row), repr(target), sep=",")
else:
    theirs = RandomForestRegressor(20, random_state=3, max_leaf_nodes=90).fit(X, y)
    ours = joblib.load(sys.argv[1])
    assert ours.feature_names_in_.tolist() == list("abcde")
    for a, b in zip(ours.estimators_, theirs.estimators_, strict=True):
        assert a.tree_.__getstate__()["nodes"].tobytes() == b.tree_.__getstate__()["nodes"].tobytes()
        assert a.tree_.value.tobytes() == b.tree_.value.tobytes()
        assert set(vars(b)) == set(vars(a)), set(vars(b)) ^ set(vars(a))
    assert set(vars(theirs)) | {"feature_names_in_"} == set(vars(ours))
"""


def test_a_regressor_from_csv_has_the_same_bits(sklearn, tmp_path):
    version, python = sklearn
    data, file = tmp_path / "data.csv", tmp_path / "model.pkl"
    data.write_text(subprocess.run([python, "-c", REGRESSION, "write"], capture_output=True, text=True, check=True).stdout)
    assay("train", "--data", data, "--target", "y", "--estimator", "RandomForestRegressor", "--param", "n_estimators=20",
          "--param", "max_leaf_nodes=90", "--random-state", "3", "--sklearn-version", version, "--out", file)
    done = subprocess.run([python, "-c", REGRESSION, file], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_split_and_report(tmp_path):
    report = json.loads(assay("train", "--data", "iris", "--test-size", "0.2", "--param", "random_state=42", "--out", tmp_path / "m.pkl", "--json").stdout)
    assert report["rows"] == 120 and report["metrics"]["test_accuracy"] == 1.0 and report["trees"] == 100
    assert report["size_bytes"] == (tmp_path / "m.pkl").stat().st_size
    again = json.loads(assay("train", "--data", "iris", "--test-size", "0.2", "--param", "random_state=42", "--out", tmp_path / "n.pkl", "--threads", "1", "--json").stdout)
    assert again["sha256"] == report["sha256"]


@pytest.mark.parametrize("name", ["load_breast_cancer", "load_wine"])
def test_areas_under_curves_are_scikit_learns(tmp_path, name):
    x, y = getattr(datasets, name)(return_X_y=True)
    numpy.save(tmp_path / "x.npy", x)
    numpy.save(tmp_path / "y.npy", y)
    report = json.loads(assay("train", "--data", tmp_path / "x.npy", "--target", tmp_path / "y.npy", "--test-size", "0.3", "--param", "random_state=1",
                              "--param", "n_estimators=20", "--out", tmp_path / "m.pkl", "--json").stdout)
    ours = report["evaluation"]["test"]["outputs"][0]
    inside, outside, targets, truth = model_selection.train_test_split(x, y, test_size=0.3, random_state=42)
    said = ensemble.RandomForestClassifier(n_estimators=20, random_state=1).fit(inside, targets).predict_proba(outside)
    whole = metrics.roc_auc_score(truth, said[:, 1] if said.shape[1] == 2 else said, multi_class="ovr")
    assert ours["roc_auc"] == whole
    by_class = [metrics.roc_auc_score(truth == c, said[:, c]) for c in range(said.shape[1])][-len(ours["roc"]):]
    assert [curve["auc"] for curve in ours["roc"]] == pytest.approx(by_class, rel=1e-14)
    for curve in ours["roc"]:
        assert curve["points"][0] == [0, 0] and curve["points"][-1] == [1, 1] and curve["points"] == sorted(curve["points"])
    by_class = [metrics.average_precision_score(truth == c, said[:, c]) for c in range(said.shape[1])]
    assert [curve["average_precision"] for curve in ours["precision_recall"]] == pytest.approx(by_class, rel=1e-12)
    assert ours["average_precision"] == pytest.approx(by_class[1] if len(by_class) == 2 else numpy.mean(by_class), rel=1e-12)
    for curve in ours["precision_recall"]:
        recalls = [point[0] for point in curve["points"]]
        assert recalls == sorted(recalls) and recalls[-1] == 1 and all(0 < point[1] <= 1 for point in curve["points"])


def test_a_card_of_a_regressor_shows_what_was_said_beside_what_is(tmp_path):
    x, y = datasets.load_diabetes(return_X_y=True)
    numpy.save(tmp_path / "x.npy", x)
    numpy.save(tmp_path / "y.npy", numpy.column_stack([y, -y]))
    done = assay("train", "--data", tmp_path / "x.npy", "--target", tmp_path / "y.npy", "--estimator", "RandomForestRegressor", "--test-size", "100", "--param", "random_state=1",
                 "--param", "n_estimators=5", "--out", tmp_path / "m.pkl", "--card", tmp_path / "card.html")
    assert done.returncode == 0, done.stderr
    inside, outside, targets, truth = model_selection.train_test_split(x, numpy.column_stack([y, -y]), test_size=100, random_state=42)
    said = ensemble.RandomForestRegressor(n_estimators=5, random_state=1).fit(inside, targets).predict(outside)
    outputs = json.loads((tmp_path / "m.pkl.card.json").read_text())["metrics"]["test"]["outputs"]
    for k in range(2):
        assert numpy.allclose(outputs[k]["pairs"], numpy.column_stack([truth[:, k], said[:, k]]), rtol=1e-12)
    assert (tmp_path / "card.html").read_text().count("<circle") == 2 * 2 * 100


@pytest.mark.parametrize("args,says,code", [
    (["--data", "iris", "--param", "n_estimator=3"], "nearest is n_estimators", 2),
    (["--data", "iris", "--sklearn-version", "2.0.0"], "0.22 to 1.9", 2),
    (["--data", "iris", "--param", "n_estimators=0"], "n_estimators=0 must be an integer from 1", 2),
    (["--data", "iris", "--param", "criterion=ginny"], "criterion='ginny' must be gini", 2),
    (["--data", "missing.csv"], "missing.csv", 3),
    (["--data", "bad.csv"], "line 3, column 1 (a): 'x' is not a number", 3),
    (["--data", "good.csv", "--target", "nope"], "no column 'nope'", 2),
    (["--data", "good.csv", "--target", "Y"], "no column 'Y'; is it 'y'?", 2),
    (["--data", "good.csv", "--test-size", "2"], "--test-size: a test of 2 leaves nothing of 2 rows", 2),
    (["--data", "good.csv", "--estimator", "RandomForestClasifier"], "nearest of what is trained is RandomForestClassifier", 2),
    (["--data", "semicolons.csv"], "line 1 is separated by semicolons", 3),
    (["--data", "thousands.csv"], "line 2, column 1 (a): '1,000' is not a number; numbers have a decimal point", 3),
    (["--data", "huge.csv"], "line 2, column 1 (a): '1e39' is beyond a 32-bit float", 3),
    (["--data", "wide.csv"], "UTF-16 text; convert it", 3),
    (["--data", "latin.csv"], "line 3 is not UTF-8 text (near byte 0xe9)", 3),
    (["--data", "gap.csv", "--sklearn-version", "1.2.2"], "row 2, feature 1 (a) is missing", 2),
])
def test_training_refuses_in_words(tmp_path, args, says, code):
    (tmp_path / "bad.csv").write_text("a,y\n1,0\nx,1\n")
    (tmp_path / "good.csv").write_text("a,y\n1,0\n2,1\n")
    (tmp_path / "semicolons.csv").write_text("a;y\n1;0\n2;1\n")
    (tmp_path / "thousands.csv").write_text('a,y\n"1,000",0\n2,1\n')
    (tmp_path / "huge.csv").write_text("a,y\n1e39,0\n2,1\n")
    (tmp_path / "wide.csv").write_bytes("a,y\n1,0\n".encode("utf-16"))
    (tmp_path / "latin.csv").write_bytes("a,y\n1,x\n2,été\n".encode("latin-1"))
    (tmp_path / "gap.csv").write_text("a,b,y\n1,1,0\n,1,1\n")
    done = subprocess.run([ASSAY, "model", "train", *args], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == code and says in done.stderr
    assert not (tmp_path / "model.pkl").exists()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(url, body=None, method=None):
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def served(tmp_path):
    """The address of a model server over a fresh iris forest."""
    assay("train", "--data", "iris", "--param", "random_state=42", "--out", tmp_path / "model.pkl")
    port = free_port()
    server = subprocess.Popen([ASSAY, "model", "serve", tmp_path / "model.pkl", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        lines = [server.stdout.readline() for _ in range(4)]
        assert lines[3].startswith("ready"), lines
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0


def test_serving_answers_as_the_tutorial(served):
    status, headers, body = ask(served + "/predict", {"features": [5.1, 3.5, 1.4, 0.2]})
    assert (status, headers["Content-Type"], body) == (200, "application/json", b'{"prediction":[0]}')
    assert ask(served + "/predict", {"features": [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]})[2] == b'{"prediction":[0,2]}'
    assert json.loads(ask(served + "/predict_proba", {"features": [5.1, 3.5, 1.4, 0.2]})[2]) == {"probabilities": [[1.0, 0.0, 0.0]]}

    detail = lambda answer: json.loads(answer[2])["detail"]
    missing = ask(served + "/predict", {})
    assert missing[0] == 422 and detail(missing) == [{"loc": ["body", "features"], "msg": "field required", "type": "value_error.missing"}]
    wrong = ask(served + "/predict", {"features": [1, 2, 3]})
    assert wrong[0] == 422 and "takes 4 features, 3 were given" in detail(wrong)[0]["msg"]
    broken = ask(served + "/predict", b'{"features":[1,')
    assert broken[0] == 422 and detail(broken)[0]["type"] == "value_error.jsondecode"

    status, headers, body = ask(served + "/predict")
    assert (status, headers["Allow"], body) == (405, "POST", b'{"detail":"Method Not Allowed"}')
    assert ask(served + "/nope")[::2] == (404, b'{"detail":"Not Found"}')


def test_serving_can_be_operated(served):
    for _ in range(5):
        ask(served + "/predict", {"features": [[5.1, 3.5, 1.4, 0.2]] * 2})
    assert ask(served + "/healthz")[0] == ask(served + "/readyz")[0] == 200
    metrics = ask(served + "/metrics")[2].decode()
    assert 'assay_model_rows_total{model="model",version="1"} 10\n' in metrics and 'library_version="1.9.0"' in metrics
    api = json.loads(ask(served + "/openapi.json")[2])
    assert api["openapi"] == "3.0.2" and set(api["paths"]) >= {"/predict", "/predict_proba", "/v2/models/model/versions/1/infer"}
    page = ask(served + "/docs")
    assert page[0] == 200 and b"//" not in page[2].replace(b"location.origin}/", b"").replace(b"http://", b"") or b"src=" not in page[2]
    assert "default-src 'none'" in page[1]["Content-Security-Policy"]
    assert ask(served + "/predict", {"features": [[5.1, 3.5, 1.4, 0.2]] * 20000})[0] == 200
    assert ask(served + "/predict", b"1" * 9_000_000)[0] == 413


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_hostile_pickle_is_refused_by_all_and_does_nothing(tmp_path):
    canary = tmp_path / "canary"
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil(canary)))
    (tmp_path / "rows.csv").write_text("a\n1\n")
    done = assay("serve", tmp_path / "evil.pkl", "--port", free_port(), check=False)
    assert done.returncode == 1 and "unsafe" in done.stderr and "system" in done.stderr
    done = assay("predict", tmp_path / "evil.pkl", "--input", tmp_path / "rows.csv", check=False)
    assert done.returncode == 1 and "system" in done.stderr
    assert not canary.exists()


def test_what_is_no_forest_is_named(tmp_path):
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1, 2, 3]))
    done = assay("serve", tmp_path / "list.pkl", "--port", free_port(), check=False)
    assert done.returncode == 3 and "no scikit-learn estimator" in done.stderr
    (tmp_path / "text.pkl").write_text("hello")
    done = assay("serve", tmp_path / "text.pkl", "--port", free_port(), check=False)
    assert done.returncode in (1, 3) and "text.pkl" in done.stderr
