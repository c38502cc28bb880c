"""What the tests of the running product share: the binary, a fresh server per test, and a Docker engine where there is one.

    def test_ping(server):
        assert server.ask("GET", "/artifactory/api/system/ping").status == 200

A server has its own data folder and a port of the system's choosing, and listens on loopback only. Tests wait for conditions, never for time.
"""

import base64
import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct horse battery staple"
PATIENCE_S = 30


def wait_for(condition, what, seconds=PATIENCE_S):
    """Ask until the answer is true; the value is given back."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.005)


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Server:
    """One `assay server`. After stop() or kill() it may be started again on the same data."""

    def __init__(self, binary, folder, arguments=(), environment=None):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log_file = self.folder / "server.log"
        self.password = self.admin_password = PASSWORD
        self.arguments, self.environment = list(arguments), dict(environment or {})
        self.process, self.port = None, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def command(self, *more):
        return [str(self.binary), "server", "--data", str(self.data), "--listen", "127.0.0.1:0", *self.arguments, *more]

    def clean_environment(self):
        """Nothing of this machine's settings; sanitizers keep theirs."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ASSAY_")}
        return {**kept, "ASSAY_ADMIN_PASSWORD": self.password, **self.environment}

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command("--port-file", str(port_file)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.clean_environment())

        def has_port():
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log_text()}"
            return port_file.exists() and port_file.read_text().strip()

        self.port = int(wait_for(has_port, "the server's port"))
        return self

    def stop(self):
        """As an operator would; the exit code is given back."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def log_text(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def log_events(self, name):
        lines = [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def authorization(self, user="admin", password=None):
        secret = f"{user}:{self.password if password is None else password}"
        return "Basic " + base64.b64encode(secret.encode()).decode()

    def ask(self, method, path, body=None, headers=None, user="admin", password=None, timeout=60):
        """One request on its own connection. user=None asks without credentials. The path is sent as it is."""
        sent = dict(headers or {})
        if user is not None:
            sent.setdefault("Authorization", self.authorization(user, password))
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def raw(self, request):
        """Send these very bytes; everything until the server closes."""
        with self.connect() as connection:
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all was sent: the answer is there already
            got = b""
            while True:
                try:
                    piece = connection.recv(65536)
                except ConnectionResetError:
                    return got
                if not piece:
                    return got
                got += piece


@pytest.fixture(scope="session")
def assay():
    """The binary: $ASSAY_BIN, or the debug build."""
    binary = pathlib.Path(os.environ.get("ASSAY_BIN", ROOT / "build/debug/src/assay"))
    assert binary.exists(), f"{binary} is not built"
    return binary


@pytest.fixture
def make_server(assay, tmp_path):
    """make_server("--anonymous-read", environment={...}): not started yet. All are ended after the test."""
    made = []

    def make(*arguments, environment=None):
        folder = tmp_path / f"server{len(made)}"
        folder.mkdir()
        made.append(Server(assay, folder, arguments, environment))
        return made[-1]

    yield make
    for one in made:
        if one.process and one.process.poll() is None:
            one.stop()


@pytest.fixture
def server(make_server):
    return make_server().start()


@pytest.fixture(scope="session")
def docker_engine():
    """The `docker` command with an engine that answers. A person's machine may lack it; CI may not."""
    docker = shutil.which("docker")
    missing = None if docker else "docker is not installed"
    if docker and subprocess.run([docker, "version"], capture_output=True, check=False, timeout=60).returncode:
        missing = "no Docker engine answers"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return docker
