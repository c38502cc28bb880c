#!/usr/bin/env python3
"""The server's own figures: start, idle memory, small requests a second, and large uploads and downloads beside what the machine allows.

Ratios are what counts: absolute times differ between machines and hours. The peers run in the same minute on the same disk: `openssl dgst
-sha256` for the hash and dd with fsync for the disk. BENCH_BYTES (2 GiB) sets the size of the transfer.
"""
import base64
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("ASSAY_BIN", ROOT / "build/assay"))
SIZE = int(os.environ.get("BENCH_BYTES", 2 << 30))
PASSWORD = "bench-password-1"
AUTHORIZATION = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
failures = []


def report(name, value, limit=None, unit=""):
    ok = limit is None or value <= limit
    if not ok:
        failures.append(name)
    print(f"{name:<46} {value:>10.2f} {unit:<6}" + ("" if limit is None else f" limit {limit:g}  {'ok' if ok else 'MISSED'}"), flush=True)


class Server:
    def __init__(self, folder):
        self.port = free_port()
        command = [str(BINARY), "server", "--data", str(folder), "--listen", f"127.0.0.1:{self.port}", "--log", "json"]
        self.log = open(folder.parent / "server.log", "ab")
        started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, "ASSAY_ADMIN_PASSWORD": PASSWORD})
        while not self.answers():
            if self.process.poll() is not None:
                sys.exit(f"the server ended; see {self.log.name}")
            time.sleep(0.0005)
        self.start_ms = (time.monotonic() - started) * 1000

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n")
                return connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def resident_mb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


class Peak:
    """The largest resident memory while something runs."""

    def __init__(self, server):
        self.server, self.value, self.running = server, 0.0, True
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while self.running:
            self.value = max(self.value, self.server.resident_mb())
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.running = False
        self.thread.join()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def timed(command):
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def curl(server, *arguments):
    return timed(["curl", "-sf", "-H", f"Authorization: {AUTHORIZATION}", "-H", "Expect:", *arguments[:-1], f"http://127.0.0.1:{server.port}{arguments[-1]}"])


def small_requests(server, path, threads, connections):
    done = subprocess.run(["wrk", f"-t{threads}", f"-c{connections}", "-d4s", f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=True)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))


def transfers(server, folder):
    payload, copy = folder / "payload", folder / "copy"
    with open(payload, "wb") as out:
        block = os.urandom(1 << 20)
        for number in range(SIZE >> 20):
            out.write(number.to_bytes(8, "little") + block[8:])
    os.sync()

    sha = timed(["openssl", "dgst", "-sha256", str(payload)])
    disk = timed(["dd", f"if={payload}", f"of={copy}", "bs=1M", "conv=fsync"])
    copy.unlink()
    # What must be done: hash every byte and have it on the disk. One after the other is the plain way; side by side the better one.
    os.sync()
    with Peak(server) as peak:
        up = curl(server, "-T", str(payload), "/artifactory/ml-models/bench/payload")
    report("upload: time / (sha256 + disk)", up / (sha + disk), 1.25, "x")
    report("upload: rate", SIZE / up / 1e6, None, "MB/s")
    report("   openssl dgst -sha256", SIZE / sha / 1e6, None, "MB/s")
    report("   dd with fsync", SIZE / disk / 1e6, None, "MB/s")
    report("upload: resident memory at most", peak.value, 40, "MB")

    plain = timed(["cat", str(payload)])
    with Peak(server) as peak:
        down = curl(server, "-o", "/dev/null", "/artifactory/ml-models/bench/payload")
    report("download: rate", SIZE / down / 1e6, None, "MB/s")
    report("   cat of the same file", SIZE / plain / 1e6, None, "MB/s")
    report("download: resident memory at most", peak.value, 40, "MB")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-bench-", dir=os.environ.get("BENCH_DIR")))
    try:
        starts = []
        for number in range(5):
            server = Server(folder / f"start{number}")
            starts.append(server.start_ms)
            time.sleep(0.3)
            idle = server.resident_mb()
            server.stop()
        report("first start to first answer (median of 5)", sorted(starts)[2], 50, "ms")
        server = Server(folder / "start0")
        report("later start to first answer", server.start_ms, 50, "ms")
        report("idle resident memory", idle, 25, "MB")
        if shutil.which("wrk"):
            report("small requests, inline (/healthz, 16 clients)", small_requests(server, "/healthz", 1, 16) / 1000, None, "k/s")
            report("small requests, on a worker (/readyz)", small_requests(server, "/readyz", 1, 16) / 1000, None, "k/s")
        transfers(server, folder)
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(f"missed: {', '.join(failures)}" if failures else 0)


main()
