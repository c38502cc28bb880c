#!/usr/bin/env python3
"""Assembles archives by hand: honest ones, ones that hide something, broken ones. Nothing is ever loaded or unpacked.

    make_nests.py            writes fuzz/corpus/archive/<verdict>.<code>.<what>.<suffix>

The name says what Assay has to answer, as in make_formats.py. tests/unit/scan/test_nests.c checks it.
"""
import bz2
import gzip
import io
import lzma
import pathlib
import struct
import tarfile
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = {}

EVIL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."  # posix.system('true')
GOOD = b"\x80\x04]\x94(K\x01K\x02e."  # [1, 2]
TEXT = b"nothing to see here\n"


def add(verdict, code, what, content, suffix):
    name = f"{verdict}.{code}.{what}.{suffix}"
    assert name not in SAMPLES, name
    SAMPLES[name] = content


# --- zip, written field by field ------------------------------------------------------------------------------------------------------------

class Member:
    """A member of a ZIP; `local` holds what its local header says otherwise, listed=False hides it from the directory."""

    def __init__(self, name, data, method=0, flags=0, listed=True, local=None, packed=None, made_by=20, attributes=0, central=None):
        self.name, self.data, self.method, self.flags, self.listed = name.encode(), data, method, flags, listed
        self.packed = packed if packed is not None else deflate(data) if method == 8 else data
        self.crc, self.local, self.central = zlib.crc32(data), local or {}, central or {}
        self.made_by, self.attributes = made_by, attributes

    def fields(self, changes):
        return {"flags": self.flags, "method": self.method, "crc": self.crc, "packed": len(self.packed), "size": len(self.data), "name": self.name} | changes

    def local_header(self):
        f = self.fields(self.local)
        return struct.pack("<IHHHIIIIHH", 0x04034B50, 20, f["flags"], f["method"], 0x21, f["crc"], f["packed"], f["size"], len(f["name"]), 0) + f["name"]

    def central_header(self, at):
        f = self.fields(self.central)
        return struct.pack("<IHHHHIIIIHHHHHII", 0x02014B50, self.made_by, 20, f["flags"], f["method"], 0x21, f["crc"], f["packed"], f["size"], len(f["name"]), 0, 0, 0, 0,
                           self.attributes, at) + f["name"]


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zipped(*members, gap=b"", comment=b"", comment_bytes=None, tail=b"", base=0, end64=None, slack=b"", count32=None):
    out, directory, count = b"", b"", 0
    for i, m in enumerate(members):
        at = len(out) + base
        out += m.local_header() + m.packed + (gap if i == 0 else b"")
        if m.listed:
            directory += m.central_header(at)
            count += 1
    where = len(out) + base
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count if count32 is None else count32, len(directory + slack), where, len(comment) if comment_bytes is None else comment_bytes) + comment
    if end64 is not None:
        fields = {"count": count, "bytes": len(directory), "at": where} | end64
        record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, fields["count"], fields["count"], fields["bytes"], fields["at"])
        end = record + struct.pack("<IIQI", 0x07064B50, 0, where + len(directory), 1) + end
    return out + directory + slack + end + tail


def tarred(members, mode="w", kind=None, link=""):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.USTAR_FORMAT) as tar:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            if kind:
                info.type, info.linkname, info.size = kind, link, 0
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def tar_of(*entries):
    """A tar of (path, content) and (path, kind, link): names as they are, twice if they stand twice."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, *rest in entries:
            info = tarfile.TarInfo(path)
            if len(rest) == 2:
                info.type, info.linkname = rest
            else:
                info.size = len(rest[0])
            tar.addfile(info, io.BytesIO(rest[0] if len(rest) == 1 else b""))
    return out.getvalue()


def tar_gz(members, **more):
    return gzip.compress(tarred(members, **more), mtime=0)


# --- 7z --------------------------------------------------------------------------------------------------------------------------------------

def number(n):
    """The variable-length numbers of 7z."""
    for extra in range(8):
        if n < 1 << (7 * (extra + 1)):
            first = (0xFF << (8 - extra)) & 0xFF | n >> (8 * extra)
            return bytes([first]) + (n & ((1 << (8 * extra)) - 1)).to_bytes(extra, "little")
    return b"\xff" + n.to_bytes(8, "little")


LZMA1 = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}
LZMA2 = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}
X86 = {"id": lzma.FILTER_X86}


def coder(identifier, properties=b""):
    flags = len(identifier) | (0x20 if properties else 0)
    return bytes([flags]) + identifier + (number(len(properties)) + properties if properties else b"")


def pack_lzma1(data):
    return lzma.compress(data, lzma.FORMAT_RAW, filters=[LZMA1]), [coder(b"\3\1\1", b"\x5d" + struct.pack("<I", 1 << 16))]


def pack_lzma2(data):
    return lzma.compress(data, lzma.FORMAT_RAW, filters=[LZMA2]), [coder(b"\x21", b"\x08")]


def pack_bcj(data):
    return lzma.compress(data, lzma.FORMAT_RAW, filters=[X86, LZMA1]), [coder(b"\3\3\1\3"), coder(b"\3\1\1", b"\x5d" + struct.pack("<I", 1 << 16))]


def pack_reversed(data):
    """As py7zr lists its coders: the one that reads the archive first."""
    packed, coders = pack_bcj(data)
    return packed, coders[::-1], [(1, 0)]


PACKERS = {"copy": lambda data: (data, [coder(b"\0")]), "lzma": pack_lzma1, "lzma2": pack_lzma2, "bcj": pack_bcj, "reversed": pack_reversed, "deflate": lambda data: (deflate(data), [coder(b"\4\1\x08")]),
           "bzip2": lambda data: (bz2.compress(data), [coder(b"\4\2\2")]), "aes": lambda data: (data, [coder(b"\6\xf1\7\1", b"\x13\0")]),
           "ppmd": lambda data: (data, [coder(b"\3\4\1", b"\6\0\0\1\0")])}


def streams(folders, at=0, with_files=True):
    """StreamsInfo of folders [(packed, coders, [file, ...])]."""
    out = b"\6" + number(at) + number(len(folders)) + b"\x09" + b"".join(number(len(packed)) for packed, *_ in folders) + b"\0"
    out += b"\7\x0b" + number(len(folders)) + b"\0"
    for _, coders, _, *pairs in folders:
        pairs = pairs[0] if pairs else [(i, i + 1) for i in range(len(coders) - 1)]
        out += number(len(coders)) + b"".join(coders) + b"".join(number(i) + number(o) for i, o in pairs)
    out += b"\x0c" + b"".join(number(sum(map(len, files))) * len(coders) for _, coders, files, *_ in folders)
    if not with_files:
        return out + b"\x0a\1" + struct.pack("<I", zlib.crc32(folders[0][2][0])) + b"\0\0"
    out += b"\0\x08\x0d" + b"".join(number(len(files)) for _, _, files, *_ in folders)
    if any(len(files) > 1 for _, _, files, *_ in folders):
        out += b"\x09" + b"".join(number(len(f)) for _, _, files, *_ in folders for f in files[:-1])
    return out + b"\x0a\1" + b"".join(struct.pack("<I", zlib.crc32(f)) for _, _, files, *_ in folders for f in files) + b"\0\0"


def seven(groups, packer="lzma2", encode=False, gap=b"", tail=b"", crc_error=0):
    """groups: [{name: content}], a folder each; empty content is an empty file."""
    packed_all, folders, names = b"", [], []
    for group in groups:
        packed, coders, *pairs = PACKERS[packer](b"".join(group.values()))
        packed_all += packed
        folders.append((packed, coders, list(group.values()), *pairs))
        names += group
    header = b"\1\4" + streams(folders) + b"\5" + number(len(names))
    text = b"\0" + b"".join(name.encode("utf-16-le") + b"\0\0" for name in names)
    header += b"\x11" + number(len(text)) + text + b"\0\0"
    body = packed_all + gap
    if encode:
        packed, coders = pack_lzma1(header)
        encoded = b"\x17" + streams([(packed, coders, [header])], at=len(body), with_files=False)
        body, header = body + packed, encoded
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header) ^ crc_error)
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + body + header + tail


# --- samples ---------------------------------------------------------------------------------------------------------------------------------

def make_nests():
    evil_tar = tarred({"b.pkl": EVIL})
    add("not_a_model", "none", "text", zipped(Member("readme", TEXT, 8)), "zip")
    add("clean", "none", "model", zipped(Member("m.pkl", GOOD, 8)), "zip")
    add("clean", "none", "tar_gz_in_zip", zipped(Member("a.tar.gz", tar_gz({"b.pkl": GOOD}))), "zip")
    add("unsafe", "MDL-PKL-001", "tar_gz_in_zip", zipped(Member("a.tar.gz", gzip.compress(evil_tar, mtime=0))), "zip")
    add("unsafe", "MDL-PKL-001", "tar_bz2_in_tar", tarred({"a.tar.bz2": bz2.compress(evil_tar)}), "tar")
    add("unsafe", "MDL-PKL-001", "tar_xz_in_zip", zipped(Member("a.tar.xz", lzma.compress(evil_tar))), "zip")
    add("unsafe", "MDL-PKL-001", "zip_in_tar_gz_in_zip", zipped(Member("x", tar_gz({"y": zipped(Member("z", EVIL, 8))}), 8)), "zip")
    add("unsafe", "MDL-PKL-001", "zip_gz", gzip.compress(zipped(Member("z", EVIL)), mtime=0), "gz")
    add("unsafe", "MDL-PKL-001", "seven_in_zip", zipped(Member("a.7z", seven([{"b": EVIL}]))), "zip")
    add("unsafe", "MDL-PKL-001", "zip_in_seven", seven([{"a.zip": zipped(Member("b", EVIL, 8))}]), "7z")
    add("unsafe", "MDL-PKL-001", "behind_packed", gzip.compress(TEXT, mtime=0) + EVIL, "gz")
    add("unsafe", "MDL-PKL-001", "behind_tar", evil_tar.replace(EVIL, GOOD.ljust(len(EVIL), b"\0")) + EVIL, "tar")
    add("unsafe", "MDL-PKL-001", "behind_tar_in_gz", gzip.compress(tarred({"a": TEXT}) + EVIL, mtime=0), "tgz")
    deep = zipped(Member("m.pkl", GOOD))
    for _ in range(9):
        deep = zipped(Member("a.zip", deep))
    add("unparseable", "scan_incomplete", "too_deep", deep, "zip")
    add("unparseable", "scan_incomplete", "bomb", bz2.compress(bytes(80 << 20)), "bz2")
    add("unparseable", "scan_incomplete", "bomb_in_zip", zipped(Member("data", bz2.compress(bytes(80 << 20)))), "zip")
    add("unparseable", "scan_incomplete", "rar", b"Rar!\x1a\x07\x01\0" + bytes(40), "rar")
    add("unparseable", "scan_incomplete", "rar_in_zip", zipped(Member("data", b"Rar!\x1a\x07\x01\0" + bytes(40))), "zip")
    add("unparseable", "scan_incomplete", "tar_cut", gzip.compress(tarred({"a": bytes(4000)})[:2000], mtime=0), "tgz")
    add("unparseable", "scan_incomplete", "gz_cut_in_zip", zipped(Member("m.npy.gz", gzip.compress(bytes(range(256)) * 9, mtime=0)[:-40])), "zip")


def make_zips():
    note, secret = Member("readme", TEXT), Member("notes.txt", EVIL)
    add("unsafe", "MDL-PKL-001", "hidden_member", zipped(note, Member("notes.txt", EVIL, listed=False), note), "zip")
    add("unsafe", "MDL-ZIP-003", "hidden_text", zipped(note, Member("notes.txt", TEXT, listed=False)), "zip")
    add("unsafe", "MDL-PKL-001", "hidden_deflated", zipped(note, Member("notes.txt", EVIL, 8, listed=False)), "zip")
    streamed = {"flags": 8, "crc": 0, "packed": 0, "size": 0}
    add("unsafe", "MDL-PKL-001", "hidden_streamed", zipped(note, Member("notes.txt", EVIL, 8, flags=8, listed=False, local=streamed)), "zip")
    add("unsafe", "MDL-PKL-001", "gap", zipped(note, gap=EVIL), "zip")
    add("unsafe", "MDL-PKL-001", "comment", zipped(note, comment=EVIL), "zip")
    add("unsafe", "MDL-REP-004", "llamafile", b"MZqFpD" + bytes(90) + zipped(Member("m.pkl", GOOD)), "zip")
    add("unsafe", "MDL-REP-004", "script_in_front", b"#!/bin/sh\nexec x\n" + zipped(Member("m.pkl", GOOD)), "zip")
    add("suspicious", "MDL-ZIP-006", "text_in_front", TEXT + zipped(Member("m.pkl", GOOD)), "zip")
    add("unsafe", "MDL-PKL-001", "in_front", EVIL + zipped(note, base=0), "zip")
    add("unsafe", "MDL-PKL-001", "in_front_counted", EVIL + zipped(note, base=len(EVIL)), "zip")
    add("unsafe", "MDL-PKL-001", "behind", zipped(note, tail=EVIL), "zip")
    add("unsafe", "MDL-PKL-001", "in_directory", zipped(note, slack=EVIL), "zip")
    add("unsafe", "MDL-PKL-001", "two_archives", zipped(secret) + zipped(note), "zip")
    add("unsafe", "MDL-PKL-001", "archive_in_comment", zipped(note, comment=zipped(secret)), "zip")
    # Python takes the last end record whatever its comment's length, others the one whose comment fits.
    front = secret.local_header() + secret.packed
    other = secret.central_header(0)
    second = other + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(other), len(front), 99)
    add("unsafe", "MDL-PKL-001", "end_in_comment", front + zipped(note, base=len(front), comment=second), "zip")
    add("unsafe", "MDL-ZIP-001", "two_ends", zipped(note, tail=zipped()), "zip")
    add("unsafe", "MDL-ZIP-001", "other_64", zipped(note, Member("b", TEXT), end64={}, count32=1), "zip")
    add("not_a_model", "none", "same_64", zipped(note, Member("b", TEXT), end64={}), "zip")
    add("unsafe", "MDL-PKL-001", "other_method", zipped(Member("a", deflate(EVIL), 0, local={"method": 8, "size": len(EVIL), "crc": zlib.crc32(EVIL)})), "zip")
    long = Member("a", TEXT + EVIL, local={"packed": len(TEXT), "size": len(TEXT), "crc": zlib.crc32(TEXT)})
    add("unsafe", "MDL-PKL-001", "shorter_local", zipped(long), "zip")
    add("unsafe", "MDL-ZIP-001", "two_names", zipped(Member("m.pkl", GOOD, local={"name": b"m.txt"})), "zip")
    add("unsafe", "MDL-PKL-001", "two_names_evil", zipped(Member("a.txt", EVIL, local={"name": b"b.txt"})), "zip")
    add("unsafe", "MDL-PKL-001", "twice_first", zipped(Member("a", EVIL), Member("a", GOOD)), "zip")
    add("unsafe", "MDL-PKL-001", "twice_last", zipped(Member("a", GOOD), Member("a", EVIL)), "zip")
    add("unsafe", "MDL-ZIP-002", "twice", zipped(Member("a.pkl", GOOD), Member("a.pkl", GOOD)), "zip")
    add("unsafe", "MDL-PKL-001", "wrong_checksum", zipped(Member("a", EVIL, local={"crc": 1}, central={"crc": 1})), "zip")
    add("unsafe", "MDL-PKL-001", "false_lock", zipped(Member("a", EVIL, 8, flags=1)), "zip")
    add("unsafe", "MDL-ZIP-005", "false_lock_good", zipped(Member("m.pkl", GOOD, flags=1)), "zip")
    add("unparseable", "scan_incomplete", "locked", zipped(Member("a", GOOD, flags=1, packed=bytes(range(200, 200 + 12 + len(GOOD))))), "zip")
    add("unparseable", "scan_incomplete", "locked_strong", zipped(Member("a", GOOD, flags=0x41, packed=bytes(range(100, 116)))), "zip")
    add("suspicious", "MDL-ZIP-005", "patched_flag", zipped(Member("m.pkl", GOOD, flags=0x20)), "zip")
    add("unsafe", "MDL-PKL-001", "patched_flag_evil", zipped(Member("m.pkl", EVIL, flags=0x20)), "zip")
    add("unparseable", "scan_incomplete", "method_unknown", zipped(Member("m.pkl", GOOD, 99)), "zip")
    add("unsafe", "MDL-ZIP-007", "path", zipped(Member("../m.pkl", GOOD)), "zip")
    add("unsafe", "MDL-ZIP-007", "path_windows", zipped(Member("..\\m.pkl", GOOD)), "zip")
    add("unsafe", "MDL-ZIP-007", "link", zipped(Member("m.pkl", b"/etc/passwd", made_by=3 << 8 | 20, attributes=0o120777 << 16)), "zip")
    add("unsafe", "MDL-ZIP-001", "no_local", zipped(Member("m.pkl", GOOD)).replace(b"PK\3\4", b"PK\3\5", 1), "zip")
    add("unsafe", "MDL-ZIP-001", "overlap", zipped(Member("m.pkl", GOOD, central={"packed": len(GOOD) + 20, "size": len(GOOD) + 20}), Member("n.pkl", GOOD)), "zip")
    add("unsafe", "MDL-PKL-001", "slack", zipped(Member("m.pkl", GOOD, 8, packed=deflate(GOOD) + Member("n", EVIL).local_header() + EVIL, local={"packed": len(deflate(GOOD))})), "zip")
    add("unparseable", "scan_incomplete", "cut", zipped(note, Member("m.pkl", GOOD))[:-30], "zip")
    for head, magic in {"pdf": b"%PDF-1.7\n", "png": b"\x89PNG\r\n\x1a\n", "elf": b"\x7fELF\2\1\1" + bytes(9), "script": b"#!/bin/sh\nexit\n"}.items():
        add("unsafe", "MDL-PKL-001", f"behind_{head}", magic + zipped(Member("m.pkl", EVIL)), "zip")


def make_sevens():
    for packer in ("copy", "lzma", "lzma2", "deflate", "bzip2", "bcj", "reversed"):
        add("unsafe", "MDL-PKL-001", f"seven_{packer}", seven([{"a.txt": TEXT, "b": EVIL}], packer), "7z")
    add("clean", "none", "seven_model", seven([{"m.pkl": GOOD}], encode=True), "7z")
    add("unsafe", "MDL-PKL-001", "seven_encoded", seven([{"a": TEXT}, {"b": EVIL}], "lzma", encode=True), "7z")
    add("suspicious", "MDL-7Z-001", "seven_as_torch", seven([{"a": TEXT}]), "pt")
    add("unsafe", "MDL-PKL-001", "seven_as_torch_evil", seven([{"data.pkl": EVIL}], "lzma", encode=True), "pt")
    add("unsafe", "MDL-PKL-001", "seven_broken_pickle", seven([{"data.pkl": EVIL[:-1] + b"0\xfe"}], encode=True), "pt")
    add("unsafe", "MDL-PKL-001", "seven_gap", seven([{"a": TEXT}], gap=EVIL), "7z")
    add("unsafe", "MDL-PKL-001", "seven_behind", seven([{"a": TEXT}], encode=True, tail=EVIL), "7z")
    add("unparseable", "MDL-7Z-003", "seven_aes", seven([{"a": EVIL}], "aes"), "7z")
    add("unparseable", "scan_incomplete", "seven_ppmd", seven([{"a": EVIL}], "ppmd"), "7z")
    add("unparseable", "scan_incomplete", "seven_header_crc", seven([{"a": TEXT}], crc_error=1), "7z")
    add("unparseable", "scan_incomplete", "seven_cut", seven([{"a": TEXT}])[:-9], "7z")
    add("unparseable", "scan_incomplete", "seven_file_crc", seven([{"a": TEXT}], "copy").replace(TEXT, TEXT.upper()), "7z")


# --- PyTorch's first form ---------------------------------------------------------------------------------------------------------------------

def pickled(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


def whole(n):
    return b"J" + struct.pack("<i", n)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def named(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def torch_tar(obj=None, kind=("torch", "FloatStorage"), elements=6, data=None, tensor=("torch", "FloatTensor"), views=pickled(b"]"), info=None, more=None):
    storages = pickled(whole(1)) + pickled(whole(1), text("cpu"), named(*kind), b"\x87") + struct.pack("<q", elements) + (bytes(24) if data is None else data) + views
    tensors = pickled(whole(1)) + pickled(whole(7), whole(1), named(*tensor), b"\x87") + struct.pack("<iiqqqqq", 2, 0, 2, 3, 3, 1, 0)
    obj = pickled(named("collections", "OrderedDict"), b")R(", text("w"), text("7") + b"Qu") if obj is None else obj
    info = pickled(b"}(", text("protocol_version"), whole(1000), text("little_endian"), b"\x88u") if info is None else info
    return tarred({"sys_info": info, "pickle": obj, "storages": storages, "tensors": tensors} | (more or {}))


def make_tar_names():
    """Names that lead out, links, devices: a way to have a loader read or an unpacker write elsewhere, where models are; as usual in a packed system as files."""
    good = ("m.pkl", GOOD)
    odd = {
        "up": ("MDL-TAR-001", ("../x", TEXT)), "absolute": ("MDL-TAR-001", ("/etc/x", TEXT)), "backslash": ("MDL-TAR-001", ("..\\x", TEXT)), "drive": ("MDL-TAR-001", ("C:/x", TEXT)),
        "twice": ("MDL-TAR-001", good), "symlink": ("MDL-TAR-002", ("l", tarfile.SYMTYPE, "/etc/passwd")), "symlink_up": ("MDL-TAR-002", ("a/l", tarfile.SYMTYPE, "../../x")),
        "hardlink": ("MDL-TAR-002", ("l", tarfile.LNKTYPE, "../x")), "device": ("MDL-TAR-002", ("d", tarfile.CHRTYPE, "")), "pipe": ("MDL-TAR-002", ("d", tarfile.FIFOTYPE, ""))}
    for what, (code, entry) in odd.items():
        add("unsafe", code, f"tar_{what}", tar_of(good, entry), "tar")
        add("unsafe", code, f"tar_{what}_nemo", tar_of(("model_config.yaml", CONFIG), good, entry), "nemo")
        if what in ("up", "symlink"):
            add("unsafe", code, f"tar_{what}_in_model", zipped(Member("a/data.pkl", GOOD), Member("a/version", b"3\n"), Member("a/x", tar_of(good, entry))), "pt")
    add("unsafe", "MDL-TAR-001", "tar_through", tar_of(("d", tarfile.SYMTYPE, "e"), ("d/m.pkl", GOOD)), "tar")
    add("unsafe", "MDL-TAR-001", "tar_over_link", tar_of(("m.pkl", tarfile.SYMTYPE, "x"), good), "tar")
    add("unsafe", "MDL-TAR-002", "tar_packed", gzip.compress(tar_of(good, odd["symlink"][1]), mtime=0), "tar.gz")
    add("unsafe", "MDL-TAR-001", "torch_tar_up", torch_tar(more={"../x": TEXT}), "pt")
    add("unsafe", "MDL-ZIP-007", "path_beside", zipped(Member("m.pkl", GOOD), Member("../x", TEXT)), "zip")
    add("clean", "none", "tar_link_within", tar_of(good, ("a/l", tarfile.SYMTYPE, "../m.pkl"), ("b", tarfile.LNKTYPE, "m.pkl")), "tar")
    add("clean", "none", "tar_system", tar_of(("usr/lib/python3/site-packages/x/m.pkl", GOOD), ("bin", tarfile.SYMTYPE, "/usr/bin"), ("dev/null", tarfile.CHRTYPE, "")), "tar")
    add("not_a_model", "none", "tar_no_model", tar_of(("readme", TEXT), ("l", tarfile.SYMTYPE, "/etc/passwd")), "tar")


def make_torch_tars():
    add("suspicious", "MDL-TOR-002", "torch_tar", torch_tar(), "pt")
    add("suspicious", "MDL-TOR-002", "torch_tar_plain_name", torch_tar(), "bin")
    add("unsafe", "MDL-TOR-002", "torch_tar_object", torch_tar(obj=EVIL), "pt")
    add("unsafe", "MDL-PKL-001", "torch_tar_info", torch_tar(info=EVIL), "pt")
    add("unsafe", "MDL-PKL-001", "torch_tar_views", torch_tar(views=EVIL), "pt")
    add("unsafe", "MDL-PKL-005", "torch_tar_class", torch_tar(kind=("posix", "system")), "pt")
    add("unsafe", "MDL-PKL-005", "torch_tar_tensor", torch_tar(tensor=("os", "system")), "pt")
    add("unsafe", "MDL-PKL-001", "torch_tar_behind", torch_tar(obj=pickled(b"}") + EVIL), "pt")
    add("unsafe", "MDL-PKL-001", "torch_tar_member", torch_tar(more={"notes": EVIL}), "pt")
    add("unsafe", "MDL-PKL-016", "torch_tar_id", torch_tar(obj=pickled(b"](", whole(1), b"eQ")), "pt")
    add("unparseable", "MDL-TOR-006", "torch_tar_short", torch_tar(elements=1 << 40), "pt")
    add("unparseable", "MDL-TOR-006", "torch_tar_count", torch_tar().replace(pickled(whole(1)), pickled(whole(9)), 1), "pt")


# --- joblib before 0.10 -----------------------------------------------------------------------------------------------------------------------

def z_file(data, length=None, blanks=19):
    return b"ZF" + hex(len(data) if length is None else length).encode().ljust(blanks) + zlib.compress(data)


def make_z_files():
    add("clean", "none", "z_file", z_file(GOOD), "pkl")
    add("clean", "none", "z_file_python2", z_file(GOOD, blanks=20), "pkl")
    add("unsafe", "MDL-PKL-001", "z_file", z_file(EVIL), "pkl")
    add("unsafe", "MDL-PKL-001", "z_file_no_name", z_file(EVIL), "gz")
    add("unparseable", "MDL-CMP-002", "z_file_length", z_file(GOOD, length=5), "pkl")
    add("unparseable", "MDL-CMP-002", "z_file_cut", z_file(GOOD)[:-5], "pkl")
    add("suspicious", "MDL-CMP-001", "z_file_behind", z_file(GOOD) + bytes(3), "pkl")


# --- R ----------------------------------------------------------------------------------------------------------------------------------------

def r_int(*numbers):
    return b"".join(struct.pack(">i", n) for n in numbers)


def r_chars(value):
    return r_int(9 | 1 << 18, len(value)) + value.encode()


def r_symbol(value):
    return r_int(1) + r_chars(value)


def r_text(value):
    return r_int(16, 1) + r_chars(value)


R_NIL, R_UNBOUND, R_GLOBAL = r_int(254), r_int(252), r_int(253)


def r_call(name, *arguments):
    return r_int(6) + r_symbol(name) + b"".join(r_int(2) + a for a in arguments) + R_NIL


def r_promise(expression, value=R_UNBOUND):
    return r_int(5 | 1 << 10) + R_GLOBAL + value + expression


def r_pairs(**values):
    return b"".join(r_int(2 | 1 << 10) + r_symbol(name) + value for name, value in values.items()) + R_NIL


def rds(item, version=3, magic=b"X\n"):
    head = magic + r_int(version, 0x040202, 0x030500)
    return head + (r_int(5) + b"UTF-8" if version == 3 else b"") + item


R_SAMPLES = {}


def make_rdata():
    def put(verdict, code, what, content, suffix="rds"):
        R_SAMPLES[f"{verdict}.{code}.{what}.{suffix}"] = content
    numbers = r_int(14, 2) + struct.pack(">dd", 1.5, 2)
    put("clean", "none", "numbers", rds(numbers))
    put("clean", "none", "gzip", gzip.compress(rds(numbers), mtime=0))
    put("clean", "none", "bzip2", bz2.compress(rds(numbers, version=2)))
    put("clean", "none", "xz", lzma.compress(rds(numbers)))
    put("clean", "none", "workspace", gzip.compress(b"RDX3\n" + rds(r_pairs(x=numbers, y=r_text("hello"))), mtime=0), "rda")
    put("clean", "none", "ascii", b"A\n3\n262658\n197888\n5\nUTF-8\n19\n3\n14\n2\n1.5\nNA\n16\n1\n262153\n5\na\\040b\\n\\134\n13\n2\n-3\nNA\n")
    put("clean", "none", "model", rds(r_int(19 | 1 << 9 | 1 << 8, 2) + numbers + r_call("lm", r_symbol("formula")) + r_pairs(names=r_text("call"), **{"class": r_text("lm")})))
    def other_form(name, package, kind, state):
        info = b"".join(r_int(2) + item for item in (r_symbol(name), r_symbol(package), r_int(13, 1, kind))) + R_NIL
        return rds(r_int(238) + info + state + R_NIL)
    put("clean", "none", "sequence", other_form("compact_intseq", "base", 13, r_int(14, 3) + struct.pack(">ddd", 10, 1, 1)))
    put("clean", "none", "wrapped", other_form("wrap_real", "base", 14, r_int(2) + numbers + r_int(2) + r_int(13, 2, 0, 0) + R_NIL))
    put("unsafe", "MDL-R-002", "mapped_file", other_form("mmap_real", "base", 14, r_int(2) + r_text("/etc/passwd") + R_NIL))
    put("suspicious", "MDL-R-002", "foreign_vector", other_form("my_numbers", "mypackage", 14, numbers))
    put("clean", "none", "forced_promise", rds(r_promise(r_call("mean", r_symbol("x")), value=numbers)))
    put("clean", "none", "promise_of_symbol", rds(r_promise(r_symbol("x"))))
    put("clean", "none", "environment", rds(r_int(4, 0) + R_GLOBAL + r_pairs(a=numbers) + R_NIL + R_NIL))
    put("clean", "none", "reference", rds(r_int(19, 2) + r_symbol("x") + r_int(1 << 8 | 255)))
    put("unsafe", "MDL-R-001", "promise", rds(r_promise(r_call("system", r_text("id")))))
    put("unsafe", "MDL-R-001", "promise_gzip", gzip.compress(rds(r_promise(r_call("system", r_text("id")))), mtime=0))
    put("unsafe", "MDL-R-001", "promise_no_suffix", rds(r_promise(r_call("eval", r_text("id")))), "bin")
    put("unsafe", "MDL-R-001", "promise_in_list", rds(r_int(19, 2) + numbers + r_promise(r_call("print", r_text("id")))))
    put("unsafe", "MDL-R-001", "promise_in_workspace", b"RDX2\n" + rds(r_pairs(x=r_promise(r_call("system", r_text("id")))), version=2), "rda")
    put("unsafe", "MDL-R-001", "promise_in_attribute", rds(r_int(13 | 1 << 9, 1, 7) + r_pairs(comment=r_promise(r_call("f")))))
    put("unsafe", "MDL-R-001", "promise_in_environment", rds(r_int(4, 0) + R_GLOBAL + r_pairs(a=r_promise(r_call("system", r_text("id")))) + R_NIL + R_NIL))
    put("unsafe", "MDL-R-001", "promise_before_damage", rds(r_int(19, 2) + r_promise(r_call("system", r_text("id"))))[:-2])
    put("unsafe", "MDL-R-001", "promise_ascii", b"A\n2\n262658\n131840\n1029\n253\n252\n6\n1\n262153\n6\nsystem\n2\n16\n1\n262153\n2\nid\n254\n")
    put("unsafe", "MDL-PKL-001", "pickle_behind", rds(numbers) + EVIL)
    put("suspicious", "MDL-R-002", "closure", rds(r_int(3 | 1 << 10) + R_GLOBAL + R_NIL + r_symbol("x")))
    put("suspicious", "MDL-R-002", "active_binding", rds(r_int(4, 0) + R_GLOBAL + r_int(2 | 1 << 10 | 1 << 27) + r_symbol("a") + numbers + R_NIL + R_NIL + R_NIL))
    put("suspicious", "MDL-R-002", "call_kept", rds(r_call("system", r_text("id"))))
    put("suspicious", "MDL-R-002", "persistent", rds(r_int(247, 0, 1) + r_chars("a")))
    put("suspicious", "MDL-PKL-013", "behind", rds(numbers) + b"\1\2\3")
    put("unparseable", "MDL-R-003", "cut", rds(numbers)[:-3])
    put("unparseable", "MDL-R-003", "type", rds(r_int(60)))
    put("unparseable", "MDL-R-003", "reference_nowhere", rds(r_int(5 << 8 | 255)))
    put("unparseable", "MDL-R-003", "length_negative", rds(r_int(13, -5)))
    put("unparseable", "MDL-R-003", "length_huge", rds(r_int(14, 0x7FFFFFFF)))
    put("unparseable", "MDL-R-003", "version", rds(numbers, version=2)[:2] + r_int(3, 0x040202, 0x030500, -1) + numbers)
    put("unparseable", "MDL-CMP-002", "gzip_cut", gzip.compress(rds(numbers), mtime=0)[:-6])
    put("unparseable", "MDL-REP-006", "no_r", b"nothing of the kind")


# --- NeMo and TorchServe ----------------------------------------------------------------------------------------------------------------------

CONFIG = b"""sample_rate: 16000
preprocessor:
  _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
  features: 80
optim: {name: adam, _target_: torch.optim.Adam}
target: nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE
labels: [a, b, "os.system"]
note: "_target_: posix.system"
threshold: {target: 0.5}
"""


def nemo(config, **more):
    return tarred({"./model_config.yaml": config, "./weights.pkl": GOOD} | more)


def make_nemos():
    add("clean", "none", "nemo", nemo(CONFIG), "nemo")
    add("clean", "none", "nemo_gz", gzip.compress(nemo(CONFIG), mtime=0), "nemo")
    evils = {"plain": b"a:\n  _target_: posix.system\n  command: id\n", "flow": b"{a: {_target_: posix.system}}", "quoted": b'"_target_": "os.system"\n',
             "escaped": b'"\\x5ftarget_": "os\\x2esystem"\n', "complex_key": b"? _target_\n: os.system\n", "alias_key": b"x: &k _target_\ny:\n  *k : os.system\n",
             "alias_value": b"x: &v os.system\n_target_: *v\n", "through": b"_target_: nemo.utils.subprocess.Popen\n", "function": b"_target_: torch.nn.modules.x.open\n",
             "target": b"z:\n  target: builtins.eval\n", "folded": b"_target_: >-\n  os.system\n",
             "in_list": b"callbacks:\n- _target_: builtins.exec\n", "underscores": b"_target_: torch.nn.__builtins__.Eval\n", "interpolated": b"x: os.system\n_target_: ${x}\n",
             "is_mapping": b"_target_: {a: b}\n", "merged": b"x: &m {_target_: os.system}\ny:\n  <<: *m\n", "tag": b"a: !!python/object/apply:os.system [id]\n",
             "tag_on_key": b"!!python/name:os.system a: 1\n"}
    for what, config in evils.items():
        add("unsafe", "MDL-REP-009" if what.startswith("tag") else "MDL-NEM-001", f"nemo_{what}", gzip.compress(nemo(CONFIG + config if not config.startswith(b"{") else config), mtime=0), "nemo")
    add("unsafe", "MDL-NEM-001", "nemo_no_suffix", gzip.compress(nemo(evils["plain"]), mtime=0), "bin")
    add("unsafe", "MDL-NEM-001", "nemo_in_zip", zipped(Member("a", nemo(evils["plain"]))), "zip")
    add("unsafe", "MDL-PKL-001", "nemo_weights", nemo(CONFIG, **{"./w.ckpt": EVIL}), "nemo")
    add("unsafe", "MDL-TAR-002", "nemo_link", tarred({"model_config.yaml": CONFIG})[:-9216] + tarred({"w.ckpt": b""}, kind=tarfile.SYMTYPE, link="/etc/passwd"), "nemo")
    add("unparseable", "MDL-NEM-002", "nemo_yaml", nemo(b"a: [1,\n"), "nemo")
    add("unparseable", "MDL-NEM-002", "nemo_no_config", tarred({"weights": b"1"}), "nemo")
    add("unparseable", "MDL-NEM-002", "nemo_cut", nemo(CONFIG)[:1500], "nemo")

    # torch.distributed.checkpoint: archives in a row, under this name only.
    part = zipped(Member("a/data.pkl", GOOD), Member("a/version", b"3\n"))
    add("clean", "none", "shard", part * 12, "distcp")
    add("unsafe", "MDL-PKL-001", "shard_evil", part * 3 + zipped(Member("a/data.pkl", EVIL)) + part, "distcp")
    add("unsafe", "MDL-PKL-001", "shard_behind", part * 2 + EVIL, "distcp")
    add("unparseable", "MDL-TOR-006", "shard_cut", (part * 2)[:-20], "distcp")
    add("unsafe", "MDL-ZIP-001", "archives_in_a_row", part * 2, "pt")

    manifest = b'{"createdOn": "01/01/2026", "runtime": "python", "model": {"modelName": "m", "handler": "%s", "modelVersion": "1.0"%s}, "archiverVersion": "0.12.0"}'
    def mar(handler, more=b"", **files):
        return zipped(Member("MAR-INF/MANIFEST.json", manifest % (handler, more), 8), *[Member(name.replace("__", "."), data, 8) for name, data in files.items()])
    add("clean", "none", "mar", mar(b"image_classifier", index_to_name__json=b"{}"), "mar")
    # torch.export: each node's target is found by walking attributes.
    def exported(*targets, more=(), name="m/models/model.json", inner=""):
        nodes = ", ".join('{"target": "%s", "inputs": [%s], "outputs": [], "metadata": {}}' % (target, inner) for target in targets)
        graph = ('{"graph_module": {"graph": {"nodes": [%s]}}, "opset_version": {"aten": 10}, "torch_version": "2.7.0", "schema_version": {"major": 8, "minor": 2}}' % nodes).encode()
        return zipped(Member("m/archive_format", b"pt2"), Member("m/archive_version", b"0"), Member(name, graph, 8), *more)
    own = "torch.ops.aten.add.Tensor"
    add("clean", "none", "pt2", exported(own, "torch.ops.higher_order.cond", "_operator.mul", "math.trunc", "torch.sym_max"), "pt2")
    add("clean", "none", "pt2_no_suffix", exported(own), "bin")
    for what, target, verdict in (("space", "torch.ops.evil.run.default", "suspicious"), ("file", "torch.ops.aten.from_file.default", "unsafe"), ("python", "torch.hub.load", "unsafe"), ("getter", "_operator.attrgetter", "unsafe"),
                                  ("other", "os.system", "suspicious"), ("dunder", "torch.ops.aten.__class__", "unsafe"), ("handler", "#x:y", "suspicious")):
        add(verdict, "MDL-TOR-003", f"pt2_{what}", exported(own, target), "pt2")
    add("suspicious", "MDL-TOR-003", "pt2_branch", exported(own, inner='{"arg": {"as_graph": {"graph": {"nodes": [{"target": "torch.ops.my.op"}]}}}}'), "pt2")
    add("suspicious", "MDL-TOR-003", "pt2_before", zipped(Member("serialized_exported_program.json", b'{"graph_module": {"graph": {"nodes": [{"target": "torch.ops.my.op.default"}]}}}'), Member("version", b"5.1")), "pt2")
    add("unsafe", "MDL-TOR-004", "pt2_native", exported(own, more=[Member("m/data/aotinductor/model/x.so", b"\x7fELF" + bytes(60))]), "pt2")
    add("unsafe", "MDL-PKL-001", "pt2_constant", exported(own, more=[Member("m/data/constants/c.pt", EVIL)]), "pt2")
    add("unparseable", "MDL-TOR-006", "pt2_broken", zipped(Member("m/archive_format", b"pt2"), Member("m/models/model.json", b'{"graph_module": {')), "pt2")
    add("suspicious", "MDL-REP-005", "pickle_as_safetensors", GOOD, "safetensors")
    add("unsafe", "MDL-REP-005", "calls_as_onnx", b"\x80\x02ccollections\nOrderedDict\n)R.", "onnx")
    add("unsafe", "MDL-TOR-005", "mar_handler", mar(b"handler.py", handler__py=b"import os\n"), "mar")
    add("unsafe", "MDL-TOR-005", "mar_handler_elsewhere", mar(b"my_module:handle"), "mar")
    add("unsafe", "MDL-TOR-005", "mar_no_suffix", mar(b"handler.py", handler__py=b"import os\n"), "bin")
    add("suspicious", "MDL-TOR-005", "mar_requirements", mar(b"text_classifier", b', "requirementsFile": "requirements.txt"', requirements__txt=b"torch\n"), "mar")
    add("unsafe", "MDL-PKL-001", "mar_weights", mar(b"image_classifier", model__pt=EVIL), "mar")
    # A tar whose last member is a ZIP ends like one.
    torch = zipped(Member("m/data.pkl", GOOD), Member("m/version", b"3\n"))
    add("clean", "none", "tar_ends_in_zip", tarred({"model.pt": torch}), "tar")
    add("clean", "none", "nemo_ends_in_zip", tarred({"model_config.yaml": b"target: nemo.collections.asr.models.EncDecCTCModel\n", "model_weights.ckpt": torch}), "nemo")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("m")
        info.type, info.size = b"Z", len(EVIL)
        tar.addfile(info, io.BytesIO(EVIL))
    add("unsafe", "MDL-PKL-001", "tar_type_of_nobody", out.getvalue(), "tar")
    # pandas puts a frame into a tar under the name of the file itself.
    add("clean", "none", "frame_in_tar", tarred({"frame_in_tar.pkl.tar.gz": GOOD}, mode="w:gz"), "pkl.tar.gz")
    add("not_a_model", "none", "text_in_tar", tarred({"a.txt": TEXT}), "pkl.tar")
    hidden = zipped(Member("a.pkl", EVIL), Member("b.pkl", EVIL, 8))
    add("unsafe", "MDL-PKL-001", "zip_without_directory", hidden[:hidden.index(b"PK\1\2")], "zip")
    add("unsafe", "MDL-PKL-001", "zip_headers_in_front", hidden[:hidden.index(b"PK\1\2")] + torch, "pt")
    add("unsafe", "MDL-PKL-001", "zip_cut_in_directory", hidden[:-30], "pt")
    add("unsafe", "MDL-REP-004", "program_beside_model", zipped(Member("m.pkl", GOOD), Member("x/y.bin", b"\x7fELF" + bytes(60))), "zip")
    add("suspicious", "MDL-REP-004", "script_beside_model", zipped(Member("m.pkl", GOOD), Member("run", b"#!/bin/sh\ntrue\n")), "zip")
    add("clean", "none", "program_of_a_package", zipped(Member("p/m.pkl", GOOD), Member("p/x.so", b"\x7fELF" + bytes(60)), Member("p-1.dist-info/RECORD", TEXT)), "whl")
    add("unsafe", "MDL-REP-004", "program_named_model", b"\x7fELF" + bytes(60), "pt")
    add("unsafe", "MDL-REP-004", "program_of_all_systems", b"MZqFpD='\n" + bytes(90) + b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "gguf")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, kind, content in (("m.pkl", tarfile.REGTYPE, GOOD), ("spread", tarfile.GNUTYPE_SPARSE, TEXT)):
            info = tarfile.TarInfo(path)
            info.type, info.size = kind, len(content)
            tar.addfile(info, io.BytesIO(content))
    add("unparseable", "scan_incomplete", "tar_sparse_beside_model", out.getvalue(), "tar")
    add("unparseable", "MDL-TOR-006", "mar_manifest", zipped(Member("MAR-INF/MANIFEST.json", b'{"model":')), "mar")


def write(folder, samples):
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in samples.items():
        (folder / name).write_bytes(content)


def main():
    make_nests()
    make_zips()
    make_sevens()
    make_torch_tars()
    make_tar_names()
    make_z_files()
    make_nemos()
    make_rdata()
    write(HERE / "archive", SAMPLES)
    write(HERE / "rdata", R_SAMPLES)
    # Seeds of fuzz/sevenzip: the same archives by themselves.
    sevens = {name: content for name, content in SAMPLES.items() if content.startswith(b"7z\xbc\xaf")}
    write(HERE / "sevenzip", {name.split(".")[2]: content for name, content in sevens.items()})
    print("archive", len(SAMPLES), "sevenzip", len(sevens), "rdata", len(R_SAMPLES))


main()
