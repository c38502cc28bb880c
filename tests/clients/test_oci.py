"""The /v2 surface over plain HTTP: one test for each rule of the registry protocol that real clients rely on and servers get wrong."""
import concurrent.futures
import gzip
import hashlib
import json
import re
import threading
import time
import urllib.parse

import pytest

from one_server import server  # noqa: F401  (a fixture)
from registry_client import IMAGE, INDEX, LAYER, Registry, basic, layer, sha256, sha512

ZERO = "sha256:" + "0" * 64


@pytest.fixture
def registry(server):
    return Registry(server.host, basic("admin", server.password))


@pytest.fixture
def image(request):
    """A name of its own for each test."""
    return "docker-local/" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


# --- credentials ------------------------------------------------------------------------------------------------------------


def test_ping_challenges_the_anonymous_and_greets_the_known(registry):
    refused = registry("GET", "/v2/", authorization=None)
    assert refused.status == 401 and refused.code == "UNAUTHORIZED"
    assert re.fullmatch(rf'Bearer realm="http://{re.escape(registry.host)}/v2/token",service="{re.escape(registry.host)}"', refused["WWW-Authenticate"])
    for path in ("/v2", "/v2/"):
        known = registry("GET", path)
        assert (known.status, known.json) == (200, {}), path
        assert known["Docker-Distribution-API-Version"] == "registry/2.0"
    assert registry("GET", "/v2/", authorization=basic("admin", "wrong")).status == 401


def test_challenge_names_the_scope_that_is_needed(registry, image):
    for method, path, actions in (("GET", "manifests/1", "pull"), ("POST", "blobs/uploads/", "pull,push"), ("DELETE", "manifests/1", "pull,delete")):
        refused = registry(method, f"/v2/{image}/{path}", authorization=None)
        assert refused.status == 401
        assert f'scope="repository:{image}:{actions}"' in refused["WWW-Authenticate"]


def token(registry, *scopes, authorization=...):
    query = urllib.parse.urlencode([("service", registry.host), ("account", "admin")] + [("scope", s) for s in scopes])
    return registry("GET", f"/v2/token?{query}", authorization=authorization)


def test_token_endpoint_gives_tokens_for_what_is_asked(registry, image):
    digest, _ = registry.push_image(image, "1")
    answer = token(registry, f"repository:{image}:pull")
    assert answer.status == 200
    given = answer.json
    assert given["token"] == given["access_token"] and given["expires_in"] >= 300
    bearer = f"Bearer {given['token']}"
    assert registry("GET", "/v2/", authorization=bearer).status == 200
    assert registry("GET", f"/v2/{image}/manifests/{digest}", authorization=bearer).status == 200

    pushed = registry("POST", f"/v2/{image}/blobs/uploads/", authorization=bearer)
    assert pushed.status == 401 and f'scope="repository:{image}:pull,push"' in pushed["WWW-Authenticate"]
    other = registry("GET", f"/v2/{image}-other/manifests/1", authorization=bearer)
    assert other.status == 401, "a token for one image must not open another in the same repository"


def test_token_without_scope_only_proves_who_it_is(registry, image):
    registry.push_image(image, "1")
    bearer = f"Bearer {token(registry).json['token']}"
    assert registry("GET", "/v2/", authorization=bearer).status == 200
    assert registry("GET", f"/v2/{image}/manifests/1", authorization=bearer).status == 401


def test_token_endpoint_reads_every_scope(registry, image):
    registry.push_image(image, "1")
    for scopes in ((f"repository:{image}-x:pull", f"repository:{image}:push,pull"), (f"repository:{image}-x:pull repository:{image}:*",)):
        bearer = f"Bearer {token(registry, *scopes).json['token']}"
        assert registry("GET", f"/v2/{image}/manifests/1", authorization=bearer).status == 200
        assert registry("POST", f"/v2/{image}/blobs/uploads/", authorization=bearer).status == 202


def test_token_cannot_make_tokens(registry, image):
    """Neither for more than itself, nor for longer."""
    small = f"Bearer {token(registry, f'repository:{image}:pull').json['token']}"
    assert token(registry, f"repository:{image}:pull", authorization=small).status == 401
    assert registry("POST", "/ui/api/token", b'{"days":365}', {"Content-Type": "application/json"}, authorization=small).status == 403
    assert registry("GET", "/ui/api/tree?repo=docker-local", authorization=small).status == 403
    assert registry("GET", f"/artifactory/{image}/1/manifest.json", authorization=small).status == 403


@pytest.mark.parametrize("authorization", [None, basic("admin", "wrong"), basic("nobody", "x"), "Bearer nonsense"])
def test_token_endpoint_refuses_who_is_not_known(registry, authorization):
    assert token(registry, authorization=authorization).status == 401


# --- names and errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["docker-local", "docker-local/Upper", "docker-local/a..b", "docker-local/a___b", "docker-local/-a", "docker-local//a"])
def test_bad_names_are_refused(registry, name):
    answer = registry("GET", f"/v2/{name}/manifests/1")
    assert answer.status in (400, 404) and answer.code in ("NAME_INVALID", "NAME_UNKNOWN")


def test_repository_must_exist_and_hold_images(registry):
    for repository in ("nowhere", "ml-models"):
        for method, path in (("GET", "manifests/1"), ("POST", "blobs/uploads/"), ("GET", "tags/list")):
            answer = registry(method, f"/v2/{repository}/app/{path}")
            assert (answer.status, answer.code) == (404, "NAME_UNKNOWN"), (repository, path)


def test_names_may_contain_the_words_of_addresses(registry):
    name = "docker-local/blobs/uploads/manifests/tags/referrers"
    digest, _ = registry.push_image(name, "list")
    assert registry("GET", f"/v2/{name}/manifests/list")["Docker-Content-Digest"] == digest
    assert registry("GET", f"/v2/{name}/tags/list").json == {"name": name, "tags": ["list"]}


def test_unknown_addresses_and_methods_answer_in_the_registrys_form(registry, image):
    assert registry("GET", "/v2/nothing").code
    wrong = registry("PATCH", f"/v2/{image}/manifests/1", b"")
    assert wrong.status == 405 and wrong.code == "UNSUPPORTED" and "GET" in wrong["Allow"]


def test_extensions_are_none(registry):
    assert registry("GET", "/v2/_oci/ext/discover").json == {"extensions": []}


# --- uploads ----------------------------------------------------------------------------------------------------------------


def test_upload_starts_with_an_empty_session(registry, image):
    answer = registry("POST", f"/v2/{image}/blobs/uploads/", headers={"Content-Type": "application/json"})
    assert answer.status == 202 and answer["Range"] == "0-0"
    assert answer["Location"] == f"/v2/{image}/blobs/uploads/{answer['Docker-Upload-UUID']}"
    status = registry("GET", answer["Location"])
    assert (status.status, status["Range"], status["Location"]) == (204, "0-0", answer["Location"])
    assert registry("POST", f"/v2/{image}/blobs/uploads").status == 202, "without the slash at the end"


def test_docker_streams_a_layer_in_one_chunked_patch(registry, image):
    location = registry.start(image)
    data = bytes(range(256)) * 5000
    patched = registry("PATCH", location, iter([data[:100000], data[100000:]]))
    assert patched.status == 202 and patched["Range"] == f"0-{len(data) - 1}"
    closed = registry("PUT", f"{patched['Location']}?digest={sha256(data).replace(':', '%3A')}")
    assert closed.status == 201 and closed["Docker-Content-Digest"] == sha256(data)
    assert closed["Location"] == f"/v2/{image}/blobs/{sha256(data)}"
    head = registry("HEAD", closed["Location"])
    assert (head.status, head["Content-Length"], head.body) == (200, str(len(data)), b"")
    assert registry("GET", closed["Location"]).body == data


def test_single_post_stores_a_blob(registry, image):
    data = b"in one request"
    answer = registry("POST", f"/v2/{image}/blobs/uploads/?digest={sha256(data)}", data)
    assert answer.status == 201 and answer["Docker-Content-Digest"] == sha256(data)
    assert registry("GET", answer["Location"]).body == data


def test_chunks_in_order(registry, image):
    location = registry.start(image)
    parts = [b"a" * 1024, b"b" * 1024, b"c" * 10]
    at = 0
    for part in parts[:2]:
        answer = registry("PATCH", location, part, {"Content-Range": f"{at}-{at + len(part) - 1}"})
        at += len(part)
        assert (answer.status, answer["Range"]) == (202, f"0-{at - 1}")
        location = answer["Location"]
    whole = b"".join(parts)
    closed = registry("PUT", f"{location}?digest={sha256(whole)}", parts[2], {"Content-Range": f"{at}-{len(whole) - 1}"})
    assert closed.status == 201
    assert registry("GET", closed["Location"]).body == whole


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_chunk_out_of_order_keeps_the_session(registry, image, method):
    location = registry.start(image)
    first, second = b"a" * 1024, b"b" * 512
    whole = first + second
    assert registry("PATCH", location, first, {"Content-Range": "0-1023"}).status == 202
    # A wrong range beats a wrong digest: otherwise a client that lost count would lose the session too.
    target = location if method == "PATCH" else f"{location}?digest={ZERO}"
    for wrong in ("0-1023", "2048-2559", "1023-1534", "nonsense", "1024", "5-1"):
        answer = registry(method, target, second, {"Content-Range": wrong})
        assert answer.status == 416 and answer.code == "BLOB_UPLOAD_INVALID", wrong
        assert answer["Range"] == "0-1023" and answer["Location"] == location
    status = registry("GET", location)
    assert (status.status, status["Range"]) == (204, "0-1023")
    assert registry("PATCH", location, second, {"Content-Range": "1024-1535"}).status == 202
    assert registry("PUT", f"{location}?digest={sha256(whole)}").status == 201


def test_chunk_that_lies_about_its_length_is_refused(registry, image):
    location = registry.start(image)
    answer = registry("PATCH", location, b"x" * 10, {"Content-Range": "0-99"})
    assert (answer.status, answer.code) == (400, "SIZE_INVALID")
    assert registry("GET", location)["Range"] == "0-0"


def test_wrong_digest_stores_nothing(registry, image):
    data = b"not what it says"
    single = registry("POST", f"/v2/{image}/blobs/uploads/?digest={ZERO}", data)
    assert (single.status, single.code) == (400, "DIGEST_INVALID")
    closed = registry("PUT", f"{registry.start(image)}?digest={ZERO}", data)
    assert (closed.status, closed.code) == (400, "DIGEST_INVALID")
    assert registry("GET", f"/v2/{image}/blobs/{ZERO}").status == 404
    assert registry("GET", f"/v2/{image}/blobs/{sha256(data)}").status == 404


@pytest.mark.parametrize("digest", ["", "sha256:abc", "sha256:" + "A" * 64, "md5:" + "0" * 32, "sha999:" + "0" * 64, "nonsense"])
def test_malformed_digest_does_not_end_the_session(registry, image, digest):
    location = registry.start(image)
    answer = registry("PUT", f"{location}?digest={digest}", b"x")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert registry("GET", location).status == 204
    assert registry("PUT", location, b"x").status == 400, "closing needs a digest"


def test_hash_is_known_only_at_the_end(registry, image):
    data = b"hashed with another algorithm"
    blob = registry.push_blob(image, data, sha512(data))
    got = registry("GET", f"/v2/{image}/blobs/{blob['digest']}")
    assert got.body == data and got["Docker-Content-Digest"] == sha512(data)
    assert registry("POST", f"/v2/{image}/blobs/uploads/?digest-algorithm=sha512").status == 202
    assert registry("POST", f"/v2/{image}/blobs/uploads/?digest-algorithm=md5").status == 400
    wrong = registry("PUT", f"{registry.start(image)}?digest=sha512:{'0' * 128}", data)
    assert (wrong.status, wrong.code) == (400, "DIGEST_INVALID")


def test_cancelled_and_unknown_uploads_are_gone(registry, image):
    location = registry.start(image)
    assert registry("DELETE", location).status == 204
    for method in ("GET", "PATCH", "DELETE", "PUT"):
        path = location + ("?digest=" + ZERO if method == "PUT" else "")
        answer = registry(method, path, b"x" if method in ("PATCH", "PUT") else None)
        assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN"), method
    assert registry("GET", f"/v2/{image}/blobs/uploads/..%2F..%2Fetc").status in (400, 404)


def test_broken_upload_tells_the_truth_about_what_arrived(registry, image, server):
    import socket
    location = registry.start(image)
    host, port = server.host.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as broken:
        head = f"PATCH {location} HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: {registry.authorization}\r\nContent-Length: 100000\r\n\r\n"
        broken.sendall(head.encode() + b"x" * 5000)
        broken.shutdown(socket.SHUT_WR)
        broken.recv(1000)
    status = registry("GET", location)
    assert status.status == 204
    have = int(status["Range"].split("-")[1])
    have = have + 1 if have else 0
    assert have <= 5000
    rest = b"x" * (6000 - have)
    assert registry("PATCH", location, rest, {"Content-Range": f"{have}-5999"}).status == 202
    assert registry("PUT", f"{location}?digest={sha256(b'x' * 6000)}").status == 201


# --- blobs ------------------------------------------------------------------------------------------------------------------


def test_blob_answers_have_all_headers(registry, image):
    blob = registry.push_blob(image, b"0123456789")
    for method in ("GET", "HEAD"):
        answer = registry(method, f"/v2/{image}/blobs/{blob['digest']}")
        assert answer.status == 200 and answer["Content-Length"] == "10"
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Docker-Content-Digest"] == blob["digest"] and answer["ETag"] == f'"{blob["digest"]}"'
        assert answer["Accept-Ranges"] == "bytes" and answer["Content-Encoding"] is None
    escaped = registry("GET", f"/v2/{image}/blobs/{blob['digest'].replace(':', '%3A')}")
    assert escaped.body == b"0123456789"


@pytest.mark.parametrize("ask, status, start, end", [("bytes=500-1499", 206, 500, 1500), ("bytes=500-", 206, 500, 2048), ("bytes=-500", 206, 1548, 2048),
                                                     ("bytes=2000-5000", 206, 2000, 2048), ("bytes=5000-10000", 416, 0, 0)])
def test_blob_ranges(registry, image, ask, status, start, end):
    data = hashlib.shake_256(b"ranges").digest(2048)
    blob = registry.push_blob(image, data)
    answer = registry("GET", f"/v2/{image}/blobs/{blob['digest']}", headers={"Range": ask})
    assert answer.status == status
    if status == 206:
        assert answer.body == data[start:end] and answer["Content-Range"] == f"bytes {start}-{end - 1}/2048"
    else:
        assert answer["Content-Range"] == "bytes */2048"


def test_empty_blob_is_a_blob(registry, image):
    blob = registry.push_blob(image, b"")
    answer = registry("GET", f"/v2/{image}/blobs/{blob['digest']}")
    assert (answer.status, answer["Content-Length"], answer.body) == (200, "0", b"")


def test_blob_resolves_only_where_it_was_pushed(registry, image):
    blob = registry.push_blob(image, b"belongs to one image " + image.encode())
    answer = registry("GET", f"/v2/{image}-other/blobs/{blob['digest']}")
    assert (answer.status, answer.code) == (404, "BLOB_UNKNOWN")
    assert registry("GET", f"/v2/{image}/blobs/sha256:bad").code == "DIGEST_INVALID"


def test_deleted_blob_is_gone_and_can_come_back(registry, image):
    data = b"here and gone"
    blob = registry.push_blob(image, data)
    path = f"/v2/{image}/blobs/{blob['digest']}"
    assert registry("DELETE", path).status == 202
    assert registry("HEAD", path).status == 404 and registry("DELETE", path).status == 404
    registry.push_blob(image, data)
    assert registry("GET", path).body == data


# --- mounts -----------------------------------------------------------------------------------------------------------------


def test_mount_links_a_blob_of_another_image(registry, image):
    blob = registry.push_blob(f"{image}/source", b"mounted " + image.encode())
    for query in (f"mount={blob['digest']}&from={urllib.parse.quote(image + '/source', safe='')}", f"mount={blob['digest']}"):
        target = f"{image}/{'with' if 'from' in query else 'without'}"
        answer = registry("POST", f"/v2/{target}/blobs/uploads/?{query}")
        assert answer.status == 201 and answer["Docker-Content-Digest"] == blob["digest"]
        assert answer["Location"] == f"/v2/{target}/blobs/{blob['digest']}"
        assert registry("GET", answer["Location"]).body == b"mounted " + image.encode()


@pytest.mark.parametrize("query", [f"mount={ZERO}&from=docker-local/app", f"mount={ZERO}", f"mount={ZERO}&from=nowhere/at/all", f"mount={ZERO}&from=BAD",
                                   "mount=nonsense", f"mount={ZERO}&from=docker-local/app&origin=x"])
def test_mount_that_does_not_work_out_gives_a_session(registry, image, query):
    location = registry.start(image, "?" + query)
    assert registry("PUT", f"{location}?digest={sha256(b'x')}", b"x").status == 201


def test_mount_needs_the_right_to_read_the_source(registry, image):
    blob = registry.push_blob(f"{image}/secret", b"not for everyone " + image.encode())
    bearer = f"Bearer {token(registry, f'repository:{image}:pull,push').json['token']}"
    for query in (f"mount={blob['digest']}&from={image}/secret", f"mount={blob['digest']}"):
        assert registry("POST", f"/v2/{image}/blobs/uploads/?{query}", authorization=bearer).status == 202


# --- manifests --------------------------------------------------------------------------------------------------------------


def test_manifest_comes_back_as_it_went(registry, image):
    manifest = json.dumps(registry.image(image), indent=3).encode() + b"\n  "
    stored = registry.put_manifest(image, "1.0", manifest)
    digest = sha256(manifest)
    assert stored["Docker-Content-Digest"] == digest and stored["Location"] == f"/v2/{image}/manifests/{digest}"
    for reference in ("1.0", digest, digest.replace(":", "%3A")):
        for method in ("GET", "HEAD"):
            answer = registry(method, f"/v2/{image}/manifests/{reference}", headers={"Accept-Encoding": "gzip"})
            assert answer.status == 200 and answer.body == (manifest if method == "GET" else b"")
            assert answer["Content-Type"] == IMAGE and answer["Content-Length"] == str(len(manifest))
            assert answer["Docker-Content-Digest"] == digest and answer["ETag"] == f'"{digest}"'
            assert answer["Content-Encoding"] is None
    assert registry("GET", f"/v2/{image}/manifests/1.0", headers={"If-None-Match": f'"{digest}"'}).status == 304


def test_accept_comes_in_several_lines_and_never_hides_a_manifest(registry, image):
    digest, manifest = registry.push_image(image, "1")
    lines = [("Accept", t) for t in ("application/vnd.docker.distribution.manifest.v2+json", IMAGE, "application/vnd.docker.distribution.manifest.v1+json", INDEX)]
    for headers in (lines, [("Accept", "text/html")], []):
        answer = registry("GET", f"/v2/{image}/manifests/1", headers=headers)
        assert answer.body == manifest and answer["Content-Type"] == IMAGE


def test_manifest_by_digest_must_have_it(registry, image):
    manifest = json.dumps(registry.image(image)).encode()
    answer = registry.put_manifest(image, sha256(manifest), manifest + b"  ", expect=400)
    assert answer.code == "DIGEST_INVALID"
    for bad in ("sha256:baddigeststring", "sha256:" + "A" * 64, "md5:" + "0" * 32):
        assert registry.put_manifest(image, bad, manifest, expect=400).code == "DIGEST_INVALID"
        assert registry("GET", f"/v2/{image}/manifests/{bad}").status in (400, 404)


def test_manifest_must_not_refer_to_what_is_not_there(registry, image):
    manifest = registry.image(image)
    manifest["layers"].append({"mediaType": "application/octet-stream", "digest": ZERO, "size": 1})
    answer = registry.put_manifest(image, "1", manifest, expect=400)
    assert answer.code == "MANIFEST_BLOB_UNKNOWN" and ZERO in answer.json["errors"][0]["message"]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": IMAGE, "digest": ZERO, "size": 7}]}
    assert registry.put_manifest(image, "1", index, expect=400).code == "MANIFEST_BLOB_UNKNOWN"
    # A blob of another image does not count, although its bytes are stored.
    registry.push_blob(f"{image}-other", b"only there")
    manifest["layers"][-1] = {"mediaType": "x/y", "digest": sha256(b"only there"), "size": 10}
    assert registry.put_manifest(image, "1", manifest, expect=400).code == "MANIFEST_BLOB_UNKNOWN"
    assert registry("GET", f"/v2/{image}/manifests/1").code == "MANIFEST_UNKNOWN"


@pytest.mark.parametrize("body, media_type", [(b"", IMAGE), (b"{", IMAGE), (b"[]", IMAGE), (b"{}", "text/plain"), (b"{}", IMAGE), (b"{}", INDEX),
                                              (b'{"schemaVersion":2,"mediaType":"%s"}' % INDEX.encode(), IMAGE),
                                              (b'{"schemaVersion":2,"layers":[],"manifests":[]}', IMAGE), (b'{"schemaVersion":2,"layers":[{"digest":"x"}]}', IMAGE),
                                              (b'{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+prettyjws")])
def test_broken_manifests_are_refused(registry, image, body, media_type):
    assert registry.put_manifest(image, "1", body, media_type, expect=400).code == "MANIFEST_INVALID"


def test_unusual_manifests_are_taken(registry, image):
    for tag, more in (("annotated", {"annotations": {f"k{i}": "v" * 10000 for i in range(390)}}), ("unknown", {"x-unknown": [1, {"a": None}], "artifactType": "a/b"}),
                      ("no-layers", {"layers": []}), ("subject-missing", {"subject": {"mediaType": IMAGE, "digest": ZERO, "size": 7}})):
        registry.push_image(image, tag, **more)
    foreign = registry.image(image)
    foreign["layers"].append({"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "digest": ZERO, "size": 1})
    foreign["layers"].append({"mediaType": "x/y", "digest": ZERO, "size": 1, "urls": ["https://elsewhere.invalid/layer"]})
    registry.put_manifest(image, "foreign", foreign)
    registry.put_manifest(image, "empty-index", {"schemaVersion": 2, "mediaType": INDEX, "manifests": []})


def test_index_lists_manifests_of_its_own_image(registry, image):
    digest, manifest = registry.push_image(image, None)
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": IMAGE, "digest": digest, "size": len(manifest)}]}
    registry.put_manifest(image, "multi", index)
    assert registry("GET", f"/v2/{image}/manifests/multi")["Content-Type"] == INDEX
    assert registry.put_manifest(f"{image}-other", "multi", index, expect=400).code == "MANIFEST_BLOB_UNKNOWN"


def test_sha512_manifest_and_its_tags_keep_the_algorithm(registry, image):
    manifest = json.dumps(registry.image(image)).encode()
    answer = registry.put_manifest(image, f"{sha512(manifest)}?tag=a&tag=b", manifest)
    assert answer["Docker-Content-Digest"] == sha512(manifest)
    assert sorted(answer.headers.get_all("OCI-Tag")) == ["a", "b"]
    for reference in ("a", "b", sha512(manifest)):
        got = registry("GET", f"/v2/{image}/manifests/{reference}")
        assert got.body == manifest and got["Docker-Content-Digest"] == sha512(manifest)
    assert registry.put_manifest(image, f"{sha256(manifest)}?tag=-bad", manifest, expect=400).code == "NAME_INVALID"


def test_too_large_manifest_is_refused(registry, image):
    answer = registry.put_manifest(image, "big", b'{"a":"' + b"x" * (9 << 20) + b'"}', IMAGE, expect=413)
    assert answer.code


def at_once(count, work):
    """Run work(0) ... work(count - 1) in threads that start together; gives the results."""
    start = threading.Barrier(count)

    def run(number):
        start.wait()
        return work(number)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_same_blob_from_many_clients(registry, image):
    data = hashlib.shake_256(image.encode()).digest(200000)
    assert at_once(8, lambda _: registry.push_blob(image, data)) == [registry.push_blob(image, data)] * 8


def test_same_tag_from_many_clients(registry, image):
    """Whoever wins the tag, nobody loses the manifest that was acknowledged, and the tag is never missing on the way."""
    manifests = [json.dumps(registry.image(image, {"n": b"%d" % number})).encode() for number in range(8)]
    registry.put_manifest(image, "latest", manifests[0])
    done = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as watcher:
        def watch():
            missing = 0
            while not done.is_set():
                missing += registry("HEAD", f"/v2/{image}/manifests/latest").status != 200
            return missing
        missing = watcher.submit(watch)
        for _ in range(3):
            at_once(8, lambda number: registry.put_manifest(image, "latest", manifests[number]))
        done.set()
        assert missing.result() == 0
    assert registry("GET", f"/v2/{image}/manifests/latest").body in manifests
    for manifest in manifests:
        assert registry("GET", f"/v2/{image}/manifests/{sha256(manifest)}").body == manifest
    assert registry("GET", f"/v2/{image}/tags/list").json["tags"] == ["latest"]


def scanned(registry, image, tag):
    """The item of a tag once its scan is over."""
    query = urllib.parse.urlencode({"repo": "docker-local", "path": f"{image.split('/', 1)[1]}/{tag}/manifest.json"})
    until = time.monotonic() + 60
    while True:
        item = registry("GET", f"/ui/api/item?{query}").json
        if item["scan"]["state"] in ("done", "failed"):
            assert item["scan"]["state"] == "done"
            return item
        assert time.monotonic() < until, item["scan"]
        time.sleep(0.05)


def test_layer_named_by_sha512_is_scanned(registry, image):
    """It once ended the server: the scan took the name of the layer for the name of its bytes."""
    manifest = registry.image(image)
    data = gzip.compress(layer({"usr/lib/python3/dist-packages/tensorflow-2.4.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tensorflow\nVersion: 2.4.0\n\n"}))
    manifest["layers"] = [{**registry.push_blob(image, data, sha512(data)), "mediaType": LAYER}]
    registry.put_manifest(image, "1", manifest)
    assert [c["name"] for c in scanned(registry, image, "1")["components"]] == ["tensorflow"]


def test_model_that_is_a_layer_itself_is_scanned(registry, image):
    """Artifacts of models have plain files as layers, of any media type: bytes that would run a command are found there, too."""
    evil = registry.push_blob(image, b"cos\nsystem\n(S'id'\ntR.")  # os.system('id') when loaded; nothing here loads it
    evil |= {"mediaType": "application/vnd.example.model", "annotations": {"org.opencontainers.image.title": "model.pkl"}}
    registry.put_manifest(image, "1", {"schemaVersion": 2, "mediaType": IMAGE, "artifactType": "application/vnd.example.model",
                                       "config": registry.push_blob(image, b"{}"), "layers": [evil]})
    item = scanned(registry, image, "1")
    assert item["scan"]["verdict"] == "unsafe" and any("system" in f.get("call", "") for f in item["findings"])


# --- deleting ---------------------------------------------------------------------------------------------------------------


def test_delete_by_digest_takes_all_tags(registry, image):
    digest, manifest = registry.push_image(image, "a")
    registry.put_manifest(image, "b", manifest)
    registry.push_image(image, "other", {"x": b"y"})
    assert registry("DELETE", f"/v2/{image}/manifests/{digest}").status == 202
    for reference in ("a", "b", digest):
        assert registry("HEAD", f"/v2/{image}/manifests/{reference}").status == 404
    assert registry("GET", f"/v2/{image}/tags/list").json["tags"] == ["other"]
    assert registry("DELETE", f"/v2/{image}/manifests/{digest}").status == 404


def test_delete_by_tag_leaves_the_manifest(registry, image):
    digest, manifest = registry.push_image(image, "only")
    assert registry("DELETE", f"/v2/{image}/manifests/only").status == 202
    assert registry("HEAD", f"/v2/{image}/manifests/only").status == 404
    assert registry("GET", f"/v2/{image}/manifests/{digest}").body == manifest
    assert registry("GET", f"/v2/{image}/tags/list").json["tags"] == []
    assert registry("DELETE", f"/v2/{image}/manifests/only").status == 404
    assert registry("DELETE", f"/v2/{image}/manifests/{digest}").status == 202
    assert registry("GET", f"/v2/{image}/manifests/{digest}").status == 404


def test_tag_that_moves_leaves_the_old_manifest(registry, image):
    old, _ = registry.push_image(image, "latest", {"v": b"1"})
    new, _ = registry.push_image(image, "latest", {"v": b"2"})
    assert registry("GET", f"/v2/{image}/manifests/latest")["Docker-Content-Digest"] == new
    assert registry("GET", f"/v2/{image}/manifests/{old}").status == 200


# --- lists ------------------------------------------------------------------------------------------------------------------


def test_tags_are_in_byte_order_and_page(registry, image):
    _, manifest = registry.push_image(image, "b")
    for tag in ("B", "a-1", "a.1", "_"):
        registry.put_manifest(image, tag, manifest)
    every = ["B", "_", "a-1", "a.1", "b"]
    assert registry("GET", f"/v2/{image}/tags/list").json == {"name": image, "tags": every}
    page = registry("GET", f"/v2/{image}/tags/list?n=2")
    assert page.json["tags"] == every[:2]
    assert page["Link"] == f'</v2/{image}/tags/list?n=2&last=_>; rel="next"'
    seen, path = [], f"/v2/{image}/tags/list?n=2"
    while path:
        answer = registry("GET", path)
        seen += answer.json["tags"]
        path = answer["Link"] and re.match("<(.*?)>", answer["Link"]).group(1)
    assert seen == every
    assert registry("GET", f"/v2/{image}/tags/list?last=a").json["tags"] == every[2:], "last need not exist"
    empty = registry("GET", f"/v2/{image}/tags/list?n=0")
    assert empty.json["tags"] == [] and empty["Link"] is None
    for n in ("-1", "x", "99999999999999999999"):
        assert registry("GET", f"/v2/{image}/tags/list?n={n}").status == 400
    assert registry("GET", f"/v2/{image}-none/tags/list").code == "NAME_UNKNOWN"


def test_catalog_lists_images_and_pages(registry, image):
    names = [f"{image}/{x}" for x in "abc"]
    for name in names:
        registry.push_image(name, "1")
    seen, path = [], "/v2/_catalog?n=2"
    while path:
        answer = registry("GET", path)
        assert answer.status == 200 and len(answer.json["repositories"]) <= 2
        seen += answer.json["repositories"]
        path = answer["Link"] and re.match("<(.*?)>", answer["Link"]).group(1)
    assert seen == sorted(seen) and [n for n in seen if n.startswith(image + "/")] == names
    assert 'scope="registry:catalog:*"' in registry("GET", "/v2/_catalog", authorization=None)["WWW-Authenticate"]


def test_referrers_are_never_missing(registry, image):
    for name in (image, "docker-local/never-pushed", "nowhere/at/all"):
        answer = registry("GET", f"/v2/{name}/referrers/{ZERO}")
        assert answer.status == 200 and answer["Content-Type"] == INDEX
        assert answer.json == {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    assert registry("GET", f"/v2/{image}/referrers/nonsense").status == 400


def test_referrers_list_what_refers_to_a_subject(registry, image):
    digest, manifest = registry.push_image(image, "1")
    subject = {"mediaType": IMAGE, "digest": digest, "size": len(manifest)}
    empty = registry.push_blob(image, b"{}")
    typed = {"schemaVersion": 2, "mediaType": IMAGE, "artifactType": "application/vnd.example+json", "config": empty, "layers": [], "subject": subject,
             "annotations": {"a": "b"}}
    by_config = {**typed, "annotations": {}, "config": {**empty, "mediaType": "application/vnd.config+json"}}
    del by_config["artifactType"]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": subject}
    expected = []
    for referrer, artifact_type in ((typed, "application/vnd.example+json"), (by_config, "application/vnd.config+json"), (index, None)):
        data = json.dumps(referrer).encode()
        answer = registry.put_manifest(image, sha256(data), data)
        assert answer["OCI-Subject"] == digest
        entry = {"mediaType": referrer["mediaType"], "digest": sha256(data), "size": len(data)}
        if artifact_type:
            entry["artifactType"] = artifact_type
        if "annotations" in referrer:
            entry["annotations"] = referrer["annotations"]
        expected.append(entry)

    by_digest = lambda list_: sorted(list_, key=lambda d: d["digest"])
    answer = registry("GET", f"/v2/{image}/referrers/{digest}")
    assert by_digest(answer.json["manifests"]) == by_digest(expected) and answer["OCI-Filters-Applied"] is None
    for query in ("application%2Fvnd.example%2Bjson", "application/vnd.example+json"):
        filtered = registry("GET", f"/v2/{image}/referrers/{digest}?artifactType={query}")
        assert filtered.json["manifests"] == [expected[0]] and filtered["OCI-Filters-Applied"] == "artifactType"

    seen, path = [], f"/v2/{image}/referrers/{digest}?n=1"
    while path:
        answer = registry("GET", path)
        seen += answer.json["manifests"]
        path = answer["Link"] and re.match("<(.*?)>", answer["Link"]).group(1)
    assert seen == by_digest(expected)

    assert registry("DELETE", f"/v2/{image}/manifests/{expected[0]['digest']}").status == 202
    assert len(registry("GET", f"/v2/{image}/referrers/{digest}").json["manifests"]) == 2
    assert registry("DELETE", f"/v2/{image}/manifests/{digest}").status == 202
    assert len(registry("GET", f"/v2/{image}/referrers/{digest}").json["manifests"]) == 2, "they outlive their subject"


# --- the tree ---------------------------------------------------------------------------------------------------------------


def test_every_tag_is_an_artifact(registry, image):
    digest, manifest = registry.push_image(image, "1.0")
    path = f"/artifactory/{image}/1.0/manifest.json"
    assert registry("GET", path).body == manifest
    repository, rest = image.split("/", 1)
    info = registry("GET", f"/artifactory/api/storage/{repository}/{rest}/1.0/manifest.json").json
    assert info["checksums"]["sha256"] == digest.split(":")[1] and info["mimeType"] == IMAGE
    properties = registry("GET", f"/artifactory/api/storage/{repository}/{rest}/1.0/manifest.json?properties").json["properties"]
    assert properties["docker.manifest"] == ["1.0"] and properties["docker.manifest.digest"] == [digest]

    # Whoever deletes the artifact deletes the manifest, and an image in the folder below is another image.
    registry.push_image(f"{image}/1.0", "x")
    assert registry("DELETE", path).status == 204
    assert registry("GET", f"/v2/{image}/manifests/1.0").code == "MANIFEST_UNKNOWN"
    assert registry("GET", f"/v2/{image}/manifests/{digest}").code == "MANIFEST_UNKNOWN"
    assert registry("GET", f"/v2/{image}/1.0/manifests/x").status == 200


def test_deleted_tags_leave_no_empty_folders(registry, image):
    digest, _ = registry.push_image(image, "1.0")
    repository, rest = image.split("/", 1)
    assert registry("DELETE", f"/v2/{image}/manifests/{digest}").status == 202
    assert registry("GET", f"/artifactory/api/storage/{repository}/{rest}").status == 404
