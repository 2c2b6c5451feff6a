"""Makes a Python environment with the given requirements once, in a cache folder, and prints the path of its interpreter.

usage: make_environment.py CACHE_FOLDER REQUIREMENTS_FILE

The folder's name is a hash of the requirements and of the interpreter, so a change of either makes a new one. `complete` is written
last: a folder without it was left half-made and is made again. The lock belongs to this process and to pip, and the kernel drops it
when both are gone, however they ended.
"""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys
import venv

OLDEST = (3, 11)  # what the pinned versions need


def main(cache: pathlib.Path, requirements: pathlib.Path) -> None:
    if sys.version_info < OLDEST:
        needed, here = (".".join(map(str, version[:2])) for version in (OLDEST, sys.version_info))
        sys.exit(f"python3 is {here}, and {requirements.name} needs {needed} or newer")

    recipe = f"{sys.base_prefix} {sys.version} {requirements.read_text()}"
    folder = cache / f"python-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    complete, python = folder / "complete", folder / "bin" / "python"

    cache.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            # --no-deps: the file names everything, and pip shall not add to it.
            install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]
            if subprocess.run(install, stdout=sys.stderr, pass_fds=(lock.fileno(),)).returncode:
                sys.exit("pip could not install the requirements; what it said stands above")
            complete.touch()
    print(python)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
