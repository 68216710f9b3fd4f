"""The floors of the house: which folder a file belongs to, and what a floor may use."""
import re

PURE = ("spv", "pow", "tangle", "node")

# What each floor may include beside itself.
BELOW = {
    "spv": (),
    "pow": ("spv",),
    "tangle": ("pow", "spv"),
    "node": ("tangle", "pow", "spv"),
    "node/shell": ("tools", "node", "tangle", "pow", "spv"),
    "tools": ("tangle", "pow", "spv"),
    "tools/sim": ("tools", "node", "tangle", "pow", "spv"),
    "tools/bench": ("tools", "tools/sim", "node/shell", "node", "tangle", "pow", "spv"),
}


def floor_of(path):
    """The floor of a source file; None for what stands outside of the house, such as tests."""
    if path.startswith("node/shell/"):
        return "node/shell"
    tool = re.match(r"tools/(sim|bench)", path)
    if tool:
        return "tools/" + tool.group(1)
    folder = path.split("/")[0]
    return folder if folder in BELOW else None


def is_x86(path):
    """Files that are compiled on x86 only."""
    return re.search(r"(x86|avx\w*|shani)\.c$", path) is not None


# Bit counting that a compiler calls in its own runtime where the processor has no instruction for it.
RUNTIME = re.compile(r"__(clz|ctz|popcount)[sd]i2$")
