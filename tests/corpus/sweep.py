#!/usr/bin/env python3
"""The clean sweep: `assay scan` reads a corpus, and every evil or broken file is not clean, every honest one is.

    sweep.py ASSAY FOLDER ...      files named evil.* and broken.* are hostile, all others honest

Prints what went wrong and the numbers; exits 1 when anything did.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

LOUD = ("high", "critical")


def scan(assay, folder):
    """Path -> target of the scan document. --output, because a document of thousands of files outgrows a pipe's patience."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([assay, "scan", "--quiet", "--json", "--output", out.name, str(folder)], capture_output=True, text=True, timeout=900, check=False)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"sweep: assay scan ended with {done.returncode}: {done.stderr[-500:]}")
        document = json.load(open(out.name))
    return {pathlib.Path(target["path"]).name: target for target in document["targets"]}


def judge(name, target):
    """What is wrong with the answer for a file, or None."""
    kind, verdict = name.split(".")[0], target["verdict"]
    if kind == "evil":
        return None if verdict in ("unsafe", "suspicious", "unparseable") else f"{verdict}, but it is evil"
    if kind == "broken":
        return None if verdict != "clean" else "clean, but it is broken"
    loud = [f["title"] for f in target["findings"] if f["severity"] in LOUD and f["kind"] == "model_threat"]
    if verdict != "clean":
        return f"{verdict}, but it is honest: {[f['title'] for f in target['findings']][:2]}"
    return f"clean, with {loud[:2]}" if loud else None


def main():
    assay, folders = sys.argv[1], [pathlib.Path(place) for place in sys.argv[2:]]
    wrong, counts = [], {}
    for folder in folders:
        targets = scan(assay, folder)
        for path in sorted(folder.iterdir()):
            kind = path.name.split(".")[0] if path.name.startswith(("evil.", "broken.")) else "honest"
            counts[kind] = counts.get(kind, 0) + 1
            trouble = judge(path.name, targets[path.name]) if path.name in targets else "not in the scan document"
            if trouble:
                wrong.append(f"{path}: {trouble}")
    print("\n".join(wrong))
    print(f"{', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))}: {len(wrong)} judged wrongly")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
