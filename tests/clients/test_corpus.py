"""The clean sweep over the corpus: nothing hostile is clean, and nothing that real libraries write is anything else."""
import os
import pathlib
import re
import subprocess
import sys


CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus"
ASSAY = os.environ.get("ASSAY_BIN", CORPUS.parent.parent / "build/debug/src/assay")
FAMILIES = "python numpy joblib sklearn sklearn_models scipy pandas xgboost lightgbm onnx safetensors gguf hdf5 skops".split()


def run(*command):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout.splitlines()[-1]


def test_no_hostile_file_is_clean(tmp_path):
    made = run(CORPUS / "hostile.py", tmp_path)
    evil, broken = map(int, re.match(r"(\d+) evil and (\d+) broken", made).groups())
    assert evil >= 300 and broken >= 60, made
    assert run(CORPUS / "sweep.py", ASSAY, tmp_path).endswith(": 0 judged wrongly")


def test_every_file_of_real_libraries_is_clean(tmp_path):
    """The libraries are those of tests/requirements.txt; scripts/corpus does the same with older and heavier ones."""
    made = run(CORPUS / "benign.py", tmp_path, *FAMILIES)
    assert int(made.split()[0]) >= 500, made
    assert run(CORPUS / "sweep.py", ASSAY, tmp_path).endswith(": 0 judged wrongly")
