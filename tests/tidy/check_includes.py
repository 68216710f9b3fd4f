"""Who may include whom, and which system headers each floor may use."""
import re

from layers import BELOW, PURE, floor_of, is_x86

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(.*?)[ \t]*(?:/[/*].*)?$", re.M)
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "string.h"}
INTRINSICS = {"cpuid.h", "immintrin.h"}


def may_include(path, target):
    floor, other = floor_of(path), floor_of(target)
    if other is None:
        return False
    return other == floor or other in BELOW[floor]


def may_use(path, header):
    """Whether the file may include <header>."""
    floor = floor_of(path)
    if floor == "tools/bench":
        return True
    if header.startswith("rocksdb/"):
        return floor == "node/shell"
    if header.startswith("nng/"):
        return floor == "node/shell" or path in ("tools/client.c", "tools/client.h")
    if floor not in PURE:
        return True
    return (
        header in FREESTANDING
        or (header in INTRINSICS and is_x86(path))
        or (header.startswith("secp256k1") and path == "spv/sign.c")
    )


def complaint(path, what):
    if what.startswith('"'):
        target = what.strip('"')
        if "/" not in target:
            return f'include "{target}" by its path from the root'
        return None if may_include(path, target) else f"{floor_of(path)} must not include {target}"
    if what.startswith("<"):
        return None if may_use(path, what.strip("<>")) else f"{floor_of(path)} must not use {what}"
    return f"include a file, not {what}"


def check(tree):
    found = []
    for path in tree.sources():
        if floor_of(path) is None:
            continue
        for what in INCLUDE.findall(tree.read(path)):
            wrong = complaint(path, what)
            if wrong:
                found.append(f"{path}: {wrong}")
    return found


CASES = [
    ({"spv/a.c": '#include "spv/a.h"\n#include <string.h>\n'}, None),
    ({"spv/a.c": '#include "pow/pow.h"\n'}, "spv/a.c: spv must not include pow/pow.h"),
    ({"pow/a.h": '# include "tangle/window.h" /* why */\n'}, "pow must not include tangle/window.h"),
    ({"tangle/a.c": '#include "node/node.h"\n'}, "tangle must not include node/node.h"),
    ({"node/a.c": '#include "node/shell/store.h"\n'}, "node must not include node/shell/store.h"),
    ({"node/a.c": '#include "tools/client.h"\n'}, "node must not include tools/client.h"),
    ({"node/shell/a.c": '#include "node/node.h"\n#include "tools/a.h"\n#include <rocksdb/c.h>\n'}, None),
    ({"tools/wallet.c": '#include "node/node.h"\n'}, "tools must not include node/node.h"),
    ({"tools/sim_net.c": '#include "node/node.h"\n'}, None),
    ({"tools/sim.c": '#include "node/shell/store.h"\n'}, "must not include node/shell/store.h"),
    ({"tools/bench_ingest.c": '#include "node/shell/store.h"\n#include <rocksdb/c.h>\n'}, None),
    ({"spv/a.c": '#include "tests/support/x.h"\n'}, "spv must not include tests/support/x.h"),
    ({"spv/a.c": '#include "b.h"\n'}, "by its path from the root"),
    ({"spv/a.c": "#include HEADER\n"}, "include a file, not HEADER"),
    ({"spv/a.c": "#include <stdlib.h>\n"}, "spv must not use <stdlib.h>"),
    ({"tangle/a.c": "\t#\tinclude <time.h> // now\n"}, "tangle must not use <time.h>"),
    ({"node/a.h": "#include <pthread.h>\n"}, "node must not use <pthread.h>"),
    ({"pow/search.c": "#include <immintrin.h>\n"}, "pow must not use <immintrin.h>"),
    ({"pow/search_avx2.c": "#include <immintrin.h>\n", "spv/cpu_x86.c": "#include <cpuid.h>\n"}, None),
    ({"spv/sign.c": "#include <secp256k1.h>\n"}, None),
    ({"tangle/a.c": "#include <secp256k1.h>\n"}, "tangle must not use <secp256k1.h>"),
    ({"tools/wallet.c": "#include <rocksdb/c.h>\n"}, "tools must not use <rocksdb/c.h>"),
    ({"tools/wallet.c": "#include <nng/nng.h>\n"}, "tools must not use <nng/nng.h>"),
    ({"tools/client.c": "#include <nng/nng.h>\n"}, None),
]
