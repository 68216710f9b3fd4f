"""Runs one check over the source tree, after proving on small bad trees that it can fail.

    tidy.py CHECK ROOT [ARGUMENT ...]

A check is a module with
    check(tree, *arguments)   a list of complaints, "file: what is wrong"
    CASES                     (files, expected): a small tree as {path: text}, and a part of the complaint
                              that it must cause, or None if there must be none
    available()               optional: None, or why the check cannot run here (the test is then skipped)
"""
import importlib
import os
import subprocess
import sys
import tempfile

SKIPPED = 77  # what Meson takes for "skipped"


class Tree:
    """The files of a source tree: those that git knows, or all of them where there is no repository."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._tracked() if os.path.exists(os.path.join(root, ".git")) else self._walked())

    def _tracked(self):
        git = ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-z"]
        names = subprocess.run(git, check=True, capture_output=True).stdout.decode().split("\0")
        return [n for n in names if n and os.path.isfile(os.path.join(self.root, n))]

    def _walked(self):
        for folder, folders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            folders[:] = [f for f in folders if not f.startswith("build") and f != "__pycache__"]
            yield from (os.path.normpath(os.path.join(here, n)) for n in names)

    def sources(self):
        """All C files of ours (a wrap's patch files are C of nobody's folder)."""
        return [p for p in self.paths if p.endswith((".c", ".h")) and not p.startswith("subprojects/")]

    def read(self, path):
        with open(os.path.join(self.root, path), "rb") as f:
            return f.read().decode("utf-8", "replace")


def tree_of(folder, files):
    for path, text in files.items():
        whole = os.path.join(folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as f:
            f.write(text)
    return Tree(folder)


def blind_spots(module, arguments):
    """Cases that the check judges wrongly."""
    for files, expected in module.CASES:
        with tempfile.TemporaryDirectory() as folder:
            complaints = module.check(tree_of(folder, files), *arguments)
        if expected is None and complaints:
            yield f"{sorted(files)} is fine, yet: {complaints}"
        if expected is not None and not any(expected in c for c in complaints):
            yield f"{sorted(files)} must cause '{expected}', but got: {complaints}"


def main(name, root, *arguments):
    module = importlib.import_module("check_" + name)
    reason = module.available() if hasattr(module, "available") else None
    if reason:
        print("skipped:", reason)
        return SKIPPED
    blind = list(blind_spots(module, arguments))
    for spot in blind:
        print("the check itself is broken:", spot)
    tree = Tree(root)
    complaints = module.check(tree, *arguments)
    for complaint in complaints:
        print(complaint)
    print(f"{name}: {len(tree.paths)} files, {len(complaints)} complaints, {len(module.CASES)} cases tried before")
    return 1 if blind or complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
