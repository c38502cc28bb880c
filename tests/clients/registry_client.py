"""A small client of the registry protocol for tests: plain HTTP, nothing repaired, nothing retried; and images made of a few bytes."""
import base64
import gzip
import hashlib
import http.client
import io
import json
import tarfile
import urllib.parse

IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sha512(data):
    return "sha512:" + hashlib.sha512(data).hexdigest()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Answer:
    def __init__(self, raw):
        self.status, self.headers, self.body = raw.status, raw.headers, raw.read()

    def __getitem__(self, name):
        return self.headers.get(name)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The code of an error in the registry's form."""
        assert self.headers.get_content_type() == "application/json", (self.status, self.body)
        return self.json["errors"][0]["code"]


class Registry:
    def __init__(self, host, authorization=None):
        self.host, self.authorization = host, authorization

    def __call__(self, method, path, body=None, headers=(), authorization=...):
        """One request on one connection. `headers` may be pairs, so that a name can come twice; a body that is an iterator goes chunked."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            chunked = body is not None and not isinstance(body, (bytes, str))
            pairs = list(headers.items() if isinstance(headers, dict) else headers)
            connection.putrequest(method, path, skip_accept_encoding=True)
            credentials = self.authorization if authorization is ... else authorization
            if credentials:
                connection.putheader("Authorization", credentials)
            for name, value in pairs:
                connection.putheader(name, value)
            if chunked:
                connection.putheader("Transfer-Encoding", "chunked")
            elif body is not None or method in ("PUT", "POST", "PATCH"):
                connection.putheader("Content-Length", str(len(body or b"")))
            connection.endheaders(body, encode_chunked=chunked)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    # --- what pushes are made of --------------------------------------------------------------------------------------------

    def start(self, name, query=""):
        answer = self("POST", f"/v2/{name}/blobs/uploads/{query}")
        assert answer.status == 202, (answer.status, answer.body)
        return answer["Location"]

    def push_blob(self, name, data, digest=None):
        digest = digest or sha256(data)
        answer = self("PUT", f"{self.start(name)}?digest={urllib.parse.quote(digest, safe='')}", data,
                      {"Content-Type": "application/octet-stream"})
        assert answer.status == 201, (answer.status, answer.body)
        return {"mediaType": "application/octet-stream", "digest": digest, "size": len(data)}

    def put_manifest(self, name, reference, manifest, media_type=None, expect=201):
        data = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        media_type = media_type or json.loads(data)["mediaType"]
        answer = self("PUT", f"/v2/{name}/manifests/{reference}", data, {"Content-Type": media_type})
        assert answer.status == expect, (answer.status, answer.body)
        return answer

    def push_image(self, name, reference, files=None, **more):
        """Push an image of one layer; gives (digest, manifest bytes)."""
        manifest = json.dumps(self.image(name, files, **more)).encode()
        digest = sha256(manifest)
        self.put_manifest(name, reference or digest, manifest)
        return digest, manifest

    def image(self, name, files=None, **more):
        """Push the blobs of an image; gives the manifest that is to be pushed."""
        tar = layer(files or {"hello.txt": b"hello\n"})
        packed = gzip.compress(tar, mtime=0)
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [sha256(tar)]},
                             "history": [{"created_by": "COPY hello.txt /"}, {"created_by": "CMD true", "empty_layer": True}]}).encode()
        return {"schemaVersion": 2, "mediaType": IMAGE, "config": {**self.push_blob(name, config), "mediaType": CONFIG},
                "layers": [{**self.push_blob(name, packed), "mediaType": LAYER}], **more}


def layer(files):
    """A tar of files, the same bytes each time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()
