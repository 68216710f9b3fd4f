"""The pure floors refer to nothing but memory functions, themselves, the floors below, and (spv alone) the parts
of libsecp256k1 that do not allocate. Their sources are compiled here without optimisation, so that no call
vanishes, and the symbols that each floor leaves undefined are compared with what it may use."""
import os
import platform
import shlex
import subprocess
import tempfile

from layers import BELOW, PURE, RUNTIME, floor_of, is_x86

MEMORY = {"memcpy", "memmove", "memset", "memcmp", "memchr"}
HOOK = {"itc_assert_fail"}
ALLOCATING = {
    "secp256k1_context_create",
    "secp256k1_context_clone",
    "secp256k1_context_destroy",
    "secp256k1_scratch_space_create",
    "secp256k1_scratch_space_destroy",
}
PLAIN = "-std=c11 -O0 -fno-pic -fno-pie -fno-stack-protector -U_FORTIFY_SOURCE -w".split()


def compile_object(tree, path, folder, compiler):
    out = os.path.join(folder, path.replace("/", "_") + ".o")
    command = compiler + PLAIN + ["-I", tree.root, "-c", os.path.join(tree.root, path), "-o", out]
    subprocess.run(command, check=True)
    return out


def symbols(objects, option):
    """Names in `objects` by `option`: -u those they need, --defined-only those they offer to others."""
    if not objects:
        return set()
    nm = subprocess.run(["nm", "-P", "-g", option, *objects], check=True, capture_output=True, text=True)
    return {line.split()[0] for line in nm.stdout.splitlines() if len(line.split()) > 1}


def may_refer(floor, name):
    if floor == "spv" and name.startswith("secp256k1_"):
        return name not in ALLOCATING
    return name in MEMORY | HOOK or RUNTIME.match(name) is not None


def compiled_here(tree):
    on_x86 = platform.machine() in ("x86_64", "i686", "i386")
    return [p for p in tree.sources() if p.endswith(".c") and (on_x86 or not is_x86(p))]


def check(tree, compiler="cc"):
    """`compiler`: command with the options that find libsecp256k1's headers."""
    compiler = shlex.split(compiler)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        objects = {floor: [] for floor in PURE}
        for path in compiled_here(tree):
            if floor_of(path) in PURE:
                objects[floor_of(path)].append(compile_object(tree, path, folder, compiler))
        offered = {floor: symbols(objects[floor], "--defined-only") for floor in PURE}
        for floor in PURE:
            within = offered[floor].union(*(offered[below] for below in BELOW[floor]))
            for name in sorted(symbols(objects[floor], "-u") - within):
                if not may_refer(floor, name):
                    found.append(f"{floor}: refers to {name}")
    return found


def calling(name):
    return f"int {name}();\nint itc_a(void);\nint itc_a(void) {{ return {name}(); }}\n"


CASES = [
    ({"spv/a.c": calling("itc_b"), "spv/b.c": "int itc_b(void);\nint itc_b(void) { return 1; }\n"}, None),
    ({"tangle/a.c": calling("itc_b"), "spv/b.c": "int itc_b(void);\nint itc_b(void) { return 1; }\n"}, None),
    ({"spv/a.c": calling("itc_b"), "pow/b.c": "int itc_b(void);\nint itc_b(void) { return 1; }\n"}, "refers to itc_b"),
    ({"node/a.c": calling("itc_store_get")}, "node: refers to itc_store_get"),
    ({"spv/a.c": calling("itc_assert_fail")}, None),
    ({"spv/a.c": calling("secp256k1_schnorrsig_verify")}, None),
    ({"spv/a.c": calling("secp256k1_context_create")}, "refers to secp256k1_context_create"),
    ({"pow/a.c": calling("secp256k1_schnorrsig_verify")}, "pow: refers to secp256k1_schnorrsig_verify"),
    ({"spv/a.c": calling("memalign")}, "refers to memalign"),
    ({"node/a.c": "#include <stdlib.h>\nvoid *a(void) { return malloc(1); }\n"}, "refers to malloc"),
    ({"tangle/a.c": "#include <stdio.h>\nvoid a(void) { printf(\"\"); puts(\"x\"); }\n"}, "refers to puts"),
    ({"node/a.c": "#include <time.h>\nlong a(void) { return time(0); }\n"}, "refers to time"),
    ({"node/a.c": "#include <stdlib.h>\nint a(void) { return rand(); }\n"}, "refers to rand"),
    ({"node/a.c": calling("pthread_mutex_lock")}, "refers to pthread_mutex_lock"),
    ({"node/shell/a.c": calling("malloc")}, None),
]
