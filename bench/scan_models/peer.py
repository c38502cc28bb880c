"""One of the peers over a list of files, in its own process: peer.py TOOL < paths > JSON lines [path, answer]. Answers: flagged, clean, error.

The Python interface of each tool, as its own command uses it: an error of the tool counts as flagged in nobody's favour, it stands in its own column.
"""
import contextlib
import io
import json
import logging
import sys

logging.disable(logging.CRITICAL)


def picklescan():
    from picklescan.scanner import scan_file_path

    def ask(path):
        result = scan_file_path(path)
        return "flagged" if result.issues_count else "error" if result.scan_err else "clean"
    return ask


def modelscan():
    from modelscan.modelscan import ModelScan

    def ask(path):
        result = ModelScan().scan(path)
        return "flagged" if result["issues"] else "error" if result["errors"] else "clean"
    return ask


def fickling():
    from fickling.analysis import check_safety
    from fickling.fickle import StackedPickle

    def ask(path):
        with open(path, "rb") as file:
            stacked = StackedPickle.load(file)
        return "clean" if all(check_safety(pickled) for pickled in stacked) else "flagged"
    return ask


def main():
    ask = {"picklescan": picklescan, "modelscan": modelscan, "fickling": fickling}[sys.argv[1]]()
    for path in sys.stdin.read().splitlines():
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                answer = ask(path)
            except BaseException:  # what makes a scanner throw is one of the ways past it
                answer = "error"
        print(json.dumps([path, answer]), flush=True)


main()
