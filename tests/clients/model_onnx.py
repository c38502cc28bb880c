"""Does ONNX Runtime answer as scikit-learn? python model_onnx.py X.npy ours.pkl ours.onnx: same labels, numbers within float32."""
import sys

import joblib
import numpy
import onnxruntime

x = numpy.load(sys.argv[1]).astype(numpy.float32)
model = joblib.load(sys.argv[2])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[3], options, providers=["CPUExecutionProvider"])
outputs = dict(zip([o.name for o in session.get_outputs()], session.run(None, {"X": x})))
if not hasattr(model, "predict_proba"):
    numpy.testing.assert_allclose(outputs["variable"].reshape(len(x), -1), model.predict(x).reshape(len(x), -1), rtol=2e-6, atol=1e-5)
    sys.exit()
labels, proba = model.predict(x).reshape(len(x), -1), model.predict_proba(x)
several = isinstance(proba, list)
for k, p in enumerate(proba if several else [proba]):
    end = f"_{k}" if several else ""
    numpy.testing.assert_allclose(outputs["probabilities" + end], p, rtol=2e-6, atol=1e-6)
    ranks = numpy.sort(p, axis=1)
    apart = (ranks[:, -1] - ranks[:, -2] > 1e-6) | (ranks[:, -1] == ranks[:, -2]) if p.shape[1] > 1 else numpy.ones(len(x), bool)
    said = outputs["label" + end]
    wrong = [(str(a), str(b)) for a, b in zip(said[apart], labels[apart, k]) if str(a) != str(int(b) if isinstance(b, (bool, numpy.bool_)) else b)]
    assert not wrong, wrong[:5]
