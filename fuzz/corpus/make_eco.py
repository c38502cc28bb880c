#!/usr/bin/env python3
"""Make the seeds of the package and advisory parsers, beside this script. Deterministic: running it again changes nothing."""
import io
import json
import pathlib
import tarfile

HERE = pathlib.Path(__file__).resolve().parent


def put(target, name, data):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def tar(form, packing):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w" + packing, format=form) as archive:
        for name, content in (("etc/os-release", b"ID=debian\n"), ("a/" + 60 * "long/" + "name", b"x"), ("app/.wh.old", b"")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("lib")
        link.type, link.linkname = tarfile.SYMTYPE, "usr/lib" + 30 * "/long"
        archive.addfile(link)
    return out.getvalue()


def record(name, events, **more):
    return json.dumps({"id": "A-1", "modified": "2024-01-01T00:00:00Z", "aliases": ["CVE-1"], "affected": [
        {"package": {"ecosystem": name, "name": "a"}, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": ["1.0", "x"]}], **more})


put("requirements", "plain", "a==1.0\nb[x, y]>=1,<2 ; python_version < '3'\n-r other.txt\n-e git+https://h/p#egg=c\n")
put("requirements", "hashes", "a==1.0 \\\n  --hash=sha256:00\n# c \\\nhttps://h/d-1.0-py3-none-any.whl\n")
put("os_release", "debian", "PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME='bookworm'\n")
put("metadata", "wheel", "Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: x\n folded\nClassifier: License :: OSI Approved :: MIT License\n\nName: b\n")
put("dpkg_status", "two", "Package: a\nStatus: install ok installed\nSource: b (1-2)\nVersion: 1:1-2+b1\n\nPackage: c\nVersion: 2\n")
for i, pair in enumerate(("1.0\n1.0.0", "1!2.0a1.post2.dev3+ab.4\nv1-5", ">=1.0,!=1.5.*,~=1.2\n1.4rc1", "1:2.3-4~deb12u1\n1:2.3-4+b1")):
    put("versions", f"pair{i}", pair)
put("tar", "gnu", tar(tarfile.GNU_FORMAT, ""))
put("tar", "pax", tar(tarfile.PAX_FORMAT, ""))
put("tar", "bzip2", tar(tarfile.GNU_FORMAT, ":bz2"))
put("osv", "pypi", record("PyPI", [{"introduced": "0"}, {"fixed": "2"}], severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N"}]))
put("osv", "debian", record("Debian:12", [{"introduced": "1"}, {"last_affected": "2-1"}, {"limit": "9"}], upstream=["CVE-2", "CVE-3"]))
put("osv", "withdrawn", '{"id":"W","withdrawn":"2024-01-01T00:00:00Z"}\n[]\nx')
put("cvss", "v2", "AV:N/AC:L/Au:N/C:P/I:N/A:N")
put("cvss", "v3", "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:C/C:H/I:N/A:N/E:P")
put("cvss", "v4", "CVSS:4.0/AV:A/AC:L/AT:N/PR:H/UI:P/VC:H/VI:H/VA:N/SC:H/SI:L/SA:N/E:U/MSI:S")
put("advisory_index", "magic", b"ASAYADV\n" + 60 * b"\0")
