#!/usr/bin/env python3
"""Build the web UI with Node and write it as a C table (src/api/ui_assets.h), with a depfile for ninja.

    embed.py --ui DIR --out FILE.c --depfile FILE.d --work DIR [--node NODE --npm NPM] [--required]

Packages are installed only when package-lock.json changed since the last time (a stamp beside them remembers its hash), under a lock, so
that several build folders can share them. Without Node, or when the packages cannot be fetched and --required is not given, the table holds
one plain page that says how to build the UI.
"""

import argparse
import fcntl
import hashlib
import json
import pathlib
import subprocess
import sys

PLAIN_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Assay</title>
<h1>This server was built without its web pages</h1>
<p>Everything else works: the HTTP API, the registry and the command line.</p>
<p>To have the pages, install Node.js 18 or newer and build again:</p>
<pre>apt-get install nodejs npm
meson setup --wipe build -Dui=enabled
ninja -C build</pre>
</html>
"""


def install_packages(ui: pathlib.Path, npm: str) -> None:
    """Run `npm ci`, unless what is there was installed from this very lock file."""
    wanted = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    stamp = ui / "node_modules" / ".installed-from"
    with open(ui / ".install-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        subprocess.run([npm, "ci", "--silent"], cwd=ui, check=True, stdin=subprocess.DEVNULL)
        stamp.write_text(wanted)


def build(ui: pathlib.Path, node: str, work: pathlib.Path) -> tuple[list[dict], list[str]]:
    subprocess.run([node, str(ui / "build.mjs"), "--out", str(work)], check=True, stdin=subprocess.DEVNULL)
    manifest = json.loads((work / "manifest.json").read_text())
    for file in manifest["files"]:
        plain = work / file["path"]
        file["plain"] = plain.read_bytes()
        file["gzip"] = pathlib.Path(f"{plain}.gz").read_bytes()
        file["brotli"] = pathlib.Path(f"{plain}.br").read_bytes()
    return manifest["files"], manifest["sources"]


def plain_page() -> list[dict]:
    return [{"path": "index.html", "type": "text/html; charset=utf-8", "immutable": False, "plain": PLAIN_PAGE, "gzip": b"", "brotli": b""}]


def c_array(name: str, data: bytes) -> str:
    rows = (",".join(str(byte) for byte in data[at : at + 40]) for at in range(0, len(data), 40))
    return f"static const uint8_t {name}[] = {{\n" + ",\n".join(rows) + "};\n"


def c_table(files: list[dict]) -> str:
    text = ["/* Made by scripts/embed.py. */\n", '#include "ui_assets.h"\n\n']
    rows = []
    for number, file in enumerate(files):
        views = []
        for encoding in ("plain", "gzip", "brotli"):
            if not file[encoding]:
                views.append("{0, 0}")
                continue
            text.append(c_array(f"{encoding}_{number}", file[encoding]))
            views.append(f"{{{encoding}_{number}, sizeof {encoding}_{number}}}")
        etag = hashlib.sha256(file["plain"]).hexdigest()[:20]
        immutable = "true" if file["immutable"] else "false"
        rows.append(f'    {{"{file["path"]}", "{file["type"]}", "\\"{etag}\\"", {immutable}, {", ".join(views)}}},\n')
    text.append("\nconst ui_asset ui_assets[] = {\n" + "".join(rows) + "};\n")
    text.append("const size_t ui_asset_count = sizeof ui_assets / sizeof ui_assets[0];\n")
    return "".join(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--ui", "--out", "--depfile", "--work"):
        parser.add_argument(name, type=pathlib.Path, required=True)
    parser.add_argument("--node")
    parser.add_argument("--npm")
    parser.add_argument("--required", action="store_true")
    args = parser.parse_args()

    ui, sources = args.ui.resolve(), [str(args.ui.resolve() / "package-lock.json")]
    files = plain_page()
    if args.node and args.npm:
        try:
            install_packages(ui, args.npm)
        except subprocess.CalledProcessError:
            print("ui: the packages could not be installed (see above)", file=sys.stderr)
            if args.required:
                return 1
            print("ui: the server is built without its web pages", file=sys.stderr)
        else:
            try:
                files, sources = build(ui, args.node, args.work)
            except subprocess.CalledProcessError:
                return 1

    args.out.write_text(c_table(files))
    args.depfile.write_text(f"{args.out}: " + " ".join(source.replace(" ", "\\ ") for source in sources) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
