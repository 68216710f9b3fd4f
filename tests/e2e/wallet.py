"""The wallet: every command, every exit code, and a node that loses answers or lies."""
import json
import os
import stat
import subprocess

from harness import ITCD, Chain, run, wait_until
from proxy import OP_ACCOUNT, OP_PROOF, OP_SUBMIT, Proxy

ITC = os.environ["ITC"]
DONE, REFUSED, UNREACHED, USAGE = 0, 1, 2, 3


class Wallet:
    def __init__(self, folder, node_url, *init):
        self.dir, self.node_url = folder, node_url
        self.expect(DONE, "init", *init)
        self.address = self.expect(DONE, "address")["address"]

    def run(self, *args, node=None):
        return run(ITC, "--json", "--dir", self.dir, "--node", node or self.node_url, *args, check=False)

    def expect(self, code, *args, node=None):
        """Asserts the exit code; returns the JSON object printed."""
        done = self.run(*args, node=node)
        assert done.returncode == code, (args, done)
        assert done.stdout.count("\n") == 1, done
        printed = json.loads(done.stdout)
        return printed

    def fails(self, code, name, *args, node=None):
        error = self.expect(code, *args, node=node)["error"]
        assert error["code"] == name, error
        assert len(error["message"]) > 20, error

    def balance(self, address=None):
        return self.expect(DONE, "balance", *([address] if address else []))["balance"]


def check_files(wallet):
    mode = stat.S_IMODE(os.stat(os.path.join(wallet.dir, "key")).st_mode)
    assert mode == 0o600, oct(mode)


def check_usage(rich, poor, foreign_address):
    """What is wrong on the command line is said before any node is asked."""
    rich.fails(USAGE, "usage")
    rich.fails(USAGE, "usage", "sned")
    rich.fails(USAGE, "usage", "send", poor.address)
    rich.fails(USAGE, "usage", "balance", "--nope")
    rich.fails(USAGE, "usage", "send", poor.address, "-5")
    rich.fails(USAGE, "usage", "info", "--timeout", "0")
    rich.fails(USAGE, "usage", "info", node="http://127.0.0.1:1")
    rich.fails(USAGE, "wallet", "init", "--network", "light.itc.missing")
    typo = poor.address[:-1] + ("q" if poor.address[-1] != "q" else "p")
    rich.fails(USAGE, "bad-checksum", "send", typo, "1")
    rich.fails(USAGE, "bad-form", "send", "somebody", "1")
    rich.fails(USAGE, "wrong-chain", "send", foreign_address, "1")
    rich.fails(USAGE, "bad-form", "send", rich.address, "1")
    for amount, name in (("1.123456789", "too-large"), ("100000000.1", "overflow"), ("1e3", "bad-form"),
                         ("9" * 50, "overflow"), ("1,5", "bad-form"), ("", "bad-form"), ("0.0", "bad-form")):
        rich.fails(USAGE, name, "send", poor.address, amount)
    rich.fails(USAGE, "bad-form", "tx", "1234")
    help_text = run(ITC, "--help").stdout
    assert all(f"itc {c}" in help_text for c in ("init", "address", "balance", "send", "tx", "info"))


def check_payments(rich, poor):
    sent = rich.expect(DONE, "send", poor.address, "12.5")
    assert sent["stage"] == "pending" and sent["amount"] == "12.5" and sent["to"] == poor.address, sent
    final = rich.expect(DONE, "tx", sent["tx"], "--wait")
    assert final["verdict"] == "applied" and final["proved"] and final["amount"] == "12.5", final
    assert poor.balance() == "12.5"

    final = rich.expect(DONE, "send", poor.address, "0.5", "--wait")
    assert final["verdict"] == "applied" and final["proved"] and final["took_ms"] < 20000, final
    assert poor.balance() == rich.balance(poor.address) == "13"
    assert rich.balance() == "99999987"
    fates = [p["fate"] for p in rich.expect(DONE, "tx")["sent"]]
    assert fates == ["applied", "applied"], fates
    return final["tx"]


def check_refusals(rich, poor, nobody):
    poor.fails(REFUSED, "no-funds", "send", rich.address, "13.00000001")
    nobody.fails(REFUSED, "no-account", "send", rich.address, "1")
    poor.fails(REFUSED, "no-funds", "send", rich.address, "1", "--close")
    # A first payment below the dust limit is refused by the node; its number is used by the next payment.
    rich.fails(REFUSED, "dust", "send", nobody.address, "0.00000001")
    final = rich.expect(DONE, "send", poor.address, "1", "--wait")
    assert final["verdict"] == "applied", final
    rich.fails(REFUSED, "no-funds", "send", poor.address, "99999999")
    assert rich.expect(REFUSED, "tx", "0" * 64)["stage"] == "unknown"


def check_two_at_once(rich, poor):
    """Runs at the same time take turns: each payment gets a number of its own, and all apply."""
    before = float(poor.balance())
    command = [ITC, "--json", "--dir", rich.dir, "--node", rich.node_url, "send", poor.address, "0.25", "--wait"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    printed = [json.loads(r.communicate(timeout=60)[0]) for r in runs]
    assert all(p["verdict"] == "applied" for p in printed), printed
    assert len({p["seq"] for p in printed}) == 4, printed
    assert float(poor.balance()) == before + 1


def check_lost_answer(rich, poor, proxy, applied_first):
    """The node took the payment, but its answer was lost: the same command again pays once."""
    before = float(poor.balance())
    proxy.change_reply = lambda op, body: None if op == OP_SUBMIT else body
    rich.fails(UNREACHED, "unsure", "send", poor.address, "7", "--timeout", "1", node=proxy.url)
    proxy.honest()
    if applied_first:
        wait_until(lambda: float(poor.balance()) == before + 7, 10, "the payment arrives")
    tx = rich.expect(DONE, "tx")["sent"][-1]["tx"]
    final = rich.expect(DONE, "send", poor.address, "7", "--wait", node=proxy.url)
    assert final["verdict"] == "applied" and final["tx"] == tx, final
    assert float(poor.balance()) == before + 7

    # Its owner knows now: the same once more is a second payment.
    final = rich.expect(DONE, "send", poor.address, "7", "--wait", node=proxy.url)
    assert final["tx"] != tx and float(poor.balance()) == before + 14


def check_lost_payment(rich, poor, proxy):
    """The payment itself was lost. The next one delivers it first: both apply, in the order they were made."""
    before = float(poor.balance())
    proxy.change_request = lambda op, body: None if op == OP_SUBMIT else body
    rich.fails(UNREACHED, "unsure", "send", poor.address, "3", "--timeout", "1", node=proxy.url)
    proxy.honest()
    final = rich.expect(DONE, "send", poor.address, "4", "--wait", node=proxy.url)
    assert final["verdict"] == "applied", final
    wait_until(lambda: float(poor.balance()) == before + 7, 10, "both payments arrive")
    # Nobody was told yet that the first has arrived.
    final = rich.expect(DONE, "send", poor.address, "3", node=proxy.url)
    assert final["verdict"] == "applied" and float(poor.balance()) == before + 7, final


def flip(op, at):
    """Flips a bit in byte `at` of the replies to `op`; a negative one counts from the end."""
    def change(asked, body):
        if asked != op:
            return body
        body = bytearray(body)
        body[at] ^= 1
        return bytes(body)
    return change


def check_lies(rich, poor, proxy, tx):
    """A reply that does not prove itself is never shown as an answer."""
    before = rich.expect(DONE, "balance")["milestone"]
    for at in (10, 100, 250, -17):  # three in the header, one in the path
        proxy.change_reply = flip(OP_ACCOUNT, at)
        rich.fails(UNREACHED, "not-proved", "balance", node=proxy.url)
    proof = os.path.join(rich.dir, "proofs", tx)
    os.unlink(proof)
    for at in (10, 100, -70, -164):  # two in the header, the amount, the verdict
        proxy.change_reply = flip(OP_PROOF, at)
        rich.fails(UNREACHED, "not-proved", "tx", tx, node=proxy.url)
    assert not os.path.exists(proof)
    proxy.honest()
    assert rich.expect(DONE, "tx", tx, node=proxy.url)["verdict"] == "applied"
    assert os.path.exists(proof)
    assert rich.expect(DONE, "balance", node=proxy.url)["milestone"] >= before


def check_close(poor, rich):
    everything = poor.balance()
    final = poor.expect(DONE, "send", rich.address, everything, "--close", "--wait")
    assert final["verdict"] == "applied", final
    gone = poor.expect(DONE, "balance")
    assert gone["balance"] == "0" and not gone["exists"], gone


def check_other_chain(rich, newcomer):
    with Chain(validators=1) as other:
        other.start()
        other.wait_for_milestone(1)
        url = other.nodes[0].service_url
        rich.fails(REFUSED, "wrong-chain", "info", node=url)
        newcomer.fails(UNREACHED, "not-proved", "balance", node=url)
        rich.fails(REFUSED, "busy", "balance", node=url)  # for a chain that is behind


def main():
    with Chain(validators=1) as chain:
        chain.start()
        node = chain.nodes[0]
        folder = lambda name: os.path.join(chain.dir, name)
        light = ("--network", chain.light)
        rich = Wallet(folder("rich"), node.service_url, *light, "--key", chain.treasury["file"])
        poor = Wallet(folder("poor"), node.service_url, *light)
        nobody = Wallet(folder("nobody"), node.service_url, *light)
        run(ITCD, "genesis", "--out", folder("foreign"), "--network", "test", "--validators", "1")
        foreign = Wallet(folder("foreigner"), node.service_url, "--network", folder("foreign/light.itc"))
        assert rich.address == chain.treasury["address"] and foreign.address.startswith("titc1")

        check_files(poor)
        rich.fails(USAGE, "wallet", "init", *light)
        check_usage(rich, poor, foreign.address)
        assert rich.balance() == "100000000" and poor.balance() == "0"
        info = rich.expect(DONE, "info")
        assert info["chain"] == chain.id and info["validator"], info
        tx = check_payments(rich, poor)
        check_refusals(rich, poor, nobody)
        check_two_at_once(rich, poor)
        proxy = Proxy(node.service_port)
        check_lost_answer(rich, poor, proxy, applied_first=False)
        check_lost_answer(rich, poor, proxy, applied_first=True)
        check_lost_payment(rich, poor, proxy)
        check_lies(rich, poor, proxy, tx)
        check_close(poor, rich)
        check_other_chain(rich, Wallet(folder("newcomer"), node.service_url, *light))

        node.stop()
        rich.fails(UNREACHED, "cannot-connect", "balance")
        rich.fails(UNREACHED, "cannot-connect", "send", poor.address, "1")
        assert rich.expect(DONE, "tx", tx)["verdict"] == "applied"  # by the proof it kept
        proxy.close()


if __name__ == "__main__":
    main()
