#!/usr/bin/env python3
"""Write the seeds of fuzz/pickle, fuzz/unpack and fuzz/zip: make_corpus.py FUZZ_CORPUS_FOLDER"""
import bz2
import gzip
import io
import lzma
import pathlib
import sys
import zipfile
import zlib

import make_pickles

SEED_BYTES_MAX = 600


def write(folder, name, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def zips():
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for member, text in (("a/data.pkl", b"\x80\x04N."), ("b.txt", b"hello " * 20)):
                archive.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), text, method)
        yield name, out.getvalue()
        yield name + "_prefix", b"MZ" + out.getvalue()


def main():
    corpus = pathlib.Path(sys.argv[1])
    for name, (data, _) in make_pickles.build().items():
        if len(data) <= SEED_BYTES_MAX:
            write(corpus / "pickle", name, data)
    plain = b"some text, " * 10
    packed = {"gzip": gzip.compress(plain, mtime=0), "gzip_two": gzip.compress(plain, mtime=0) * 2, "zlib": zlib.compress(plain),
              "bzip2": bz2.compress(plain), "xz": lzma.compress(plain), "lzma": lzma.compress(plain, lzma.FORMAT_ALONE),
              # Written once by the zstd and lz4 tools: the standard library has neither.
              "zstd": bytes.fromhex("28b52ffd045885000050736f6d6520746578742001004d0a127922cb22"),
              "lz4": bytes.fromhex("04224d186440a713000000aa736f6d652074657874200a0050207465787400000000cab0cc7c")}
    for name, data in packed.items():
        write(corpus / "unpack", name, data)
    for name, data in zips():
        write(corpus / "zip", name, data)


if __name__ == "__main__":
    main()
