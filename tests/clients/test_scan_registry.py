"""`assay scan` on what is somewhere else: images of a registry (our own, and ones that misbehave), and artifacts of an Assay server."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import threading

import pytest
from registry_client import CONFIG, IMAGE, INDEX, LAYER, Registry, basic, layer, sha256

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
EVIL = b"cposix\nsystem\n(S'true'\ntR."
HARMLESS = b"\x80\x04]\x94(K\x01K\x02e."
FILES = {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', "opt/model.pkl": EVIL,
         "usr/lib/python3/dist-packages/joblib-1.0.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: joblib\nVersion: 1.0.1\n\n"}


def scan(*args, cwd, environment=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_") and k != "DOCKER_CONFIG"}
    done = subprocess.run([ASSAY, "scan", *map(str, args), "--json"], cwd=cwd, capture_output=True, check=False, timeout=120,
                          env={**kept, "HOME": str(cwd), "TMPDIR": str(cwd), **(environment or {})})
    assert not list(pathlib.Path(cwd).glob("assay-scan-*")), "the temporary store was left behind"
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


@pytest.fixture
def host(server):
    return f"127.0.0.1:{server.port}"


@pytest.fixture
def registry(server, host):
    return Registry(host, basic("admin", server.password))


def test_an_image_by_tag_and_by_digest(server, registry, host, tmp_path):
    digest, _ = registry.push_image("docker-local/iris", "1.0", FILES)
    who = ("--user", f"admin:{server.password}")
    for reference in (f"{host}/docker-local/iris:1.0", f"docker://{host}/docker-local/iris:1.0", f"oci://{host}/docker-local/iris@{digest}"):
        code, doc, _ = scan(reference, *who, cwd=tmp_path)
        target = doc["targets"][0]
        assert (code, target["path"], target["format"], target["verdict"]) == (1, reference, "image", "unsafe")
        assert "sha256:" + target["sha256"] == digest
        assert [(m["path"], m["verdict"], m["layer"]) for m in target["models"]] == [("opt/model.pkl", "unsafe", 0)]
        assert any(f.get("component") == "joblib" for f in target["findings"])


def test_credentials_come_from_four_places(server, registry, host, tmp_path):
    registry.push_image("docker-local/ok", "1", {"opt/m.pkl": HARMLESS})
    reference, secret = f"{host}/docker-local/ok:1", f"admin:{server.password}"
    assert scan(reference, "--user", secret, cwd=tmp_path)[0] == 0
    assert scan(reference, "--user", "admin", cwd=tmp_path, environment={"ASSAY_PASSWORD": server.password})[0] == 0
    assert scan(reference, cwd=tmp_path, environment={"ASSAY_USER": "admin", "ASSAY_PASSWORD": server.password})[0] == 0
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": base64.b64encode(secret.encode()).decode()}}}))
    assert scan(reference, cwd=tmp_path)[0] == 0
    (tmp_path / ".docker/config.json").unlink()
    for wrong in ((), ("--user", "admin:wrong"), ("--user", "admin")):
        code, doc, _ = scan(reference, *wrong, cwd=tmp_path)
        assert code == 3 and doc["targets"][0]["verdict"] == "unparseable"
        assert "wrong" not in doc["targets"][0]["findings"][0]["title"]


def test_an_index_has_an_image_for_each_platform(server, registry, host, tmp_path):
    def entry(files, arch):
        digest, manifest = registry.push_image("docker-local/multi", None, files)
        return {"mediaType": IMAGE, "digest": digest, "size": len(manifest), "platform": {"os": "linux", "architecture": arch}}

    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry({"m.pkl": HARMLESS}, "amd64"), entry({"m.pkl": EVIL}, "s390x")]}
    registry.put_manifest("docker-local/multi", "1", index)
    reference, who = f"{host}/docker-local/multi:1", ("--user", f"admin:{server.password}")
    assert scan(reference, *who, "--platform", "linux/amd64", cwd=tmp_path)[0] == 0
    assert scan(reference, *who, "--platform", "linux/s390x", cwd=tmp_path)[0] == 1
    code, doc, _ = scan(reference, *who, "--platform", "linux/mips", cwd=tmp_path)
    assert code == 3 and "linux/amd64, linux/s390x; choose with --platform" in doc["targets"][0]["findings"][0]["title"]


def test_what_is_not_there_or_not_a_reference(host, tmp_path):
    code, doc, _ = scan(f"{host}/docker-local/none:1", "--user", "admin:correct horse battery staple", cwd=tmp_path)
    assert code == 3 and "404" in doc["targets"][0]["findings"][0]["title"]
    for wrong in ("docker://nothing", "docker://host/a/../b:1", "models.d/x.pkl", f"{host}/UPPER", "no/such:file"):
        code, _, said = scan(wrong, cwd=tmp_path)
        assert code == 2 and said.startswith("assay scan: "), wrong


# --- registries that misbehave ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(answer):
    """answer(path, headers) gives (status, headers, body)."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answer(self.path, self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{service.server_port}"
    finally:
        service.shutdown()
        service.server_close()


def simple_image():
    content = layer({"m.pkl": HARMLESS})
    manifest = json.dumps({"schemaVersion": 2, "mediaType": IMAGE, "config": {"mediaType": CONFIG, "digest": sha256(b"{}"), "size": 2},
                           "layers": [{"mediaType": LAYER, "digest": sha256(content), "size": len(content)}]}).encode()
    return manifest, content


def test_a_layer_that_is_another_is_never_scanned(tmp_path):
    manifest, content = simple_image()
    with serving(lambda path, _: (200, {}, manifest if "manifests" in path else content + b"x")) as host:
        code, doc, _ = scan(f"{host}/a:1", cwd=tmp_path)
    assert code == 3 and "the registry sent sha256:" in doc["targets"][0]["findings"][0]["title"]
    with serving(lambda path, _: (200, {}, manifest)) as host:
        code, doc, _ = scan(f"{host}/a@sha256:{'0' * 64}", cwd=tmp_path)
    assert code == 3 and "the registry sent sha256:" in doc["targets"][0]["findings"][0]["title"]


def test_basic_credentials_are_sent_only_when_asked_for(tmp_path):
    manifest, content = simple_image()
    seen = []

    def answer(path, headers):
        seen.append(headers.get("Authorization"))
        if headers.get("Authorization") != basic("u", "p"):
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""
        return 200, {}, manifest if "manifests" in path else content

    with serving(answer) as host:
        code, doc, _ = scan(f"{host}/a:1", "--user", "u:p", cwd=tmp_path)
    assert (code, doc["targets"][0]["verdict"]) == (0, "clean")
    assert seen == [None, basic("u", "p"), basic("u", "p")]


def test_the_password_goes_to_no_realm_without_tls(tmp_path):
    asked = []
    with serving(lambda path, headers: (asked.append(headers.get("Authorization")), (200, {}, b'{"token":"x"}'))[1]) as realm:
        elsewhere = realm.replace("127.0.0.1", "127.example.invalid")
        challenge = f'Bearer realm="http://{elsewhere}/token",service="s",scope="repository:a:pull"'
        with serving(lambda path, headers: (401, {"WWW-Authenticate": challenge}, b"")) as host:
            code, doc, _ = scan(f"{host}/a:1", "--user", "u:p", cwd=tmp_path)
    assert code == 3 and "does not speak TLS" in doc["targets"][0]["findings"][0]["title"] and asked == []


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b"{}", b'{"layers":[{"digest":"../x"}]}', b'{"layers":[1]}', b'{"manifests":[]}',
                                      b'{"manifests":[{"digest":"sha256:' + b"0" * 64 + b'"}]}'])
def test_odd_manifests_are_told_and_never_crash(tmp_path, manifest):
    with serving(lambda path, _: (200, {}, manifest)) as host:
        code, doc, _ = scan(f"{host}/a:1", cwd=tmp_path)
    assert code == 3 and doc["targets"][0]["findings"][0]["code"] == "scan_incomplete"


# --- our own server -----------------------------------------------------------------------------------------------------------------


def test_an_artifact_of_the_server(server, tmp_path):
    assert server.ask("PUT", "/artifactory/ml-models/iris/a%20b.pkl", EVIL).status == 201
    environment = {"ASSAY_URL": server.url, "ASSAY_USER": "admin", "ASSAY_PASSWORD": server.password}
    code, doc, _ = scan("assay://ml-models/iris/a b.pkl", cwd=tmp_path, environment=environment)
    target = doc["targets"][0]
    assert (code, target["verdict"], target["sha256"]) == (1, "unsafe", hashlib.sha256(EVIL).hexdigest())
    assert scan("assay://ml-models/none.pkl", cwd=tmp_path, environment=environment)[0] == 3
    code, doc, _ = scan("assay://ml-models/x", cwd=tmp_path, environment={"ASSAY_URL": "http://example.org"})
    assert code == 3 and "ASSAY_URL must be https" in doc["targets"][0]["findings"][0]["title"]
