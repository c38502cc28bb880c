"""assay advisories import, update, status; PEP 440 order against the `packaging` library; the starter set against the real export."""
import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import threading
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSAY = os.environ.get("ASSAY", str(ROOT / "build/debug/src/assay"))


def shared(name):
    """A file of the larger test data, or a skip that says why."""
    roots = [os.environ["ASSAY_DATA"]] if "ASSAY_DATA" in os.environ else [folder / "shared/data" for folder in ROOT.parents]
    for root in roots:
        if (pathlib.Path(root) / name).exists():
            return pathlib.Path(root) / name
    pytest.skip(f"{name} is not here (set ASSAY_DATA to the folder of the shared data)")


def assay(*arguments, env=None, code=0):
    done = subprocess.run([ASSAY, "advisories", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "no_proxy": "*", **(env or {})})
    assert done.returncode == code, f"{done.args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def status(data):
    return json.loads(assay("status", "--json", "--data", data).stdout)["index"]


def record(number, package="demo", **more):
    return {"id": f"TEST-{number}", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "PyPI", "name": package}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]}], **more}


def export(path, records, filler=0):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
        if filler:
            archive.writestr(zipfile.ZipInfo("filler.bin"), random.Random(1).randbytes(filler))
    return path


# --- import and status ----------------------------------------------------------------------------------------------------------


def test_status_tells_of_the_starter_set(tmp_path):
    told = status(tmp_path / "none")
    assert told["origin"] == "starter" and told["advisories"] >= 40
    assert "starter set" in assay("status", "--data", tmp_path / "none").stdout
    assert "there is no folder" in assay("status", "--data", tmp_path / "none").stderr
    assert not (tmp_path / "none").exists()


def test_import_counts_and_keeps_what_it_does_not_replace(tmp_path):
    starter = status(tmp_path)["advisories"]
    first = export(tmp_path / "1.zip", [record(1), record(2), record(3, withdrawn="2026-01-02T00:00:00Z"), {"id": "TEST-4", "affected": [{}]}])
    told = json.loads(assay("import", first, "--data", tmp_path, "--json").stdout)
    assert told["sources"][0]["records"] == 4 and told["sources"][0]["withdrawn"] == 1 and told["sources"][0]["skipped_nameless"] == 1
    assert told["index"]["advisories"] == starter + 2 and told["index"]["origin"] == "imported"
    second = export(tmp_path / "2.zip", [record(2, withdrawn="2026-01-03T00:00:00Z"), record(5)])
    assert "2 records, 1 packages affected, 1 withdrawn" in assay("import", second, "--data", tmp_path).stdout
    assert status(tmp_path)["advisories"] == starter + 2


def test_import_takes_all_files_or_none(tmp_path):
    good = export(tmp_path / "good.zip", [record(1)])
    bad = tmp_path / "bad.zip"
    bad.write_bytes(good.read_bytes()[:-40])
    for broken in (bad, tmp_path / "absent.zip", tmp_path):
        done = assay("import", good, broken, "--data", tmp_path / "data", code=3)
        assert str(broken) in done.stderr
        assert not (tmp_path / "data/advisories.idx").exists()


def test_damaged_index_is_told_not_replaced_silently(tmp_path):
    (tmp_path / "advisories.idx").write_bytes(b"ASAYADV\n" + bytes(100))
    assert "remove it and import again" in assay("status", "--data", tmp_path, code=3).stderr
    assay("import", export(tmp_path / "a.zip", [record(1)]), "--data", tmp_path, code=3)


@pytest.mark.parametrize("command", ["import", "update", "status"])
def test_help_has_an_example_and_wrong_options_are_usage(command):
    assert "example:\n  assay advisories " + command in assay(command, "--help").stdout
    assay(command, "--no-such-option", code=2)
    if command == "import":
        assay(command, code=2)


def test_import_of_the_real_exports(tmp_path):
    zips = [shared(f"advisories/{name}-osv.zip") for name in ("pypi", "debian", "debian12-derived", "psf", "go")]
    told = json.loads(assay("import", *zips, "--data", tmp_path, "--json").stdout)
    by_name = {pathlib.Path(source["name"]).name: source for source in told["sources"]}
    assert by_name["pypi-osv.zip"]["records"] == 7080 and by_name["pypi-osv.zip"]["withdrawn"] == 269 and by_name["pypi-osv.zip"]["skipped"] == 0
    assert by_name["debian-osv.zip"]["affected"] == 10468
    assert by_name["go-osv.zip"]["skipped_foreign"] == 4291 - 17
    # A record from the future must not become the date of the data.
    assert told["index"]["newest_modified"] < "2026-12"


# --- update ---------------------------------------------------------------------------------------------------------------------


class Mirror(http.server.BaseHTTPRequestHandler):
    """A mirror with ETags and ranges, which can break transfers off after some bytes."""

    def do_GET(self):
        server = self.server
        server.seen.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        if self.path not in server.files:
            self.send_error(404)
            return
        content, etag = server.files[self.path]
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        start, wanted = 0, re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.headers.get("If-Range") == etag:
            start = int(wanted.group(1))
            if start >= len(content):
                self.send_response(416)
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if server.break_after and len(body) > server.break_after[0]:
            body = body[: server.break_after.pop(0)]
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.files, server.seen, server.break_after = {}, [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def update(data, mirror, *more, code=0):
    return assay("update", "--ecosystem", "PyPI", "--data", data, *more, env={"ASSAY_ADVISORY_SOURCE": mirror.url + "/"}, code=code)


def test_update_fetches_what_changed_only(tmp_path, mirror):
    starter = status(tmp_path)["advisories"]
    mirror.files["/PyPI/all.zip"] = (export(tmp_path / "1.zip", [record(1)]).read_bytes(), '"one"')
    update(tmp_path, mirror)
    assert status(tmp_path)["advisories"] == starter + 1
    before = (tmp_path / "advisories.idx").read_bytes()
    told = json.loads(update(tmp_path, mirror, "--json").stdout)
    assert told["sources"][0]["unchanged"] and (tmp_path / "advisories.idx").read_bytes() == before
    mirror.files["/PyPI/all.zip"] = (export(tmp_path / "2.zip", [record(1), record(2)]).read_bytes(), '"two"')
    update(tmp_path, mirror)
    assert status(tmp_path)["advisories"] == starter + 2
    # Who removes the index wants all of it again, whatever the note of the last version says.
    (tmp_path / "advisories.idx").unlink()
    assert not json.loads(update(tmp_path, mirror, "--json").stdout)["sources"][0]["unchanged"]
    assert not list(tmp_path.glob("*.part*")) and not list(tmp_path.glob("advisories-*.zip"))


def test_update_goes_on_after_breaks(tmp_path, mirror):
    content = export(tmp_path / "1.zip", [record(1)], filler=600_000).read_bytes()
    mirror.files["/PyPI/all.zip"] = (content, '"one"')
    mirror.break_after = [200_000, 200_000]
    told = json.loads(update(tmp_path, mirror, "--json").stdout)
    assert told["sources"][0]["resumed_bytes"] == 400_000 and told["sources"][0]["records"] == 1
    assert [seen[1] for seen in mirror.seen] == [None, "bytes=200000-", "bytes=400000-"]


def test_update_continues_a_part_of_the_same_version_only(tmp_path, mirror):
    content = export(tmp_path / "1.zip", [record(1)], filler=100_000).read_bytes()
    for etag, resumed in (('"one"', 50_000), ('"two"', 0)):
        data = tmp_path / str(resumed)
        data.mkdir()
        (data / "advisories-PyPI.zip.part").write_bytes(content[:50_000] if resumed else bytes(50_000))
        (data / "advisories-PyPI.zip.part.etag").write_text('"one"')
        mirror.files["/PyPI/all.zip"] = (content, etag)
        told = json.loads(update(data, mirror, "--json").stdout)
        assert told["sources"][0]["resumed_bytes"] == resumed and told["sources"][0]["records"] == 1


def test_update_says_plainly_when_there_is_no_network(tmp_path, mirror):
    mirror.files["/PyPI/all.zip"] = (export(tmp_path / "1.zip", [record(1)]).read_bytes(), '"one"')
    update(tmp_path, mirror)
    before = (tmp_path / "advisories.idx").read_bytes()
    done = assay("update", "--data", tmp_path, "--source", "http://127.0.0.1:1", code=3)
    assert "Is there a network" in done.stderr and "the imported index stays in use" in done.stderr
    assert (tmp_path / "advisories.idx").read_bytes() == before


def test_update_imports_what_could_be_fetched(tmp_path, mirror):
    starter = status(tmp_path)["advisories"]
    mirror.files["/PyPI/all.zip"] = (export(tmp_path / "1.zip", [record(1)]).read_bytes(), '"one"')
    done = assay("update", "--data", tmp_path, "--source", mirror.url, code=3)
    assert "Debian" in done.stderr and "404" in done.stderr
    assert status(tmp_path)["advisories"] == starter + 1


def test_update_refuses_what_is_no_zip(tmp_path, mirror):
    mirror.files["/PyPI/all.zip"] = (b"<html>sign in to this network</html>", '"page"')
    update(tmp_path, mirror, code=3)
    assert status(tmp_path)["origin"] == "starter"
    assert "not read yet" in assay("update", "--ecosystem", "Hackage", "--data", tmp_path, code=2).stderr


# --- facts ----------------------------------------------------------------------------------------------------------------------


def test_starter_set_agrees_with_the_real_export():
    with zipfile.ZipFile(shared("advisories/pypi-osv.zip")) as archive:
        for line in (ROOT / "src/advisory/starter/advisories.jsonl").read_text().splitlines():
            ours = json.loads(line)
            theirs = json.loads(archive.read(ours["id"] + ".json"))
            assert "withdrawn" not in theirs, ours["id"]
            assert sorted(ours["aliases"]) == sorted(theirs["aliases"]), ours["id"]
            ranges = [[r["events"] for r in a["ranges"] if r["type"] == "ECOSYSTEM"] for a in theirs["affected"]]
            assert [[r["events"] for r in a["ranges"]] for a in ours["affected"]] == ranges, ours["id"]
            if "severity" in theirs:
                assert ours["severity"] == theirs["severity"], ours["id"]
            assert ours["summary"] not in (theirs.get("summary", ""), theirs.get("details", "")), "the summaries are our own"


# Random versions, mostly valid ones: each part is drawn from spellings that the grammar allows and some that it does not.
PARTS = [["", "", "", "v", "1!", "0!", " "], ["1", "0", "1.0", "1.0.0", "2024.1", "1.10", "01.2", "1.", ""],
         ["", "", "a", "a1", ".b2", "-rc_3", "c4", "alpha", "preview.1", "x1"], ["", "", ".post1", "-2", "post", "r3", "-rev_4", ".post"],
         ["", "", ".dev1", "dev", "-dev_2", ".devx"], ["", "", "", "+abc", "+1", "+1.a", "+A-2", "+a..b", "+"]]


def test_pep440_agrees_with_packaging(tmp_path):
    """Through the product: one record per version, fixed in it, and components of all others; the match says what is below."""
    packaging_version = pytest.importorskip("packaging.version")
    draw = random.Random(440)
    versions = sorted({"".join(draw.choice(part) for part in PARTS) for _ in range(1500)})
    tool = ROOT / "build/debug/tests/unit/eco/eco_compare"
    if not tool.exists():
        pytest.skip("build/debug has no eco_compare")
    pairs = [(draw.choice(versions), draw.choice(versions)) for _ in range(20_000)]
    told = subprocess.run([tool], input="".join(f"{a}\t{b}\n" for a, b in pairs), capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert len(told) == len(pairs)

    @functools.cache
    def parsed(text):
        with contextlib.suppress(packaging_version.InvalidVersion):
            return packaging_version.Version(text)
        return None

    compared = 0
    for (a, b), line in zip(pairs, told):
        left, right = parsed(a), parsed(b)
        wanted = "invalid" if left is None or right is None else "<" if left < right else ">" if left > right else "="
        assert line == wanted, (a, b)
        compared += wanted != "invalid"
    assert compared > 2_000
