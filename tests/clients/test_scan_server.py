"""Scanning on arrival, policies and gates of a running server: what is found, who is blocked and told why, and that nothing slips through in between."""

import hashlib
import io
import json
import os
import pathlib
import signal
import subprocess
import tarfile
import urllib.parse
import zipfile

import pytest
from conftest import wait_for

# Put together by hand, never loaded.
EVIL = b"cposix\nsystem\n(S'touch /tmp/assay-was-here'\ntR."
HARMLESS = b"\x80\x04K\x01."


def put(server, path, content, **headers):
    answer = server.ask("PUT", f"/artifactory/{path}", content, headers)
    assert answer.status == 201, answer.text
    return answer.json()


def get(server, path, user="admin"):
    return server.ask("GET", f"/artifactory/{path}", user=user)


def item(server, repo, path):
    query = urllib.parse.urlencode({"repo": repo, "path": path})
    return server.ask("GET", f"/ui/api/item?{query}").json()


def scanned(server, repo, path):
    return wait_for(lambda: (i := item(server, repo, path))["scan"]["state"] in ("done", "failed") and i, f"the scan of {repo}/{path}", 60)


def xray(server, method, path, body=None, status=None):
    answer = server.ask(method, path, body)
    assert status is None or answer.status == status, answer.text
    return answer.json()


def rule(name, criteria, **block):
    return {"name": name, "priority": 1, "criteria": criteria, "actions": {"block_download": {"active": True, **block}, "fail_build": True}}


def gate(server, *rules, name="production-gate", repositories=("ml-models", "docker-local")):
    xray(server, "POST", "/xray/api/v2/policies", {"name": name, "type": "security", "rules": list(rules)}, 201)
    resources = [{"type": "repository", "bin_mgr_id": "default", "name": key} for key in repositories]
    xray(server, "POST", "/xray/api/v2/watches", {"general_data": {"name": f"watch-{name}", "active": True}, "project_resources": {"resources": resources},
                                        "assigned_policies": [{"name": name, "type": "security"}]}, 201)


def rows(server, **filters):
    return server.ask("GET", "/ui/api/vulnerabilities?" + urllib.parse.urlencode(filters)).json()["rows"]


# --- what is found --------------------------------------------------------------------------------------------------------------


def test_a_hostile_pickle_is_unsafe_and_nothing_ran(server):
    put(server, "ml-models/evil/1/model.pkl", EVIL)
    got = scanned(server, "ml-models", "evil/1/model.pkl")
    assert got["scan"]["verdict"] == "unsafe" and got["scan"]["critical"] == 1
    assert "posix.system" in got["findings"][0]["call"]
    assert not pathlib.Path("/tmp/assay-was-here").exists()
    threats = server.ask("GET", "/ui/api/threats").json()["rows"]
    assert [(t["repo"], t["path"], t["verdict"]) for t in threats] == [("ml-models", "evil/1/model.pkl", "unsafe")]


def test_requirements_give_the_tutorials_advisory(server):
    put(server, "ml-models/app/requirements.txt", b"scikit-learn==0.24.0\n")
    scanned(server, "ml-models", "app/requirements.txt")
    hit = next(r for r in rows(server, repo="ml-models") if r["advisory"] == "PYSEC-2024-110")
    assert hit["fixed"] == "1.5.0" and hit["component"] == "scikit-learn" and "CVE-2024-5206" in str(hit["aliases"])


def test_the_same_bytes_are_scanned_once(server):
    for place in ("a", "b", "c"):
        put(server, f"ml-models/{place}/model.pkl", HARMLESS)
        assert scanned(server, "ml-models", f"{place}/model.pkl")["scan"]["verdict"] == "clean"
    assert len(server.log_events("scan.done")) == 1


def test_results_and_queue_survive_a_restart(server):
    put(server, "ml-models/evil.pkl", EVIL)
    server.kill()  # whether or not its scan was done
    server.start()
    assert scanned(server, "ml-models", "evil.pkl")["scan"]["verdict"] == "unsafe"


# --- images -----------------------------------------------------------------------------------------------------------------------


def layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def push(server, image, tag, layers, before=lambda manifest: None):
    """As a client of the registry API does, in one request per blob."""
    base = f"/v2/docker-local/{image}"
    described = []
    for content in (*layers, b"{}"):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        started = server.ask("POST", f"{base}/blobs/uploads/")
        assert started.status == 202, started.text
        where = started.headers["Location"]
        where = urllib.parse.urlparse(where).path + "?" + urllib.parse.urlparse(where).query
        answer = server.ask("PUT", where.rstrip("?") + ("&" if where.rstrip("?").count("?") else "?") + f"digest={digest}", content,
                            {"Content-Type": "application/octet-stream"})
        assert answer.status == 201, answer.text
        described.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": len(content)})
    config = {**described.pop(), "mediaType": "application/vnd.oci.image.config.v1+json"}
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": described})
    before(manifest)
    answer = server.ask("PUT", f"{base}/manifests/{tag}", manifest, {"Content-Type": kind})
    assert answer.status == 201, answer.text


def metadata(name, version):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n".encode()


LOWER = {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', "opt/evil.pkl": EVIL,
         "usr/lib/python3/site-packages/joblib-1.0.1.dist-info/METADATA": metadata("joblib", "1.0.1"),
         "usr/lib/python3/site-packages/scikit_learn-0.24.0.dist-info/METADATA": metadata("scikit-learn", "0.24.0")}
UPPER = {"opt/.wh.evil.pkl": b"", "usr/lib/python3/site-packages/.wh.joblib-1.0.1.dist-info": b""}


def test_images_merge_their_layers_and_scan_each_once(server):
    push(server, "iris", "1", [layer(LOWER)])
    first = scanned(server, "docker-local", "iris/1/manifest.json")
    assert first["scan"]["verdict"] == "unsafe"
    assert {c["name"] for c in first["components"]} == {"joblib", "scikit-learn"}

    lower_digest = hashlib.sha256(layer(LOWER)).hexdigest()
    before = len(server.log_events("scan.done"))
    push(server, "iris", "2", [layer(LOWER), layer(UPPER)])
    second = scanned(server, "docker-local", "iris/2/manifest.json")
    assert second["scan"]["verdict"] == "not_a_model"
    assert {c["name"] for c in second["components"]} == {"scikit-learn"}
    assert len(server.log_events("scan.done")) == before + 1
    assert lower_digest  # the shared layer made no scan of its own


def test_a_manifest_that_was_uploaded_as_a_file_is_still_scanned_as_an_image(server):
    def upload_first(manifest):
        put(server, "ml-models/innocent.json", manifest.encode())
        assert scanned(server, "ml-models", "innocent.json")["scan"]["verdict"] == "not_a_model"

    push(server, "iris", "1", [layer(LOWER)], before=upload_first)
    assert scanned(server, "docker-local", "iris/1/manifest.json")["scan"]["verdict"] == "unsafe"


# --- gates --------------------------------------------------------------------------------------------------------------------------


def test_a_vulnerable_file_is_blocked_until_the_policy_changes(server):
    put(server, "ml-models/app/requirements.txt", b"joblib==1.0.1\n")
    scanned(server, "ml-models", "app/requirements.txt")
    assert get(server, "ml-models/app/requirements.txt").status == 200
    gate(server, rule("high", {"min_severity": "High"}))
    refused = get(server, "ml-models/app/requirements.txt")
    assert refused.status == 403
    message = refused.json()["errors"][0]["message"]
    assert message.startswith("policy production-gate, rule high: joblib 1.0.1 has CVE-2022-21797 (high), fixed in 1.2.0")
    assert f" How to unblock: {server.url}/ui/violations/" in message, "clients have no page to be relative to"

    number = int(message.rsplit("/", 1)[1])
    page = server.ask("GET", f"/ui/api/violations/{number}").json()
    assert any("joblib" in sentence and "1.2.0" in sentence for sentence in page["unblock"])
    assert item(server, "ml-models", "app/requirements.txt")["blocked"]["violation"] == number

    # The fix.
    put(server, "ml-models/app/requirements.txt", b"joblib==1.4.2\n")
    scanned(server, "ml-models", "app/requirements.txt")
    assert get(server, "ml-models/app/requirements.txt").status == 200
    assert xray(server, "POST", "/xray/api/v1/violations", {"filters": {}})["total_violations"] == 0

    # The vulnerable bytes again, under another path: known, so blocked from the first moment on.
    put(server, "ml-models/again/requirements.txt", b"joblib==1.0.1\n")
    assert get(server, "ml-models/again/requirements.txt").status == 403

    # A change of the policy.
    xray(server, "PUT", "/xray/api/v2/policies/production-gate", {"type": "security", "rules": [rule("critical", {"min_severity": "Critical"})]}, 200)
    assert get(server, "ml-models/again/requirements.txt").status == 200


def test_a_model_threat_is_blocked_with_its_call(server):
    gate(server, rule("no-code", {"model_threat": "suspicious"}))
    put(server, "ml-models/evil.pkl", EVIL)
    put(server, "ml-models/liar.pkl", b"cposix\nsystem\n(S'echo. How to unblock: /ui/violations/1'\ntR.")
    put(server, "ml-models/fine.pkl", HARMLESS)
    put(server, "ml-models/broken.pkl", b"\x80\x04\x8c\x05ab")
    for path in ("evil.pkl", "liar.pkl", "fine.pkl", "broken.pkl"):
        scanned(server, "ml-models", path)
    refused = get(server, "ml-models/evil.pkl")
    assert refused.status == 403 and "loading it would call posix.system" in refused.json()["errors"][0]["message"]
    # A file's own words are not taken for the mark behind which the address stands.
    liar = get(server, "ml-models/liar.pkl").json()["errors"][0]["message"]
    assert "('echo. How to unblock: /ui/violations/1')" in liar and f"). How to unblock: {server.url}/ui/violations/" in liar
    assert get(server, "ml-models/broken.pkl").status == 403
    assert get(server, "ml-models/fine.pkl").status == 200


def test_an_image_is_blocked_at_its_manifest(server):
    gate(server, rule("medium", {"min_severity": "Medium"}))
    push(server, "iris", "1", [layer(LOWER)])
    scanned(server, "docker-local", "iris/1/manifest.json")
    refused = server.ask("GET", "/v2/docker-local/iris/manifests/1", headers={"Accept": "*/*"})
    assert refused.status == 403
    assert refused.json()["errors"][0]["code"] == "DENIED" and "production-gate" in refused.text
    assert f" How to unblock: {server.url}/ui/violations/" in refused.json()["errors"][0]["message"]


def children_of(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(p) for p in out.split()]


def test_unscanned_is_for_the_uploader_only(make_server):
    server = make_server("--anonymous-read").start()
    gate(server, rule("high", {"min_severity": "High"}))
    spawner = children_of(server.process.pid)[0]
    os.kill(spawner, signal.SIGSTOP)  # no scan can end
    try:
        put(server, "ml-models/new.pkl", HARMLESS)
        refused = get(server, "ml-models/new.pkl", user=None)
        assert refused.status == 403 and "not scanned yet" in refused.json()["errors"][0]["message"]
        assert get(server, "ml-models/new.pkl").status == 200
    finally:
        os.kill(spawner, signal.SIGCONT)
    scanned(server, "ml-models", "new.pkl")
    assert get(server, "ml-models/new.pkl", user=None).status == 200


def test_a_child_killed_while_it_reads_makes_the_scan_incomplete(server):
    gate(server, rule("no-code", {"model_threat": "suspicious"}))
    spawner = children_of(server.process.pid)[0]
    # Large enough to be met at work: the child inflates it all.
    zeros = io.BytesIO()
    with tarfile.open(fileobj=zeros, mode="w:gz", compresslevel=1) as tar:
        for i in range(600):
            info = tarfile.TarInfo(f"{i}.bin")
            info.size = 1 << 20
            tar.addfile(info, io.BytesIO(os.urandom(1 << 10) * (1 << 10)))
    put(server, "ml-models/model.tar.gz", zeros.getvalue())
    child = wait_for(lambda: children_of(spawner), "a scan child")[0]
    os.kill(child, signal.SIGKILL)
    got = scanned(server, "ml-models", "model.tar.gz")
    assert got["scan"]["verdict"] == "unparseable"
    finding = next(f for f in got["findings"] if f["code"] == "scan_incomplete")
    assert "signal 9" in finding["title"]
    assert get(server, "ml-models/model.tar.gz").status == 403


def test_stopping_does_not_wait_for_scans(server):
    spawner = children_of(server.process.pid)[0]
    os.kill(spawner, signal.SIGSTOP)
    put(server, "ml-models/new.pkl", HARMLESS)
    os.kill(spawner, signal.SIGCONT)
    assert server.stop() == 0
    server.start()
    assert scanned(server, "ml-models", "new.pkl")["scan"]["verdict"] == "clean"


# --- new advisories -------------------------------------------------------------------------------------------------------------------


def test_imported_advisories_judge_what_is_stored(server, tmp_path, assay):
    gate(server, rule("high", {"min_severity": "High"}))
    put(server, "ml-models/app/requirements.txt", b"assay-test-package==1.0\n")
    scanned(server, "ml-models", "app/requirements.txt")
    assert rows(server) == [] and get(server, "ml-models/app/requirements.txt").status == 200
    record = {"id": "TEST-2026-1", "modified": "2026-01-02T03:04:05Z", "summary": "A test", "aliases": ["CVE-2026-0001"],
              "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
              "affected": [{"package": {"ecosystem": "PyPI", "name": "assay-test-package"},
                            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as z:
        z.writestr("TEST-2026-1.json", json.dumps(record))
    done = subprocess.run([str(assay), "advisories", "import", str(tmp_path / "all.zip"), "--data", str(server.data)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    scans_before = len(server.log_events("scan.done"))
    refused = wait_for(lambda: (a := get(server, "ml-models/app/requirements.txt")).status == 403 and a, "the new advisory to block")
    assert "assay-test-package 1.0 has CVE-2026-0001 (critical), fixed in 2.0" in refused.text
    assert [r["advisory"] for r in rows(server)] == ["TEST-2026-1"]
    assert len(server.log_events("scan.done")) == scans_before  # no blob was read again


# --- the /xray surface ------------------------------------------------------------------------------------------------------------------


def test_policies_and_watches_by_the_book(server):
    assert xray(server, "GET", "/xray/api/v1/system/ping") == {"status": "pong"}
    assert xray(server, "GET", "/xray/api/v1/system/version")["xray_version"] == "3.118.0"
    assert xray(server, "GET", "/xray/api/v1/entitlements/feature/curation") == {"feature_id": "curation", "entitled": False}
    sent = {"name": "p", "type": "security", "created": "0001-01-01T00:00:00Z", "rules": [rule("r", {"min_severity": "High"}, unscanned=False)]}
    xray(server, "POST", "/xray/api/v2/policies", sent, 201)
    assert "exists" in xray(server, "POST", "/xray/api/v2/policies", sent, 409)["error"]
    got = xray(server, "GET", "/xray/api/v2/policies/p", status=200)
    assert got["rules"] == sent["rules"] and got["author"] == "admin" and got["created"].startswith("20")
    assert [p["name"] for p in xray(server, "GET", "/xray/api/v1/policies")] == ["p"]
    xray(server, "GET", "/xray/api/v2/policies/none", status=404)
    xray(server, "PUT", "/xray/api/v2/policies/none", sent, 404)
    assert "not judged" in xray(server, "POST", "/xray/api/v2/policies", {**sent, "name": "q", "rules": [rule("r", {"sast": {"min_severity": "High"}})]}, 422)["error"]
    xray(server, "POST", "/xray/api/v2/policies", "{", 400)

    resource = {"type": "repository", "bin_mgr_id": "default", "name": "ml-models", "filters": [{"type": "ant-patterns", "value": {"IncludePatterns": None, "ExcludePatterns": ["x/**"]}}]}
    watch = {"general_data": {"name": "w"}, "project_resources": {"resources": [resource]}, "assigned_policies": [{"name": "p", "type": "security"}]}
    xray(server, "POST", "/xray/api/v2/watches", {**watch, "assigned_policies": [{"name": "none"}]}, 422)
    xray(server, "POST", "/xray/api/v2/watches", watch, 201)
    stored = xray(server, "GET", "/xray/api/v2/watches/w", status=200)
    assert stored["project_resources"]["resources"][0]["filters"][0]["value"]["IncludePatterns"] == []
    xray(server, "PUT", "/xray/api/v2/watches/w", {**watch, "general_data": {"active": False}}, 200)
    assert xray(server, "GET", "/xray/api/v2/watches/w")["general_data"]["active"] is False
    assert "'w' uses" in xray(server, "DELETE", "/xray/api/v2/policies/p", status=409)["error"]
    assert [w["general_data"]["name"] for w in xray(server, "GET", "/xray/api/v1/watches")] == ["w"]
    xray(server, "DELETE", "/xray/api/v1/watches/w", status=200)
    xray(server, "DELETE", "/xray/api/v2/policies/p", status=200)
    assert server.ask("POST", "/xray/api/v2/policies", sent, user=None).status == 401


def test_violations_and_summaries_by_the_book(server):
    put(server, "ml-models/app/requirements.txt", b"joblib==1.0.1\nscikit-learn==0.24.0\n")
    scanned(server, "ml-models", "app/requirements.txt")
    gate(server, rule("medium", {"min_severity": "Medium"}))
    asked = {"filters": {"min_severity": "High", "resources": {"artifacts": [{"repo": "ml-models", "path": "app/requirements.txt"}]}},
             "pagination": {"limit": 9223372036854775807, "offset": 1}}
    got = xray(server, "POST", "/xray/api/v1/violations", asked, 200)
    assert got["total_violations"] == len(got["violations"]) >= 1
    one = next(v for v in got["violations"] if v["issue_id"] == "PYSEC-2022-288")
    assert one["severity"] == "High" and one["fix_versions"] == ["1.2.0"] and one["matched_policies"][0]["is_blocking"]
    assert one["impact_artifacts"] == ["default/ml-models/app/requirements.txt"]
    paged = xray(server, "POST", "/xray/api/v1/violations", {"filters": {}, "pagination": {"limit": 1, "offset": 2}})
    assert len(paged["violations"]) == 1 and paged["total_violations"] > 1

    for address in ("/xray/api/v1/summary/artifact", "/xray/api/v2/summary/artifact"):
        summary = xray(server, "POST", address, {"paths": ["default/ml-models/app/requirements.txt", "default/ml-models/none"]}, 200)
        issue = next(i for i in summary["artifacts"][0]["issues"] if i["issue_id"] == "PYSEC-2024-110")
        assert issue["components"] == [{"component_id": "pypi://scikit-learn:0.24.0", "fixed_versions": ["[1.5.0]"]}]
        assert issue["cves"][0]["cve"] == "CVE-2024-5206"
        assert summary["errors"][0]["identifier"] == "default/ml-models/none"
    assert xray(server, "POST", "/xray/api/v1/artifact/status", {"repo": "ml-models", "path": "app/requirements.txt"})["overall"]["status"] == "DONE"
