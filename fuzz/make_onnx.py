#!/usr/bin/env python3
"""Writes small ONNX models to fuzz/corpus/estimator: of skl2onnx, and one of ai.onnx.ml 5. Run by a Python with scikit-learn, skl2onnx and onnx; the files are committed."""
import pathlib

import numpy as np
import skl2onnx
from onnx import TensorProto, helper
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn import compose, impute, linear_model, naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm

folder = pathlib.Path(__file__).parent / "corpus" / "estimator"
rng = np.random.RandomState(0)
X = np.round(rng.rand(12, 2), 2).astype(np.float32)
y = np.arange(12) % 3
table = [("X", FloatTensorType([None, 2]))]
words = np.array([["a", 1.5], ["b", 2.5]] * 6, dtype=object)
columns = compose.ColumnTransformer([("w", preprocessing.OneHotEncoder(handle_unknown="ignore"), [0]), ("n", impute.SimpleImputer(), [1])])
MODELS = {
    "knn": (neighbors.KNeighborsClassifier(2), X, y, table),
    "svc": (svm.SVC(probability=True, random_state=0), X, y, table),
    "svr": (svm.SVR(), X, y, table),
    "bayes": (naive_bayes.GaussianNB(), X, y, table),
    "mlp": (neural_network.MLPClassifier((2,), max_iter=2, random_state=0), X, y, table),
    "columns": (pipeline.make_pipeline(columns, linear_model.LogisticRegression()), words, y,
                [("w", StringTensorType([None, 1])), ("n", FloatTensorType([None, 1]))]),
}
for name, (model, rows, labels, inputs) in MODELS.items():
    made = skl2onnx.convert_sklearn(model.fit(rows, labels), initial_types=inputs)
    made.doc_string = made.producer_name = made.graph.doc_string = ""
    (folder / f"{name}.onnx").write_bytes(made.SerializeToString())

splits = helper.make_tensor("nodes_splits", TensorProto.FLOAT, [3], [0.5, 0, 0.25])
node = helper.make_node(
    "TreeEnsemble", ["X"], ["y"], domain="ai.onnx.ml", n_targets=2, aggregate_function=1, post_transform=0, tree_roots=[0, 2],
    nodes_featureids=[0, 1, 1], nodes_splits=splits, nodes_modes=helper.make_tensor("nodes_modes", TensorProto.UINT8, [3], [0, 6, 3]),
    nodes_truenodeids=[0, 1, 3], nodes_trueleafs=[1, 1, 1], nodes_falsenodeids=[1, 2, 4], nodes_falseleafs=[0, 1, 1],
    membership_values=helper.make_tensor("membership_values", TensorProto.FLOAT, [3], [1.0, 2.0, float("nan")]),
    leaf_targetids=[0, 1, 0, 1, 0], leaf_weights=helper.make_tensor("leaf_weights", TensorProto.FLOAT, [5], [1, 2, 3, 4, 5]))
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in ("X", "y")]
made = helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)])
made.ir_version = 10
(folder / "ensemble5.onnx").write_bytes(made.SerializeToString())
