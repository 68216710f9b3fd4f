"""The lamp: light for payments that are proved, through crashes and absences, whatever a node says."""
import json
import os
import signal
import subprocess

from harness import Chain, free_ports, run, wait_until
from proxy import OP_PAYMENTS, OP_PROOF, Proxy

ITC, ITC_LAMP = os.environ["ITC"], os.environ["ITC_LAMP"]


class Lamp:
    def __init__(self, chain, name):
        self.chain, self.dir = chain, os.path.join(chain.dir, name)
        self.out_path, self.err_path = self.dir + ".out", self.dir + ".err"
        self.process = None

    def start(self, *node_urls, network=True):
        nodes = [word for url in node_urls for word in ("--node", url)]
        light = ["--network", self.chain.light] if network else []
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.process = subprocess.Popen([ITC_LAMP, "--dir", self.dir, "--tariff", "2", *light, *nodes],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        wait_until(lambda: self.lines(self.out_path), 10, "the lamp says its address")
        self.address = self.lines(self.out_path)[0].split()[1]

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(20)

    @staticmethod
    def lines(path):
        with open(path) as f:
            return f.read().splitlines()

    def events(self, word):
        return [line for line in self.lines(self.out_path) if line.startswith(word)]

    def paid(self):
        return [line for line in self.events("LIT") if "paid by" in line]

    def says(self, text):
        """Whether it complained so."""
        return any(text in line for line in self.lines(self.err_path))

    def wait_paid(self, count):
        wait_until(lambda: len(self.paid()) >= count, 20, f"payment {count} is counted: {self.paid()}")
        assert len(self.paid()) == count, self.paid()

    def state(self):
        with open(os.path.join(self.dir, "lamp.json")) as f:
            return json.load(f)


class Payer:
    def __init__(self, chain, node_url):
        self.common = [ITC, "--json", "--dir", os.path.join(chain.dir, "payer"), "--node", node_url]
        run(*self.common, "init", "--network", chain.light, "--key", chain.treasury["file"])
        self.address = chain.treasury["address"]

    def pay(self, address, amount):
        done = json.loads(run(*self.common, "send", address, amount, "--wait").stdout)
        assert done["verdict"] == "applied", done
        return done["milestone"]


def check_light(lamp, payer):
    """Lit for the time paid, longer for more, then off."""
    milestone = payer.pay(lamp.address, "1.5")
    lamp.wait_paid(1)
    assert lamp.paid()[0] == f"LIT 3 s paid by {payer.address} ITC 1.5 milestone {milestone}", lamp.paid()
    state = lamp.state()
    assert state["lit"] and 0 < state["left_ms"] <= 3000 and state["milestone"] == milestone, state
    payer.pay(lamp.address, "1")
    lamp.wait_paid(2)
    assert lamp.state()["left_ms"] > 3000 - 2000 + 1000, lamp.state()
    assert not lamp.events("OFF")
    wait_until(lambda: lamp.events("OFF"), 10, "the lamp goes off")
    wait_until(lambda: not lamp.state()["lit"], 5, "its state says so")


def check_absence(lamp, payer, node):
    """Paid while it was away; stopped and killed while lit; the node away."""
    assert lamp.end(signal.SIGTERM) == 0
    payer.pay(lamp.address, "5")
    lamp.start(node.service_url, network=False)
    lamp.wait_paid(3)
    for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, 0)):
        assert lamp.end(number) == code
        assert lamp.state()["lit"] == (number == signal.SIGKILL), "stopped, it is dark"
        before = len(lamp.events("LIT"))
        lamp.start(node.service_url, network=False)
        wait_until(lambda: len(lamp.events("LIT")) > before, 10, "what was left is lit")
        assert "left from before" in lamp.events("LIT")[-1], lamp.events("LIT")

    node.stop()
    wait_until(lambda: lamp.says("cannot connect"), 20, "the lamp misses its node")
    node.start()
    wait_until(node.info, 20, "the node is back")
    payer.pay(lamp.address, "0.5")
    lamp.wait_paid(4)


def check_hostile_node(lamp, payer, proxy):
    """Old payments shown again, proofs bent: no light, and no harm once the node is honest."""
    seen = {}

    def replay(op, body):
        if op == OP_PAYMENTS and body[2:4] != b"\0\0":
            seen.setdefault("list", body)
        return seen.get("list", body) if op == OP_PAYMENTS else body

    proxy.change_reply = replay
    payer.pay(lamp.address, "0.25")
    lamp.wait_paid(5)
    wait_until(lambda: lamp.says("counted already"), 20, "the lamp notices the old payment")

    def bend(op, body):
        if op != OP_PROOF:
            return body
        body = bytearray(body)
        body[-70] ^= 1  # the amount
        return bytes(body)

    proxy.change_reply = bend
    payer.pay(lamp.address, "0.25")
    wait_until(lambda: lamp.says("does not hold"), 20, "the lamp notices the bent proof")
    assert len(lamp.paid()) == 5, lamp.paid()
    proxy.honest()
    lamp.wait_paid(6)
    assert lamp.paid()[-1].split()[1] == "0.5", lamp.paid()


def check_start(lamp, chain, node):
    """What a lamp refuses to start with."""
    done = run(ITC_LAMP, "--dir", lamp.dir, "--node", node.service_url, check=False)
    assert done.returncode == 3 and "another itc-lamp" in done.stderr, done
    for args, text in ((["--tariff", "0"], "--tariff"), (["--nope"], "--nope"), (["--node", "x"], "tcp://"),
                       (["--dir", chain.dir + "/none"], "--network")):
        done = run(ITC_LAMP, *args, check=False)
        assert done.returncode == 3 and text in done.stderr, (args, done)


def main():
    with Chain(validators=1) as chain:
        chain.start()
        node = chain.nodes[0]
        payer = Payer(chain, node.service_url)
        lamp = Lamp(chain, "lamp")
        lamp.start(node.service_url)
        try:
            check_start(lamp, chain, node)
            check_light(lamp, payer)
            check_absence(lamp, payer, node)
            lamp.end(signal.SIGTERM)
            proxy = Proxy(node.service_port)
            dead = f"tcp://127.0.0.1:{free_ports(1)[0]}"
            lamp.start(dead, proxy.url)
            check_hostile_node(lamp, payer, proxy)
            assert os.path.getsize(os.path.join(lamp.dir, "state")) < 2048
            assert lamp.end(signal.SIGTERM) == 0
            proxy.close()
        finally:
            lamp.process.kill()


if __name__ == "__main__":
    main()
