"""Validators that lose their memory: a data folder that is gone, one that is damaged, an old copy put back.
They say so, observe while the chain goes on, and vote again after two epochs' ends."""
import glob
import os
import shutil

from harness import Chain, wait_until

EPOCH = 40
BACK_S = 60


def votes(node):
    """By its own word: in the API and, up to a second later, in the metrics."""
    info = node.info()
    return info is not None and info["votes"] and node.metrics()["itc_votes"] == 1


def all_vote(chain):
    wait_until(lambda: all(votes(n) for n in chain.nodes), 10, "all validators vote")


def observes_and_comes_back(chain, node, why):
    """`node` was started again, and must not trust its memory."""
    wait_until(lambda: "observes and does not vote" in node.log(), 20, f"{node.name} says that it observes")
    assert why in node.log(), node.log()
    began = chain.nodes[1].milestone()
    wait_until(lambda: (node.info() or {}).get("doubts"), 10, f"{node.name} says so in its API")
    assert node.info()["validator"] and not votes(node)
    wait_until(lambda: node.info().get("doubt_until", 0) > began, 20, f"{node.name} knows until when")
    chain.wait_for_milestone(began + 5, timeout_s=20)  # without it
    wait_until(lambda: "this validator votes again" in node.log(), BACK_S, f"{node.name} votes again")
    info = node.info()
    assert votes(node) and not info["doubts"] and "doubt_until" not in info, info
    # From the base on, the second epoch end: one whole epoch and a part of another.
    assert node.milestone() >= began + EPOCH, (began, node.milestone())
    count_on_it(chain, node)


def count_on_it(chain, node):
    """With another validator down the chain needs every vote that is left."""
    other = next(n for n in chain.nodes[1:] if n is not node)
    other.kill()
    chain.wait_for_milestone(node.milestone() + 5, timeout_s=30)
    other.start()
    all_vote(chain)


def lost(chain, node):
    node.kill()
    shutil.rmtree(node.data_dir)
    node.start()
    observes_and_comes_back(chain, node, "no memory of this key")


def an_old_copy(chain, node):
    copy = node.data_dir + ".copy"
    node.stop()
    shutil.copytree(node.data_dir, copy)
    node.start()
    all_vote(chain)
    chain.wait_for_milestone(node.milestone() + 10)
    node.kill()
    shutil.rmtree(node.data_dir)
    os.rename(copy, node.data_dir)
    mark = len(node.log())
    node.start()
    # What it has signed since comes back to it in certificates while it catches up.
    wait_until(lambda: "has signed votes that the store does not know" in node.log()[mark:], 20, "the old copy is noticed")
    wait_until(lambda: "this validator votes again" in node.log()[mark:], BACK_S, f"{node.name} votes again")
    count_on_it(chain, node)


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 0x55]))


def damaged(chain, node):
    """The store is damaged: the node ends at once and says what to do; done so, it comes back."""
    node.stop()
    files = glob.glob(os.path.join(node.data_dir, "store", "*.sst"))
    files += glob.glob(os.path.join(node.data_dir, "store", "MANIFEST-*"))
    assert files
    for path in files:
        for part in range(1, 8):
            flip(path, os.path.getsize(path) * part // 8)
    mark = len(node.log())
    node.start()
    wait_until(lambda: not node.running(), 20, "the damage stops the node")
    assert node.process.returncode == 1
    assert "move" in node.log()[mark:] and "away" in node.log()[mark:], node.log()[mark:]
    os.rename(os.path.join(node.data_dir, "store"), os.path.join(node.data_dir, "store.damaged"))
    node.start()
    wait_until(lambda: "observes and does not vote until" in node.log()[mark:], 20, "it observes")
    chain.wait_for_milestone(chain.nodes[0].milestone() + 5)
    assert not votes(node)


def main():
    with Chain(validators=4, interval_ms=50, idle_ms=100, epoch_length=EPOCH) as chain:
        marks = [n.key + ".unused" for n in chain.nodes]
        assert all(os.path.exists(m) for m in marks)
        chain.start()
        assert not any(os.path.exists(m) for m in marks)
        all_vote(chain)
        chain.wait_for_milestone(10)
        lost(chain, chain.nodes[0])
        an_old_copy(chain, chain.nodes[2])
        damaged(chain, chain.nodes[3])


main()
