#!/usr/bin/env python3
"""POST /predict: the tutorial's FastAPI + scikit-learn app beside `assay model serve`, the same model, one run.

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


def load(url, seconds, connections, script):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url],
                         check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"errors from {url}:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), re.search(r"99%\s+(\S+)", out)[1]


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
            for turn in range(args.turns):
                for name in servers:
                    servers["assay" if name == "fastapi" else "fastapi"].send_signal(signal.SIGSTOP)
                    results[name].append(load(urls[name], args.seconds, args.connections, script))
                    servers["assay" if name == "fastapi" else "fastapi"].send_signal(signal.SIGCONT)
        finally:
            for server in servers.values():
                server.send_signal(signal.SIGCONT)
                server.terminate()
                server.wait()
    medians = {name: statistics.median(rate for rate, _ in runs) for name, runs in results.items()}
    print(f"POST /predict, iris forest of 100 trees, {args.connections} connections, median of {args.turns} turns of {args.seconds} s")
    for name, runs in results.items():
        print(f"  {name:8} {medians[name]:10.0f} requests/s   p99 {', '.join(p99 for _, p99 in runs)}")
    print(f"  ratio    {medians['assay'] / medians['fastapi']:10.1f} x")


if __name__ == "__main__":
    main()
