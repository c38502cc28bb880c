"""Asks ONNX Runtime about a converted estimator, and holds the answers beside scikit-learn's."""
import subprocess

import numpy
import onnx
import onnxruntime

# What has no form in ONNX, and the reason that is given.
REFUSED = {"target-QuantileTransformer": "the quantiles of a normal distribution are not written as ONNX", "topics": "CountVectorizer is not written as ONNX"}
REFUSED_VECTORIZERS = ("count", "hashing", "tfidf", "text-")
# libsvm's iteration for probabilities is done in float32 by the operator.
NEAR = {"svc-two": 2e-5, "svc-probability": 2e-4}


def convert(assay, source, target, *options):
    return subprocess.run([str(assay), "model", "convert", str(source), "--to", "onnx", "--out", str(target), *options], capture_output=True, text=True)


def run(path, rows):
    """The outputs by name; one input takes a matrix, several a column each."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    kinds = {"tensor(float)": numpy.float32, "tensor(double)": numpy.float64, "tensor(string)": object}
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].shape[1] == len(rows[0]) and inputs[0].type != "tensor(string)":
        feed = {inputs[0].name: numpy.array([[float(cell or "nan") for cell in row] for row in rows], kinds[inputs[0].type])}
    else:
        def column(i, kind):
            return numpy.array([[row[i] if kind is object else float(row[i] or "nan")] for row in rows], kind)
        feed = {one.name: column(i, kinds[one.type]) for i, one in enumerate(inputs)}
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))


def labels_of(answers, stem="label"):
    several = [answers[name] for name in sorted(answers) if name.startswith(stem + "_")]
    return numpy.column_stack(several) if several else answers[stem]


def compare(name, answers, wanted, near):
    chosen = wanted.get("predict")
    if "label" in answers or "label_0" in answers:
        said = labels_of(answers)
        wrong = [(a, b) for a, b in zip(said.ravel().tolist(), numpy.array(chosen, dtype=object).ravel().tolist()) if a != b]
        assert not wrong, (name, wrong[:3])
    elif chosen is not None:
        numpy.testing.assert_allclose(answers["variable"].reshape(numpy.shape(chosen)), chosen, rtol=near, atol=near, err_msg=name)
    else:
        numpy.testing.assert_allclose(answers["variable"], wanted["transform"], rtol=near, atol=near, err_msg=name)
    scores = wanted.get("predict_proba", wanted.get("decision_function", wanted.get("transform")))
    key = "probabilities" if "predict_proba" in wanted else "scores"
    if "label" in answers and scores is not None:
        numpy.testing.assert_allclose(answers[key].reshape(numpy.shape(scores)), scores, rtol=near, atol=near, err_msg=name)
