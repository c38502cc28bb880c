"""What the web UI asks the server for: the shapes of docs/ui-api.md, paging, the session and its protection."""
import hashlib
import http.client
import json
import struct


import subprocess
import time
import urllib.parse

import pytest

from one_server import server  # noqa: F401  (a fixture)
from registry_client import Registry, basic

SCAN_SECONDS = 60
# pickle protocol 0: os.system('id') on load. Bytes only: nothing here unpickles them.
EVIL = b"cos\nsystem\n(S'id'\ntR."


class Page:
    """A browser's view: a cookie, JSON in and out."""

    def __init__(self, host):
        self.host, self.cookie = host, None

    def __call__(self, method, path, body=None, ui=True, /, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if ui:
            headers["X-Assay-Ui"] = "1"
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        document = json.loads(text) if answer.headers.get_content_type() == "application/json" else text
        return answer.status, document, answer.headers

    def get(self, path, /, **query):
        status, document, _ = self("GET", path, **query)
        assert status == 200, (status, document)
        return document

    def sign_in(self, user, password):
        status, document, headers = self("POST", "/ui/api/session", {"user": user, "password": password})
        if status == 200:
            self.cookie = headers["Set-Cookie"].split(";")[0]
        return status, document, headers


@pytest.fixture
def page(server):
    page = Page(server.host)
    assert page.sign_in("admin", server.password)[0] == 200
    return page


@pytest.fixture
def store(server):
    return Registry(server.host, basic("admin", server.password))


def deploy(store, path, data):
    answer = store("PUT", f"/artifactory/{path}", data)
    assert answer.status == 201, (answer.status, answer.body)


def scanned(page, repo, path):
    """The item once its scan is over."""
    until = time.monotonic() + SCAN_SECONDS
    while True:
        item = page.get("/ui/api/item", repo=repo, path=path)
        if item["scan"]["state"] in ("done", "failed"):
            return item
        assert time.monotonic() < until, item["scan"]
        time.sleep(0.05)


def error(answer):
    status, document, _ = answer
    assert set(document["error"]) >= {"code", "message", "request_id"}
    return status, document["error"]["code"]


# --- the session ------------------------------------------------------------------------------------------------------------


def test_session_begins_and_ends(server):
    page = Page(server.host)
    assert error(page("GET", "/ui/api/session")) == (401, "ERR_UNAUTHENTICATED")
    assert error(page.sign_in("admin", "wrong")) == (401, "ERR_UNAUTHENTICATED")
    assert error(page("POST", "/ui/api/session", {"user": "admin"})) == (422, "ERR_UNPROCESSABLE")

    status, document, headers = page.sign_in("admin", server.password)
    assert (status, document) == (200, {"user": "admin", "admin": True})
    attributes = [part.strip() for part in headers["Set-Cookie"].split(";")[1:]]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert page.get("/ui/api/session") == {"user": "admin", "admin": True}

    old = page.cookie
    assert page("DELETE", "/ui/api/session")[0] == 204
    page.cookie = old
    assert error(page("GET", "/ui/api/session"))[0] == 401, "the token in the cookie must be revoked, not only forgotten"


def test_cookie_changes_nothing_without_the_pages_header(page):
    for method, path, body in (("POST", "/ui/api/token", {"days": 1}), ("DELETE", "/ui/api/session", None)):
        assert page(method, path, body, False)[0] in (401, 403), path
    assert page.get("/ui/api/session")["user"] == "admin"


def test_token_is_good_for_other_tools(page, server):
    status, document, _ = page("POST", "/ui/api/token", {"days": 7})
    assert status == 200 and set(document) == {"token"}
    for authorization in (f"Bearer {document['token']}", basic("admin", document["token"])):
        assert Registry(server.host, authorization)("GET", "/v2/").status == 200
    for days in (0, -1, 100000):
        assert error(page("POST", "/ui/api/token", {"days": days})) == (422, "ERR_UNPROCESSABLE")


def test_password_changes_only_with_the_old_one(page, server):
    assert error(page("POST", "/ui/api/password", {"old": "wrong", "new": "a-new-password-1"}))[0] == 422
    assert page("POST", "/ui/api/password", {"old": server.password, "new": "a-new-password-1"})[0] == 204
    try:
        assert Page(server.host).sign_in("admin", server.password)[0] == 401
        assert Page(server.host).sign_in("admin", "a-new-password-1")[0] == 200
    finally:
        back = Page(server.host)
        back.sign_in("admin", "a-new-password-1")
        assert back("POST", "/ui/api/password", {"old": "a-new-password-1", "new": server.password})[0] == 204


@pytest.mark.parametrize("path", ["status", "tree", "item", "vulnerabilities", "threats", "violations", "violations/1"])
def test_nothing_without_a_session(server, path):
    assert error(Page(server.host)("GET", f"/ui/api/{path}")) == (401, "ERR_UNAUTHENTICATED")


# --- status and tree --------------------------------------------------------------------------------------------------------


def test_status_counts(page, store):
    before = page.get("/ui/api/status")
    assert set(before) == {"version", "started_ms", "advisories", "scans", "totals", "counts"}
    assert {"count", "ranges", "newest", "imported_at", "starter"} <= set(before["advisories"])
    assert before["advisories"]["count"] > 0
    assert set(before["scans"]) == {"queued", "running"} and set(before["counts"]) == {"threats", "violations"}
    assert abs(before["started_ms"] / 1000 - time.time()) < 24 * 3600
    deploy(store, "ml-models/status/one.txt", b"counted")
    after = page.get("/ui/api/status")
    assert after["totals"]["artifacts"] == before["totals"]["artifacts"] + 1
    assert after["totals"]["bytes"] == before["totals"]["bytes"] + 7


def test_tree_starts_with_the_repositories(page):
    tree = page.get("/ui/api/tree")
    kinds = {child["name"]: (child["kind"], child["package_type"]) for child in tree["children"]}
    assert kinds["ml-models"] == ("repository", "generic") and kinds["docker-local"] == ("repository", "docker")
    assert tree["next"] is None


def test_tree_shows_folders_first_and_pages(page, store):
    for number in range(203):
        deploy(store, f"ml-models/many/{number:03}.txt", b"x%d" % number)
    deploy(store, "ml-models/many/zz-folder/a.txt", b"a")
    first = page.get("/ui/api/tree", repo="ml-models", path="many")
    assert len(first["children"]) == 200 and first["children"][0]["kind"] == "folder" and first["next"]
    entry = first["children"][1]
    assert (entry["name"], entry["path"], entry["kind"], entry["size_bytes"]) == ("000.txt", "many/000.txt", "file", 2)
    assert set(entry["scan"]) >= {"state", "verdict", "critical", "high", "medium", "low", "info"}
    second = page.get("/ui/api/tree", repo="ml-models", path="many", after=first["next"])
    names = [child["name"] for child in first["children"] + second["children"]]
    assert names == ["zz-folder"] + [f"{number:03}.txt" for number in range(203)] and second["next"] is None


def test_tree_of_what_is_not_there(page, store):
    deploy(store, "ml-models/a-file.txt", b"file")
    for query in ({"repo": "nowhere"}, {"repo": "ml-models", "path": "nothing/here"}, {"repo": "ml-models", "path": "a-file.txt"}):
        assert error(page("GET", "/ui/api/tree", **query)) == (404, "ERR_NOT_FOUND")


# --- items ------------------------------------------------------------------------------------------------------------------


def test_item_has_everything_the_page_shows(page, store):
    deploy(store, "ml-models/item/1.0/notes.txt;stage=test;owner=me", b"some notes\n")
    item = scanned(page, "ml-models", "item/1.0/notes.txt")
    assert set(item) >= {"repo", "path", "kind", "mime", "size_bytes", "sha256", "sha1", "md5", "created_ms", "created_by", "modified_ms", "modified_by", "downloads",
                         "properties", "scan", "format", "facts", "call_lines", "components", "findings", "blocked", "violations"}
    assert (item["repo"], item["path"], item["kind"], item["size_bytes"]) == ("ml-models", "item/1.0/notes.txt", "file", 11)
    assert item["md5"] == hashlib.md5(b"some notes\n").hexdigest()
    assert (len(item["sha256"]), len(item["sha1"])) == (64, 40)
    assert item["created_by"] == item["modified_by"] == "admin"
    assert item["properties"] == [{"name": "owner", "value": "me"}, {"name": "stage", "value": "test"}]
    assert item["blocked"] is None and item["violations"] == [] and item["findings"] == []
    assert item["scan"]["verdict"] == "not_a_model"

    assert store("GET", "/artifactory/ml-models/item/1.0/notes.txt").status == 200
    assert page.get("/ui/api/item", repo="ml-models", path="item/1.0/notes.txt")["downloads"] == 1


def test_item_of_folders_and_repositories(page, store):
    deploy(store, "ml-models/item/1.0/notes.txt", b"some notes\n")
    folder = page.get("/ui/api/item", repo="ml-models", path="item/1.0")
    assert (folder["kind"], folder["scan"], folder["findings"]) == ("folder", None, [])
    assert page.get("/ui/api/item", repo="ml-models", path="")["kind"] == "repository"
    assert error(page("GET", "/ui/api/item", repo="ml-models", path="no/such"))[0] == 404


def test_item_of_an_image_shows_its_layers(page, store):
    digest, manifest = store.push_image("docker-local/ui/app", "1.0")
    image = page.get("/ui/api/item", repo="docker-local", path="ui/app/1.0/manifest.json")["image"]
    assert (image["reference"], image["digest"], image["platform"]) == ("docker-local/ui/app:1.0", digest, "linux/amd64")
    described = json.loads(manifest)["layers"]
    assert image["layers"] == [{"digest": described[0]["digest"], "size_bytes": described[0]["size"], "command": "COPY hello.txt /"}]


# --- findings ---------------------------------------------------------------------------------------------------------------


def test_threats_list_what_is_not_clean(page, store):
    deploy(store, "ml-models/threats/evil.pkl", EVIL)
    item = scanned(page, "ml-models", "threats/evil.pkl")
    assert item["scan"]["verdict"] == "unsafe" and item["format"] == "pickle"
    finding = next(f for f in item["findings"] if f["kind"] == "model_threat")
    assert finding["severity"] == "critical" and "system" in finding["call"]
    assert any("system" in line for line in item["call_lines"])

    rows = page.get("/ui/api/threats", repo="ml-models")["rows"]
    row = next(r for r in rows if r["path"] == "threats/evil.pkl")
    assert (row["repo"], row["verdict"], row["format"], row["sha256"]) == ("ml-models", "unsafe", "pickle", item["sha256"])
    assert row["title"] and row["modified_ms"] > 0
    assert page.get("/ui/api/status")["counts"]["threats"] >= 1
    elsewhere = page.get("/ui/api/threats", repo="docker-local")["rows"]
    assert all(r["repo"] == "docker-local" for r in elsewhere)


def test_vulnerabilities_filter_and_page(page, store):
    deploy(store, "ml-models/vulnerable/requirements.txt", b"scikit-learn==0.24.0\nnumpy==1.19.0\ntensorflow==2.4.0\n")
    scanned(page, "ml-models", "vulnerable/requirements.txt")
    found = page.get("/ui/api/vulnerabilities", repo="ml-models", limit=1000)
    mine = [r for r in found["rows"] if r["path"] == "vulnerable/requirements.txt"]
    row = next(r for r in mine if r["advisory"] == "PYSEC-2024-110")
    assert (row["component"], row["version"], row["eco"], row["fixed"]) == ("scikit-learn", "0.24.0", "pypi", "1.5.0")
    assert "CVE-2024-5206" in row["aliases"] and row["violation"] is None and row["blocks"] is False
    order = ["critical", "high", "medium", "low", "info"]
    assert [r["severity"] for r in found["rows"]] == sorted((r["severity"] for r in found["rows"]), key=order.index)
    assert sum(found["totals"].values()) == len(found["rows"]) and set(found["totals"]) == set(order)
    assert found["judged"]["artifacts"] >= 1 and found["judged"]["components"] >= 3 and found["judged"]["advisories"] > 0

    for severity in order:
        only = page.get("/ui/api/vulnerabilities", repo="ml-models", sev=severity, limit=1000)["rows"]
        assert len(only) == found["totals"][severity] and {r["severity"] for r in only} <= {severity}
    assert all(r["fixed"] for r in page.get("/ui/api/vulnerabilities", fix="yes", limit=1000)["rows"])
    assert {r["component"] for r in page.get("/ui/api/vulnerabilities", q="CVE-2024-5206")["rows"]} == {"scikit-learn"}
    assert page.get("/ui/api/vulnerabilities", repo="docker-local")["rows"] == []

    seen, after = [], ""
    while after is not None:
        part = page.get("/ui/api/vulnerabilities", repo="ml-models", limit=2, after=after)
        assert len(part["rows"]) <= 2
        seen += part["rows"]
        after = part["next"]
    assert seen == found["rows"]
    assert error(page("GET", "/ui/api/vulnerabilities", sev="terrible"))[0] == 400
    assert error(page("GET", "/ui/api/vulnerabilities", limit="many"))[0] == 400


@pytest.fixture
def blocking_watch(page):
    policy = {"name": "ui-medium", "type": "security", "rules": [{"name": "models", "priority": 1, "criteria": {"min_severity": "medium"},
                                                                       "actions": {"block_download": {"active": True, "unscanned": False}}}]}
    watch = {"general_data": {"name": "ui-watch", "active": True}, "project_resources": {"resources": [{"type": "repository", "name": "ui-watched", "bin_mgr_id": "default"}]},
             "assigned_policies": [{"name": "ui-medium", "type": "security"}]}
    assert page("PUT", "/artifactory/api/repositories/ui-watched", {"rclass": "local", "packageType": "generic"})[0] in (200, 201)
    assert page("POST", "/xray/api/v2/policies", policy)[0] == 201
    assert page("POST", "/xray/api/v2/watches", watch)[0] == 201
    yield
    page("DELETE", "/xray/api/v2/watches/ui-watch")
    page("DELETE", "/xray/api/v2/policies/ui-medium")
    page("DELETE", "/artifactory/api/repositories/ui-watched")


def test_violations_tell_why_and_how_to_unblock(page, store, blocking_watch):
    deploy(store, "ui-watched/requirements.txt", b"scikit-learn==0.24.0\n")
    item = scanned(page, "ui-watched", "requirements.txt")
    assert item["blocked"] and "scikit-learn" in item["blocked"]["message"]
    assert item["violations"] and all(v["path"] == "requirements.txt" for v in item["violations"])

    rows = page.get("/ui/api/violations", repo="ui-watched")["rows"]
    assert {r["id"] for r in rows} == {v["id"] for v in item["violations"]} and item["blocked"]["violation"] in {r["id"] for r in rows}
    row = rows[0]
    assert set(row) >= {"id", "watch", "policy", "rule", "severity", "blocks", "repo", "path", "summary"}
    assert (row["watch"], row["policy"], row["repo"], row["blocks"]) == ("ui-watch", "ui-medium", "ui-watched", True)

    detail = page.get(f"/ui/api/violations/{row['id']}")
    assert detail["violation"]["id"] == row["id"]
    assert detail["item"] == {"repo": "ui-watched", "path": "requirements.txt", "sha256": item["sha256"]}
    assert any("scikit-learn" in step for step in detail["unblock"]) and len(detail["unblock"]) >= 2
    vulnerable = page.get("/ui/api/vulnerabilities", repo="ui-watched", limit=1000)["rows"]
    assert any(r["blocks"] and r["violation"] in {v["id"] for v in rows} for r in vulnerable)
    assert page.get("/ui/api/status")["counts"]["violations"] >= len(rows)

    assert page.get("/ui/api/violations", repo="ui-watched")["next"] is None
    assert error(page("GET", "/ui/api/violations/99999999"))[0] == 404
    assert error(page("GET", "/ui/api/violations/nonsense"))[0] == 404
    for wrong in ("x", "1", "9.1", "1.x", "-1.5"):
        assert error(page("GET", "/ui/api/violations", after=wrong))[0] == 400, wrong


def test_violations_are_listed_worst_first_page_by_page(page, store, blocking_watch):
    for i in range(60):
        deploy(store, f"ui-watched/many/{i}/requirements.txt", b"joblib==1.0.1\nscikit-learn==0.24.0\n" + b"#" * i)
    for i in range(60):
        scanned(page, "ui-watched", f"many/{i}/requirements.txt")
    order = ["critical", "high", "medium", "low", "info"]
    first = page.get("/ui/api/violations", repo="ui-watched")
    assert len(first["rows"]) == 100 and first["next"]
    seen, after = [], ""
    while after is not None:
        part = page.get("/ui/api/violations", repo="ui-watched", after=after)
        seen += part["rows"]
        after = part["next"]
    assert len(seen) == len({r["id"] for r in seen}) >= 120
    ranks = [(order.index(r["severity"]), r["id"]) for r in seen]
    assert ranks == sorted(ranks) and len({r["severity"] for r in seen}) >= 2
    own = page.get("/ui/api/item", repo="ui-watched", path="many/3/requirements.txt")["violations"]
    assert [order.index(v["severity"]) for v in own] == sorted(order.index(v["severity"]) for v in own)
    store("DELETE", "/artifactory/ui-watched/many")


def test_an_artifact_is_scanned_again_when_asked(page, store):
    deploy(store, "ml-models/again/evil.pkl", EVIL)
    before = scanned(page, "ml-models", "again/evil.pkl")
    status, document, _ = page("POST", "/ui/api/scan", {"repo": "ml-models", "path": "again/evil.pkl"})
    assert status == 202 and document["scan"]["state"] in ("queued", "running", "done")
    deadline = time.monotonic() + SCAN_SECONDS
    after = scanned(page, "ml-models", "again/evil.pkl")
    while after["scan"]["finished_ms"] <= before["scan"]["finished_ms"]:
        assert time.monotonic() < deadline, "the second scan never ended"
        after = scanned(page, "ml-models", "again/evil.pkl")
    assert after["scan"]["verdict"] == "unsafe" and after["findings"] == before["findings"]
    assert page("POST", "/ui/api/scan", {"repo": "ml-models", "path": "again/evil.pkl"}, False)[0] in (401, 403), "a foreign page may not ask"
    assert error(page("POST", "/ui/api/scan", {"repo": "ml-models", "path": "again"}))[0] == 400
    assert error(page("POST", "/ui/api/scan", {"repo": "ml-models", "path": "none"}))[0] == 404
    assert error(page("POST", "/ui/api/scan", {"repo": "ml-models"}))[0] == 422


def test_an_item_tells_its_tensors(page, store):
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    deploy(store, "ml-models/tensors/w.safetensors", struct.pack("<Q", len(header)) + header + bytes(16))
    item = scanned(page, "ml-models", "tensors/w.safetensors")
    assert item["tensors"] == [{"name": "a", "dtype": "float32", "shape": [2, 2], "bytes": 16}]
    assert (item["tensor_count"], item["parameter_count"], item["tensor_bytes"], item["findings_dropped"]) == (1, 4, 16, None)
    assert item["models"] == []


    assert error(page("GET", "/ui/api/violations", after="x"))[0] == 400


# --- models -----------------------------------------------------------------------------------------------------------------


def test_models_are_found_by_what_they_are(page, store, assay, tmp_path):
    path = tmp_path / "iris.pkl"
    subprocess.run([str(assay), "model", "train", "--data", "iris", "--estimator", "ExtraTreesClassifier", "--param", "n_estimators=3", "--param", "max_depth=2", "--random-state", "5", "--out", str(path)], check=True, capture_output=True)
    deploy(store, "ml-models/zoo/1.0/trees.pkl", path.read_bytes())
    deploy(store, "ml-models/zoo/notes.txt", b"no model at all\n")
    scanned(page, "ml-models", "zoo/1.0/trees.pkl")
    scanned(page, "ml-models", "zoo/notes.txt")

    def paths(**query):
        return [row["path"] for row in page.get("/ui/api/models", **query)["rows"]]

    row = next(row for row in page.get("/ui/api/models", repo="ml-models")["rows"] if row["path"] == "zoo/1.0/trees.pkl")
    assert (row["class"], row["framework"], row["verdict"]) == ("sklearn.ensemble._forest.ExtraTreesClassifier", "scikit-learn", "clean")
    assert "zoo/notes.txt" not in paths(repo="ml-models")
    assert paths(q="extratreesCLASSIFIER") == ["zoo/1.0/trees.pkl"]
    assert paths(fact="param.n_estimators:3", q="zoo") == ["zoo/1.0/trees.pkl"]
    assert paths(fact="param.n_estimators:4", q="zoo") == [] and paths(q="100% no_such") == []
    assert error(page("GET", "/ui/api/models", fact="nonsense"))[0] == 400
    assert error(page("GET", "/ui/api/models", after="x"))[0] == 400
