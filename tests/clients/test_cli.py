"""The command line as somebody meets it who mistypes: each mistake is named with its value, ends with 2, and leaves nothing behind."""
import json
import os
import pathlib
import socket
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = os.environ.get("ASSAY_BIN", str(ROOT / "build/debug/src/assay"))


def assay(*args, cwd):
    return subprocess.run([ASSAY, *args], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=60)


@pytest.mark.parametrize("line, words", [
    ("sacn x", "assay: there is no command 'sacn'; see assay --help"),
    ("model", "assay model: say which command"),
    ("model tarin", "assay model: there is no command 'tarin'"),
    ("advisories fetch", "assay advisories: there is no command 'fetch'"),
    ("server --lisen :1", "assay server: unknown option --lisen; see --help"),
    ("server --listen nowhere --data d", "assay server: 'nowhere' is no address to listen on"),
    ("scan --fail-on terrible x", "must be critical, high, medium or low, not 'terrible'"),
    ("model train --data iris --estimator Forrest", "unknown estimator 'Forrest'; the nearest"),
    ("model train --data iris --param n_tree=5", "has no parameter 'n_tree'"),
    ("model train --data iris --param n_estimators", "--param must be NAME=VALUE, not 'n_estimators'"),
    ("model serve m.pkl --port 65536", "--port must be 0 to 65535, not '65536'"),
    ("model serve m.pkl --threads 0", "--threads must be 1 to 64, not '0'"),
    ("advisories import --dta x", "assay advisories import: unknown option --dta; see --help"),
    ("advisories import", "assay advisories import: no file to import"),
    ("advisories update --ecosystem Foo", "ecosystem 'Foo' are not read yet"),
    ("advisories status now", "assay advisories status: unexpected argument 'now'"),
])
def test_a_mistake_is_named(tmp_path, line, words):
    done = assay(*line.split(), cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and done.stdout == ""
    assert list(tmp_path.iterdir()) == [], "nothing is made for a command that was not understood"


@pytest.mark.parametrize("command", ["", "server", "scan", "model", "model train", "model serve", "model predict", "model inspect", "model convert", "advisories", "advisories update",
                                     "advisories import", "advisories status"])
def test_every_command_has_help(tmp_path, command):
    done = assay(*command.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0 and "usage: assay " + command in done.stdout and done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 150


def test_version(tmp_path):
    done = assay("--version", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("assay ")


def test_a_taken_address_is_named_with_the_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = assay("server", "--data", "d", "--listen", address, cwd=tmp_path)
    assert done.returncode == 3
    assert f"cannot listen on '{address}': Address already in use; give another address with --listen" in done.stderr


def test_nothing_to_judge_is_no_success(tmp_path):
    (tmp_path / "empty").mkdir()
    done = assay("scan", "empty", cwd=tmp_path)
    assert done.returncode == 3 and "there is no file in 'empty', so nothing was judged" in done.stderr
    done = assay("scan", "--json", "empty", cwd=tmp_path)  # who reads documents gets one
    assert done.returncode == 3 and json.loads(done.stdout)["targets"] == []
    done = assay("scan", "-", cwd=tmp_path)  # `docker save nothing | assay scan -`
    assert done.returncode == 3 and "nothing came on standard input" in done.stdout
    assert assay("scan", "-", "--fail-on", "high", cwd=tmp_path).returncode == 1


def test_what_is_no_model_is_not_served(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    done = assay("model", "serve", "notes.txt", "--port", "0", cwd=tmp_path)
    assert done.returncode == 1 and "notes.txt is not served: it is no model of a known format" in done.stderr
