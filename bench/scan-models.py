#!/usr/bin/env python3
"""Model scanning: picklescan, modelscan and fickling from the package index beside `assay scan`, the same files, one run.

    bench/scan-models.py [--ops N] [--files N] [--gigabytes N] [--timeout S]

Three races (a pickle of seven million opcodes, a folder of 600 small models, a PyTorch archive of 10 GB whose tensors are holes) and a table of what each
tool says of the corpus (tests/corpus). Peers are installed into .cache/bench-scan. Wall time, CPU time and peak memory of whole processes; the fastest
of three for what is short. A peer that is not done after --timeout seconds counts as that long, which is kind to it. Nothing is ever loaded.
"""
import argparse
import json
import os
import pathlib
import pickle
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".cache/bench-scan"
PACKAGES = ["picklescan==1.0.5", "modelscan==0.8.8", "fickling==0.1.12", "typing_extensions", "numpy", "scikit-learn", "joblib", "pandas", "safetensors", "onnx"]
PEERS = ["picklescan", "modelscan", "fickling"]
COMMANDS = {"picklescan": ["picklescan", "-p"], "modelscan": ["modelscan", "-p"], "fickling": ["fickling", "--check-safety"]}
sys.path.insert(0, str(ROOT / "tests/corpus"))


def assay_binary():
    named = os.environ.get("ASSAY_BIN")
    for path in [pathlib.Path(named)] if named else [ROOT / "build" / kind / "src/assay" for kind in ("release", "debug")]:
        if path.exists():
            return str(path)
    sys.exit("build first: make")


def venv():
    if not (VENV / "bin/fickling").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "-q", *PACKAGES], check=True)


# Runs a command and tells its time and memory. A process of its own, because a child starts with the memory peak of who forked it.
MEASURE = """
import json, os, signal, subprocess, sys, time
limit, start = float(sys.argv[1]), time.monotonic()
with open(os.devnull, "w") as nothing:
    process = subprocess.Popen(sys.argv[2:], stdout=nothing, stderr=nothing)
signal.signal(signal.SIGALRM, lambda *_: process.kill())
signal.setitimer(signal.ITIMER_REAL, limit)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.WIFSIGNALED(status)]))
"""


def run(command, timeout, stdin=None):
    """Seconds of wall, CPU seconds and peak kilobytes of one process; no seconds of wall when it was not done in time."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(timeout), *map(str, command)], input=stdin or "", capture_output=True, text=True, check=True)
    wall, cpu, peak, killed = json.loads(done.stdout)
    return None if killed else wall, cpu, peak


def best(command, timeout, times, stdin=None):
    found = [run(command, timeout, stdin) for _ in range(times)]
    return min(found, key=lambda one: one[0] or float("inf"))


def show(name, result, assay, timeout):
    wall, cpu, peak = result
    ratio = (wall or timeout) / assay[0]
    late = "" if wall else f" (stopped after {timeout} s)"
    print(f"  {name:<24} {wall or timeout:9.3f} s   {cpu:8.3f} s CPU   {peak / 1024:7.0f} MB   {ratio:8.1f}x{late}", flush=True)
    return ratio


def goal(text, reached):
    print(f"  {'met   ' if reached else 'MISSED'} {text}")
    return reached


# --- the races --------------------------------------------------------------------------------------------------------------------------

def many_opcodes(assay, place, options):
    rows = [{"name": f"k{i}", "value": float(i), "flag": i % 2 == 0} for i in range(options.ops // 12)]
    path = place / "many.pkl"
    path.write_bytes(pickle.dumps(rows, 4))
    print(f"\nA pickle of about {options.ops / 1e6:.0f} million opcodes ({path.stat().st_size >> 20} MB)")
    ours = best([assay, "scan", "--quiet", path], options.timeout, 3)
    show("assay scan", ours, ours, options.timeout)
    ratios = [show(name, best([VENV / "bin" / COMMANDS[name][0], *COMMANDS[name][1:], path], options.timeout, 1), ours, options.timeout) for name in PEERS]
    return goal("at least 20x the fastest", min(ratios) >= 20)


def small_models(assay, place, options):
    """Two readings of "a folder of small models", both printed: each tool reads all files in one process, and each tool is started for each file."""
    folder = place / "small"
    subprocess.run([VENV / "bin/python", ROOT / "tests/corpus/benign.py", folder, "sklearn", "pandas", "numpy", "scipy"], check=False, stdout=subprocess.DEVNULL)
    files = sorted(path for path in folder.iterdir() if path.stat().st_size < 200_000)[:options.files]
    for path in set(folder.iterdir()) - set(files):
        path.unlink()
    listed = "\n".join(map(str, files))
    print(f"\nA folder of {len(files)} small models: one process for all of them")
    ours = best([assay, "scan", "--quiet", folder], options.timeout, 5)
    show("assay scan FOLDER", ours, ours, options.timeout)
    show("  with --json", best([assay, "scan", "--quiet", "--json", folder], options.timeout, 3), ours, options.timeout)
    at_once = {name: show(f"{name}, all files", best([VENV / "bin/python", ROOT / "bench/scan_models/peer.py", name], options.timeout, 3, listed), ours, options.timeout)
               for name in PEERS}
    print("  and one process for each file, as hooks and pipelines call them (20 files, per file)")
    per_file = (ours[0] / len(files), ours[1] / len(files), ours[2])
    show("assay scan FOLDER / n", per_file, per_file, options.timeout)
    each = {}
    for name in ("assay", *PEERS):
        command = [assay, "scan", "--quiet"] if name == "assay" else [VENV / "bin" / COMMANDS[name][0], *COMMANDS[name][1:]]
        singles = [run([*command, path], options.timeout) for path in files[:20]]
        mean = (sum(one[0] or options.timeout for one in singles) / len(singles), sum(one[1] for one in singles) / len(singles), max(one[2] for one in singles))
        each[name] = show(name, mean, per_file, options.timeout)
    del each["assay"]
    for name, ratio in at_once.items():
        goal(f"at least 50x {name} in one process ({ratio:.0f}x)", ratio >= 50)
    return goal("at least 50x the fastest that is started for each file", min(each.values()) >= 50)


def zeros_crc(count):
    block, crc = bytes(1 << 24), 0
    while count:
        take = min(count, len(block))
        crc = zlib.crc32(block[:take], crc)
        count -= take
    return crc


def sparse_archive(path, total):
    """A state dict of ten float tensors, as torch.save lays it out with ZIP64; the numbers are holes of the file."""
    size, directory, members = total // 10 // 64 * 64, b"", 0
    count, crc = size // 4, zeros_crc(size // 64 * 64)
    text = lambda value: b"X" + struct.pack("<I", len(value)) + value.encode()
    main = b"\x80\x02}("
    for i in range(10):
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(i)) + text("cpu") + b"\x8a\x08" + struct.pack("<q", count) + b"tQ"
        main += text(f"layer{i}.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0\x8a\x08" + struct.pack("<q", count) + b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    with open(path, "wb") as file:
        holes = [(f"archive/data/{i}", None) for i in range(10)]
        for name, data in [("archive/data.pkl", main + b"u."), ("archive/byteorder", b"little"), *holes, ("archive/version", b"3\n")]:
            at, length = file.tell(), size if data is None else len(data)
            sum_ = crc if data is None else zlib.crc32(data)
            raw = name.encode()
            file.write(struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 33, sum_, 2**32 - 1, 2**32 - 1, len(raw), 20) + raw + struct.pack("<HHQQ", 1, 16, length, length))
            file.write(data) if data is not None else file.seek(length, os.SEEK_CUR)
            directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 0, 0, 33, sum_, 2**32 - 1, 2**32 - 1, len(raw), 28, 0, 0, 0, 0, 2**32 - 1) + raw + struct.pack("<HHQQQ", 1, 24, length, length, at)
            members += 1
        at = file.tell()
        file.write(directory)
        end = file.tell()
        file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, members, members, len(directory), at) + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
                   + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0))


def large_archive(assay, place, options):
    path = place / "large.pt"
    sparse_archive(path, options.gigabytes * 10**9)
    print(f"\nA PyTorch archive of {options.gigabytes} GB (sparse)")
    ours = best([assay, "scan", "--quiet", path], options.timeout, 3)
    show("assay scan", ours, ours, options.timeout)
    document = best([assay, "scan", "--quiet", "--json", path], options.timeout, 3)
    show("assay scan --json", document, ours, options.timeout)
    show("assay scan --json --hash", best([assay, "scan", "--quiet", "--json", "--hash", path], options.timeout, 1), ours, options.timeout)
    for name in ("picklescan", "modelscan"):
        show(name, best([VENV / "bin" / COMMANDS[name][0], *COMMANDS[name][1:], path], options.timeout, 1), ours, options.timeout)
    path.unlink()
    return goal("under 2 s, also as a document", max(ours[0], document[0]) < 2) & goal("under 64 MB", max(ours[2], document[2]) < 64 * 1024)


# --- who finds what ---------------------------------------------------------------------------------------------------------------------

def detection(assay, place, options):
    import hostile
    import sweep
    folder = place / "corpus"
    folder.mkdir()
    for name, data in hostile.build().items():
        (folder / name).write_bytes(data)
    subprocess.run([VENV / "bin/python", ROOT / "tests/corpus/benign.py", folder, "sklearn", "sklearn_models", "numpy", "joblib", "pandas", "scipy", "onnx", "safetensors"], check=False, stdout=subprocess.DEVNULL)
    paths = sorted(folder.iterdir())
    kind_of = lambda name: name.split(".")[0] if name.startswith(("evil.", "broken.")) else "honest"
    totals = {kind: sum(kind_of(path.name) == kind for path in paths) for kind in ("evil", "broken", "honest")}
    print(f"\nThe corpus: {totals['evil']} evil, {totals['broken']} broken and {totals['honest']} honest files")
    answers = {"assay": {name: "clean" if target["verdict"] in ("clean", "not_a_model") else "error" if target["verdict"] == "unparseable" else "flagged"
                         for name, target in sweep.scan(assay, folder).items()}}
    listed = "\n".join(map(str, paths))
    for name in PEERS:
        done = subprocess.run([VENV / "bin/python", ROOT / "bench/scan_models/peer.py", name], input=listed, capture_output=True, text=True, timeout=options.timeout * 4, check=False)
        answers[name] = {pathlib.Path(path).name: answer for path, answer in map(json.loads, done.stdout.splitlines())}
    print(f"  {'':<12} {'evil: found':>12} {'not read':>10} {'missed':>8}   {'broken: passed':>15}   {'honest: blamed':>15} {'not read':>10}")
    for name, said in answers.items():
        count = lambda kind, answer: sum(said.get(path.name, "error") == answer for path in paths if kind_of(path.name) == kind)
        print(f"  {name:<12} {count('evil', 'flagged'):>12} {count('evil', 'error'):>10} {count('evil', 'clean'):>8}   {count('broken', 'clean'):>15}   "
              f"{count('honest', 'flagged'):>15} {count('honest', 'error'):>10}")
    ours = answers["assay"]
    missed = [path.name for path in paths if kind_of(path.name) == "evil" and ours.get(path.name) == "clean"]
    blamed = [path.name for path in paths if kind_of(path.name) == "honest" and ours.get(path.name) != "clean"]
    return goal(f"nothing missed, nobody blamed {missed[:3] + blamed[:3] or ''}", not missed and not blamed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=int, default=7_000_000)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--gigabytes", type=int, default=10)
    parser.add_argument("--timeout", type=int, default=120)
    options = parser.parse_args()
    assay = assay_binary()
    venv()
    with tempfile.TemporaryDirectory() as place:
        results = [race(assay, pathlib.Path(place), options) for race in (many_opcodes, small_models, large_archive, detection)]
    sys.exit(not all(results))


main()
