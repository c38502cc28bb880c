"""`assay model predict` beside real scikit-learn of several versions: every estimator's every output, and what the command does with its files.

Other versions by hand: ASSAY_SKLEARN_PYTHONS=/a/bin/python:/b/bin/python asks those (0.20 and 0.22 take Python 3.7, 0.24 and 1.0 Python 3.8).
"""

import concurrent.futures
import csv
import json
import math
import os
import pathlib
import pickle
import subprocess

import onnx_answers
import pytest
from sklearn import feature_extraction, linear_model, pipeline

from environments import scikit_learn

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
VERSIONS = ["1.2.2", "1.4.2", "1.9.0"]
NEAR = {"close": (1e-12, 1e-14), "float32": (1e-6, 1e-6), "narrow": (1e-5, 1e-6), False: (1e-9, 1e-9)}


@pytest.fixture(scope="module", params=os.environ.get("ASSAY_SKLEARN_PYTHONS", ":".join(VERSIONS)).split(":"))
def models(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    python = scikit_learn(request.param) if request.param in VERSIONS else request.param
    done = subprocess.run([python, ROOT / "tests/clients/sklearn_models.py", folder], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # small work: threads only wait for each other
    assert done.returncode == 0, done.stderr
    return folder


def predict(model, rows, *args):
    return subprocess.run([ASSAY, "model", "predict", model, "--input", rows, *args], capture_output=True, text=True, timeout=120)


def difference(ours, theirs, near, at=""):
    """Where the two differ, or None."""
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return f"{at}: another shape"
        return next((found for i, pair in enumerate(zip(ours, theirs)) if (found := difference(*pair, near, f"{at}[{i}]"))), None)
    if isinstance(theirs, float) and math.isnan(theirs):
        same = ours is None
    elif isinstance(theirs, (str, bool)) or theirs is None or near is True:
        same = ours == theirs
    else:
        relative, absolute = NEAR[near]
        same = isinstance(ours, (int, float)) and math.isclose(ours, theirs, rel_tol=relative, abs_tol=absolute)
    return None if same else f"{at}: {ours!r} for {theirs!r}"


def test_every_output_of_every_estimator_is_the_librarys(models):
    cases = sorted(models.glob("*.json"))
    assert len(cases) > 150 or os.environ.get("ONLY")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        trouble = [line for lines in pool.map(trouble_of, cases) for line in lines]
    assert not trouble, "\n".join(trouble)


def trouble_of(case):
    spec = json.loads(case.read_text())
    done = predict(case.with_suffix(".model"), case.with_suffix(".csv"), "--no-header", "--json", "--threads", "1", "--output", ",".join(spec["outputs"]))
    if done.returncode:
        return [f"{case.stem}: {done.stderr}"]
    answer = json.loads(done.stdout)
    assert list(answer) == list(spec["outputs"])
    return [f"{case.stem} {what} {found}" for what, theirs in spec["outputs"].items() if (found := difference(answer[what], theirs, spec["exact"]))]


def test_code_within_a_model_is_refused_by_its_name(models):
    cases = sorted(models.glob("*.hostile"))
    assert len(cases) > 15
    for case in cases:
        done = predict(case, case.with_suffix(".csv"), "--no-header")
        assert done.returncode == 1 and ".system" in done.stderr and not done.stdout, (case.stem, done)


@pytest.mark.parametrize("models", [max(VERSIONS)], indirect=True)  # what differs between versions is behind the reader
def test_every_estimator_as_onnx(models, tmp_path):
    """ONNX Runtime answers as the library, from files that scan clean; what has no form there is refused with the reason."""
    trouble, cases = [], sorted(models.glob("*.json"))
    for case in cases:
        spec, target = json.loads(case.read_text()), tmp_path / f"{case.stem}.onnx"
        rows = list(csv.reader(case.with_suffix(".csv").open()))
        if case.stem.startswith("ties-"):  # of equally far points scikit-learn's trees find one, TopK another
            continue
        done = onnx_answers.convert(ASSAY, case.with_suffix(".model"), target, "--double")
        reason = onnx_answers.REFUSED.get(case.stem) or case.stem.startswith(onnx_answers.REFUSED_VECTORIZERS) and "Vectorizer is not written as ONNX"
        if reason:
            assert done.returncode == 3 and reason in done.stderr, (case.stem, done.stderr)
            continue
        try:
            assert done.returncode == 0, done.stderr
            onnx_answers.compare(case.stem, onnx_answers.run(target, rows), spec["outputs"], onnx_answers.NEAR.get(case.stem, 1e-6))
        except Exception as error:
            trouble.append(f"{case.stem}: {str(error)[:700]}")
    assert not trouble, f"{len(trouble)} of {len(cases)}\n" + "\n".join(trouble)


def test_rows_that_were_dicts_come_as_tables(tmp_path):
    """Columns are keys; an empty cell is a key that the row does not have."""
    dicts = [{"age": 31.0, "city": "London", "vip": True}, {"age": 20, "city": "Paris, FR"}, {"age": 40.5, "city": "5", "n": 2}, {"city": "x=y"}] * 4
    model = pipeline.make_pipeline(feature_extraction.DictVectorizer(), linear_model.LogisticRegression()).fit(dicts, [0, 1, 0, 1] * 4)
    asked, rows = [*dicts[:4], {"city": "nowhere"}], tmp_path / "rows.csv"
    rows.write_text('city,age,vip,n\nLondon,31.0,1,\n"Paris, FR",20,,\n5,40.5,,2\nx=y,,,\nnowhere,,,\n')
    for name, one, what in [("whole", model, "predict_proba"), ("first", model[0], "transform")]:
        (tmp_path / name).write_bytes(pickle.dumps(one, 4))
        done = predict(tmp_path / name, rows, "--json", "--output", what)
        assert done.returncode == 0, done.stderr
        theirs = getattr(one, what)(asked)
        assert not difference(json.loads(done.stdout)[what], (theirs.toarray() if what == "transform" else theirs).tolist(), False)


@pytest.fixture(scope="module")
def forest(tmp_path_factory):
    file = tmp_path_factory.mktemp("forest") / "model.pkl"
    subprocess.run([ASSAY, "model", "train", "--data", "iris", "--param", "n_estimators=5", "--param", "random_state=0", "--out", file],
                   check=True, stdout=subprocess.DEVNULL)
    return file


def test_many_blocks_keep_their_order_on_any_number_of_threads(forest, tmp_path):
    lines = [f"{5 + i % 7 * 0.1:.1f},3.{i % 10},{1 + i % 60 / 10:.1f},{i % 25 / 10:.1f}" for i in range(60000)]
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join(lines))
    answers = [predict(forest, rows, "--no-header", "--output", "predict,predict_proba", "--threads", str(n), "--json").stdout for n in (1, 3)]
    assert answers[0] == answers[1]
    assert len(json.loads(answers[0])["predict"]) == 60000
    some = tmp_path / "some.csv"
    some.write_text("\n".join(lines[:100]))
    assert json.loads(predict(forest, some, "--no-header", "--json").stdout)["predict"] == json.loads(answers[0])["predict"][:100]
    as_csv = predict(forest, rows, "--no-header").stdout.splitlines()
    assert as_csv[0] == "prediction" and [int(line) for line in as_csv[1:]] == json.loads(answers[0])["predict"]


@pytest.mark.parametrize("text,says", [
    ("a,b\n1,2\n", "has 2 columns, the model takes 4"),
    ("a,b,c,d\n1,2,3,4\n1,2,3\n", "line 3"),
    ("a,b,c,d\n1,2,x,4\n", "line 2, column 3 (c): 'x' is not a number"),
    ("", "empty"),
    ("a,b,c,d\n", "no rows"),
    ("1,2,3,4\n", "--no-header"),
    ("a,b,c,d\n1,2,\"3,4\n", "does not end"),
])
def test_a_broken_table_is_named(forest, tmp_path, text, says):
    rows = tmp_path / "rows.csv"
    rows.write_text(text)
    for form in ("--csv", "--json"):
        done = predict(forest, rows, form)
        assert done.returncode == 3 and says in done.stderr and not done.stdout, done


def test_an_output_that_the_model_lacks_is_named(forest, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("1,2,3,4\n")
    done = predict(forest, rows, "--no-header", "--output", "transform")
    assert done.returncode == 3 and "has no transform" in done.stderr
    assert predict(forest, rows, "--output", "nonsense").returncode == 2
