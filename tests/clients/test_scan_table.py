"""What `assay scan` shows to people: the verdict first, the worst first, and with --explain what loading would do."""

import os
import pathlib
import subprocess
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))
EVIL = b"cposix\nsystem\n(S'true'\ntR."
HARMLESS = b"\x80\x04]\x94(K\x01K\x02e."
ODD = b"cfoo.bar\nBaz\n."
BROKEN = b"\x80\x04\x8c\x05ab"
PLANTED = b"\x80\x02}X\x01\x00\x00\x00acposix\nsystem\nX\x04\x00\x00\x00true\x85Rs0" + EVIL


def table(folder, *args):
    done = subprocess.run([ASSAY, "scan", *map(str, args)], cwd=folder, capture_output=True, check=False, timeout=60)
    return done.stdout.decode()


def test_the_worst_comes_first(tmp_path):
    for name, content in {"a.pkl": HARMLESS, "b.pkl": ODD, "c.pkl": BROKEN, "d.pkl": EVIL, "e.txt": b"x"}.items():
        (tmp_path / name).write_bytes(content)
    lines = table(tmp_path, ".").splitlines()
    assert lines[0] == "UNSAFE  5 files: 1 clean, 1 suspicious, 1 unsafe, 1 unparseable, 1 no model"
    heads = [line for line in lines[1:] if line.split(" ")[0] in ("UNSAFE", "UNPARSEABLE", "SUSPICIOUS", "clean")]
    assert [line.split()[1] for line in heads] == ["./d.pkl", "./c.pkl", "./b.pkl", "./a.pkl"]


def test_clean_files_do_not_hide_the_others(tmp_path):
    for i in range(100):
        (tmp_path / f"{i:03}.pkl").write_bytes(EVIL if i == 99 else HARMLESS)
    lines = table(tmp_path, ".").splitlines()
    assert lines[0].startswith("UNSAFE  100 files: 99 clean, 1 unsafe") and lines[2].startswith("UNSAFE  ./099.pkl")
    assert len(lines) < 40 and "... and 79 more clean files" in lines


def test_explain_marks_the_dangerous_call_at_its_place(tmp_path):
    (tmp_path / "m.pkl").write_bytes(EVIL)
    shown = table(tmp_path, "m.pkl", "--explain")
    at = EVIL.index(b"R.")
    assert f"    {hex(at):10} >> posix.system('true')   # MDL-PKL-001 critical" in shown
    assert ">>" not in table(tmp_path, "m.pkl").replace("; >>", "")


def test_explain_names_the_member_and_what_is_no_call(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as z:
        z.writestr("m/data.pkl", PLANTED)
        z.writestr("m/version", "3\n")
    shown = table(tmp_path, "m.pt", "--explain")
    assert f"    m/data.pkl:{hex(PLANTED.index(b'Rs0'))} >> posix.system('true')   # MDL-PKL-001 critical" in shown
    (tmp_path / "odd.pkl").write_bytes(ODD)
    assert "# MDL-PKL-005 medium" in table(tmp_path, "odd.pkl", "--explain")
    (tmp_path / "ok.pkl").write_bytes(HARMLESS)
    assert "loading it calls nothing" in table(tmp_path, "ok.pkl", "--explain")


def test_explain_folds_what_repeats(tmp_path):
    (tmp_path / "m.pkl").write_bytes(b"(" + b"ccollections\nOrderedDict\n)R" * 30 + b"l.")
    lines = [line for line in table(tmp_path, "m.pkl", "--explain").splitlines() if "OrderedDict()" in line]
    assert len(lines) == 1 and lines[0].endswith("(30 times)")
