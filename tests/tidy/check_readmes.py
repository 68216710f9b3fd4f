"""Each folder of the house has a README.md that fits on a screen."""
import os

LINES_MAX = 60


def folders(tree):
    """The root, each top folder with files, and below node/ and tests/ each folder with files."""
    found = {""}
    for path in tree.paths:
        parts = os.path.dirname(path).split("/")
        if not parts[0] or parts[0].startswith("."):
            continue
        found.add(parts[0])
        if len(parts) > 1 and parts[0] in ("node", "tests"):
            found.add("/".join(parts[:2]))
    return sorted(found)


def check(tree):
    found = []
    for folder in folders(tree):
        readme = os.path.join(folder, "README.md")
        if readme not in tree.paths:
            found.append(f"{readme}: missing")
        elif folder and tree.read(readme).count("\n") > LINES_MAX:
            found.append(f"{readme}: more than {LINES_MAX} lines")
    return found


CASES = [
    ({"README.md": "x\n", "spv/README.md": "x\n", "spv/a.c": "", ".ci/run": ""}, None),
    ({"spv/README.md": "x\n"}, "README.md: missing"),
    ({"README.md": "x\n", "spv/a.c": ""}, "spv/README.md: missing"),
    ({"README.md": "x\n", "node/README.md": "x\n", "node/shell/a.c": ""}, "node/shell/README.md: missing"),
    ({"README.md": "x\n", "spv/README.md": "x\n" * 61}, "spv/README.md: more than"),
]
