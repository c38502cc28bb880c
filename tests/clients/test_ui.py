"""The web UI in a real browser against a real server: what it does, how it looks to axe, and how its files are served.

The browser's side is tests/ui/checks.mjs: one function for each test here, run by name.
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request

import pytest

UI = pathlib.Path(__file__).parent.parent / "ui"
NODE = shutil.which("node")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

needs_browser = pytest.mark.skipif(not NODE or not os.path.exists(CHROMIUM), reason="needs Node.js and Chromium")


def install():
    """npm ci, unless what is there was installed from this very lock file."""
    wanted = hashlib.sha256((UI / "package-lock.json").read_bytes()).hexdigest()
    stamp = UI / "node_modules" / ".installed-from"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run(["npm", "ci", "--silent"], cwd=UI, check=True, stdin=subprocess.DEVNULL)
        stamp.write_text(wanted)


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.fixture(scope="module")
def files(assay, tmp_path_factory):
    """A model that is fine, one that would run a command (it is only ever written, never loaded), and requirements with known holes."""
    folder = tmp_path_factory.mktemp("ui-files")
    (folder / "benign.pkl").write_bytes(pickle.dumps({"weights": [1.0, 2.0], "name": "x"}, 4))
    subprocess.run([str(assay), "model", "train", "--data", "iris", "--estimator", "RandomForestClassifier", "--param", "n_estimators=5", "--random-state", "1", "--out", str(folder / "iris.pkl")], check=True, capture_output=True)
    (folder / "evil.pkl").write_bytes(pickle.dumps(Evil(), 4))
    (folder / "requirements.txt").write_text("scikit-learn==0.24.0\njoblib==1.0.1\nnumpy==1.26.4\n")
    with tarfile.open(folder / "layer.tar", "w") as layer:
        metadata = b"Metadata-Version: 2.1\nName: scikit-learn\nVersion: 0.24.0\n"
        member = tarfile.TarInfo("usr/lib/python3/site-packages/scikit_learn-0.24.0.dist-info/METADATA")
        member.size = len(metadata)
        layer.addfile(member, io.BytesIO(metadata))
        layer.add(folder / "benign.pkl", "srv/model.pkl")
    return folder


def names():
    """The checks as they are written down, so that collecting tests needs neither Node nor packages."""
    text = (UI / "checks.mjs").read_text()
    return re.findall(r"^export (?:async function|const) (\w+)", text, re.MULTILINE)


@needs_browser
@pytest.mark.parametrize("name", names())
def test_browser(server, files, name):
    install()
    run = subprocess.run(
        [NODE, "run.mjs", server.url, str(files), name],
        cwd=UI,
        env={**os.environ, "ASSAY_USER": "admin", "ASSAY_PASSWORD": server.password, "CHROMIUM": CHROMIUM},
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["ok"], result.get("error")


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def get(server, path, **headers):
    request = urllib.request.Request(server.url + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        return urllib.request.build_opener(Stay).open(request, timeout=10)
    except urllib.error.HTTPError as error:
        return error


def assets(server):
    page = get(server, "/ui/").read().decode()
    found = re.findall(r'(?:src|href)="(/ui/assets/[^"]+)"', page)
    assert len(found) >= 4, page
    return found


def test_root_leads_to_the_ui(server):
    for path in ("/", "/ui"):
        answer = get(server, path)
        assert answer.status == 302
        assert answer.headers["Location"] == "/ui/"


def test_page_has_strict_headers_and_is_asked_for_again(server):
    answer = get(server, "/ui/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert get(server, "/ui/", If_None_Match=answer.headers["ETag"]).status == 304
    assert get(server, "/ui/", If_None_Match='"other"').status == 200


def test_views_are_answered_by_the_page(server):
    page = get(server, "/ui/").read()
    for path in ("/ui/vulnerabilities", "/ui/artifacts/ml-models/model/1.0.0/model.pkl", "/ui/violations/1?x=y"):
        answer = get(server, path)
        assert answer.status == 200
        assert answer.read() == page


def test_files_are_kept_for_good_and_compressed(server):
    for path in assets(server):
        plain = get(server, path)
        assert "immutable" in plain.headers["Cache-Control"]
        assert plain.headers["Vary"] == "Accept-Encoding"
        body = plain.read()
        packed = get(server, path, Accept_Encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.read()) == body
        brotli = get(server, path, Accept_Encoding="gzip, deflate, br")
        assert brotli.headers["Content-Encoding"] == "br"
        assert brotli.headers["Content-Type"] == plain.headers["Content-Type"]


def test_script_and_style_stay_within_their_budget(server):
    total = sum(len(get(server, path, Accept_Encoding="gzip").read()) for path in assets(server) if path.endswith((".js", ".css")))
    assert total < 150 * 1024


def test_unknown_files_and_api_addresses_are_not_answered_by_the_page(server):
    for path in ("/ui/assets/app-0000000000.js", "/ui/api/nothing", "/ui/assets/none.js?v=1"):
        assert get(server, path).status in (401, 404)


def test_the_pages_are_not_answered_with_the_browsers_own_login_window(server):
    """A Basic challenge would make the browser ask for the password itself when a session ends."""
    path = "/artifactory/api/repositories"
    assert get(server, path).headers["WWW-Authenticate"]
    answer = get(server, path, X_Assay_Ui="1")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] is None
