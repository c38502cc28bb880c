"""The Artifactory surface through real curl: what the tutorial types, what clients rely on, and input that must be refused."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import urllib.parse

import pytest


class Answer:
    def __init__(self, status, head, body):
        self.status, self.body = status, body
        self.headers = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name:
                self.headers[name.strip().lower()] = value.strip()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["errors"][0]["message"]


class Curl:
    """curl, as a person types it; the answer is the last one (after 100 Continue)."""

    def __init__(self, url, user):
        self.url, self.user = url, user

    def __call__(self, path, *args, user=None):
        user = self.user if user is None else user
        credentials = ["-u", user] if user else []
        run = subprocess.run(["curl", "-sS", "-i", "--path-as-is", "--max-time", "60", *credentials, *args, self.url + path],
                             capture_output=True, check=True, stdin=subprocess.DEVNULL)
        rest, head = run.stdout, b""
        while rest.startswith(b"HTTP/"):
            head, _, rest = rest.partition(b"\r\n\r\n")
            if not head.split(b" ", 2)[1].startswith(b"1"):
                break
        return Answer(int(head.split(b" ", 2)[1]), head, rest)


@pytest.fixture
def curl(server):
    return Curl(server.url, f"admin:{server.password}")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(os.urandom(1_500_000))
    return path


def digests(data):
    return {kind: hashlib.new(kind, data).hexdigest() for kind in ("sha1", "md5", "sha256")}


# --- the tutorial ---------------------------------------------------------------------------------------------------------


def test_tutorial_upload_and_download(server, curl, model, tmp_path):
    target = f"{server.url}/artifactory/ml-models/model/1.0.0/model.pkl"
    user = f"admin:{server.password}"
    subprocess.run(["curl", "-sS", "--fail", "-u", user, "-T", str(model), target], check=True, capture_output=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(["curl", "-sS", "--fail", "-u", user, "-O", target], check=True, capture_output=True, cwd=elsewhere)
    assert (elsewhere / "model.pkl").read_bytes() == model.read_bytes()


def test_deploy_answer_has_what_clients_read(curl, model):
    data = model.read_bytes()
    sums = digests(data)
    answer = curl("/artifactory/ml-models/answer/model.pkl;stage=dev", "-T", str(model), "-H", f"X-Checksum-Sha256: {sums['sha256']}",
                  "-H", f"X-Checksum-Sha1: {sums['sha1']}", "-H", f"X-Checksum-Md5: {sums['md5']}", "-H", f"X-Checksum: {sums['sha256']}")
    assert answer.status == 201
    assert answer.headers["location"].endswith("/artifactory/ml-models/answer/model.pkl")
    item = answer.json
    assert item["repo"] == "ml-models" and item["path"] == "/answer/model.pkl" and item["createdBy"] == "admin"
    assert item["size"] == str(len(data)) and item["checksums"] == sums and item["originalChecksums"] == sums
    assert item["downloadUri"] == item["uri"] == answer.headers["location"]

    head = curl("/artifactory/ml-models/answer/model.pkl", "-I")
    assert head.status == 200 and head.body == b""
    assert head.headers["content-length"] == str(len(data)) and head.headers["accept-ranges"] == "bytes"
    assert [head.headers[f"x-checksum-{kind}"] for kind in sums] == list(sums.values())
    assert head.headers["etag"] == f'"{sums["sha1"]}"' and head.headers["x-artifactory-filename"] == "model.pkl"
    assert 'filename="model.pkl"' in head.headers["content-disposition"] and head.headers["last-modified"].endswith("GMT")


def test_download_in_ranges_and_conditions(curl, model):
    data = model.read_bytes()
    assert curl("/artifactory/ml-models/ranges/m", "-T", str(model)).status == 201
    for spec, wanted in (("0-9", data[:10]), ("1000000-", data[1000000:]), ("-5", data[-5:])):
        part = curl("/artifactory/ml-models/ranges/m", "-r", spec)
        assert part.status == 206 and part.body == wanted and part.headers["content-range"].endswith(f"/{len(data)}")
    assert curl("/artifactory/ml-models/ranges/m", "-r", f"{len(data)}-").status == 416
    etag = curl("/artifactory/ml-models/ranges/m", "-I").headers["etag"]
    assert curl("/artifactory/ml-models/ranges/m", "-H", f"If-None-Match: {etag}").status == 304


def test_deploy_from_standard_input_chunked(curl, tmp_path):
    (tmp_path / "f").write_bytes(b"chunked" * 1000)
    answer = curl("/artifactory/ml-models/chunked", "-T", str(tmp_path / "f"), "-H", "Transfer-Encoding: chunked", "-H", "Content-Length:")
    assert answer.status == 201 and answer.json["size"] == "7000"


def test_deploy_an_empty_file(curl, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    answer = curl("/artifactory/ml-models/empty", "-T", str(tmp_path / "empty"))
    assert answer.status == 201 and answer.json["checksums"]["sha1"] == hashlib.sha1(b"").hexdigest()
    assert curl("/artifactory/ml-models/empty").body == b""


def test_replacing_keeps_created_and_drops_properties(curl, model, tmp_path):
    first = curl("/artifactory/ml-models/replace/m;a=1", "-T", str(model)).json
    (tmp_path / "other").write_bytes(b"other")
    second = curl("/artifactory/ml-models/replace/m;b=2", "-T", str(tmp_path / "other")).json
    assert second["created"] == first["created"] and second["lastModified"] >= first["lastModified"]
    assert curl("/artifactory/api/storage/ml-models/replace/m?properties").json["properties"] == {"b": ["2"]}
    assert curl("/artifactory/ml-models/replace/m").body == b"other"


def test_checksum_deploy(curl, model):
    sums = digests(model.read_bytes())
    headers = ["-X", "PUT", "-H", "X-Checksum-Deploy: true", "-H", f"X-Checksum-Sha1: {sums['sha1']}", "-H", f"X-Checksum: {sums['sha256']}"]
    assert curl("/artifactory/ml-models/by-checksum/b", *headers).status == 404
    assert curl("/artifactory/ml-models/by-checksum/a", "-T", str(model)).status == 201
    answer = curl("/artifactory/ml-models/by-checksum/b;k=v", *headers)
    assert answer.status == 201 and answer.json["checksums"] == sums
    assert curl("/artifactory/ml-models/by-checksum/b").body == model.read_bytes()
    wrong = ["-X", "PUT", "-H", "X-Checksum-Deploy: true", "-H", f"X-Checksum-Sha1: {'0' * 40}", "-H", f"X-Checksum: {sums['sha256']}"]
    assert curl("/artifactory/ml-models/by-checksum/c", *wrong).status == 404


def test_folders(curl, model):
    for _ in range(2):
        assert curl("/artifactory/ml-models/made/by/hand/", "-X", "PUT").status == 201
    assert curl("/artifactory/ml-models/made/by", "-T", str(model)).status == 409
    assert curl("/artifactory/ml-models/made/file", "-T", str(model)).status == 201
    assert curl("/artifactory/ml-models/made/file/below", "-T", str(model)).status == 409
    info = curl("/artifactory/api/storage/ml-models/made").json
    assert info["children"] == [{"uri": "/by", "folder": True}, {"uri": "/file", "folder": False}] and info["path"] == "/made"
    assert curl("/artifactory/ml-models/made/").json["children"] == info["children"]
    assert curl("/artifactory/ml-models/made/", "-X", "DELETE").status == 204
    assert curl("/artifactory/ml-models/made/file").status == 404
    assert curl("/artifactory/ml-models/made", "-X", "DELETE").status == 404


# --- storage --------------------------------------------------------------------------------------------------------------


def test_file_info_and_lists(curl, model):
    data = model.read_bytes()
    for name in ("b/2", "a", "b/c/3"):
        assert curl(f"/artifactory/ml-models/list/{name}", "-T", str(model)).status == 201
    info = curl("/artifactory/api/storage/ml-models/list/a").json
    assert info["size"] == str(len(data)) and info["checksums"] == digests(data) and info["path"] == "/list/a"
    assert info["uri"].endswith("/artifactory/api/storage/ml-models/list/a") and info["downloadUri"].endswith("/artifactory/ml-models/list/a")

    def names(query):
        return [(entry["uri"], entry["folder"]) for entry in curl(f"/artifactory/api/storage/ml-models/list?{query}").json["files"]]

    assert names("list") == [("/a", False)]
    assert names("list&deep=1") == [("/a", False), ("/b/2", False), ("/b/c/3", False)]
    assert names("list&deep=1&depth=2&listFolders=1") == [("/a", False), ("/b", True), ("/b/2", False), ("/b/c", True)]
    entry = curl("/artifactory/api/storage/ml-models/list?list").json["files"][0]
    assert entry["size"] == len(data) and entry["sha2"] == hashlib.sha256(data).hexdigest()
    assert curl("/artifactory/api/storage/ml-models/list?lastModified").json["uri"].endswith("/list/b/c/3")
    missing = curl("/artifactory/api/storage/ml-models/nope")
    assert missing.status == 404 and "Unable to find item ml-models:nope" in missing.message


def test_downloads_are_counted_but_not_by_head(curl, model):
    assert curl("/artifactory/ml-models/counted", "-T", str(model)).status == 201
    for args in ([], [], ["-I"]):
        assert curl("/artifactory/ml-models/counted", *args).status == 200
    stats = curl("/artifactory/api/storage/ml-models/counted?stats").json
    assert stats["downloadCount"] == 2 and stats["lastDownloaded"] > 0


def test_properties(curl, model):
    where = "/artifactory/api/storage/ml-models/props/m"
    assert curl("/artifactory/ml-models/props/m;qa=passed,reviewed;build.name=ml%20x;flag;qa=again", "-T", str(model)).status == 201
    assert curl(where + "?properties").json["properties"] == {"qa": ["again", "passed", "reviewed"], "build.name": ["ml x"], "flag": [""]}
    assert curl(where + "?properties=k=v1%2Cv2;k2=a%5C,b|k3=x%3By", "-X", "PUT").status == 204
    got = curl(where + "?properties=k,k2,k3").json["properties"]
    assert got == {"k": ["v1", "v2"], "k2": ["a,b"], "k3": ["x;y"]}
    assert curl(where + "?properties=k,k2,k3,qa,flag,build.name", "-X", "DELETE").status == 204
    none = curl(where + "?properties")
    assert none.status == 404 and "No properties could be found" in none.message

    folder = "/artifactory/api/storage/ml-models/props"
    assert curl(folder + "?properties=deep=1", "-X", "PUT").status == 204
    assert curl(where + "?properties").json["properties"] == {"deep": ["1"]}
    assert curl(folder + "?properties=flat=1&recursive=0", "-X", "PUT").status == 204
    assert curl(where + "?properties").json["properties"] == {"deep": ["1"]}
    assert curl("/artifactory/ml-models/props/m;deep=1").status == 200
    assert curl("/artifactory/ml-models/props/m;deep=2").status == 404
    assert curl(where + "?properties=a%25%3Cb=1", "-X", "PUT").status == 400
    assert curl(where + "?properties=", "-X", "PUT").status == 400


# --- repositories, system -------------------------------------------------------------------------------------------------


def test_repositories(curl, model):
    assert {(row["key"], row["type"], row["packageType"]) for row in curl("/artifactory/api/repositories").json} >= {
        ("ml-models", "LOCAL", "Generic"), ("docker-local", "LOCAL", "Docker")}
    assert [row["key"] for row in curl("/artifactory/api/repositories?packageType=docker&type=local").json] == ["docker-local"]
    assert curl("/artifactory/api/repositories/data-sets").status == 400
    created = curl("/artifactory/api/repositories/data-sets", "-X", "PUT", "-d", '{"rclass":"local","packageType":"generic","description":"d"}')
    assert created.status == 200 and b"Successfully created repository 'data-sets'" in created.body
    assert curl("/artifactory/api/repositories/data-sets", "-X", "PUT", "-d", "{}").status == 400
    shown = curl("/artifactory/api/repositories/data-sets").json
    assert shown["rclass"] == "local" and shown["packageType"] == "generic" and shown["xrayIndex"] is True and "url" not in shown
    assert curl("/artifactory/api/repositories/data-sets", "-X", "POST", "-d", '{"description":"new"}').status == 200
    assert curl("/artifactory/api/repositories/data-sets").json["description"] == "new"
    assert curl("/artifactory/data-sets/x/y", "-T", str(model)).status == 201
    assert curl("/artifactory/api/repositories/data-sets", "-X", "DELETE").status == 200
    assert curl("/artifactory/data-sets/x/y").status == 404
    assert curl("/artifactory/api/repositories/data-sets", "-X", "DELETE").status == 404
    for key in ("api", "a%20b", "-x", "a" * 65):
        assert curl(f"/artifactory/api/repositories/{key}", "-X", "PUT", "-d", "{}").status == 400
    pathless = curl("/artifactory/ml-models", "-X", "PUT", "-d", "x")
    assert pathless.status == 400 and b"the path is empty" in pathless.body
    unknown = curl("/artifactory/api/repositories/bad-type", "-X", "PUT", "-d", '{"packageType":"modles"}')
    assert unknown.status == 400 and b"there is no package type 'modles'" in unknown.body
    for body in ("[]", "{", '{"rclass":1}', '{"rclass":"local","rclass":"local"}'):
        assert curl("/artifactory/api/repositories/bad-body", "-X", "PUT", "-d", body).status == 400


def test_system(curl):
    ping = curl("/artifactory/api/system/ping", user="")
    assert ping.status == 200 and ping.body == b"OK"
    assert curl("/artifactory/api/system/ping", user="admin:wrong").status == 401
    assert curl("/artifactory/api/system/version").json["version"] == "7.125.4"
    assert curl("/artifactory/api/v1/uploads/config").json == {"supported": False}
    assert curl("/artifactory/api/system/service_id").body.startswith(b"jfrt@")
    assert curl("/artifactory/api/system/usage", "-d", '{"productId":"x","features":[]}').status == 200
    assert curl("/artifactory/api/v1/system/readiness", user="").json == {"code": "OK"}
    assert curl("/artifactory/api/v1/system/liveness", user="").json == {"code": "OK"}
    assert curl("/access/api/v1/system/ping", user="").json["status"] == "UP"
    assert curl("/artifactory/api/no/such/call").status == 404


# --- who may --------------------------------------------------------------------------------------------------------------


def test_anonymous_may_nothing(curl, model):
    for args in ([], ["-T", str(model)], ["-X", "DELETE"]):
        answer = curl("/artifactory/ml-models/x", *args, user="")
        assert answer.status == 401 and answer.headers["www-authenticate"] == 'Basic realm="Artifactory Realm"' and answer.json["errors"]
    assert curl("/artifactory/api/repositories", user="").status == 401
    assert curl("/artifactory/ml-models/x", user="admin:wrong").status == 401


def test_tokens(curl, model):
    made = curl("/access/api/v1/tokens", "-d", "scope=applied-permissions/user&expires_in=3600&refreshable=true&include_reference_token=true&description=ci").json
    assert made["token_type"] == "Bearer" and made["expires_in"] == 3600 and made["scope"] == "applied-permissions/user"
    assert made["reference_token"] and made["refresh_token"]
    payload = made["access_token"].split(".")[1]
    claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["sub"].endswith("/users/admin") and claims["exp"] - claims["iat"] == 3600
    bearer = ["-H", f"Authorization: Bearer {made['access_token']}"]
    assert curl("/artifactory/ml-models/by-token", *bearer, "-T", str(model), user="").status == 201
    assert curl("/artifactory/ml-models/by-token", "-H", f"X-JFrog-Art-Api: {made['access_token']}", user="").status == 200
    for user in (f"admin:{made['access_token']}", f":{made['access_token']}", f"token:{made['access_token']}"):
        assert curl("/artifactory/ml-models/by-token", user=user).status == 200
    assert curl("/access/api/v1/tokens/me", *bearer, user="").json["description"] == "ci"
    assert curl("/access/api/v1/users/me", *bearer, user="").json == {"username": "admin", "admin": True}

    renewed = curl("/access/api/v1/tokens", *bearer, "-d", f"grant_type=refresh_token&refresh_token={made['refresh_token']}", user="").json
    assert renewed["access_token"] != made["access_token"] and renewed["refresh_token"] != made["refresh_token"] and renewed["expires_in"] == 3600
    assert curl("/artifactory/ml-models/by-token", *bearer, user="").status == 401
    again = curl("/access/api/v1/tokens", "-d", f"grant_type=refresh_token&refresh_token={made['refresh_token']}", user="")
    assert again.status == 401

    listed = curl("/access/api/v1/tokens").json["tokens"]
    assert renewed["token_id"] in {row["token_id"] for row in listed} and made["token_id"] not in {row["token_id"] for row in listed}
    assert renewed["access_token"] not in json.dumps(listed)
    assert curl(f"/access/api/v1/tokens/{renewed['token_id']}", "-X", "DELETE").status == 200
    assert curl(f"/access/api/v1/tokens/{renewed['token_id']}").status == 404
    assert curl("/artifactory/ml-models/by-token", "-H", f"Authorization: Bearer {renewed['access_token']}", user="").status == 401


def test_scoped_tokens(curl, model):
    made = curl("/access/api/v1/tokens", "-d", '{"scope":"assay:read","expires_in":"60"}').json
    bearer = ["-H", f"Authorization: Bearer {made['access_token']}"]
    assert curl("/artifactory/ml-models/scoped", "-T", str(model)).status == 201
    assert curl("/artifactory/ml-models/scoped", *bearer, user="").status == 200
    assert curl("/artifactory/ml-models/scoped", *bearer, "-T", str(model), user="").status == 403
    assert curl("/artifactory/ml-models/scoped", *bearer, "-X", "DELETE", user="").status == 403
    assert curl("/access/api/v1/tokens", *bearer, "-d", "scope=applied-permissions/user", user="").status == 403
    odd = curl("/access/api/v1/tokens", "-d", "scope=system:metrics:r").json
    assert odd["scope"] == "system:metrics:r"
    bearer = ["-H", f"Authorization: Bearer {odd['access_token']}"]
    assert curl("/artifactory/api/system/ping", *bearer, user="").status == 200
    assert curl("/artifactory/ml-models/scoped", *bearer, user="").status == 403
    assert curl("/access/api/v1/tokens/revoke", "-X", "DELETE", "-d", json.dumps({"token": odd["access_token"]})).status == 200
    assert curl("/artifactory/api/system/ping", *bearer, user="").status == 401


def test_legacy_tokens(curl):
    made = curl("/artifactory/api/security/token", "-d", "username=admin&scope=member-of-groups:*&expires_in=3600&refreshable=true").json
    assert made["scope"] == "member-of-groups:*" and made["refresh_token"] and made["expires_in"] == 3600
    assert curl("/artifactory/api/repositories", user=f"admin:{made['access_token']}").status == 200
    for wanted in (b"Token revoked", b"Token not found"):
        answer = curl("/artifactory/api/security/token/revoke", "-d", urllib.parse.urlencode({"token": made["access_token"]}))
        assert answer.status == 200 and answer.body == wanted
    assert curl("/artifactory/api/security/token", "-d", "username=admin", user="").status == 401


def test_a_session_cookie_writes_only_with_the_header_of_the_ui(curl, model):
    token = curl("/access/api/v1/tokens", "-d", "").json["access_token"]
    cookie = ["-H", f"Cookie: assay_session={token}"]
    assert curl("/artifactory/ml-models/by-cookie", *cookie, "-T", str(model), user="").status == 401
    assert curl("/artifactory/ml-models/by-cookie", *cookie, "-H", "X-Assay-Ui: 1", "-T", str(model), user="").status == 201
    assert curl("/artifactory/ml-models/by-cookie", *cookie, user="").status == 200


# --- input that must be refused -------------------------------------------------------------------------------------------


def test_a_wrong_checksum_stores_nothing(curl, model):
    for header in (f"X-Checksum-Sha256: {'0' * 64}", f"X-Checksum-Sha1: {'0' * 40}", f"X-Checksum-Md5: {'0' * 32}", f"X-Checksum: {'0' * 64}"):
        answer = curl("/artifactory/ml-models/wrong/m", "-T", str(model), "-H", header)
        assert answer.status == 409 and "Checksum error for 'wrong/m'" in answer.message
    for header in ("X-Checksum-Sha256: x", f"X-Checksum-Sha1: {'0' * 64}", "X-Checksum: 12"):
        assert curl("/artifactory/ml-models/wrong/m", "-T", str(model), "-H", header).status == 400
    assert curl("/artifactory/ml-models/wrong/m").status == 404
    assert curl("/artifactory/api/storage/ml-models/wrong").status == 404


@pytest.mark.parametrize("path", ["a/../b", "a/%2e%2e/b", "../../etc/passwd", "a%2Fb", "a%00b", "a//b", "a/./b", "a%5Cb", "%FF", "a%0Ab", "%zz", "n" * 256,
                                  "/".join(["d" * 200] * 6)])
def test_bad_paths_are_400_for_every_method(curl, model, path):
    for args in ([], ["-T", str(model)], ["-X", "DELETE"], ["-I"]):
        assert curl(f"/artifactory/ml-models/{path}", *args).status == 400
    refused = curl(f"/artifactory/api/storage/ml-models/{path}")
    assert refused.status == 400 and refused.json["errors"][0]["status"] == 400


def test_a_name_of_4_kib_is_refused(curl, model):
    assert curl(f"/artifactory/ml-models/{'x' * 4096}", "-T", str(model)).status in (400, 414)


def test_unusual_but_good_names(curl, model):
    for path in ("a%20b", "a+b", "caf%C3%A9/%E6%A8%A1", "%3B", "...", "100%25", "a'b(c)", "x@y:z=1,2"):
        assert curl(f"/artifactory/ml-models/names/{path}", "-T", str(model)).status == 201
        answer = curl(f"/artifactory/ml-models/names/{path}")
        assert answer.status == 200 and answer.body == model.read_bytes()
        again = curl("/" + curl(f"/artifactory/api/storage/ml-models/names/{path}").json["downloadUri"].split("/", 3)[3], "-I")
        assert again.status == 200
    names = {child["uri"] for child in curl("/artifactory/api/storage/ml-models/names").json["children"]}
    assert names == {"/a b", "/a+b", "/café", "/;", "/...", "/100%", "/a'b(c)", "/x@y:z=1,2"}


def test_a_body_that_ends_early_stores_nothing(server, curl):
    host, port = server.url.split("//")[1].split(":")
    credentials = base64.b64encode(f"admin:{server.password}".encode()).decode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"PUT /artifactory/ml-models/early HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\nContent-Length: 1000000\r\n\r\n".encode())
        connection.sendall(b"x" * 300_000)
    for _ in range(3):
        assert curl("/artifactory/ml-models/early").status == 404


def test_refusals_come_before_the_body(server):
    """The head alone is answered: a client that waits for 100 Continue never sends a gigabyte in vain."""
    host, port = server.url.split("//")[1].split(":")
    for credentials, path, wanted in (("", "ml-models/x", b"401"), (f"admin:{server.password}", "no-such/x", b"404")):
        header = f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}\r\n" if credentials else ""
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"PUT /artifactory/{path} HTTP/1.1\r\nHost: x\r\n{header}Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n".encode())
            assert connection.recv(4096).split(b" ", 2)[1] == wanted
