"""Servers that a test starts, kills and starts again on one data folder. Everybody else uses the `server` fixture."""

import base64
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time

ASSAY = os.environ.get("ASSAY_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "build" / "debug" / "src" / "assay"))
PASSWORD = "own-server-password"


class OwnServer:
    def __init__(self, data, log):
        self.data, self.log, self.process, self.port = data, log, None, 0

    def start(self):
        port_file = pathlib.Path(self.log).with_suffix(".port")
        port_file.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([ASSAY, "server", "--data", str(self.data), "--listen", "127.0.0.1:0", "--port-file", str(port_file)],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                                            env={**os.environ, "ASSAY_ADMIN_PASSWORD": PASSWORD})
        end = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().strip()):
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}; see {self.log}"
            assert time.monotonic() < end, "the server did not open its port"
            time.sleep(0.005)
        self.port = int(port_file.read_text())

    def kill(self):
        """As the power does to a process; its children die with it or of a closed socket."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(30) == 0

    def connect(self, timeout=30):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, connection=None):
        """(status, body). With no Authorization among the headers: as the administrator, by password."""
        headers = dict(headers or {})
        headers.setdefault("Authorization", "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode())
        connection = connection or self.connect()
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def token(self):
        status, body = self.ask("POST", "/access/api/v1/tokens", "scope=applied-permissions/user")
        assert status == 200, body
        return {"Authorization": "Bearer " + json.loads(body)["access_token"]}
