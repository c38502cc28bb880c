"""Pythons with libraries that must not share one environment, kept in .cache between runs.

    python = scikit_learn("1.4.2")

Test files run side by side, so whoever comes first makes an environment and the others wait. Where none can be made the test is skipped; in CI that fails.
"""
import fcntl
import os
import pathlib
import subprocess
import sys

import pytest

CACHE = pathlib.Path(__file__).resolve().parent.parent.parent / ".cache"


def install(python, packages):
    """By uv, in a tenth of pip's time; by pip where uv is missing or not told of the index."""
    uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", python]
    if subprocess.run([*uv, *packages], capture_output=True, check=False).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)


def python_with(name, *packages):
    """The Python of the environment of that name, with at least these packages."""
    folder = CACHE / name
    mark = folder / "packages"
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        present = set(mark.read_text().splitlines()) if mark.exists() else set()
        if missing := sorted(set(packages) - present):
            try:
                if not present:
                    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
                install(folder / "bin/python", packages)
                mark.write_text("\n".join(present | set(packages)))
            except (OSError, subprocess.CalledProcessError) as error:
                if os.environ.get("CI"):
                    raise
                pytest.skip(f"{', '.join(missing)} cannot be installed here: {error}")
    return folder / "bin/python"


def scikit_learn(version, *more):
    """The Python that has that scikit-learn."""
    number = tuple(int(part) for part in version.split(".")[:2])
    return python_with(f"sklearn-{version}", f"scikit-learn=={version}", "numpy<2" if number < (1, 5) else "numpy", "joblib", *more)
