"""clang-format has nothing to change in any C file."""
import os
import shutil
import subprocess

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".clang-format")


def available():
    return None if shutil.which("clang-format") else "clang-format is not installed"


def check(tree):
    found = []
    for path in tree.sources():
        command = ["clang-format", f"--style=file:{STYLE}", "--dry-run", "-Werror", os.path.join(tree.root, path)]
        if subprocess.run(command, capture_output=True).returncode != 0:
            found.append(f"{path}: run clang-format -i on it")
    return found


CASES = [
    ({"spv/a.c": "int a(void)\n{\n    return 1;\n}\n"}, None),
    ({"spv/a.c": "int a(void) { return 1; }\n"}, "spv/a.c: run clang-format"),
    ({"tests/unit/a.h": "int  a;\n"}, "tests/unit/a.h: run clang-format"),
]
