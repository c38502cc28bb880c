"""Fifty times kill -9 under parallel uploads: whatever was acknowledged is there afterwards, byte for byte."""

import hashlib
import http.client
import pathlib
import random
import sqlite3
import threading
import time

from own_server import OwnServer

ROUNDS, UPLOADERS = 50, 4
SEED = 20261124


class Load:
    """Uploads from several threads; knows what was acknowledged, and what was sent without an answer."""

    def __init__(self, server, headers, number):
        self.server, self.headers, self.number = server, headers, number
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.acknowledged, self.attempted, self.refused = {}, {}, []
        self.count = 0

    def content(self, choice):
        size = choice.choice((0, 1, 700, 30_000, 200_000, 1_000_000))
        return choice.randbytes(size)

    def upload(self, who):
        choice = random.Random(f"{SEED}-{self.number}-{who}")
        connection, mine = self.server.connect(), 0
        while not self.stopped.is_set():
            mine += 1
            # Every third upload replaces the artifact of an earlier one; only this thread writes there.
            path = f"replaced/{who}" if mine % 3 == 0 else f"round-{self.number}/{who}/{mine}"
            data = self.content(choice)
            sums = {"X-Checksum-Sha256": hashlib.sha256(data).hexdigest()}
            with self.lock:
                self.attempted.setdefault(path, []).append(data)
            try:
                status, _ = self.server.ask("PUT", f"/artifactory/ml-models/{path};round={self.number}", data, {**self.headers, **sums}, connection)
            except (OSError, http.client.HTTPException):
                return
            with self.lock:
                if status != 201:
                    self.refused.append((path, status))
                    return
                self.acknowledged[path] = data
                self.attempted[path] = []
                self.count += 1


def run_round(server, headers, number, choice):
    load = Load(server, headers, number)
    threads = [threading.Thread(target=load.upload, args=(who,)) for who in range(UPLOADERS)]
    for thread in threads:
        thread.start()
    wanted, end = choice.randint(1, 25), time.monotonic() + 20
    while load.count < wanted and time.monotonic() < end and not load.refused:
        time.sleep(0.001)
    time.sleep(choice.random() * 0.01)  # so that the kill meets every step of an upload, not only the one after an answer
    server.kill()
    load.stopped.set()
    for thread in threads:
        thread.join()
    assert not load.refused, load.refused
    return load


def check_store(data):
    """Rows and bytes agree, and the database is whole."""
    with sqlite3.connect(data / "assay.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        for digest, size in db.execute("SELECT sha256, size_bytes FROM blobs"):
            blob = data / "blobs" / digest.hex()[:2] / digest.hex()
            content = blob.read_bytes()
            assert len(content) == size and hashlib.sha256(content).digest() == digest
    for blob in (data / "blobs").glob("*/*"):
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name, "a blob whose bytes are not those of its name"


def test_nothing_acknowledged_is_lost(tmp_path):
    server = OwnServer(tmp_path / "data", tmp_path / "server.log")
    choice = random.Random(SEED)
    acknowledged, possible = {}, {}
    server.start()
    headers = server.token()
    for number in range(ROUNDS):
        if number:
            server.start()
        load = run_round(server, headers, number, choice)
        for path, data in load.acknowledged.items():
            acknowledged[path] = data
            possible[path] = []
        for path, attempts in load.attempted.items():
            possible.setdefault(path, []).extend(attempts)

    server.start()
    try:
        assert len(acknowledged) > ROUNDS
        connection = server.connect()
        for path, data in acknowledged.items():
            status, body = server.ask("GET", f"/artifactory/ml-models/{path}", headers=headers, connection=connection)
            # An upload that was cut off before its answer may have happened or not; half of one may not.
            assert status == 200 and (body == data or body in possible[path]), path
        for path in sorted(set(possible) - set(acknowledged)):
            status, body = server.ask("GET", f"/artifactory/ml-models/{path}", headers=headers, connection=connection)
            assert status == 404 or body in possible[path], path
    finally:
        server.stop()
    check_store(pathlib.Path(tmp_path / "data"))
