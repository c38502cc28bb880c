"""`assay model serve` as an operator and as clients of other servers meet it: protocols, several models, reload, rollback, tokens, TLS, drain, bad input."""

import http.client
import json
import os
import pathlib
import pickle
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
import warnings

import pytest

from conftest import wait_for
from environments import python_with
from test_ui import CHROMIUM, NODE, UI, install, needs_browser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
SETOSA, VIRGINICA = [5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]
TOKEN = "a-token-of-some-length-1"


def train(path, seed=1, trees=5, *more):
    subprocess.run([ASSAY, "model", "train", "--data", "iris", "--random-state", str(seed), "--param", f"n_estimators={trees}", "--out", str(path), *more],
                   check=True, stdout=subprocess.DEVNULL)
    return path


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


class ModelServer:
    def __init__(self, folder, *arguments, environment=None):
        self.errors = open(folder / "serve.err", "a+")
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("ASSAY_")}, **(environment or {})}
        self.process = subprocess.Popen([ASSAY, "model", "serve", "--port", "0", "--poll", "1", *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True, cwd=folder, env=env)
        greeting = []
        for line in self.process.stdout:
            greeting.append(line)
            if line.startswith("ready"):
                break
        assert greeting and greeting[-1].startswith("ready"), (greeting, self.log())
        self.greeting = "".join(greeting)
        self.port = int(re.search(r"address   https?://[^/]+:(\d+)/", self.greeting)[1])
        self.context, self.token = None, None

    def log(self):
        return pathlib.Path(self.errors.name).read_text()

    def connect(self, timeout=20):
        if self.context:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, connection=None):
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        c = connection or self.connect()
        c.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, sent)
        answer = Answer(c.getresponse())
        if not connection:
            c.close()
        return answer

    def post(self, path, body, headers=None, **more):
        return self.ask("POST", path, body, headers, **more)

    def predict(self, rows, path="/predict"):
        return self.post(path, {"features": rows}).json()["prediction"]

    def metadata(self, name):
        return self.ask("GET", f"/v2/models/{name}").json()

    def raw(self, data, patience=10):
        """Bytes as they are; all that comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            out = b""
            while piece := s.recv(65536):
                out += piece
            return out

    def children(self):
        return pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process.stdout.close()
        self.errors.close()
        return code


@pytest.fixture
def serve(tmp_path):
    """serve(arguments...) starts a server; all end with the test, and end well."""
    started = []

    def start(*arguments, **more):
        started.append(ModelServer(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    assert [s.stop() for s in started] == [0] * len(started)


@pytest.fixture
def iris(serve, tmp_path):
    return serve(train(tmp_path / "iris.pkl"))


# --- protocols ------------------------------------------------------------------------------------------------------------------


def test_open_inference_protocol(iris):
    assert iris.ask("GET", "/v2").json()["extensions"] == ["binary_tensor_data", "model_repository"]
    assert iris.ask("GET", "/v2/health/live").json() == {"live": True} and iris.ask("GET", "/v2/health/ready").json() == {"ready": True}
    assert iris.ask("GET", "/v2/models").json() == {"models": ["iris"]}
    about = iris.metadata("iris")
    assert about["inputs"] == [{"name": "input-0", "datatype": "FP64", "shape": [-1, 4]}] and about["versions"] == ["1"]
    assert iris.ask("GET", "/v2/models/iris/versions/1").json() == about
    assert iris.ask("GET", "/v2/models/iris/ready").json() == iris.ask("GET", "/v2/models/iris/versions/1/ready").json() == {"name": "iris", "ready": True}
    assert iris.post("/v2/repository/index", {}).json()[0]["state"] == "READY"
    question = {"id": "a", "inputs": [{"name": "any", "shape": [2, 4], "datatype": "FP32", "data": SETOSA + VIRGINICA}]}
    for path in ("/v2/models/iris/infer", "/v2/models/iris/versions/1/infer"):
        answer = iris.post(path, question).json()
        assert answer == {"model_name": "iris", "model_version": "1", "id": "a",
                          "outputs": [{"name": "predict", "datatype": "INT64", "shape": [2], "data": [0, 2]}]}
    wrong = iris.post("/v2/models/iris/infer", {"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]})
    assert wrong.status == 400 and "[rows, 4]" in wrong.json()["error"]
    assert iris.post("/v2/models/nope/infer", question).status == iris.ask("GET", "/v2/models/iris/versions/9").status == 404
    assert iris.post("/v2/models/iris/infer", b"x", {"Inference-Header-Content-Length": "x"}).status == 400


def test_kserve_v1_and_addresses_by_name(iris):
    assert iris.ask("GET", "/v1/models").json() == {"models": ["iris"]} and iris.ask("GET", "/v1/models/iris").json()["ready"] is True
    assert iris.post("/v1/models/iris:predict", {"instances": [SETOSA, VIRGINICA]}).json() == {"predictions": [0, 2]}
    assert iris.post("/v1/models/iris:explain", {"instances": [SETOSA]}).status == 404
    assert iris.predict(SETOSA, "/models/iris/predict") == iris.predict(SETOSA, "/models/iris/versions/1/predict") == [0]
    assert len(iris.post("/models/iris/predict_proba", {"features": SETOSA}).json()["probabilities"][0]) == 3
    assert len(iris.post("/models/iris/versions/1/predict_proba", {"features": SETOSA}).json()["probabilities"][0]) == 3
    assert iris.post("/predict", {"instances": [SETOSA, VIRGINICA]}).json() == {"predictions": [0, 2]}


def test_mlflow_formats(iris):
    assert iris.ask("GET", "/ping").status == iris.ask("GET", "/health").status == 200
    assert iris.ask("GET", "/version").body.startswith(b"assay ")
    names = ["a", "b", "c", "d"]
    bodies = [{"dataframe_split": {"columns": names, "data": [SETOSA, VIRGINICA]}}, {"dataframe_records": [dict(zip(names, r)) for r in (SETOSA, VIRGINICA)]},
              {"instances": [SETOSA, VIRGINICA]}, {"inputs": [SETOSA, VIRGINICA], "params": {}}]
    for body in bodies:
        assert iris.post("/invocations", body, {"Content-Type": "application/json"}).json() == {"predictions": [0, 2]}, body
    table = "\n".join([",".join(names), *(",".join(map(str, r)) for r in (SETOSA, VIRGINICA))])
    assert iris.post("/models/iris/invocations", table, {"Content-Type": "text/csv"}).json() == {"predictions": [0, 2]}
    bad = iris.post("/invocations", {"rows": []}, {"Content-Type": "application/json"})
    assert bad.status == 400 and bad.json()["error_code"] == "BAD_REQUEST"
    assert iris.post("/invocations", "x", {"Content-Type": "text/html"}).status == 415


@pytest.fixture(scope="session")
def clients_python():
    """A Python with the clients of other servers, from PyPI."""
    return python_with("serving-clients", "tritonclient[http]==2.53.0", "mlflow-skinny==2.19.0", "flask", "scipy", "pandas", "numpy")


CLIENTS = """
import sys
import numpy, pandas
import tritonclient.http as triton
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
port = sys.argv[1]
rows = numpy.array([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]])
client = triton.InferenceServerClient(f"127.0.0.1:{port}")
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("iris") and client.is_model_ready("iris", "1")
assert client.get_model_metadata("iris")["outputs"][0]["name"] == "predict" and client.get_server_metadata()["name"] == "assay"
assert client.get_model_repository_index()[0]["name"] == "iris"
for kind, name in [("float16", "FP16"), ("float32", "FP32"), ("float64", "FP64"), ("int64", "INT64"), ("int32", "INT32"), ("int16", "INT16"), ("int8", "INT8"),
                   ("uint8", "UINT8"), ("uint16", "UINT16"), ("uint32", "UINT32"), ("uint64", "UINT64")]:
    for binary in (True, False):
        if kind == "float16" and not binary:
            continue  # the client itself has no JSON for it
        given = triton.InferInput("input-0", [2, 4], name)
        given.set_data_from_numpy(rows.astype(kind), binary_data=binary)
        wanted = [triton.InferRequestedOutput("predict", binary_data=binary), triton.InferRequestedOutput("predict_proba", binary_data=not binary)]
        answer = client.infer("iris", [given], outputs=wanted, request_id="7")
        assert answer.as_numpy("predict").tolist() == [0, 2], (kind, binary, answer.as_numpy("predict"))
        assert answer.as_numpy("predict_proba").shape == (2, 3) and answer.get_response()["id"] == "7"
try:
    given = triton.InferInput("input-0", [1, 4], "BYTES")
    given.set_data_from_numpy(numpy.array([["a", "b", "c", "d"]], dtype=object))
    client.infer("iris", [given])
    raise SystemExit("text was taken for numbers")
except triton.InferenceServerException as error:
    assert "is text" in str(error), error
mlflow = ScoringServerClient("127.0.0.1", port)
mlflow.ping()
assert mlflow.get_version()
frame = pandas.DataFrame(rows, columns=list("abcd"))
assert mlflow.invoke(frame).get_predictions()[0].tolist() == [0, 2]
assert mlflow.invoke(rows.tolist()).get_predictions()[0].tolist() == [0, 2]
print("clients agree")
"""


def test_clients_of_triton_and_mlflow_work(iris, clients_python):
    done = subprocess.run([clients_python, "-c", CLIENTS, str(iris.port)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "clients agree" in done.stdout, done.stderr


def test_binary_tensors_byte_for_byte(iris):
    head = json.dumps({"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "parameters": {"binary_data_size": 32}}],
                       "outputs": [{"name": "predict_proba", "parameters": {"binary_data": True}}]}).encode()
    answer = iris.post("/v2/models/iris/infer", head + struct.pack("<4d", *SETOSA), {"Inference-Header-Content-Length": str(len(head))})
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/octet-stream"
    size = int(answer.headers["Inference-Header-Content-Length"])
    assert json.loads(answer.body[:size])["outputs"][0]["parameters"] == {"binary_data_size": 24}
    assert struct.unpack("<3d", answer.body[size:]) == tuple(iris.post("/predict_proba", {"features": SETOSA}).json()["probabilities"][0])


# --- models and versions --------------------------------------------------------------------------------------------------------


def test_several_models_and_versions(serve, tmp_path):
    train(tmp_path / "a.pkl", 1), train(tmp_path / "b.pkl", 2, 3), train(tmp_path / "c.pkl", 3, 4)
    s = serve("small@1=a.pkl", "small@2=b.pkl", "other=c.pkl")
    assert s.ask("GET", "/v2/models").json() == {"models": ["small", "other"]}
    assert s.metadata("small")["versions"] == ["1", "2"] and s.metadata("small")["parameters"]["summary"].startswith("3 trees")
    assert s.ask("GET", "/v2/models/small/versions/1").json()["parameters"]["summary"].startswith("5 trees")
    assert s.post("/v1/models/other:predict", {"instances": [SETOSA]}).json() == {"predictions": [0]}
    done = subprocess.run([ASSAY, "model", "serve", "a.pkl", "x/a.pkl"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "two models are named 'a'" in done.stderr


def test_reload_without_a_lost_request_then_refusal_then_rollback(serve, tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    train(tmp_path / "m.pkl", 1, 5)
    s = serve("m.pkl", "--token", "token")
    s.token = TOKEN
    first = s.metadata("m")["parameters"]["sha256"]
    trouble, stop, answered = [], threading.Event(), [0]

    def hammer():
        connection = s.connect()
        while not stop.is_set():
            try:
                answer = s.post("/predict", {"features": SETOSA}, connection=connection)
                answered[0] += 1
                if answer.status != 200:
                    trouble.append(answer.body)
            except Exception as error:  # noqa: BLE001: whatever it is, it is a lost request
                trouble.append(error)
                connection = s.connect()
        connection.close()

    threads = [threading.Thread(target=hammer) for _ in range(3)]
    [t.start() for t in threads]
    train(tmp_path / "new.pkl", 2, 7)
    os.replace(tmp_path / "new.pkl", tmp_path / "m.pkl")
    wait_for(lambda: s.metadata("m")["versions"] == ["2"], "the new version")
    stop.set()
    [t.join() for t in threads]
    assert not trouble and answered[0] > 0, trouble[:3]
    second = s.metadata("m")["parameters"]["sha256"]
    assert second != first

    canary = tmp_path / "canary"
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(Evil(canary)))
    wait_for(lambda: "serve.refused" in s.log(), "the refusal")
    assert "unsafe" in s.log() and s.metadata("m")["parameters"]["sha256"] == second and not canary.exists()
    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1, 2]))  # clean, but nothing that can be served
    wait_for(lambda: "no scikit-learn estimator" in s.log(), "the second refusal")
    assert s.metadata("m")["parameters"]["sha256"] == second and s.predict(SETOSA) == [0]

    assert s.post("/v2/repository/models/m/rollback", {}).status == 202
    wait_for(lambda: s.metadata("m")["parameters"]["sha256"] == first, "the version before")
    assert s.metadata("m")["versions"] == ["1"]
    train(tmp_path / "m.pkl", 3, 9)
    assert s.post("/v2/repository/models/m/load", {}).status == 202
    wait_for(lambda: s.metadata("m")["parameters"]["summary"].startswith("9 trees"), "the third version")


def test_a_killed_serving_process_is_replaced(iris):
    child = iris.children()[0]
    os.kill(int(child), signal.SIGKILL)
    wait_for(lambda: iris.children() and iris.children()[0] != child, "another serving process")
    wait_for(lambda: iris.predict(SETOSA) == [0], "answers")
    assert "serve.process_died" in iris.log()


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_an_override_names_the_file_and_is_logged(serve, tmp_path):
    """A clean forest behind a foreign global is unclean; the reader still refuses what it does not understand, whatever the override says."""
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil(tmp_path / "canary")))
    digest = subprocess.run(["sha256sum", tmp_path / "evil.pkl"], capture_output=True, text=True, check=True).stdout.split()[0]
    done = subprocess.run([ASSAY, "model", "serve", "evil.pkl", "--port", "0", "--allow-unclean", digest], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 3 and "serve.admission_overridden" in done.stderr and digest in done.stderr
    assert not (tmp_path / "canary").exists()
    done = subprocess.run([ASSAY, "model", "serve", "evil.pkl", "--port", "0", "--allow-unclean", "0" * 64], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "its verdict is unsafe" in done.stderr
    assert subprocess.run([ASSAY, "model", "serve", "evil.pkl", "--allow-unclean", "yes"], cwd=tmp_path, capture_output=True, timeout=20).returncode == 2


def test_a_model_from_the_store(serve, server, tmp_path):
    model = train(tmp_path / "m.pkl", 1, 5).read_bytes()
    put = lambda path, body: server.ask("PUT", f"/artifactory/ml-models/{path}", body)
    assert put("iris/1.0.0/model.pkl", model).status == 201 and put("iris/1.9.0/model.pkl", train(tmp_path / "n.pkl", 2, 6).read_bytes()).status == 201
    token = json.loads(server.ask("POST", "/access/api/v1/tokens", b"", {"Content-Type": "application/json"}).body)["access_token"]
    (tmp_path / "store-token").write_text(token)
    s = serve("iris=assay://ml-models/iris", f"fixed=assay://127.0.0.1:{server.port}/ml-models/iris/1.0.0/model.pkl", "--server", server.url, "--server-token", "store-token")
    assert s.metadata("iris")["versions"] == ["1.9.0"] and s.metadata("iris")["parameters"]["summary"].startswith("6 trees")
    assert put("iris/1.10.0/model.pkl", train(tmp_path / "o.pkl", 3, 7).read_bytes()).status == 201
    wait_for(lambda: s.metadata("iris")["versions"] == ["1.10.0"], "the new version of the store")
    assert s.metadata("fixed")["parameters"]["summary"].startswith("5 trees") and token not in s.log()
    done = subprocess.run([ASSAY, "model", "serve", "assay://ml-models/nope.pkl", "--server", server.url, "--server-token", "store-token", "--port", "0"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 3 and "404" in done.stderr


# --- operation ------------------------------------------------------------------------------------------------------------------


def test_tokens(serve, tmp_path):
    train(tmp_path / "m.pkl")
    s = serve("m.pkl", environment={"ASSAY_SERVE_TOKEN": TOKEN})
    question = {"features": SETOSA}
    refused = s.post("/predict", question)
    assert refused.status == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert s.post("/predict", question, {"Authorization": f"Bearer {TOKEN}x"}).status == 401
    assert s.post("/v2/models/m/infer", {}, {"Authorization": f"Basic {TOKEN}"}).json().keys() == {"error"}
    assert s.ask("GET", "/metrics").status == s.ask("GET", "/openapi.json").status == s.ask("GET", "/v2/models/m").status == 401
    assert s.ask("GET", "/readyz").status == s.ask("GET", "/v2/health/ready").status == s.ask("GET", "/docs").status == s.ask("GET", "/ping").status == 200
    s.token = TOKEN
    assert s.predict(SETOSA) == [0] and 'status="401"' in s.ask("GET", "/metrics").body.decode()
    assert TOKEN not in s.log()
    (tmp_path / "short").write_text("abc")
    done = subprocess.run([ASSAY, "model", "serve", "m.pkl", "--token", "short"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "at least 16" in done.stderr


def test_without_tokens_nobody_rolls_back(iris):
    assert iris.post("/v2/repository/models/iris/rollback", {}).status == iris.post("/v2/repository/models/iris/load", {}).status == 403


def make_certificate(folder, name="localhost"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)


def test_tokens_certificate_and_log_are_taken_up_anew(serve, tmp_path):
    train(tmp_path / "m.pkl"), make_certificate(tmp_path, "first")
    (tmp_path / "token").write_text(TOKEN)
    s = serve("m.pkl", "--token", "token", "--tls-cert", "cert.pem", "--tls-key", "key.pem", "--log-requests", "requests.log")
    s.context, s.token = ssl._create_unverified_context(), TOKEN
    assert s.predict(SETOSA) == [0]

    def shown():
        with socket.create_connection(("127.0.0.1", s.port)) as c, s.context.wrap_socket(c) as tls:
            return tls.getpeercert(True)

    (tmp_path / "token").write_text(f"{TOKEN}\nanother-of-some-length\n")
    make_certificate(tmp_path, "second")
    (tmp_path / "requests.log").rename(tmp_path / "requests.1")
    s.process.send_signal(signal.SIGHUP)
    s.token = "another-of-some-length"
    wait_for(lambda: s.post("/predict", {"features": SETOSA}).status == 200 and b"second" in shown() and (tmp_path / "requests.log").exists(), "the new settings")
    (tmp_path / "key.pem").write_text("no key")
    wait_for(lambda: "serve.settings_refused" in s.log(), "the refusal")
    assert b"second" in shown() and s.predict(VIRGINICA) == [2] and "PEM" in s.log() and TOKEN not in s.log()


def test_tls(serve, tmp_path):
    train(tmp_path / "m.pkl"), make_certificate(tmp_path)
    s = serve("m.pkl", "--tls-cert", "cert.pem", "--tls-key", "key.pem")
    s.context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    assert s.predict(SETOSA) == [0] and "https://" in s.greeting
    c = s.connect()
    assert [s.post("/predict", {"features": SETOSA}, connection=c).status for _ in range(3)] == [200] * 3 and c.sock.version() in ("TLSv1.2", "TLSv1.3")
    assert s.post("/predict", b"1" * 9_000_000).status == 413
    old = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    s.context, kept = old, s.context
    with pytest.raises((ssl.SSLError, OSError)):
        s.predict(SETOSA)
    s.context = kept
    assert s.predict(VIRGINICA) == [2]
    done = subprocess.run([ASSAY, "model", "serve", "m.pkl", "--tls-cert", "cert.pem"], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "go together" in done.stderr


CARD = {"schema": "assay.modelcard/1",
        "features": [{"name": f"f{i}", "min": 0.0, "max": 8.0, "mean": 3.0, "std": 1.0, "edges": [0, 2, 4, 8], "counts": [50, 50, 0]} for i in range(4)]}


def test_metrics_and_drift(serve, tmp_path):
    train(tmp_path / "m.pkl")
    (tmp_path / "m.pkl.card.json").write_text(json.dumps(CARD))
    s = serve("m.pkl")
    assert s.predict([[1, 1, 9, -1], [3, 1, 1, 1]]) and s.post("/predict", {}).status == 422
    # A request is counted when its answer has left, which its client may know first.
    metrics = lambda: s.ask("GET", "/metrics").body.decode()
    counted = lambda text: text if 'route="predict",status="422"} 1\n' in text and "http_requests_in_progress 1\n" in text else None
    text = wait_for(lambda: counted(metrics()), "the counters")
    for line in ['http_requests_total{model="m",version="1",route="predict",status="200"} 1', 'http_requests_total{model="m",version="1",route="predict",status="422"} 1',
                 'http_request_duration_seconds_bucket{model="m",version="1",route="predict",status="200",le="+Inf"} 1', 'nv_inference_request_success{model="m",version="1"} 1',
                 'nv_inference_request_failure{model="m",version="1"} 1', 'nv_inference_count{model="m",version="1"} 2', "http_requests_in_progress 1",
                 'assay_feature_out_of_range_total{model="m",version="1",feature="f2",side="above"} 1',
                 'assay_feature_out_of_range_total{model="m",version="1",feature="f3",side="below"} 1',
                 'assay_feature_bin_total{model="m",version="1",feature="f0",bin="0",upper="2"} 1', 'assay_feature_bin_total{model="m",version="1",feature="f0",bin="1",upper="4"} 1',
                 'assay_feature_bin_total{model="m",version="1",feature="f2",bin="2",upper="8"} 1']:
        assert line + "\n" in text, line
    assert re.search(r'assay_feature_stability_index{model="m",version="1",feature="f0"} 0\n', text)
    assert re.search(r'assay_model_load_seconds{model="m",version="1"} 0\.\d+', text) and int(re.search(r"process_resident_memory_bytes (\d+)", text)[1]) > 1_000_000
    assert [one["name"] for one in s.ask("GET", "/openapi.json").json()["x-models"][0]["ranges"]] == ["f0", "f1", "f2", "f3"]
    # A card that does not fit is told of, and the model served without it.
    for i, card in enumerate([{**CARD, "features": CARD["features"][:2]}, {**CARD, "model": {"sha256": "0" * 64}}, {"schema": "x"}]):
        (tmp_path / "m.pkl.card.json").write_text(json.dumps(card))
        s = serve("m.pkl")
        assert s.log().count("serve.card_ignored") == i + 1 and s.predict(SETOSA) == [0] and b"assay_feature" not in s.ask("GET", "/metrics").body


def test_request_log(serve, tmp_path):
    train(tmp_path / "m.pkl")
    s = serve("m.pkl", "--log-requests", "requests.log")
    s.post("/predict", {"features": SETOSA}, {"X-Request-Id": "mine"})
    lines = wait_for(lambda: [json.loads(x) for x in (tmp_path / "requests.log").read_text().splitlines()], "a line")
    assert lines[0]["request_id"] == "mine" and lines[0]["rows"] == 1 and lines[0]["route"] == "predict" and lines[0]["model"] == "m" and "features" not in lines[0]
    more = serve("m.pkl", "--log-requests", "more.log", "--log-features", "--log-sample", "1")
    more.post("/predict", {"features": SETOSA})
    assert wait_for(lambda: [json.loads(x) for x in (tmp_path / "more.log").read_text().splitlines()], "a line")[0]["features"] == [SETOSA]
    few = serve("m.pkl", "--log-requests", "few.log", "--log-sample", "0.1")
    c = few.connect()
    for _ in range(1000):
        few.post("/predict", {"features": SETOSA}, connection=c)
    assert 40 < len((tmp_path / "few.log").read_text().splitlines()) < 200
    assert (tmp_path / "few.log").stat().st_mode & 0o777 == 0o600


def test_drain(serve, tmp_path):
    train(tmp_path / "m.pkl")
    s = serve("m.pkl", "--drain", "2")
    s.process.send_signal(signal.SIGTERM)
    wait_for(lambda: s.ask("GET", "/readyz").status == 503, "unreadiness")
    assert s.ask("GET", "/v2/health/ready").status == s.ask("GET", "/ping").status == 503 and s.ask("GET", "/healthz").status == 200
    assert s.predict(SETOSA) == [0]
    assert s.process.wait(20) == 0


def test_nobody_is_cut_off_at_the_end(serve, tmp_path):
    """Clients that keep their connections and ask on and on while the server stops: each is answered, and told to close; only then it is gone."""
    train(tmp_path / "m.pkl")
    s = serve("m.pkl")
    trouble, answered = [], []

    def ask_until_refused():
        connection = s.connect()
        try:
            while True:
                answer = s.post("/predict", {"features": SETOSA}, connection=connection)
                answered.append(answer.status)
                if answer.headers["Connection"] == "close":
                    connection = s.connect()
        except ConnectionRefusedError:
            pass
        except Exception as error:  # noqa: BLE001: whatever it is, it is a lost request
            trouble.append(error)

    threads = [threading.Thread(target=ask_until_refused) for _ in range(4)]
    [t.start() for t in threads]
    wait_for(lambda: len(answered) > 50, "answers")
    idle = s.connect()
    idle.connect()
    s.process.send_signal(signal.SIGTERM)
    [t.join() for t in threads]
    assert s.process.wait(20) == 0 and not trouble and set(answered) == {200}, trouble


def test_the_page_describes_every_model(serve, tmp_path):
    train(tmp_path / "a.pkl"), train(tmp_path / "b.pkl", 2)
    s = serve("one=a.pkl", "two=b.pkl")
    api = s.ask("GET", "/openapi.json").json()
    assert [m["name"] for m in api["x-models"]] == ["one", "two"] and "/v2/models/two/versions/1/infer" in api["paths"] and "/v1/models/one:predict" in api["paths"]
    # The example is the mean of the training data, which the card beside the model tells.
    assert api["x-models"][0]["example"] == [5.84, 3.06, 3.76, 1.2] and api["x-models"][0]["ranges"][0] == {"name": "sepal length (cm)", "least": 4.3, "most": 7.9}
    for path, item in api["paths"].items():
        for method, operation in item.items():
            if method == "post":
                body = operation["requestBody"]["content"]["application/json"]["schema"]["example"]
                answer = s.post(path, body, {"Content-Type": "application/json"})
                assert answer.status == 200, (path, answer.body)
            else:
                assert s.ask("GET", path).status == 200, path
    assert s.ask("GET", "/", headers={"Accept": "text/html,*/*"}).headers["Location"] == "/docs" and b"Try it" in s.ask("GET", "/docs").body
    assert s.ask("GET", "/").json() == {"status": "alive"}


@needs_browser
def test_the_page_can_be_tried_in_a_browser(serve, tmp_path):
    install()
    train(tmp_path / "m.pkl")
    s = serve("m.pkl", environment={"ASSAY_SERVE_TOKEN": TOKEN})
    run = subprocess.run([NODE, "model-page.mjs", f"http://127.0.0.1:{s.port}", TOKEN], cwd=UI, env={**os.environ, "CHROMIUM": CHROMIUM}, capture_output=True,
                         text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["outside"] == result["errors"] == result["sideways"] == [] and len(result["answers"]) == 5
    assert all(answer.startswith("200  {") for answer in result["answers"].values()), result["answers"]
    assert len(result["tried"]) > 10 and set(result["tried"].values()) == {"200"}, result["tried"]
    assert result["answers"]["this server: predict"] == '200  {"prediction":[0]}'


# --- bad input ------------------------------------------------------------------------------------------------------------------


def test_bad_requests_leave_the_server_unharmed(iris):
    question = json.dumps({"features": SETOSA}).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    length = lambda n: b"Content-Length: %d\r\n\r\n" % n
    status = lambda answer: int(answer.split(b" ", 2)[1])
    for body, wanted in [(b"[" * 100_000, 422), (b'{"features":' + b"[" * 65 + b"]" * 65 + b"}", 422), (b'{"features":[1e400,1,1,1]}', 422),
                         (b'{"features":[NaN,1,1,1]}', 422), (b'{"features":[Infinity,1,1,1]}', 422), (b'{"features":[1e39,1,1,1]}', 422),
                         (b'{"features":["x",1,1,1]}', 422), (b'{"features":[[1,2,3,4],[1,2,3]]}', 422), (b'{"features":{}}', 422), (b"\xff\xfe", 422),
                         (b'{"features":[' + b"9" * 400 + b",1,1,1]}", 422), (b'{"features":' + json.dumps([SETOSA] * 100_001).encode() + b"}", 422)]:
        assert iris.post("/predict", body).status == wanted, body[:60]
    # 100 MB are refused at the head; a client that sends them anyway is cut off.
    assert status(iris.raw(head + length(100_000_000) + b"x" * 1000)) == 413
    for broken in (b"Content-Length: -1\r\n\r\n", b"Content-Length: 1x\r\n\r\n", b"Content-Length: 30\r\nContent-Length: 31\r\n\r\n",
                   b"Content-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n"):
        answer = iris.raw(head + broken + question)
        assert answer == b"" or status(answer) == 400, (broken, answer[:80])
    # Several questions in one piece, answered in order.
    many = iris.raw((head + length(len(question)) + question) * 5 + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert many.count(b'{"prediction":[0]}') == 5 and many.endswith(b'{"status":"ok"}')
    # Slow ones hold nobody up.
    slow = [socket.create_connection(("127.0.0.1", iris.port)) for _ in range(50)]
    for s in slow:
        s.sendall(head + length(len(question)) + question[:5])
    started = time.monotonic()
    assert iris.predict(SETOSA) == [0] and time.monotonic() - started < 2
    for s in slow:
        s.sendall(question[5:])
        assert b'{"prediction":[0]}' in s.recv(4096)
        s.close()
    assert iris.predict(VIRGINICA) == [2] and "process_died" not in iris.log()


def test_large_batches_do_not_hold_up_small_requests(serve, tmp_path):
    train(tmp_path / "m.pkl", 1, 500)
    s = serve("m.pkl", "--threads", "1")
    batch = json.dumps({"features": [SETOSA] * 50_000}).encode()
    worker = threading.Thread(target=s.post, args=("/predict", batch))
    worker.start()
    c, waits = s.connect(), []
    while worker.is_alive() or len(waits) < 3:
        started = time.monotonic()
        s.post("/predict", {"features": SETOSA}, connection=c)
        waits.append(time.monotonic() - started)
    worker.join()
    assert sorted(waits)[len(waits) // 2] < 0.1, waits
