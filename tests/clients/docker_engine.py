"""A Docker engine of our own for the tests: dockerd on a socket and with folders below a temporary one.

It needs root and the package docker.io. Without them the tests that want an engine are skipped, except in CI, where they fail: an engine that nobody
noticed to be missing tests nothing.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

START_SECONDS = 60


class DockerEngine:
    """`docker` of the command line, with its own socket and its own store of credentials."""

    def __init__(self, folder, socket):
        self.folder, self.socket = folder, socket
        self.config = folder / "client"
        self.config.mkdir()

    def __call__(self, *arguments, stdin=None, check=True):
        """Run docker; the answer has stdout, stderr (as bytes only when stdin is bytes) and returncode."""
        done = subprocess.run(["docker", "--config", str(self.config), "--host", f"unix://{self.socket}", *arguments], input=stdin,
                              capture_output=True, check=False, timeout=180)
        done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(arguments[:3])}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def import_files(self, reference, tar):
        """An image of one layer from the bytes of a tar, without any network."""
        return self("import", "-", reference, stdin=tar).stdout.strip()

    def repo_digests(self, reference):
        return [name.split("@")[1] for name in json.loads(self("image", "inspect", reference).stdout)[0]["RepoDigests"]]


def missing():
    if os.geteuid() != 0:
        return "a Docker engine needs root"
    if not shutil.which("dockerd") or not shutil.which("docker"):
        return "the package docker.io is not installed"
    return None


def start_engine():
    """(engine, stop). Fails with the end of the engine's log when it does not come up."""
    # The path of a socket may have 107 bytes, so the folder is a short one.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-dk-"))
    socket = folder / "sock"
    log = open(folder / "log", "wb")
    daemon = subprocess.Popen(["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--pidfile",
                               str(folder / "pid"), "--host", f"unix://{socket}", "--storage-driver", "vfs", "--iptables=false",
                               "--bridge=none"], stdout=log, stderr=log, start_new_session=True)

    def stop():
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(timeout=30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)

    engine = DockerEngine(folder, socket)
    until = time.monotonic() + START_SECONDS
    while engine("info", check=False).returncode:
        if daemon.poll() is not None or time.monotonic() > until:
            text = (folder / "log").read_text(errors="replace")[-3000:]
            stop()
            raise AssertionError(f"dockerd does not start:\n{text}")
        time.sleep(0.1)
    return engine, stop


@pytest.fixture(scope="session")
def docker_engine():
    reason = missing()
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    engine, stop = start_engine()
    yield engine
    stop()
