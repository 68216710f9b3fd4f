"""Compiles the lamp's folders for a Cortex-M4, freestanding, and looks at what they need from their surroundings.

    embedded.py ROOT SECP256K1_INCLUDE
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from layers import RUNTIME, is_x86  # noqa: E402
from tidy import SKIPPED, Tree  # noqa: E402

ARM = "arm-none-eabi-"
FLAGS = "-mcpu=cortex-m4 -mthumb -std=c11 -Os -ffreestanding -ffunction-sections -Wall -Wextra -Werror".split()
# What every lamp has: memory functions, the compiler's own runtime, the hook, the signature library.
OFFERED = re.compile(r"mem(cpy|move|set|cmp|chr)$|__aeabi_|itc_assert_fail$|secp256k1_")
HEAP = re.compile(r"_?(malloc|calloc|realloc|free|sbrk)(_r)?$")


def tool(name, *arguments):
    return subprocess.run([ARM + name, *arguments], check=True, capture_output=True, text=True).stdout


def public_headers(folder, include):
    """A copy of libsecp256k1's headers alone: the host's other headers must stay out of sight."""
    out = os.path.join(folder, "include")
    os.makedirs(out)
    for name in os.listdir(include):
        if re.match(r"secp256k1\w*\.h$", name):
            shutil.copy(os.path.join(include, name), out)
    return out


def link(folder, sources, includes):
    """Compiles the sources and links them into one relocatable object."""
    objects = []
    for i, source in enumerate(sources):
        objects.append(os.path.join(folder, f"{i}.o"))
        tool("gcc", *FLAGS, *("-I" + i for i in includes), "-c", source, "-o", objects[-1])
    image = os.path.join(folder, "image.o")
    tool("ld", "-r", "-o", image, *objects)
    return image


def complaints(image):
    for line in tool("nm", "-P", "-u", image).splitlines():
        name = line.split()[0]
        if HEAP.match(name):
            yield f"{name}: the heap"
        elif not (OFFERED.match(name) or RUNTIME.match(name)):
            yield f"{name}: not there on a lamp"


def blind(folder):
    """Whether a call of malloc goes unnoticed."""
    bad = os.path.join(folder, "bad.c")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("#include <stddef.h>\nvoid *malloc(size_t n);\nvoid *bad(void);\n"
                "void *bad(void)\n{\n    return malloc(1);\n}\n")
    return "malloc: the heap" not in complaints(link(folder, [bad], []))


def main(root, include):
    if not shutil.which(ARM + "gcc"):
        print(f"skipped: {ARM}gcc is not installed")
        return SKIPPED
    sources = [p for p in Tree(root).sources() if re.match(r"(spv|pow)/\w+\.c$", p) and not is_x86(p)]
    with tempfile.TemporaryDirectory() as folder:
        if blind(folder):
            print("the check itself is broken: a call of malloc went unnoticed")
            return 1
        image = link(folder, [os.path.join(root, p) for p in sources], [root, public_headers(folder, include)])
        wrong = list(complaints(image))
        print(f"{len(sources)} files for a Cortex-M4, libsecp256k1 not included:")
        print(tool("size", image), end="")
    for complaint in wrong:
        print(complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except subprocess.CalledProcessError as e:
        print(" ".join(e.cmd), e.stderr, sep="\n")
        sys.exit(1)
