"""No committed text holds a path of somebody's machine, or work put off."""
import re

# Written so that this file does not match itself.
FORBIDDEN = {
    r"/(?:wor[k]|hom[e]|roo[t])/": "a path of one machine",
    r"\bTOD[O]\b": "work put off",
    r"\bFIXM[E]\b": "work put off",
    r"\bXX[X]\b": "work put off",
}


def check(tree):
    found = []
    for path in tree.paths:
        text = tree.read(path)
        if "\0" in text:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for pattern, what in FORBIDDEN.items():
                match = re.search(pattern, line)
                if match:
                    found.append(f"{path}:{number}: {what}: {match.group()}")
    return found


CASES = [
    ({"docs/a.md": "the work of a workshop; todos los días\n"}, None),
    ({"docs/a.md": "one\ncd /wor" + "k/main\n"}, "docs/a.md:2: a path of one machine"),
    ({"tools/a": "/hom" + "e/me\n"}, "a path of one machine"),
    ({"spv/a.c": "/* TOD" + "O later */\n"}, "spv/a.c:1: work put off"),
    ({"spv/a.c": "// FIXM" + "E\n"}, "work put off"),
    ({"spv/a.c": "/* XX" + "X */\n"}, "work put off"),
]
