"""A disk that is full: uploads are refused with 507, everything else goes on, nothing acknowledged is lost."""

import json
import os
import subprocess

import pytest
from own_server import OwnServer

DISK_BYTES, PIECE_BYTES = 32 * 1024 * 1024, 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_refuses_and_recovers(small_disk, tmp_path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (8 * 1024 * 1024))
    server = OwnServer(small_disk / "data", tmp_path / "server.log")
    server.start()
    try:
        headers = server.token()
        stored, refused = {}, []
        for number in range(60):
            data = os.urandom(PIECE_BYTES)
            status, body = server.ask("PUT", f"/artifactory/ml-models/full/{number}", data, headers)
            assert status in (201, 507), (status, body)
            if status == 201:
                stored[number] = data
            else:
                refused.append(number)
                assert json.loads(body)["errors"][0]["status"] == 507
            if len(refused) == 5:
                break
        assert len(refused) == 5 and len(stored) > 5

        # Refused pieces left nothing behind, and readers are served as before.
        assert os.listdir(small_disk / "data" / "spool") == []
        assert server.ask("GET", "/artifactory/api/system/ping")[0] == 200
        for number in refused:
            assert server.ask("GET", f"/artifactory/ml-models/full/{number}", headers=headers)[0] == 404
        for number, data in stored.items():
            assert server.ask("GET", f"/artifactory/ml-models/full/{number}", headers=headers) == (200, data)

        ballast.unlink()
        data = os.urandom(PIECE_BYTES)
        assert server.ask("PUT", "/artifactory/ml-models/full/again", data, headers)[0] == 201
        server.kill()
        server.start()
        assert server.ask("GET", "/artifactory/ml-models/full/again", headers=headers) == (200, data)
        for number, data in stored.items():
            assert server.ask("GET", f"/artifactory/ml-models/full/{number}", headers=headers) == (200, data)
    finally:
        server.stop()
