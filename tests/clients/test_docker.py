"""Real clients against the registry: the Docker engine and its command line, and skopeo."""
import gzip
import json
import os
import secrets
import shutil
import subprocess
import time
import urllib.parse

import pytest

from docker_engine import docker_engine  # noqa: F401  (a fixture)
from one_server import server  # noqa: F401  (a fixture)
from registry_client import CONFIG, IMAGE, LAYER, Registry, basic, layer, sha256


@pytest.fixture
def registry(server):
    return Registry(server.host, basic("admin", server.password))


# --- docker -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def docker(docker_engine, server):  # noqa: F811
    docker_engine("login", "--username", "admin", "--password-stdin", server.host, stdin=server.password.encode())
    yield docker_engine
    docker_engine("logout", server.host)


def test_docker_login_refuses_a_wrong_password(docker_engine, server):  # noqa: F811
    refused = docker_engine("login", "--username", "admin", "--password-stdin", server.host, stdin=b"wrong", check=False)
    assert refused.returncode != 0 and "unauthorized" in refused.stderr.lower()


def test_docker_push_and_pull_keep_every_byte(docker, server, registry):
    reference = f"{server.host}/docker-local/team/app:1.0"
    image_id = docker.import_files(reference, layer({"etc/motd": b"hello\n", "big.bin": os.urandom(3 << 20)}))
    pushed = docker("push", reference).stdout
    digest = registry("HEAD", "/v2/docker-local/team/app/manifests/1.0")["Docker-Content-Digest"]
    assert digest in pushed and docker.repo_digests(reference) == [digest]

    docker("rmi", reference, image_id, check=False)
    assert docker("image", "inspect", image_id, check=False).returncode != 0, "the engine still has the image: a pull would prove nothing"
    assert digest in docker("pull", reference).stdout
    assert docker("image", "inspect", "--format", "{{.Id}}", reference).stdout.strip() == image_id
    assert digest in docker("pull", f"{server.host}/docker-local/team/app@{digest}").stdout


def test_docker_pushes_again_without_uploading(docker, server):
    reference = f"{server.host}/docker-local/again:1"
    docker.import_files(reference, layer({"a": b"b" * 1000}))
    docker("push", reference)
    assert "Layer already exists" in docker("push", reference).stdout
    docker("tag", reference, f"{server.host}/docker-local/moved:2")
    assert "Mounted from docker-local/again" in docker("push", f"{server.host}/docker-local/moved:2").stdout


def test_docker_without_login_is_told_so(docker_engine, server):  # noqa: F811
    docker_engine("logout", server.host)
    refused = docker_engine("pull", f"{server.host}/docker-local/team/app:1.0", check=False)
    assert refused.returncode != 0 and ("unauthorized" in refused.stderr or "denied" in refused.stderr or "no basic auth" in refused.stderr)


def test_docker_prints_why_a_name_is_refused(docker, server):
    reference = f"{server.host}/nowhere/app:1"
    docker.import_files(reference, layer({"a": b"b"}))
    refused = docker("push", reference, check=False)
    assert refused.returncode != 0 and "nowhere" in refused.stderr


@pytest.fixture
def watched(registry):
    """A repository of its own in which findings from medium on block downloads."""
    def send(method, path, document):
        answer = registry(method, path, json.dumps(document).encode(), {"Content-Type": "application/json"})
        assert answer.status in (200, 201), (path, answer.status, answer.body)
    repository = f"docker-watched-{secrets.token_hex(4)}"
    send("PUT", f"/artifactory/api/repositories/{repository}", {"rclass": "local", "packageType": "docker"})
    send("POST", "/xray/api/v2/policies", {"name": "docker-medium", "type": "security", "rules": [
        {"name": "from-medium", "priority": 1, "criteria": {"min_severity": "medium"}, "actions": {"block_download": {"active": True, "unscanned": False}}}]})
    send("POST", "/xray/api/v2/watches", {"general_data": {"name": "docker-watch", "active": True}, "assigned_policies": [{"name": "docker-medium", "type": "security"}],
                                          "project_resources": {"resources": [{"type": "repository", "name": repository, "bin_mgr_id": "default"}]}})
    yield repository
    registry("DELETE", "/xray/api/v2/watches/docker-watch")
    registry("DELETE", "/xray/api/v2/policies/docker-medium")


def until_scanned(registry, repository, path):
    until = time.monotonic() + 60
    while True:
        item = registry("GET", "/ui/api/item?" + urllib.parse.urlencode({"repo": repository, "path": path})).json
        if item["scan"]["state"] in ("done", "failed"):
            return item
        assert time.monotonic() < until, item["scan"]
        time.sleep(0.05)


def test_docker_prints_why_a_pull_is_blocked(docker, server, registry, watched):
    reference = f"{server.host}/{watched}/app:1"
    metadata = b"Metadata-Version: 2.1\nName: scikit-learn\nVersion: 0.24.0\n\n"
    image_id = docker.import_files(reference, layer({"usr/lib/python3/dist-packages/scikit_learn-0.24.0.dist-info/METADATA": metadata}))
    docker("push", reference)
    item = until_scanned(registry, watched, "app/1/manifest.json")
    assert item["blocked"], item["scan"]

    docker("rmi", reference, image_id, check=False)
    digest = item["image"]["digest"]
    for name in (reference, f"{server.host}/{watched}/app@{digest}"):
        refused = docker("pull", name, check=False)
        assert refused.returncode != 0, name
        for word in ("docker-medium", "scikit-learn", "1.5.0"):
            assert word in refused.stderr, (word, refused.stderr)
    for reference_ in ("1", digest):
        blocked = registry("GET", f"/v2/{watched}/app/manifests/{reference_}")
        assert (blocked.status, blocked.code) == (403, "DENIED")
        assert registry("HEAD", f"/v2/{watched}/app/manifests/{reference_}").status == 403


def test_docker_pulls_what_is_clean(docker, server, registry, watched):
    reference = f"{server.host}/{watched}/fine:1"
    docker.import_files(reference, layer({"etc/motd": b"nothing to see\n"}))
    docker("push", reference)
    assert until_scanned(registry, watched, "fine/1/manifest.json")["blocked"] is None
    docker("rmi", reference)
    docker("pull", reference)


# --- skopeo -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def skopeo(server, tmp_path):
    if not shutil.which("skopeo"):
        if os.environ.get("CI") == "true":
            pytest.fail("the package skopeo is not installed")
        pytest.skip("the package skopeo is not installed")

    def run(*arguments, check=True):
        done = subprocess.run(["skopeo", "--insecure-policy", *arguments], capture_output=True, text=True, check=False, timeout=120,
                              env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
        assert not check or done.returncode == 0, done.stderr
        return done
    run.credentials = f"admin:{server.password}"
    return run


def layout(folder, files):
    """A tiny OCI layout: one image of one layer, tagged `tiny`. Gives the digest of its manifest."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def add(data, media_type):
        (blobs / sha256(data).split(":")[1]).write_bytes(data)
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    tar = layer(files)
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [sha256(tar)]}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": IMAGE, "config": add(config, CONFIG), "layers": [add(gzip.compress(tar, mtime=0), LAYER)]}).encode()
    entry = {**add(manifest, IMAGE), "annotations": {"org.opencontainers.image.ref.name": "tiny"}}
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return entry["digest"]


def test_skopeo_copies_lists_and_deletes(skopeo, server, tmp_path, registry):
    digest = layout(tmp_path / "source", {"hello.txt": b"hello\n"})
    remote = f"docker://{server.host}/docker-local/skopeo/app"
    for tag in ("1.0", "2.0"):
        skopeo("copy", "--dest-tls-verify=false", "--dest-creds", skopeo.credentials, f"oci:{tmp_path}/source:tiny", f"{remote}:{tag}")
    assert registry("HEAD", "/v2/docker-local/skopeo/app/manifests/1.0")["Docker-Content-Digest"] == digest

    listed = json.loads(skopeo("list-tags", "--tls-verify=false", "--creds", skopeo.credentials, remote).stdout)
    assert listed["Tags"] == ["1.0", "2.0"]
    inspected = json.loads(skopeo("inspect", "--tls-verify=false", "--creds", skopeo.credentials, f"{remote}:1.0").stdout)
    assert inspected["Digest"] == digest and inspected["RepoTags"] == ["1.0", "2.0"]

    skopeo("copy", "--src-tls-verify=false", "--src-creds", skopeo.credentials, f"{remote}:1.0", f"oci:{tmp_path}/back:tiny")
    for blob in (tmp_path / "source/blobs/sha256").iterdir():
        assert (tmp_path / "back/blobs/sha256" / blob.name).read_bytes() == blob.read_bytes()

    skopeo("delete", "--tls-verify=false", "--creds", skopeo.credentials, f"{remote}:1.0")
    assert registry("GET", "/v2/docker-local/skopeo/app/tags/list").json["tags"] == [], "skopeo deletes the manifest, and all its tags with it"


def test_skopeo_copies_between_repositories(skopeo, server, tmp_path, registry):
    layout(tmp_path / "source", {"a": os.urandom(100000)})
    first, second = (f"docker://{server.host}/docker-local/between/{name}:1" for name in ("one", "two"))
    skopeo("copy", "--dest-tls-verify=false", "--dest-creds", skopeo.credentials, f"oci:{tmp_path}/source:tiny", first)
    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", skopeo.credentials, "--dest-creds", skopeo.credentials, first, second)
    assert registry("GET", "/v2/docker-local/between/one/manifests/1").body == registry("GET", "/v2/docker-local/between/two/manifests/1").body


def test_skopeo_without_credentials_is_refused(skopeo, server):
    refused = skopeo("list-tags", "--tls-verify=false", "--no-creds", f"docker://{server.host}/docker-local/skopeo/app", check=False)
    assert refused.returncode != 0 and "unauthorized" in refused.stderr
