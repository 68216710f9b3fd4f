"""All nodes of a network lose their power ten times in the middle of payments. Nothing
acknowledged is lost, nothing is paid twice, and the chain never forks. ITC_SEED=N draws other
amounts and moments."""
import contextlib
import json
import os
import random
import threading
import time

from harness import Chain, wait_until
from wallet import DONE, USAGE, Wallet

SEED = int(os.environ.get("ITC_SEED", "1"))
PAYERS, CUTS = 4, 10


def make_wallet(chain, name, *options):
    return Wallet(os.path.join(chain.dir, name), chain.nodes[0].service_url,
                  "--network", chain.light, *options)


class Payer(threading.Thread):
    """Pays one receiver, who is paid by nobody else, until told to stop. As an owner would, it
    repeats a command that was not answered: the wallet promises that this pays once."""

    def __init__(self, chain, number):
        super().__init__()
        self.chain, self.dice = chain, random.Random(f"{SEED} payer {number}")
        self.wallet = make_wallet(chain, f"payer-{number}")
        self.to = make_wallet(chain, f"receiver-{number}").address
        self.paid = {}  # tx id -> grains
        self.repeats = 0
        self.enough = threading.Event()
        self.trouble = None

    def run(self):
        try:
            while not self.enough.is_set():
                self.pay(len(self.paid))
        except Exception as e:  # told to the main thread, which fails with it
            self.trouble = e

    def pay(self, serial):
        """Amounts differ, so that no payment is taken for a repetition of another."""
        grains = 10_000_000 + serial * 1000 + self.dice.randrange(1000)
        end = time.monotonic() + 60
        while True:
            node = self.dice.choice(self.chain.nodes)
            done = self.wallet.run("send", self.to, f"{grains / 10**8:.8f}", "--timeout", "2",
                                   node=node.service_url)
            printed = json.loads(done.stdout)
            if done.returncode == DONE:
                assert printed["tx"] not in self.paid, printed
                self.paid[printed["tx"]] = grains
                return
            assert done.returncode != USAGE, done
            assert time.monotonic() < end, f"no payment goes through: {printed}"
            self.repeats += 1
            time.sleep(0.1)


def endow(chain, payers):
    treasury = make_wallet(chain, "treasury", "--key", chain.treasury["file"])
    for payer in payers:
        treasury.expect(DONE, "send", payer.wallet.address, "1000", "--wait")


def cut_power(chain, dice):
    """In any order, and sometimes again while they start."""
    for _ in range(dice.choice((1, 1, 2))):
        time.sleep(dice.uniform(0.1, 1.5))
        nodes = dice.sample(chain.nodes, len(chain.nodes))
        for node in nodes:
            node.process.kill()
        for node in nodes:
            node.kill()
        for node in dice.sample(nodes, len(nodes)):
            node.start()
    for node in chain.nodes:
        wait_until(lambda n=node: n.info() or not n.running(), 30, f"{node.name} answers")
        assert node.running(), f"{node.name} did not start again"


def verdict(node, tx):
    status, answer = node.get(f"/api/v1/tx/{tx}")
    return answer.get("verdict") if status == 200 else None


def check_payments(chain, payers):
    for payer in payers:
        for tx in payer.paid:
            wait_until(lambda: all(verdict(n, tx) == "applied" for n in chain.nodes), 30,
                       f"{tx} is applied on all nodes: {[verdict(n, tx) for n in chain.nodes]}")
    chain.wait_for_milestone(max(n.milestone() for n in chain.nodes))
    for payer in payers:
        expected = sum(payer.paid.values())
        for node in chain.nodes:
            balance = node.get(f"/api/v1/account/{payer.to}")[1]["balance"]
            assert round(float(balance) * 10**8) == expected, (node.name, balance, expected)


def check_chain(chain):
    """Same headers, hence the same ledgers, from the first on."""
    last = min(n.milestone() for n in chain.nodes)
    for index in range(last + 1):
        chain.agree(index)
    return last


@contextlib.contextmanager
def traffic(payers):
    """All of them pay meanwhile, and each must have got something through."""
    for payer in payers:
        payer.start()
    try:
        yield
    finally:
        for payer in payers:
            payer.enough.set()
        for payer in payers:
            payer.join()
    for payer in payers:
        if payer.trouble:
            raise payer.trouble
        assert payer.paid, "no payment went through"


def main():
    print(f"ITC_SEED={SEED}", flush=True)
    dice = random.Random(SEED)
    began = time.monotonic()
    with Chain(validators=4, fullnodes=1, epoch_length=20) as chain:
        chain.start()
        chain.wait_for_milestone(1)
        payers = [Payer(chain, i) for i in range(PAYERS)]
        endow(chain, payers)
        with traffic(payers):
            for _ in range(CUTS):
                cut_power(chain, dice)
        check_payments(chain, payers)
        last = check_chain(chain)
        for payer in payers:
            payer.pay(len(payer.paid))
        check_payments(chain, payers)
        print(f"{last} milestones, {sum(len(p.paid) for p in payers)} payments, "
              f"{sum(p.repeats for p in payers)} repeated, {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
