"""What `assay scan` takes: checkouts, caches of Hugging Face, links, many files at once, very large ones."""

import hashlib
import json
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
EVIL = b"cposix\nsystem\n(S'true'\ntR."
HARMLESS = b"\x80\x04]\x94(K\x01K\x02e."
ODD = b"cfoo.bar\nBaz\n."  # imports what nobody listed: suspicious
BROKEN = b"\x80\x04\x8c\x05ab"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345678901\n"


def scan(*args, cwd, **kwargs):
    return subprocess.run([ASSAY, "scan", *map(str, args)], cwd=cwd, capture_output=True, check=False, timeout=120, **kwargs)


def document(*args, cwd):
    done = scan(*args, "--json", cwd=cwd)
    return done.returncode, json.loads(done.stdout)


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def verdicts(doc):
    return {t["path"]: t["verdict"] for t in doc["targets"]}


# --- exit codes -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files, code", [
    ({"a.pkl": HARMLESS, "b.txt": b"x"}, 0),
    ({"a.pkl": ODD}, 1),
    ({"a.pkl": BROKEN, "b.pkl": HARMLESS}, 3),
    ({"a.pkl": BROKEN, "b.pkl": ODD}, 1),  # what is wrong for certain comes first
    ({"a.pkl": BROKEN, "b.pkl": EVIL}, 1),
])
def test_the_exit_code_is_that_of_the_worst(tmp_path, files, code):
    write(tmp_path, files)
    assert scan(".", cwd=tmp_path).returncode == code


# --- many files ---------------------------------------------------------------------------------------------------------------------


def test_many_small_files_and_some_large_keep_their_order(tmp_path):
    files = {f"{i:03}.pkl": (EVIL if i % 50 == 7 else HARMLESS) for i in range(300)}
    files["100.pkl"] = b"\x80\x04B" + (600_000).to_bytes(4, "little") + bytes(600_000) + b"."
    write(tmp_path, files)
    code, doc = document(".", cwd=tmp_path)
    assert code == 1
    assert [t["path"] for t in doc["targets"]] == [f"./{name}" for name in sorted(files)]
    for target in doc["targets"]:
        name = target["path"][2:]
        assert target["sha256"] == hashlib.sha256(files[name]).hexdigest()
        assert target["verdict"] == ("unsafe" if files[name] == EVIL else "clean")
    assert doc["summary"]["verdicts"]["unsafe"] == 6


def test_a_thousand_arguments_as_a_shell_gives_them(tmp_path):
    write(tmp_path, {f"{i}.pkl": HARMLESS for i in range(1000)})
    code, doc = document(*[f"{i}.pkl" for i in range(1000)], cwd=tmp_path)
    assert code == 0 and len(doc["targets"]) == 1000


def test_an_unreadable_file_or_folder_is_a_target(assay):
    """Root reads everything, so a root gives the folder, and a copy of the program, to somebody else."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, {"a.pkl": HARMLESS, "b.pkl": HARMLESS, "c.pkl": HARMLESS, "d/inner.pkl": HARMLESS})
        program, nobody = shutil.copy(assay, folder.parent / f"{folder.name}.assay"), 65534
        (folder / "b.pkl").chmod(0)
        (folder / "d").chmod(0)
        folder.chmod(0o755)
        other = {"user": nobody, "group": nobody, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = subprocess.run([program, "scan", "--json", "."], cwd=folder, capture_output=True, text=True, **other)
        finally:
            os.unlink(program)
            (folder / "d").chmod(0o755)
    code, doc = done.returncode, json.loads(done.stdout)
    assert code == 3 and verdicts(doc) == {"./a.pkl": "clean", "./b.pkl": "unparseable", "./c.pkl": "clean", "./d": "unparseable"}


# --- checkouts ----------------------------------------------------------------------------------------------------------------------


def test_a_checkout_without_its_objects_and_with_lfs_pointers(tmp_path):
    write(tmp_path, {"model.pkl": HARMLESS, ".git/objects/ab/cd.pkl": EVIL, "sub/.git": "gitdir: elsewhere", "big/model.safetensors": POINTER,
                     "big/pytorch_model.bin": POINTER, "big/picture.png": POINTER, ".github/x.pkl": HARMLESS})
    code, doc = document(".", cwd=tmp_path)
    assert code == 3
    assert verdicts(doc) == {"./.github/x.pkl": "clean", "./big/model.safetensors": "unparseable", "./big/picture.png": "not_a_model",
                             "./big/pytorch_model.bin": "unparseable", "./model.pkl": "clean"}
    pointer = next(t for t in doc["targets"] if t["path"] == "./big/model.safetensors")
    assert pointer["format"] == "git_lfs_pointer"
    finding = pointer["findings"][0]
    assert finding["code"] == "MDL-REP-010" and "12345678901 bytes" in finding["title"] and "git lfs pull" in finding["advice"]


# --- Hugging Face -------------------------------------------------------------------------------------------------------------------


def cache(folder, files):
    """As huggingface_hub lays it out: bytes by digest in blobs, names as links in a snapshot."""
    model = folder / "models--org--iris"
    snapshot = model / "snapshots" / "abc123"
    (model / "blobs").mkdir(parents=True)
    write(model, {"refs/main": "abc123"})
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        (model / "blobs" / digest).write_bytes(content)
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(model / "blobs" / digest, link.parent))
    return model, snapshot


def test_a_cache_is_told_by_names(tmp_path):
    cache(tmp_path, {"config.json": b"{}", "weights/model.pkl": EVIL, "ok.pkl": HARMLESS})
    write(tmp_path, {"models--org--iris/blobs/unnamed": ODD})
    code, doc = document("models--org--iris", cwd=tmp_path)
    base = "models--org--iris/snapshots/abc123"
    assert code == 1
    assert verdicts(doc) == {"models--org--iris/blobs/unnamed": "suspicious", "models--org--iris/refs/main": "not_a_model",
                             f"{base}/config.json": "not_a_model", f"{base}/ok.pkl": "clean", f"{base}/weights/model.pkl": "unsafe"}
    assert next(t for t in doc["targets"] if t["path"].endswith("weights/model.pkl"))["sha256"] == hashlib.sha256(EVIL).hexdigest()


def test_a_snapshot_by_its_own_path(tmp_path):
    _, snapshot = cache(tmp_path, {"model.pkl": EVIL, "config.json": b"{}"})
    for given in (snapshot, snapshot.relative_to(tmp_path)):
        code, doc = document(given, cwd=tmp_path)
        assert code == 1
        assert verdicts(doc) == {f"{given}/config.json": "not_a_model", f"{given}/model.pkl": "unsafe"}
    code, doc = document(".", cwd=snapshot)
    assert verdicts(doc) == {"./config.json": "not_a_model", "./model.pkl": "unsafe"}


def test_links_that_leave_the_folder_are_refused_aloud(tmp_path):
    _, snapshot = cache(tmp_path, {"ok.pkl": HARMLESS})
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (tmp_path / "evil.pkl").write_bytes(EVIL)
    (snapshot / "notes.txt").symlink_to(tmp_path / "secret.txt")
    (snapshot / "up").symlink_to("../../..")
    (snapshot / "gone.txt").symlink_to("nowhere")
    done = scan(".", "--json", cwd=snapshot)
    doc = json.loads(done.stdout)
    assert done.returncode == 0 and verdicts(doc) == {"./ok.pkl": "clean"}
    for name in ("notes.txt", "up", "gone.txt"):
        assert f"'./{name}' is a link" in done.stderr.decode()
    assert "that leaves the folder" in done.stderr.decode()
    # A loader would follow one with a model's name: that cannot pass as clean.
    (snapshot / "model.pkl").symlink_to(tmp_path / "evil.pkl")
    code, doc = document(".", cwd=snapshot)
    refused = next(t for t in doc["targets"] if t["path"] == "./model.pkl")
    assert code == 3 and refused["verdict"] == "unparseable" and refused["sha256"] is None
    assert refused["findings"][0]["code"] == "scan_incomplete" and "leaves the folder" in refused["findings"][0]["title"]
    assert scan(".", "--quiet", cwd=snapshot).stderr == b""


def test_links_within_the_folder_are_told_once(tmp_path):
    write(tmp_path, {"v2.pkl": HARMLESS, "sub/x.pkl": HARMLESS})
    (tmp_path / "latest.pkl").symlink_to("v2.pkl")
    (tmp_path / "loop").symlink_to(".")
    done = scan(".", "--json", cwd=tmp_path)
    assert [t["path"] for t in json.loads(done.stdout)["targets"]] == ["./sub/x.pkl", "./v2.pkl"]
    assert done.stderr == b""


# --- large ones ---------------------------------------------------------------------------------------------------------------------


def test_tensors_are_not_read_when_nothing_hashes_them(tmp_path):
    """Ten gigabytes of zeros that take no room on the disk: one zip as torch writes it, whose storages lie in holes."""
    path = tmp_path / "large.pt"
    pickle = (b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04"
              b"X\x01\x00\x00\x000q\x05X\x03\x00\x00\x00cpuq\x06\x8a\x05" + (5 << 29).to_bytes(5, "little") + b"tq\x07QK\x00\x8a\x05" + (5 << 29).to_bytes(5, "little") +
              b"\x85q\x08K\x01\x85q\x09\x89ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.")
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("large/data.pkl", pickle)
        z.writestr("large/version", "3\n")
    size = 5 << 31
    with_hole(path, "large/data/0", size)
    # A process begins with the memory of the one that starts it, so a small one has to do it.
    small = ("import json, os, sys; pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); _, status, used = os.wait4(pid, 0); "
             "json.dump([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss], sys.stderr)")
    done = subprocess.run([sys.executable, "-S", "-c", small, ASSAY, "scan", "large.pt", "--json"], cwd=tmp_path, capture_output=True, check=True)
    target = json.loads(done.stdout)["targets"][0]
    code, seconds, kib = json.loads(done.stderr)  # with what its children used
    assert (code, target["verdict"], target["sha256"]) == (0, "clean", None), target["findings"]
    assert seconds < 2 and kib < 64 * 1024


def test_large_files_are_hashed_when_asked(tmp_path):
    path = tmp_path / "large.bin"
    path.touch()
    os.truncate(path, (1 << 30) + 1)
    (tmp_path / "small.bin").write_bytes(b"small")
    of = lambda *how: [target["sha256"] for target in json.loads(scan(".", "--json", *how, cwd=tmp_path).stdout)["targets"]]
    small = hashlib.sha256(b"small").hexdigest()
    assert of() == [None, small]
    assert of("--no-hash") == [None, None]
    assert of("--hash") == ["6d9bfe50425f2dfe4e2ac07efee1f0bc9d567348ad4aed62704ffe6f5884e9a8", small]
    both = scan(".", "--json", "--hash", "--no-hash", cwd=tmp_path)
    assert both.returncode == 2 and b"exclude each other" in both.stderr


def with_hole(path, name, size):
    """Append a stored member of zeros to a zip as a hole in the file, with the directory rewritten (ZIP64)."""
    with zipfile.ZipFile(path) as z:
        members = [(i.filename, z.read(i), i) for i in z.infolist()]
    crc = 0xf41d912f  # of 10 GiB of zeros
    directory = b""
    with open(path, "wb") as f:
        for filename, content, info in members:
            at = f.tell()
            head = struct.pack("<HHHHHIII", 20, 0, 0, 0, 33, info.CRC, len(content), len(content))
            f.write(b"PK\3\4" + head + struct.pack("<HH", len(filename), 0) + filename.encode() + content)
            directory += b"PK\1\2" + struct.pack("<H", 20) + head + struct.pack("<HHHHHII", len(filename), 0, 0, 0, 0, 0, at) + filename.encode()
        at = f.tell()
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        f.write(b"PK\3\4" + struct.pack("<HHHHHIII", 45, 0, 0, 0, 33, crc, 0xffffffff, 0xffffffff) + struct.pack("<HH", len(name), len(extra)) + name.encode() + extra)
        f.seek(size, os.SEEK_CUR)
        directory += (b"PK\1\2" + struct.pack("<H", 45) + struct.pack("<HHHHHIII", 45, 0, 0, 0, 33, crc, 0xffffffff, 0xffffffff) +
                      struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, at) + name.encode() + extra)
        start, count = f.tell(), len(members) + 1
        f.write(directory)
        end64 = f.tell()
        f.write(b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), start))
        f.write(b"PK\6\7" + struct.pack("<IQI", 0, end64, 1))
        f.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), 0xffffffff, 0))


def read_until(terminal, wanted):
    seen = b""
    while wanted not in seen:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break  # nobody holds the other end any more
        if not piece:
            break
        seen += piece
    return seen


def test_progress_is_for_terminals_only(tmp_path):
    """Standard input is held open until the bar is there: no clock decides."""
    write(tmp_path, {f"{i}.pkl": HARMLESS for i in range(10)})
    assert scan(".", "--no-hash", cwd=tmp_path).stderr == b""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([ASSAY, "scan", ".", "-"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = read_until(ours, b"10 of 11 files")
    assert b"[#" in seen and b"bytes" in seen
    child.stdin.write(HARMLESS)
    child.stdin.close()
    assert read_until(ours, b"never written").endswith(b"\r\x1b[K"), "the bar is wiped away"
    assert child.wait(60) == 0
    ours, theirs = pty.openpty()
    assert subprocess.run([ASSAY, "scan", ".", "--quiet"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs, check=False).returncode == 0
    os.close(theirs)
    with pytest.raises(OSError):
        os.read(ours, 4096)
