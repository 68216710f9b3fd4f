"""clang-format has nothing to change in any C file."""
import os
import re
import shutil
import subprocess

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".clang-format")


def available():
    return None if shutil.which("clang-format") else "clang-format is not installed"


def check(tree):
    sources = [os.path.join(tree.root, path) for path in tree.sources()]
    command = ["clang-format", f"--style=file:{STYLE}", "--dry-run", *sources]
    complaints = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    wrong = set(re.findall(r"^(.*?):\d+:\d+: warning: code should be clang-formatted", complaints, re.M))
    return [f"{os.path.relpath(path, tree.root)}: run clang-format -i on it" for path in sorted(wrong)]


CASES = [
    ({"spv/a.c": "int a(void)\n{\n    return 1;\n}\n"}, None),
    ({"spv/a.c": "int a(void) { return 1; }\n"}, "spv/a.c: run clang-format"),
    ({"tests/unit/a.h": "int  a;\n"}, "tests/unit/a.h: run clang-format"),
]
