#!/usr/bin/env python3
"""Make every pickle of make_pickles.py, have format_verdict judge it, and compare with expected.json. --bless rewrites that file.

    check_pickles.py FORMAT_VERDICT [--bless]

Besides the exact text, the kinds are checked by themselves: no evil or broken file may be clean, whatever was blessed.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import make_pickles

EXPECTED = pathlib.Path(__file__).with_name("expected.json")


def judge(program, folder):
    files = sorted(str(path) for path in folder.iterdir())
    done = subprocess.run([program, *files], capture_output=True, text=True, timeout=120, check=True)
    rows = (json.loads(line) for line in done.stdout.splitlines())
    return {pathlib.Path(row.pop("path")).name: row for row in rows}


def main():
    cases = make_pickles.build()
    kinds = [name.split(".")[0] for name in cases]
    assert kinds.count("evil") >= 80 and kinds.count("broken") >= 20, "cases were lost"
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for name, (data, _) in cases.items():
            (folder / name).write_bytes(data)
        got = judge(sys.argv[1], folder)

    wrong = []
    for name, (_, verdict) in sorted(cases.items()):
        is_wrong = got[name]["verdict"] != verdict if verdict else got[name]["verdict"] in ("clean", "not_a_model")
        if is_wrong:
            wrong.append(f"{name}: {got[name]['verdict']}, want {verdict or 'anything but clean'}")
    short = {name: {"verdict": row["verdict"], "findings": [f"{f['code']} {f['severity']} {f.get('offset', '-')} {f['title']} | {f.get('call', '')}"
                                                             for f in row["findings"]]} for name, row in sorted(got.items())}
    if "--bless" in sys.argv:
        EXPECTED.write_text(json.dumps(short, indent=1) + "\n")
    else:
        expected = json.loads(EXPECTED.read_text())
        wrong += [f"{name}: now {short.get(name)}, was {expected.get(name)}" for name in sorted(set(short) | set(expected))
                  if short.get(name) != expected.get(name)]
    print("\n".join(wrong) or f"{len(cases)} pickles are judged as expected")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
