"""The server as a process: start, health, counters, refusals of hostile requests, and its end."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

import pytest
from conftest import wait_for


def run(command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=60, **options)


# --- start ------------------------------------------------------------------------------------------------------------


def test_help_tells_everything(assay):
    done = run([assay, "server", "--help"])
    assert done.returncode == 0
    for word in ("--data", "--listen", "--port-file", "--config", "--log", "ASSAY_ADMIN_PASSWORD", "ASSAY_LISTEN", "example:", "./data"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments, words", [
    (["--nonsense"], "unknown option --nonsense"),
    (["extra"], "unknown argument 'extra'"),
    (["--log", "xml"], "neither json nor text"),
    (["--config", "/nowhere/assay.conf"], "/nowhere/assay.conf"),
])
def test_usage_errors_say_what_is_wrong(assay, tmp_path, arguments, words):
    done = run([assay, "server", "--data", tmp_path / "data", *arguments])
    assert done.returncode == 2 and words in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("listen, words, code", [("127.0.0.1", "ADDRESS:PORT", 2), ("192.0.2.1:0", "192.0.2.1:0", 3), ("127.0.0.1:x", "ADDRESS:PORT", 2)])
def test_bad_addresses_are_refused(assay, tmp_path, listen, words, code):
    done = run([assay, "server", "--data", tmp_path / "data", "--listen", listen])
    assert done.returncode == code and words in done.stderr
    assert code == 3 or not (tmp_path / "data").exists(), "nothing is made for an address that cannot be meant"


def test_flag_wins_over_environment_over_file(make_server, tmp_path):
    config = tmp_path / "assay.conf"
    config.write_text("# a comment\nlisten = 192.0.2.1:1   # unusable\n\nlog = text\nanonymous_read = true\n")
    server = make_server("--config", str(config), environment={"ASSAY_LOG": "json"}).start()
    assert server.ask("GET", "/healthz").status == 200  # --listen won over the file
    assert server.log_events("server.started")  # the environment's json won over the file's text
    assert server.ask("PUT", "/artifactory/ml-models/a", b"1").status == 201
    assert server.ask("GET", "/artifactory/ml-models/a", user=None).status == 200  # the file's anonymous_read counts


@pytest.mark.parametrize("line, words", [("listen 8082", ":2: a line is 'key = value'"), ("colour = blue", ":2: there is no setting 'colour'"),
                                         ("anonymous_read = maybe", ":2: anonymous_read is 'maybe'")])
def test_errors_of_the_file_name_the_line(assay, tmp_path, line, words):
    config = tmp_path / "assay.conf"
    config.write_text("# first\n" + line + "\n")
    done = run([assay, "server", "--data", tmp_path / "data", "--config", config])
    assert done.returncode == 2 and words in done.stderr


def test_second_server_is_refused(server, assay):
    done = run(server.command(), env=server.clean_environment())
    assert done.returncode == 3
    assert str(server.data) in done.stderr and str(server.process.pid) in done.stderr and "--data" in done.stderr
    assert server.ask("GET", "/healthz").status == 200


def test_first_start_prints_a_password_once(make_server):
    server = make_server(environment={"ASSAY_ADMIN_PASSWORD": ""}).start()
    box = wait_for(lambda: server.log_text() if "password  " in server.log_text() else None, "the password")
    password = box.split("password  ")[1].split()[0]
    assert len(password) >= 16
    assert server.ask("GET", "/artifactory/api/repositories", password=password).status == 200
    assert server.ask("GET", "/artifactory/api/repositories", password=password + "x").status == 401
    server.stop()
    server.start()
    assert server.log_text().count(password) == 1
    assert server.ask("GET", "/artifactory/api/repositories", password=password).status == 200


def test_first_start_with_a_chosen_password_says_so_and_does_not_print_it(make_server):
    server = make_server(environment={"ASSAY_ADMIN_PASSWORD": "chosen-by-the-operator"}).start()
    wait_for(lambda: "the password of ASSAY_ADMIN_PASSWORD" in server.log_text(), "the word about the first administrator")
    assert "chosen-by-the-operator" not in server.log_text()
    assert server.ask("GET", "/artifactory/api/repositories", password="chosen-by-the-operator").status == 200


def test_data_folder_is_private(server):
    assert server.data.stat().st_mode & 0o077 == 0


# --- health and counters ----------------------------------------------------------------------------------------------


def test_health_and_readiness(server):
    assert server.ask("GET", "/healthz", user=None).json() == {"status": "alive"}
    assert server.ask("GET", "/readyz", user=None).json() == {"status": "ready"}
    assert server.ask("HEAD", "/healthz", user=None).body == b""


def test_not_ready_when_the_disk_cannot_be_written(server):
    (server.data / "ready.probe").mkdir()  # root may write everywhere, but not over a folder
    answer = server.ask("GET", "/readyz", user=None)
    assert answer.status == 503 and "ready.probe" in answer.json()["error"]["message"] and answer.headers["Retry-After"]
    assert server.ask("GET", "/healthz", user=None).status == 200


def samples(server):
    answer = server.ask("GET", "/metrics", user=None)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_metrics_count_requests(server):
    for _ in range(3):
        server.ask("GET", "/healthz", user=None)
    server.ask("GET", "/no/such/place", user=None)
    server.ask("PUT", "/artifactory/ml-models/m/a.bin", b"x" * 1000)
    labels = '{route="/healthz",method="GET",status="200"}'
    wait_for(lambda: samples(server).get("assay_http_requests_total" + labels) == 3, "three requests counted")
    found = samples(server)
    assert found["assay_http_request_duration_seconds_count" + labels] == 3
    assert found['assay_http_request_duration_seconds_bucket{route="/healthz",method="GET",status="200",le="+Inf"}'] == 3
    assert found['assay_http_requests_total{route="none",method="GET",status="404"}'] == 1
    assert found['assay_http_received_bytes_total{route="/artifactory/{repo}/{path...}",method="PUT",status="201"}'] == 1000
    assert found["process_resident_memory_bytes"] > 1e6 and found["assay_http_requests_in_flight"] >= 1
    assert found["assay_http_workers"] > 0 and found["process_start_time_seconds"] > 1.7e9
    for name in ("assay_http_uploads_in_flight", "assay_http_worker_queue_length", "assay_scans_queued", "assay_scans_running"):
        assert name in found
    assert any(name.startswith("assay_build_info{version=") for name in found)


def test_access_log_has_the_request(server):
    server.ask("PUT", "/artifactory/ml-models/log/a.bin", b"12345", headers={"X-Request-Id": "trace-1"})
    line = wait_for(lambda: [e for e in server.log_events("http.request") if e["id"] == "trace-1"], "the line")[0]
    assert (line["method"], line["status"], line["who"], line["received_bytes"]) == ("PUT", 201, "admin", 5)
    assert line["path"] == "/artifactory/ml-models/log/a.bin" and line["duration_us"] > 0 and line["peer"] == "127.0.0.1"
    assert server.password not in server.log_text() and server.authorization()[6:] not in server.log_text()


# --- refusals ---------------------------------------------------------------------------------------------------------

CLOSE = b" HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
HOSTILE = {
    "two lengths": (b"POST /ui/api/session" + CLOSE + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "length and coding": (b"POST /ui/api/session" + CLOSE + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "unknown coding": (b"POST /ui/api/session" + CLOSE + b"Transfer-Encoding: gzip\r\n\r\n{}", 501),
    "blank before the colon": (b"POST /ui/api/session" + CLOSE + b"Content-Length : 2\r\n\r\n{}", 400),
    "folded line": (b"GET /healthz" + CLOSE + b"X: a\r\n b\r\n\r\n", 400),
    "NUL in the path": (b"GET /healthz\0x" + CLOSE + b"\r\n", 400),
    "encoded NUL": (b"GET /healthz%00" + CLOSE + b"\r\n", 400),
    "not UTF-8": (b"GET /artifactory/ml-models/%ff" + CLOSE + b"\r\n", 400),
    "encoded slash": (b"GET /artifactory/ml-models/a%2Fb" + CLOSE + b"\r\n", 400),
    "dots": (b"GET /artifactory/../etc/passwd" + CLOSE + b"\r\n", 400),
    "encoded dots": (b"GET /artifactory/ml-models/%2e%2e/%2e%2e/etc/passwd" + CLOSE + b"\r\n", 400),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    "4-KB name": (b"GET /artifactory/ml-models/" + b"a" * 4096 + CLOSE + b"\r\n", 414),
    "huge head": (b"GET /healthz" + CLOSE + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_heads_are_refused(server, name):
    request, status = HOSTILE[name]
    answer = server.raw(request)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert server.ask("GET", "/healthz", user=None).status == 200


def test_errors_are_worded_by_their_surface(server):
    assert server.ask("GET", "/artifactory/no-such-repo/x").json()["errors"][0]["status"] == 404
    assert server.ask("GET", "/nowhere", user=None).json()["error"]["code"] == "ERR_NOT_FOUND"
    wrong = server.ask("POST", "/healthz", b"", user=None)
    assert wrong.status == 405 and wrong.headers["Allow"] == "GET, HEAD"
    assert wrong.json()["error"]["request_id"] == wrong.headers["X-Request-Id"]


def test_refused_upload_is_told_while_it_is_sent(server):
    """Without Expect a client sends on; it must still read the status instead of a reset connection."""
    answer = server.ask("PUT", "/artifactory/ml-models/big", b"x" * 20_000_000, user=None)
    assert answer.status == 401 and answer.headers["Connection"] == "close"


def test_refused_upload_is_never_told_to_continue(server):
    head = b"PUT /artifactory/ml-models/big HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n"
    answer = server.raw(head)
    assert answer.startswith(b"HTTP/1.1 401 ") and b"100 Continue" not in answer


def test_broken_off_upload_leaves_nothing(server):
    head = f"PUT /artifactory/ml-models/half HTTP/1.1\r\nHost: t\r\nAuthorization: {server.authorization()}\r\nContent-Length: 5000000\r\n\r\n"
    spool = server.data / "spool"
    with server.connect() as connection:
        connection.sendall(head.encode() + b"x" * 3_000_000)
        wait_for(lambda: list(spool.iterdir()), "the upload's file")
    wait_for(lambda: not list(spool.iterdir()), "the upload's file to go")
    assert server.ask("GET", "/artifactory/ml-models/half").status == 404


# --- the end ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_when_asked(server, number):
    with server.connect():  # an idle connection does not hold it up
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
    assert server.log_events("server.stopped")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


def test_upload_under_way_is_finished_before_the_end(server):
    head = f"PUT /artifactory/ml-models/late HTTP/1.1\r\nHost: t\r\nAuthorization: {server.authorization()}\r\nContent-Length: 1000000\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head.encode() + b"x" * 999_999)
        wait_for(lambda: list((server.data / "spool").iterdir()), "the upload to be open")
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: server.log_events("server.stopping"), "the server to begin its end")
        connection.sendall(b"x")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 201 ") and b"Connection: close" in answer
    assert server.process.wait(20) == 0
    server.start()
    assert server.ask("GET", "/artifactory/ml-models/late").body == b"x" * 1_000_000


def test_second_signal_ends_it_at_once(server):
    head = f"PUT /artifactory/ml-models/never HTTP/1.1\r\nHost: t\r\nAuthorization: {server.authorization()}\r\nContent-Length: 1000000\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head.encode() + b"x")
        wait_for(lambda: list((server.data / "spool").iterdir()), "the upload to be open")
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: server.log_events("server.stopping"), "the server to begin its end")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == -signal.SIGTERM


def test_killed_server_frees_its_folder(server):
    server.kill()
    server.start()
    assert server.ask("GET", "/readyz", user=None).status == 200


def test_many_clients_at_once(server):
    """Uploads and downloads side by side: every acknowledged byte is there."""
    failures = []

    def work(number):
        for turn in range(5):
            path, body = f"/artifactory/ml-models/many/{number}-{turn}", os.urandom(200_000)
            put = server.ask("PUT", path, body)
            if put.status != 201 or server.ask("GET", path).body != body:
                failures.append((number, turn, put.status, json.dumps(put.text)[:200]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_idle_server_is_small(server):
    if any(word in str(pathlib.Path(server.binary).resolve()) for word in ("asan", "tsan")):
        pytest.skip("a sanitizer's shadow memory is not ours")
    assert server.resident_bytes() < 25e6
