#!/usr/bin/env python3
"""POST /predict: the tutorial's FastAPI + scikit-learn app beside `assay model serve`, the same model, one run; and what the HTTP layer does for an empty handler.

    bench/predict.py [--seconds N] [--connections N]

Peers are installed into .cache/bench-venv. wrk is the client of both; each server is warmed up first, then measured in turns, so that a noisy machine
is noisy to both. Prints requests/s, latency and the ratio.
"""
import argparse
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".cache" / "bench-venv"
PACKAGES = ["scikit-learn==1.9.0", "joblib", "numpy", "fastapi", "uvicorn"]
APP = ROOT / "examples" / "secure-mlops" / "app.py"
BODY = b'{"features":[5.1,3.5,1.4,0.2]}'
LUA = 'wrk.method="POST"; wrk.body=\'%s\'; wrk.headers["Content-Type"]="application/json"\n' % BODY.decode()


def venv_python():
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def assay_binary():
    named = os.environ.get("ASSAY_BIN")
    found = [pathlib.Path(named)] if named else [ROOT / "build" / kind / "src" / "assay" for kind in ("release", "debug")]
    for path in found:
        if path.exists():
            return path
    sys.exit("build first: make")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"the server of {url} ended with {process.returncode}")
        try:
            request = urllib.request.Request(url, BODY, {"Content-Type": "application/json"})
            return urllib.request.urlopen(request, timeout=5).read()
        except OSError:
            time.sleep(0.05)
    sys.exit(f"no answer from {url}")


def microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def load(url, seconds, connections, script):
    """requests/s, and the 99th percentile of latency in microseconds"""
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *(["-s", script] if script else []), url],
                         check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"errors from {url}:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), microseconds(re.search(r"99%\s+(\S+)", out)[1])


def processes(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [str(pid), *(below for child in children for below in processes(child))]


def memory(pid):
    """Of the supervisor and the serving process: the sum of what is resident, and of its share in pages that several have."""
    def kib(path, key):
        return int(re.search(rf"^{key}:\s+(\d+)", pathlib.Path(path).read_text(), re.M)[1])
    pids = processes(pid)
    return sum(kib(f"/proc/{p}/status", "VmRSS") for p in pids) / 1024, sum(kib(f"/proc/{p}/smaps_rollup", "Pss") for p in pids) / 1024


def first_answer(assay, folder):
    """Milliseconds from starting the program to the first prediction, the admission scan included: the median of eleven."""
    times = []
    for _ in range(11):
        port, started = free_port(), time.perf_counter()
        server = subprocess.Popen([assay, "model", "serve", folder / "model.pkl", "--port", str(port)], cwd=folder, stdout=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as s:
                    s.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
                    if s.recv(1000):
                        break
            except OSError:
                time.sleep(0.0002)
        times.append((time.perf_counter() - started) * 1e3)
        server.terminate()
        server.wait()
    return statistics.median(times)


def stopped(process, how):
    for pid in processes(process.pid):
        os.kill(int(pid), how)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--connections", type=int, default=16)
    options.add_argument("--turns", type=int, default=3)
    args = options.parse_args()
    python, assay = venv_python(), assay_binary()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        script = folder / "post.lua"
        script.write_text(LUA)
        (folder / "app.py").write_bytes(APP.read_bytes())
        subprocess.run([assay, "model", "train", "--data", "iris", "--out", folder / "model.pkl", "--param", "random_state=42"],
                       check=True, stdout=subprocess.DEVNULL)
        ports = {"fastapi": free_port(), "assay": free_port()}
        commands = {
            "fastapi": [python, "-m", "uvicorn", "app:app", "--port", str(ports["fastapi"]), "--log-level", "warning"],
            "assay": [assay, "model", "serve", folder / "model.pkl", "--port", str(ports["assay"])],
        }
        servers = {name: subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) for name, command in commands.items()}
        try:
            urls = {name: f"http://127.0.0.1:{port}/predict" for name, port in ports.items()}
            answers = {name: wait_for(urls[name], servers[name]) for name in servers}
            if answers["fastapi"] != answers["assay"]:
                sys.exit(f"the answers differ: {answers}")
            results = {name: [] for name in servers}
            urls["empty"], scripts = f"http://127.0.0.1:{ports['assay']}/healthz", {"empty": None}
            results["empty"] = []
            for _ in range(args.turns):
                for name, url in urls.items():
                    other = servers["assay" if name == "fastapi" else "fastapi"]
                    stopped(other, signal.SIGSTOP)
                    results[name].append(load(url, args.seconds, args.connections, scripts.get(name, script)))
                    stopped(other, signal.SIGCONT)
            resident, shares = memory(servers["assay"].pid)
        finally:
            for server in servers.values():
                stopped(server, signal.SIGCONT)
                server.terminate()
                server.wait()
        start_ms = first_answer(assay, folder)
    medians = {name: statistics.median(rate for rate, _ in runs) for name, runs in results.items()}
    print(f"POST /predict, iris forest of 100 trees, {args.connections} connections, median of {args.turns} turns of {args.seconds} s")
    p99 = {name: statistics.median(latency for _, latency in runs) for name, runs in results.items()}
    for name, runs in results.items():
        print(f"  {name:8} {medians[name]:10.0f} requests/s   p99 {p99[name] / 1e3:9.3f} ms   ({', '.join(f'{latency / 1e3:.3f}' for _, latency in runs)})")
    print(f"  ratio    {medians['assay'] / medians['fastapi']:10.1f} x           p99 1/{p99['fastapi'] / p99['assay']:.1f}")
    print(f"  of the empty handler (GET /healthz of the same server): {100 * medians['assay'] / medians['empty']:.0f} %")
    print(f"  start to first answer, scan included: {start_ms:.1f} ms; resident {resident:.1f} MiB of two processes, {shares:.1f} MiB with shared pages counted once")


if __name__ == "__main__":
    main()
