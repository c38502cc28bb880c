"""What comes in at a model server: text, compressed bodies, IPv6, KServe's own client, and everything that is wrong with a request."""

import concurrent.futures
import gzip
import json
import resource
import socket
import struct
import subprocess
import sys
import zlib

import pytest

from conftest import wait_for
from test_serving import ASSAY, SETOSA, VIRGINICA, iris, serve, train  # noqa: F401: fixtures

QUESTION = json.dumps({"features": SETOSA}).encode()
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
ROWS = [["red", 1.0, "Köln"], ["blue", 2.0, "Bonn"]]
NAMES = ["color", "size", "town"]


def length(n):
    return b"Content-Length: %d\r\n\r\n" % n


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


def told(server, data, patience=20):
    """Send, send no more, and give the status of the first answer; 0: the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            return status(s.recv(4096))
        except OSError as error:
            assert not isinstance(error, TimeoutError), "neither an answer nor an end"
            return 0


# --- text -----------------------------------------------------------------------------------------------------------------------


FIT = """
import json, pickle, sys
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
names, rows = json.loads(sys.argv[2])
table = pandas.DataFrame([["red", 1, "Köln"], ["blue", 2, "Bonn"], ["green", 3, "Ulm"], ["red", 4, "50667"], ["blue", 5, "Bonn"]], columns=names)
parts = [("words", OneHotEncoder(handle_unknown="ignore"), ["color"]), ("places", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["town"]),
         ("numbers", StandardScaler(), ["size"])]
model = Pipeline([("columns", ColumnTransformer(parts)), ("last", LogisticRegression())]).fit(table, ["yes", "no", "no", "yes", "no"])
pickle.dump(model, open(sys.argv[1], "wb"))
print(json.dumps(model.predict(pandas.DataFrame(rows, columns=names)).tolist()))
"""


@pytest.fixture(scope="module")
def text_model(tmp_path_factory):
    """Two columns of text and one of numbers, with names; and what the library itself answers for ROWS."""
    path = tmp_path_factory.mktemp("text") / "text.pkl"
    done = subprocess.run([sys.executable, "-c", FIT, path, json.dumps([NAMES, ROWS])], check=True, capture_output=True)
    return path, json.loads(done.stdout)


def test_text_goes_through_every_protocol(serve, text_model, tmp_path):
    path, wanted = text_model
    s = serve(path, "--log-requests", "requests.log", "--log-features")
    records = [dict(zip(NAMES, row)) for row in ROWS]
    for address, body, kind in [
            ("/predict", {"features": ROWS}, None), ("/predict", {"instances": ROWS}, None), ("/predict", {"instances": records}, None),
            ("/v1/models/text:predict", {"instances": ROWS}, None), ("/v1/models/text:predict", {"instances": records}, None), ("/v1/models/text:predict", {"inputs": ROWS}, None),
            ("/invocations", {"dataframe_split": {"columns": ["town", "color", "size"], "data": [["Köln", "red", 1], ["Bonn", "blue", 2]]}}, "application/json"),
            ("/invocations", {"dataframe_records": records}, "application/json"), ("/invocations", {"instances": ROWS}, "application/json"),
            ("/invocations", {"inputs": {"town": ["Köln", "Bonn"], "color": ["red", "blue"], "size": [1, 2]}}, "application/json"),
            ("/invocations", "town,color,size\nKöln,red,1\nBonn,blue,2\n".encode(), "text/csv; charset=utf-8")]:
        answer = s.post(address, body, {"Content-Type": kind or "application/json"})
        assert answer.status == 200 and list(answer.json().values()) == [wanted], (address, body, answer.body)
    flat = [str(cell) for row in ROWS for cell in row]
    columns = [{"name": name, "shape": [2], "datatype": "BYTES" if name != "size" else "FP64", "data": [row[i] for row in ROWS]} for i, name in enumerate(NAMES)]
    assert s.metadata("text")["inputs"] == [{"name": "input-0", "datatype": "BYTES", "shape": [-1, 3]}]
    for inputs in ([{"name": "x", "shape": [2, 3], "datatype": "BYTES", "data": flat}], columns[::-1]):
        assert s.post("/v2/models/text/infer", {"inputs": inputs}).json()["outputs"] == [{"name": "predict", "datatype": "BYTES", "shape": [2], "data": wanted}]
    raw = b"".join(struct.pack("<I", len(cell.encode())) + cell.encode() for cell in flat)
    head = json.dumps({"inputs": [{"name": "x", "shape": [2, 3], "datatype": "BYTES", "parameters": {"binary_data_size": len(raw)}}], "parameters": {"binary_data_output": True}}).encode()
    answer = s.post("/v2/models/text/infer", head + raw, {"Inference-Header-Content-Length": str(len(head))})
    assert answer.body[int(answer.headers["Inference-Header-Content-Length"]):] == b"".join(struct.pack("<I", len(x)) + x.encode() for x in wanted)
    # A column of text stays text where it looks like numbers, and a number is one where it comes as text.
    numbers = s.post("/invocations", b"town,color,size\n50667,red,4\n", {"Content-Type": "text/csv"}).json()
    assert numbers == s.post("/invocations", {"instances": [["red", 4, "50667"]]}, {"Content-Type": "application/json"}).json()
    for body in ({"instances": [{"color": "red", "size": 1}]}, {"features": [["red", "large", "Köln"]]}, {"features": [["red", 1]]}, {"features": [["red", [], "Köln"]]}):
        assert s.post("/predict", body).status == 422, body
    assert "(town)" in s.post("/predict", {"instances": [{"color": "red", "size": 1}]}).json()["detail"][0]["msg"]
    # What the page is tried with: a category where one is asked for, and it is answered.
    example = s.ask("GET", "/openapi.json").json()["x-models"][0]["example"]
    assert isinstance(example[0], str) and isinstance(example[1], float) and isinstance(example[2], str) and s.post("/predict", {"features": example}).status == 200
    # Steps of a pipeline count their own columns; whoever asked reads those that were sent.
    for row, words in ((["red", "large", "Köln"], "row 2, feature 2 (size) is text ('large')"), (["red", None, "Köln"], "row 2, feature 2 (size) is missing")):
        assert words in s.post("/v1/models/text:predict", {"instances": [ROWS[0], row]}).json()["error"]
    (tmp_path / "rows.csv").write_text("town,extra,size,color\n\"K\nöln\",1,1,red\nBonn,2,,blue\n")
    said = subprocess.run([ASSAY, "model", "predict", path, "--input", "rows.csv"], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 3 and "rows.csv: line 4, column 3 (size) is missing" in said.stderr
    piped = subprocess.run([ASSAY, "model", "predict", path, "--input", "-", "--output", "predict,predict_proba", "--json"], capture_output=True, check=True,
                           input="town,color,size\r\nKöln,red,1\r\n\"Bonn\",blue,2\r\n".encode())
    assert json.loads(piped.stdout)["predict"] == wanted
    logged = wait_for(lambda: [json.loads(x) for x in (tmp_path / "requests.log").read_text().splitlines()], "lines")
    assert logged[0]["features"] == ROWS


# --- on the way -----------------------------------------------------------------------------------------------------------------


def test_compressed_bodies(iris):
    raw = zlib.compressobj(wbits=-15)
    zstd = bytes.fromhex("28b52ffd") + b"\x20" + bytes([len(QUESTION)]) + struct.pack("<I", 1 | len(QUESTION) << 3)[:3] + QUESTION  # one raw block, RFC 8878
    for coding, body in [("gzip", gzip.compress(QUESTION)), ("X-GZIP", gzip.compress(QUESTION)), ("deflate", zlib.compress(QUESTION)),
                         ("deflate", raw.compress(QUESTION) + raw.flush()), ("zstd", zstd), ("identity", QUESTION)]:
        assert iris.post("/predict", body, {"Content-Encoding": coding}).json() == {"prediction": [0]}, coding
    question = json.dumps({"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "parameters": {"binary_data_size": 32}}]}).encode()
    packed = gzip.compress(question + struct.pack("<4d", *SETOSA))
    assert iris.post("/v2/models/iris/infer", packed, {"Content-Encoding": "gzip", "Inference-Header-Content-Length": str(len(question))}).json()["outputs"][0]["data"] == [0]
    foreign = iris.post("/invocations", QUESTION, {"Content-Encoding": "br", "Content-Type": "application/json"})
    assert foreign.status == 415 and foreign.headers["Accept-Encoding"] == "gzip, deflate, zstd" and "'br'" in foreign.json()["message"]
    assert iris.post("/predict", gzip.compress(gzip.compress(QUESTION)), {"Content-Encoding": "gzip, gzip"}).status == 415
    for broken in (QUESTION, gzip.compress(QUESTION)[:-9], gzip.compress(QUESTION) + b"more", b""):
        assert iris.post("/predict", broken, {"Content-Encoding": "gzip"}).status == 400, broken
    bomb = gzip.compress(bytes(50_000_000))
    assert [iris.post(path, bomb, {"Content-Encoding": "gzip", "Content-Type": "application/json"}).status for path in ("/predict", "/v2/models/iris/infer", "/invocations")] == [413] * 3
    assert iris.predict(SETOSA) == [0] and "process_died" not in iris.log()


def test_ipv6(serve, tmp_path):
    train(tmp_path / "m.pkl")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    s = serve("m.pkl", "--host", "::", "--log-requests", "requests.log")
    assert "http://[::]:" in s.greeting
    for host in ("::1", "127.0.0.1"):
        with socket.create_connection((host, s.port)) as c:
            c.sendall(HEAD + b"Connection: close\r\n" + length(len(QUESTION)) + QUESTION)
            assert b'{"prediction":[0]}' in b"".join(iter(lambda: c.recv(4096), b""))
    peers = lambda: [json.loads(line)["peer"] for line in (tmp_path / "requests.log").read_text().splitlines()]
    wait_for(lambda: len(peers()) == 2, "two lines")
    assert peers() == ["::1", "127.0.0.1"]


def test_what_kserves_client_asks(iris):
    """The requests of kserve 0.21's InferenceRESTClient as it sends them; kserve_client.py beside this file runs the client itself, which takes a minute to install."""
    sent = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "python-httpx/0.28.1"}
    assert iris.ask("GET", "/", headers=sent).json()["status"] == "alive"
    assert iris.ask("GET", "/v1/models/iris", headers=sent).json() == {"name": "iris", "ready": True} and iris.ask("GET", "/v1/models/nope", headers=sent).status == 404
    assert iris.post("/v1/models/iris:predict", {"instances": [SETOSA]}, {**sent, "content-type": "application/json"}).json() == {"predictions": [0]}
    assert iris.ask("GET", "/v2/health/live", headers=sent).json()["live"] is iris.ask("GET", "/v2/health/ready", headers=sent).json()["ready"] is True
    assert iris.ask("GET", "/v2/models/nope/ready", headers=sent).status == 404
    head = (b'{"id":"7","model_name":"iris","inputs":[{"name":"input-0","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}],'
            b'"parameters":{"binary_data_output":true},"outputs":[{"name":"predict","parameters":{"binary_data":true}}]}')
    answer = iris.post("/v2/models/iris/infer", head + struct.pack("<4f", *SETOSA), {**sent, "inference-header-content-length": str(len(head)), "content-type": "application/octet-stream"})
    size = int(answer.headers["inference-header-content-length"])
    assert json.loads(answer.body[:size]) == {"model_name": "iris", "model_version": "1", "id": "7", "outputs": [
        {"name": "predict", "datatype": "INT64", "shape": [1], "parameters": {"binary_data_size": 8}}]} and answer.body[size:] == bytes(8)


# --- wrong ----------------------------------------------------------------------------------------------------------------------


def test_values_that_are_none_everywhere(iris):
    """NaN, Infinity, numbers that no double holds, text, lists in lists, names twice, bytes that are no text: refused by every protocol, in its own words."""
    many = "9" * 400
    for cells, why in [("NaN,1,1,1", ""), ("Infinity,1,1,1", ""), ("-Infinity,1,1,1", ""), ("1e400,1,1,1", ""), ("-1e999,1,1,1", ""), (many + ",1,1,1", ""), ('"x",1,1,1', "text"), ("[],1,1,1", "list"),
                       ("{},1,1,1", "object"), ("1,1,1", "4"), ("1,1,1,1,1", "4"), ("01,1,1,1", ""), ("0x1,1,1,1", ""), ("1.,1,1,1", ""), (".5,1,1,1", ""), ("+1,1,1,1", ""), ("1,1,1,1,", "")]:
        row = "[" + cells + "]"
        for address, body in [("/predict", '{"features":%s}' % row), ("/predict", '{"instances":[%s]}' % row), ("/v1/models/iris:predict", '{"instances":[%s]}' % row),
                              ("/v2/models/iris/infer", '{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP64","data":%s}]}' % row),
                              ("/invocations", '{"inputs":[%s]}' % row), ("/invocations", '{"dataframe_split":{"data":[%s]}}' % row)]:
            answer = iris.post(address, body.encode(), {"Content-Type": "application/json"})
            assert answer.status == (422 if address == "/predict" else 400), (address, body[:80], answer.body)
            assert answer.json().keys() == ({"detail"} if address == "/predict" else {"error"} if address.startswith("/v") else {"error_code", "message"})
    for body in (b'{"features":[1,1,1,1],"features":[2,2,2,2]}', b'{"features":[1,1,1,"\xff"]}', b'\xef\xbb\xbf{"features":[1,1,1,1]}', b"", b"null", b"[]", b"{}", b'"x"', b"1",
                 b'{"features":null}', b'{"features":[null,1,1,1]}', b'{"features":[]}', b'{"features":[[]]}', QUESTION + b"x", QUESTION[:-1], b"\0" + QUESTION):
        assert iris.post("/predict", body).status == 422, body
    deep = b'{"inputs":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert iris.post("/v2/models/iris/infer", deep).status == iris.post("/v1/models/iris:predict", deep).status == iris.post("/invocations", deep).status == 400
    assert iris.predict([[1e38, -1e38, 0, 5e-324]]) and iris.predict(SETOSA) == [0]


def test_tensors_that_lie(iris):
    good = {"name": "x", "shape": [1, 4], "datatype": "FP32", "data": SETOSA}
    ask = lambda inputs, **more: iris.post("/v2/models/iris/infer", {"inputs": inputs, **more})
    assert ask([good]).status == ask([{**good, "shape": [4]}]).status == ask([{**good, "data": [SETOSA]}]).status == 200
    assert ask([{**good, "datatype": "BOOL", "data": [True, False, True, False]}]).status == ask([{**good, "datatype": "BYTES", "data": list(map(str, SETOSA))}]).status == 200
    assert ask([{**good, "shape": [0, 4], "data": []}]).json()["outputs"][0] == {"name": "predict", "datatype": "INT64", "shape": [0], "data": []}
    for change in [{"shape": [2, 4]}, {"shape": [1, 5]}, {"shape": [-1, 4]}, {"shape": []}, {"shape": [1, 2, 2]}, {"shape": "1,4"}, {"shape": [1.0, 4]}, {"shape": [2**62, 4]},
                   {"shape": [1] * 40}, {"datatype": "FP8"}, {"datatype": None}, {"data": None}, {"data": {}}, {"name": 7}, {"datatype": "INT8", "data": [300, 1, 1, 1]},
                   {"datatype": "UINT8", "data": [-1, 1, 1, 1]}, {"datatype": "INT64", "data": [0.5, 1, 1, 1]}, {"datatype": "BOOL", "data": [2, 1, 1, 1]}, {"data": [1e39, 1, 1, 1]},
                   {"datatype": "FP16", "data": [70000, 1, 1, 1]}, {"datatype": "BYTES", "data": [1, 1, 1, 1]}, {"datatype": "BYTES", "data": ["a", "1", "1", "1"]},
                   {"data": [[[[SETOSA]]]]}, {"data": SETOSA + [1]}, {"data": SETOSA[:3]}, {"parameters": {"binary_data_size": 16}}, {"parameters": {"binary_data_size": -1}, "data": None}]:
        answer = ask([{**good, **change}])
        assert answer.status == 400 and answer.json()["error"], (change, answer.body)
    for inputs, more in [([], {}), ([good, good], {}), ([7], {}), ({}, {}), ([good], {"id": 7}), ([good], {"outputs": [{"name": "nope"}]}), ([good], {"outputs": [{"name": "predict"}] * 2}), ([good], {"outputs": 7})]:
        assert ask(inputs, **more).status == 400, (inputs, more)


def test_methods_and_addresses(iris):
    for method, path, wanted in [("GET", "/predict", 405), ("PUT", "/predict", 405), ("DELETE", "/v2/models/iris", 405), ("PATCH", "/invocations", 405), ("POST", "/healthz", 405),
                                 ("HEAD", "/healthz", 200), ("HEAD", "/v2/health/ready", 200), ("HEAD", "/nope", 404), ("GET", "/nope", 404), ("GET", "/v2/nope", 404), ("GET", "/v2/models/a/b/c", 404),
                                 ("POST", "/v1/models/iris:explain", 404), ("POST", "/v1/models/:predict", 404), ("GET", "/../etc/passwd", 400), ("GET", "/%2e%2e/x", 400), ("GET", "/%00", 400),
                                 ("GET", "/%zz", 400), ("GET", "/" + "a" * 20_000, 414)]:
        answer = iris.ask(method, path)
        assert answer.status == wanted, (method, path, answer.status, answer.body[:80])
        assert method != "HEAD" or answer.body == b""
    assert "POST" in iris.ask("GET", "/predict").headers["Allow"]
    for method in (b"OPTIONS", b"TRACE", b"CONNECT", b"BREW"):
        assert told(iris, method + b" /predict HTTP/1.1\r\nHost: x\r\n\r\n") in (400, 405, 501), method
    for head, wanted in [(b"GET /healthz HTTP/1.1\r\n\r\n", 400), (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), (b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
                         (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400), (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", 431), (b"GET\r\n\r\n", 400)]:
        assert told(iris, head) in (wanted, 400, 0), head[:60]
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x"):
        assert iris.post("/invocations", QUESTION, {"Content-Type": kind}).status == 415
    assert iris.predict(SETOSA) == [0] and "process_died" not in iris.log()


def test_who_sends_all_of_a_large_body_reads_why_it_was_refused(iris):
    """Many clients look for an answer only behind their last byte."""
    for path in ("/predict", "/v2/models/iris/infer"):
        assert iris.post(path, b"x" * 100 * 2 ** 20, {"Content-Type": "application/json"}).status == 413
    assert iris.post("/predict", QUESTION).status == 200


def test_bodies_without_end(iris):
    """100 MB, announced or not; half-closed sockets; what never comes."""
    assert told(iris, HEAD + length(100_000_000) + b"x" * 100) == 413
    piece = b"10000\r\n" + b"1" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", iris.port), timeout=20) as s:
        s.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = b""
        try:
            for _ in range(1600):
                s.sendall(piece)
        except OSError:
            pass
        try:
            answer = s.recv(100)
        except OSError:
            pass
    assert status(answer) in (0, 413)
    # Asked, then half closed: the answer still comes. Half asked, then closed: nobody cares.
    # ... also of a worker, and of what has no body; and the server closes its side too, after all that was asked (`nc -N` waits for that).
    many = json.dumps({"features": [SETOSA] * 20000}).encode()
    small = HEAD + length(len(QUESTION)) + QUESTION
    for data, count in ((small, 1), (small * 20, 20), (HEAD + length(len(many)) + many, 1), (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 1)):
        for _ in range(5):
            assert iris.raw(data).count(b"HTTP/1.1 200 OK") == count
    for cut in (HEAD[:20], HEAD, HEAD + length(len(QUESTION)) + QUESTION[:9]):
        with socket.create_connection(("127.0.0.1", iris.port)) as s:
            s.sendall(cut)
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in QUESTION) + b"0\r\n\r\n"
    assert b'{"prediction":[0]}' in iris.raw(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)
    for broken in (b"zz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabc\r\n0\r\n\r\n"):
        assert told(iris, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + broken) in (0, 400, 413), broken
    with socket.create_connection(("127.0.0.1", iris.port), timeout=20) as s:
        s.sendall(HEAD + b"Expect: 100-continue\r\n" + length(len(QUESTION)))
        assert s.recv(100).startswith(b"HTTP/1.1 100")
        s.sendall(QUESTION)
        assert b'{"prediction":[0]}' in s.recv(1000)
    assert iris.predict(SETOSA) == [0] and "process_died" not in iris.log()


def test_slow_clients_make_room(iris):
    """When connections get scarce, those that bring no head are closed, byte by byte or not; who asks is answered all the while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4000:
        pytest.skip("this machine does not allow so many connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4000), hard))
    slow = [socket.create_connection(("127.0.0.1", iris.port)) for _ in range(3200)]
    for s in slow:
        s.sendall(HEAD[:9])
    assert iris.predict(SETOSA) == [0]
    slow[0].settimeout(50)
    assert slow[0].recv(1) == b""
    for s in slow:
        s.close()
    assert iris.predict(VIRGINICA) == [2]


def test_many_connections(iris):
    """As many as this process may hold; those that ask are answered, whatever the others do."""
    held = min(600, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
    idle = [socket.create_connection(("127.0.0.1", iris.port)) for _ in range(held)]
    for i, s in enumerate(idle):
        s.sendall(HEAD[: i % len(HEAD)])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(iris.predict, [SETOSA, VIRGINICA] * 40)) == [[0], [2]] * 40
    for s in idle:
        s.close()
    open_ones = lambda: int(iris.ask("GET", "/metrics").body.decode().split("\nhttp_connections ")[1].split()[0])
    wait_for(lambda: open_ones() < 10, "the connections to go")
    assert iris.predict(SETOSA) == [0] and "process_died" not in iris.log()
