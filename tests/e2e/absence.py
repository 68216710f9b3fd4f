"""Nodes that are away for a while: stopped, dead, new, or all of them idle. Payments go on without
them, and they catch up. `absence.py SECONDS` keeps validators away that long; by default 10 s."""
import os
import signal
import sys
import time

from harness import Chain, wait_until
from wallet import DONE, Wallet

AWAY_S = float(sys.argv[1]) if len(sys.argv) > 1 else 10
DEPTH = 8
CATCH_UP_S = 30


class Till:
    """Pays one receiver out of the treasury, and knows what the receiver must have."""

    def __init__(self, chain):
        options = chain.nodes[0].service_url, "--network", chain.light
        self.wallet = Wallet(os.path.join(chain.dir, "treasury"), *options,
                             "--key", chain.treasury["file"])
        self.to = Wallet(os.path.join(chain.dir, "receiver"), *options).address
        self.paid = 0

    def pay(self, node):
        final = self.wallet.expect(DONE, "send", self.to, "1", "--wait", node=node.service_url)
        assert final["verdict"] == "applied", final
        self.paid += 1

    def check(self, nodes):
        for node in nodes:
            balance = lambda n=node: n.get(f"/api/v1/account/{self.to}")[1]["balance"]
            wait_until(lambda: balance() == str(self.paid), CATCH_UP_S,
                       f"{node.name} knows of {self.paid} payments")


def pay_while_away(till, present, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        till.pay(present[till.paid % len(present)])
        time.sleep(0.2)


def catches_up(node, present):
    target = max(n.milestone() for n in present)
    wait_until(lambda: node.milestone() >= target, CATCH_UP_S,
               f"{node.name} reaches milestone {target}")
    wait_until(lambda: node.get("/health")[0] == 200, CATCH_UP_S, f"{node.name} is well")


def votes_count(till, chain, without):
    """With one more of four validators stopped, the others are just enough: each of them votes."""
    stopped = chain.nodes[without]
    stopped.process.send_signal(signal.SIGSTOP)
    try:
        for node in chain.nodes[:4]:
            if node is not stopped:
                till.pay(node)
    finally:
        stopped.process.send_signal(signal.SIGCONT)
    catches_up(stopped, [n for n in chain.running() if n is not stopped])


def check_stopped(till, chain):
    """A validator that hangs: its links stand, but nobody answers."""
    away = chain.nodes[3]
    before = away.milestone()
    away.process.send_signal(signal.SIGSTOP)
    try:
        pay_while_away(till, chain.nodes[:3], AWAY_S)
    finally:
        away.process.send_signal(signal.SIGCONT)
    catches_up(away, chain.nodes[:3])
    assert away.milestone() > before + DEPTH
    votes_count(till, chain, without=2)


def check_dead(till, chain):
    away = chain.nodes[2]
    away.kill()
    pay_while_away(till, [chain.nodes[i] for i in (0, 1, 3)], AWAY_S)
    away.start()
    catches_up(away, [chain.nodes[i] for i in (0, 1, 3)])
    votes_count(till, chain, without=1)


def check_primary(till, chain):
    """The one whose turn it is to propose: another takes its place."""
    for leave, come_back in ((lambda n: n.process.send_signal(signal.SIGSTOP),
                              lambda n: n.process.send_signal(signal.SIGCONT)),
                             (lambda n: n.kill(), lambda n: n.start())):
        info = chain.nodes[0].info()
        away = chain.nodes[(info["epoch"] + info["view"]) % 4]
        present = [n for n in chain.nodes[:4] if n is not away]
        leave(away)
        try:
            pay_while_away(till, present, AWAY_S / 2)
        finally:
            come_back(away)
        catches_up(away, present)


def check_newcomer(till, chain):
    """A node that starts from nothing learns all of it."""
    newcomer = chain.nodes[4]
    newcomer.start()
    catches_up(newcomer, chain.nodes[:4])
    till.check([newcomer])
    for index in range(newcomer.milestone() + 1):
        chain.agree(index)
    till.pay(newcomer)


def check_idle(till, chain):
    """When nothing was paid for longer than `depth`, all tips are too old to be approved."""
    for restart in (False, True):
        chain.wait_for_milestone(chain.nodes[0].milestone() + 3 * DEPTH + 2)
        assert chain.nodes[0].info()["open_sites"] == 0
        if restart:
            for node in chain.nodes:
                assert node.stop() == 0
            chain.start()
        for node in chain.nodes:
            till.pay(node)


def main():
    with Chain(validators=4, fullnodes=1, depth=DEPTH, idle_ms=200,
               timeout_ms=1000) as chain:
        validators = chain.nodes[:4]
        chain.start(nodes=validators)
        chain.wait_for_milestone(1)
        till = Till(chain)
        check_stopped(till, chain)
        check_dead(till, chain)
        check_primary(till, chain)
        check_newcomer(till, chain)
        check_idle(till, chain)
        till.check(chain.nodes)
        print(f"{till.paid} payments, {chain.nodes[0].milestone()} milestones")


if __name__ == "__main__":
    main()
