"""places.py ROOT NAMES MUTANTS-PROGRAM PROGRAM...

Each name has its place in the sources, and no other has; the first program has them all in it, the others none."""
import pathlib
import re
import sys

PLACE = re.compile(r'ITC_MUTANT\(\s*"([^"]*)"\s*\)')


def named_in(sources):
    return {name for text in sources for name in PLACE.findall(text)}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def main(root, names, mutants, *others):
    listed = set(names.split(","))
    files = [p for folder in ("spv", "pow", "tangle", "node") for p in pathlib.Path(root, folder).rglob("*.[ch]")]
    placed = named_in(without_comments(p.read_text()) for p in files)
    found = [f"{name}: listed, but nowhere in the code" for name in sorted(listed - placed)]
    found += [f"{name}: in the code, but not listed" for name in sorted(placed - listed)]
    for program in (mutants, *others):
        code = pathlib.Path(program).read_bytes()
        for name in sorted(listed):
            if (name.encode() + b"\0" in code) != (program == mutants):
                found.append(f"{program}: {'lacks' if program == mutants else 'has'} {name}")
        if b"itc_mutant_is" in code and program != mutants:
            found.append(f"{program}: has itc_mutant_is")
    print("\n".join(found) or f"{len(listed)} defects, each in its place")
    return 1 if found else 0


sys.exit(main(*sys.argv[1:]))
