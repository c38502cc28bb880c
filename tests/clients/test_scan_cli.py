"""`assay scan` as a person and a pipeline use it: verdicts, exit codes, the JSON document, images with whiteouts, policies, hostile names."""

import hashlib
import io
import json
import os
import pathlib
import pickle
import re
import subprocess
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))

# Put together by hand, never loaded: a call of posix.system, and the same cut off before its end.
EVIL = b"cposix\nsystem\n(S'touch /tmp/assay-was-here'\ntR."
BROKEN = b"\x80\x04\x8c\x05ab"
HARMLESS = pickle.dumps({"a": [1, 2.5, None]})


def scan(*args, cwd, data=None):
    command = [ASSAY, "scan", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, input=data, check=False, timeout=120)


def document(*args, cwd, data=None):
    done = scan(*args, "--json", cwd=cwd, data=data)
    return done.returncode, json.loads(done.stdout)


def metadata(name, version):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n".encode()


def dpkg(*packages):
    return "".join(f"Package: {n}\nStatus: install ok installed\nVersion: {v}\nArchitecture: amd64\n\n" for n, v in packages).encode()


def layer(files, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def put(tar, name, content):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def docker_save(path, layers, manifest_first=False):
    """As `docker save` of engine 20 writes it; its manifest comes last."""
    names = [f"{i:064x}/layer.tar" for i in range(len(layers))]
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["iris:1"], "Layers": names}]).encode()
    with tarfile.open(path, "w") as tar:
        if manifest_first:
            put(tar, "manifest.json", manifest)
        for name, content in zip(names, layers):
            put(tar, name, content)
        if not manifest_first:
            put(tar, "manifest.json", manifest)


def oci_layout(path, layers):
    def descriptor(content, kind):
        return {"mediaType": kind, "digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}

    manifest = json.dumps({"schemaVersion": 2, "config": descriptor(b"{}", "application/vnd.oci.image.config.v1+json"),
                           "layers": [descriptor(l, "application/vnd.oci.image.layer.v1.tar+gzip") for l in layers]}).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [descriptor(manifest, "application/vnd.oci.image.manifest.v1+json")]}).encode()
    with tarfile.open(path, "w") as tar:
        put(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        put(tar, "index.json", index)
        for content in (manifest, *layers):
            put(tar, "blobs/sha256/" + hashlib.sha256(content).hexdigest(), content)


LOWER = {
    "etc/os-release": b'ID=debian\nVERSION_ID="12"\n',
    "var/lib/dpkg/status": dpkg(("bash", "5.2"), ("zlib1g", "1.2")),
    "usr/lib/python3/dist-packages/joblib-1.0.1.dist-info/METADATA": metadata("joblib", "1.0.1"),
    "usr/lib/python3/dist-packages/scikit_learn-0.24.0.dist-info/METADATA": metadata("scikit-learn", "0.24.0"),
    "opt/models/evil.pkl": EVIL,
}
UPPER = {
    "var/lib/dpkg/status": dpkg(("bash", "5.2")),
    "usr/lib/python3/dist-packages/.wh.joblib-1.0.1.dist-info": b"",
    "opt/models/.wh..wh..opq": b"",
    "opt/models/fine.pkl": HARMLESS,
}


# --- verdicts and exit codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, content, verdict, code", [
    ("m.pkl", HARMLESS, "clean", 0),
    ("m.pkl", EVIL, "unsafe", 1),
    ("m.pkl", BROKEN, "unparseable", 3),
    ("m.pkl", b"\0\1\2 nothing that any loader takes", "unparseable", 3),
    ("notes.txt", b"hello", "not_a_model", 0),
    ("notes.txt", b"", "not_a_model", 0),
    ("notes.txt", EVIL, "unsafe", 1),  # content decides
])
def test_verdict_and_exit_code(tmp_path, name, content, verdict, code):
    (tmp_path / name).write_bytes(content)
    got, doc = document(name, cwd=tmp_path)
    target = doc["targets"][0]
    assert (target["verdict"], got) == (verdict, code)
    assert target["path"] == name
    assert target["sha256"] == hashlib.sha256(content).hexdigest()
    assert doc["schema"] == "assay.scan/1"
    assert doc["summary"]["verdicts"][verdict] == 1


def test_unsafe_names_the_call_and_runs_nothing(tmp_path):
    marker = pathlib.Path("/tmp/assay-was-here")
    (tmp_path / "m.pkl").write_bytes(EVIL)
    _, doc = document("m.pkl", cwd=tmp_path)
    worst = doc["targets"][0]["findings"][0]
    assert worst["kind"] == "model_threat" and worst["severity"] == "critical"
    assert "posix.system" in worst["call"] and "touch /tmp/assay-was-here" in worst["call"]
    assert worst["advice"]
    assert not marker.exists()


def test_usage_errors_are_2(tmp_path):
    for args in ([], ["--fail-on", "terrible", "x"], ["--nonsense"], ["no-such-file"], ["x", "--policy", "no-such-policy"]):
        (tmp_path / "x").write_bytes(b"")
        done = scan(*args, cwd=tmp_path)
        assert done.returncode == 2, args
        assert done.stderr.startswith(b"assay scan: ")
    assert scan("--help", cwd=tmp_path).returncode == 0


def test_targets_keep_their_order_and_folders_are_walked(tmp_path):
    for name in ("b.pkl", "a.pkl", "d/2.txt", "d/1.pkl", "d/.git/config", "z.pkl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(HARMLESS)
    (tmp_path / "d/loop").symlink_to(".")
    _, doc = document("z.pkl", "d", "a.pkl", cwd=tmp_path)
    assert [t["path"] for t in doc["targets"]] == ["z.pkl", "d/1.pkl", "d/2.txt", "a.pkl"]


def test_standard_input(tmp_path):
    code, doc = document("-", cwd=tmp_path, data=EVIL)
    assert code == 1 and doc["targets"][0]["path"] == "-"
    assert doc["targets"][0]["sha256"] == hashlib.sha256(EVIL).hexdigest()


def test_a_hostile_name_cannot_write_to_the_terminal(tmp_path):
    name = "a\x1b]0;owned\x07\n\x9b31m.pkl"
    (tmp_path / name).write_bytes(EVIL)
    done = scan(name, cwd=tmp_path)
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout and b"\x07" not in done.stdout and "\x9b".encode() not in done.stdout


# --- components and vulnerabilities -----------------------------------------------------------------------------------------------


def test_requirements_give_the_tutorials_advisory(tmp_path):
    (tmp_path / "requirements.txt").write_text("scikit-learn==0.24.0\nnumpy>=1.0\n")
    code, doc = document("requirements.txt", cwd=tmp_path)
    target = doc["targets"][0]
    hit = next(f for f in target["findings"] if f.get("advisory") == "PYSEC-2024-110")
    assert "CVE-2024-5206" in hit["aliases"] and hit["fixed"] == "1.5.0" and hit["component"] == "scikit-learn"
    assert "1.5.0" in hit["advice"]
    unpinned = next(f for f in target["findings"] if f["code"] == "unpinned_component")
    assert unpinned["component"] == "numpy" and unpinned["severity"] == "low"
    assert code == 0  # no model is unsafe, and no threshold was given
    assert scan("requirements.txt", "--fail-on", "medium", cwd=tmp_path).returncode == 1
    assert scan("requirements.txt", "--fail-on", "critical", cwd=tmp_path).returncode == 0
    table = scan("requirements.txt", cwd=tmp_path).stdout.decode()
    assert "scikit-learn 0.24.0  PYSEC-2024-110 CVE-2024-5206  fixed in 1.5.0" in table


def test_a_wheel_and_a_model_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "joblib-1.0.1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("joblib-1.0.1.dist-info/METADATA", metadata("joblib", "1.0.1"))
        z.writestr("joblib/data/model.pkl", EVIL)
    code, doc = document("joblib-1.0.1-py3-none-any.whl", cwd=tmp_path)
    target = doc["targets"][0]
    assert code == 1 and target["verdict"] == "unsafe" and target["format"] == "zip"
    assert [(c["name"], c["version"]) for c in target["components"]] == [("joblib", "1.0.1")]
    assert target["findings"][0]["where"]["member"] == "joblib/data/model.pkl"


def test_archives_within_archives(tmp_path):
    inner = layer({"deep/m.pkl": EVIL})
    middle = layer({"inner.tar.gz": inner, "requirements.txt": b"joblib==1.0.1\n"})
    (tmp_path / "a.tar.gz").write_bytes(layer({"x/middle.tgz": middle}))
    _, doc = document("a.tar.gz", cwd=tmp_path)
    target = doc["targets"][0]
    assert target["verdict"] == "unsafe"
    assert target["models"][0]["path"] == "x/middle.tgz!inner.tar.gz!deep/m.pkl"
    assert target["components"][0]["path"] == "x/middle.tgz!requirements.txt"


def test_a_text_in_an_archive_is_no_model(tmp_path):
    (tmp_path / "a.tar").write_bytes(layer({"x/distutils-precedence.pth": b"import os; os.environ\n", "notes": b"I1\n.rest of a text\n"}, mode="w"))
    code, doc = document("a.tar", cwd=tmp_path)
    assert (code, doc["targets"][0]["verdict"], doc["targets"][0]["findings"]) == (0, "not_a_model", [])


# --- images ---------------------------------------------------------------------------------------------------------------------


def check_image(tmp_path, name):
    code, doc = document(name, cwd=tmp_path)
    target = doc["targets"][0]
    assert target["format"] == "image"
    assert sorted((c["name"], c["version"], c["layer"]) for c in target["components"]) == [("bash", "5.2", 0), ("scikit-learn", "0.24.0", 0)]
    bash = next(c for c in target["components"] if c["name"] == "bash")
    assert bash["namespace"] == "debian:12"
    assert [(m["path"], m["verdict"], m["layer"]) for m in target["models"]] == [("opt/models/fine.pkl", "clean", 1)]
    assert (target["verdict"], code) == ("clean", 0)
    advisories = {f.get("advisory") for f in target["findings"]}
    assert "PYSEC-2024-110" in advisories and not any(f.get("component") == "joblib" for f in target["findings"])


@pytest.mark.parametrize("first", [False, True])
def test_docker_save_with_whiteouts(tmp_path, first):
    docker_save(tmp_path / "image.tar", [layer(LOWER), layer(UPPER, mode="w")], manifest_first=first)
    check_image(tmp_path, "image.tar")


def test_oci_layout_with_whiteouts(tmp_path):
    oci_layout(tmp_path / "image.tar", [layer(LOWER), layer(UPPER)])
    check_image(tmp_path, "image.tar")


def test_without_the_upper_layer_the_model_is_there(tmp_path):
    docker_save(tmp_path / "image.tar", [layer(LOWER)])
    code, doc = document("image.tar", cwd=tmp_path)
    target = doc["targets"][0]
    assert (code, target["verdict"]) == (1, "unsafe")
    assert {f.get("component") for f in target["findings"]} >= {"joblib", "scikit-learn"}
    threat = target["findings"][0]
    assert threat["where"]["member"] == "opt/models/evil.pkl" and threat["where"]["layer"] == 0


def test_a_missing_or_broken_layer_is_never_silent(tmp_path):
    good = layer(LOWER)
    docker_save(tmp_path / "broken.tar", [good[:len(good) // 2], layer(UPPER)])
    code, doc = document("broken.tar", cwd=tmp_path)
    assert code == 3 and doc["targets"][0]["verdict"] == "unparseable"
    assert any(f["code"] == "scan_incomplete" for f in doc["targets"][0]["findings"])


# --- bombs and rubbish --------------------------------------------------------------------------------------------------------------


def test_a_bomb_is_unparseable_and_quick(tmp_path):
    zeros = io.BytesIO()
    with tarfile.open(fileobj=zeros, mode="w:gz", compresslevel=9) as tar:
        info = tarfile.TarInfo("m.bin")
        info.size = 3 << 30
        class Zeros(io.RawIOBase):
            def read(self, n=-1):
                return bytes(n)
        tar.addfile(info, Zeros())
    (tmp_path / "bomb.tar.gz").write_bytes(zeros.getvalue())
    code, doc = document("bomb.tar.gz", cwd=tmp_path)
    assert code in (0, 3)
    assert doc["targets"][0]["verdict"] in ("unparseable", "not_a_model")


@pytest.mark.parametrize("seed", range(40))
def test_damaged_archives_never_crash_the_child(tmp_path, seed):
    import random
    rng = random.Random(seed)
    content = bytearray(layer(LOWER, mode="w" if seed % 2 else "w:gz"))
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    (tmp_path / "a.tar").write_bytes(content[:rng.randrange(1, len(content) + 1)] if seed % 3 == 0 else content)
    done = scan("a.tar", "--json", cwd=tmp_path)
    assert done.returncode in (0, 1, 3)
    for finding in json.loads(done.stdout)["targets"][0]["findings"]:
        assert "child" not in finding["title"], finding


# --- policies -------------------------------------------------------------------------------------------------------------------------


def policy(criteria, **actions):
    return {"name": "gate", "type": "security", "rules": [{"name": "r1", "criteria": criteria, "actions": actions}]}


def test_a_policy_decides_alone(tmp_path):
    (tmp_path / "requirements.txt").write_text("joblib==1.0.1\n")
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    (tmp_path / "p.json").write_text(json.dumps(policy({"min_severity": "High"}, fail_build=True)))
    done = scan("requirements.txt", "--policy", "p.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "policy gate, rule r1: joblib 1.0.1 has CVE-2022-21797 (high), fixed in 1.2.0" in done.stdout.decode()
    (tmp_path / "p.json").write_text(json.dumps(policy({"min_severity": "High"})))  # tells, but stops nothing
    code, doc = document("requirements.txt", "--policy", "p.json", cwd=tmp_path)
    assert code == 0 and doc["targets"][0]["violations"][0]["rule"] == "r1"
    (tmp_path / "p.json").write_text(json.dumps([policy({"model_threat": "unsafe"}, block_download={"active": True})]))
    assert scan("evil.pkl", "--policy", "p.json", cwd=tmp_path).returncode == 1
    assert scan("requirements.txt", "--policy", "p.json", cwd=tmp_path).returncode == 0


def test_a_policy_that_is_none_is_a_usage_error(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    for wrong in ("{", "{}", json.dumps(policy({"exposures": {"min_severity": "High"}})), json.dumps(policy({}))):
        (tmp_path / "p.json").write_text(wrong)
        done = scan("x", "--policy", "p.json", cwd=tmp_path)
        assert done.returncode == 2 and b"p.json" in done.stderr


def test_nobody_is_left_behind():
    assert not pathlib.Path("/tmp/assay-was-here").exists()


def test_explain_counts_calls_that_repeat_and_those_that_are_not_listed(tmp_path):
    assert subprocess.run([ASSAY, "model", "train", "--data", "iris", "--random-state", "42", "--out", "m.pkl"], cwd=tmp_path, capture_output=True,
                          check=False, timeout=60).returncode == 0
    _, doc = document("m.pkl", cwd=tmp_path)
    target = doc["targets"][0]
    total = next(int(fact["value"]) for fact in target["facts"] if fact["name"] == "calls")
    shown = scan("m.pkl", "--explain", cwd=tmp_path).stdout.decode()
    lines = [line for line in shown.splitlines() if line.startswith("    ")]
    assert len(lines) == len(set(lines)) < 30
    counted = 0
    for line in lines:
        count = re.search(r"\((\d+) times\)$|and (\d+) more calls", line)
        counted += int(count.group(1) or count.group(2)) if count else 1
    assert counted == total > len(target["call_lines"])


PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"


@pytest.mark.parametrize(("name", "content", "is_program"), [
    ("tool", b"\x7fELF\2\1\1" + bytes(40), True), ("setup.bin", PE, True), ("tool", b"\xcf\xfa\xed\xfe" + bytes(40), True),
    ("tool", b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(40), True), ("run", b"#!/usr/bin/env bash\ntrue\n", True), ("lib/x.so", b"any", True),
    ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(40), False), ("notes", b"#!/usr/bin/env python3\nprint(1)\n", False), ("MZ.txt", b"MZ is short for it", False),
], ids=["elf", "windows", "macos", "macos-fat", "shell", "library", "java", "python", "text"])
def test_a_program_in_a_model_is_said(tmp_path, name, content, is_program):
    """In a NeMo archive, which is a tar with a configuration."""
    path = tmp_path / "model.nemo"
    with tarfile.open(path, "w") as tar:
        for member, data in (("model_config.yaml", b"target: nemo.collections.asr.models.EncDecCTCModel\n"), (name, content)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    found = document(path, cwd=tmp_path)[1]["targets"][0]
    assert any(f["code"] == "MDL-REP-004" and f["severity"] == "high" for f in found["findings"]) == is_program, found
