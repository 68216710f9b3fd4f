"""A committee changes while the chain is used: five daemons, members replaced and added with `itc committee`, signed
offline and side by side; wallets and a lamp from before the changes follow; and a chain of one grows to four."""
import json
import os
import shutil
import threading

from harness import Chain, ITCD, Node, free_ports, run, wait_until
from lamp import Lamp
from proxy import Proxy

ITC = os.environ["ITC"]
DONE, REFUSED, UNREACHED, USAGE = range(4)
EPOCH = 30  # milestones of 100 ms: a change takes seconds
NOWHERE = "tcp://127.0.0.1:1"  # where nobody listens: for commands that need no network


def itc(chain, name, *words, node=NOWHERE, expect=DONE, timeout_s=120):
    """Runs the wallet `name`; its JSON if that is what it should print."""
    done = run(ITC, "--json", "--dir", os.path.join(chain.dir, name), "--node", node, "--timeout", "30", *words,
               check=False, timeout_s=timeout_s)
    assert done.returncode == expect, (words, done)
    return json.loads(done.stdout)


def refused(chain, code, *words, node=NOWHERE, expect=USAGE):
    """It must fail with this code, and say why; returns that."""
    error = itc(chain, "carrier", "committee", *words, node=node, expect=expect)["error"]
    assert error["code"] == code and len(error["message"]) > 20, error
    return error["message"]


def new_wallet(chain, name, key=None):
    more = ["--key", key] if key else []
    run(ITC, "--dir", os.path.join(chain.dir, name), "init", "--network", chain.light, *more)
    return itc(chain, name, "address")["address"]


def new_key(path):
    """A validator's key; its public half."""
    public = run(ITCD, "key", "--new", path).stdout.strip()
    assert run(ITCD, "key", path).stdout.strip() == public and len(public) == 64
    assert run(ITCD, "key", "--new", path, check=False).returncode == 1  # never overwritten
    return public


class Traffic(threading.Thread):
    """Pays from its own wallet without pause; every payment must be applied, and proved so."""

    def __init__(self, chain, node, to):
        super().__init__()
        self.chain, self.node, self.to = chain, node, to
        self.paid, self.error, self.ending = 0, None, False

    def run(self):
        try:
            while not self.ending:
                done = itc(self.chain, "payer", "send", self.to, "1", "--wait", node=self.node.service_url)
                assert done["verdict"] == "applied", done
                self.paid += 1
        except BaseException as error:  # told by the main thread
            self.error = error

    def check(self, at_least):
        assert self.error is None, self.error
        assert self.paid >= at_least, self.paid


def committee_of(chain, node, wallet="carrier"):
    """What a wallet proves: list of keys, next list or None, epoch."""
    shown = itc(chain, wallet, "committee", "show", node=node.service_url)
    lists = [[s["key"] for s in part["seats"]] if part else None for part in (shown["present"], shown.get("next"))]
    return lists[0], lists[1], shown["epoch"]


def sign_side_by_side(chain, file, keys):
    """Each member gets the proposal and signs his own copy, with no node in reach."""
    copies = []
    for i, key in enumerate(keys):
        copies.append(f"{file}.{i}")
        shutil.copy(file, copies[-1])
        itc(chain, "nobody", "committee", "sign", copies[-1], "--key", key)
    return copies


def change(chain, node, file, edits, keys, leaps=False):
    """Proposes, has the members sign, submits, and waits until it is in force; returns the new list. `leaps`: more keys
    are new than may fail, which is warned of, and must be answered for."""
    proposed = itc(chain, "carrier", "committee", "propose", "--out", file, *edits, node=node.service_url)
    files = sign_side_by_side(chain, file, keys)
    assert ("the chain stops" in proposed.get("warning", "")) == leaps, proposed
    if leaps:
        assert "--newcomers-run" in refused(chain, "newcomers", "submit", *files, node=node.service_url)
        files.append("--newcomers-run")
    done = itc(chain, "carrier", "committee", "submit", *files, node=node.service_url)
    assert done["verdict"] == "applied" and done["proved"], done
    after = proposed["next"]["keys"]
    present, following, epoch = committee_of(chain, node)
    assert epoch > proposed["epoch"] or (present, following) == (proposed["present"]["keys"], after)
    wait_until(lambda: committee_of(chain, node)[0] == after, 30, "the new committee is in force")
    return after


def check_proposals(chain, node, keys, stranger):
    """What is wrong with a change is said before anybody signs it."""
    file = os.path.join(chain.dir, "bad.json")
    url = node.service_url
    for edits in (["--add", "12"], ["--remove", "4"], ["--remove", stranger], ["--replace", "0"],
                  ["--replace", "9=" + stranger], ["--add", "ff" * 32 + "0"], ["--add", stranger, "--list", stranger]):
        refused(chain, "bad-form", "propose", "--out", file, *edits, node=url)
    for edits in (["--add", keys[0]], ["--add", "ff" * 32], ["--remove", "3"], ["--replace", "1=" + keys[1]],
                  ["--list", ",".join(keys)]):
        refused(chain, "change-file", "propose", "--out", file, *edits, node=url)
    refused(chain, "usage", "propose", "--out", file, node=url)
    refused(chain, "usage", "propose", "--add", stranger, node=url)
    refused(chain, "cannot-connect", "propose", "--out", file, "--add", stranger, expect=UNREACHED)
    wait_until(lambda: committee_of(chain, node)[2] > 0, 20, "the first epoch is over")
    refused(chain, "expired", "propose", "--out", file, "--add", stranger, "--epoch", "0", node=url)
    assert not os.path.exists(file)


def bend(file, change_it):
    with open(file) as f:
        content = json.load(f)
    change_it(content)
    with open(file, "w") as f:
        json.dump(content, f)


def check_signing(chain, node, members, stranger_file, stranger):
    """Who may sign, and what: a file that lies about itself is not signed."""
    file, other = os.path.join(chain.dir, "signing.json"), os.path.join(chain.dir, "other.json")
    itc(chain, "carrier", "committee", "propose", "--out", file, "--add", stranger, "--epoch", "99999",
        node=node.service_url)
    refused(chain, "change-file", "propose", "--out", file, "--add", stranger, node=node.service_url)  # is there
    assert "not in the present committee" in refused(chain, "change-file", "sign", file, "--key", stranger_file)
    signed = itc(chain, "nobody", "committee", "sign", file, "--key", members[1])
    assert [s["seat"] for s in signed["signatures"]] == [1], signed
    assert "signed already" in refused(chain, "change-file", "sign", file, "--key", members[1])
    refused(chain, "key-file", "sign", file, "--key", chain.genesis)
    refused(chain, "usage", "sign", file)
    assert "1 of 3" in refused(chain, "change-file", "submit", file, node=node.service_url)
    lies = [lambda c: c["added"].clear(), lambda c: c["next"]["keys"].reverse(), lambda c: c.update(epoch=5),
            lambda c: c.update(note="hello"), lambda c: c["signatures"][0].update(seat=2),
            lambda c: c["present"].update(hash="00" * 32), lambda c: c.update(chain="00" * 32),
            lambda c: c["signatures"][0].update(signature="11" * 64), lambda c: c.pop("removed"),
            lambda c: c["next"]["keys"].clear(), lambda c: c.update(type="itc-payment-1")]
    for lie in lies:
        shutil.copy(file, other)
        bend(other, lie)
        refused(chain, "change-file", "sign", other, "--key", members[2])
    with open(other, "w") as f:
        f.write("[" * 100000)
    refused(chain, "change-file", "sign", other, "--key", members[2])
    os.unlink(other)
    itc(chain, "carrier", "committee", "propose", "--out", other, "--replace", "0=" + stranger, "--epoch", "99999",
        node=node.service_url)
    assert "different changes" in refused(chain, "change-file", "submit", file, other, node=node.service_url)


def check_late(chain, node, files):
    """A change for an epoch that is over does not come again."""
    refused(chain, "expired", "submit", *files, node=node.service_url, expect=REFUSED)


def check_liars(chain, node):
    """A wallet that knew the first committee alone is not led astray, nor kept busy."""
    hop, newest = 9, 10
    shutil.copytree(os.path.join(chain.dir, "old"), os.path.join(chain.dir, "doubter"))
    proxy = Proxy(node.service_port)
    seen = []

    def bent(at):
        return lambda body: body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]

    def again(body):
        seen.append(body)
        return seen[0]

    # no change, it says; the list is another; so is the header; the same change again and again
    for lie, code in ((lambda body: b"\x01\x0cnone", "other-committee"), (lambda body: bent(len(body) - 1)(body), "bad-proof"),
                      (bent(2 + 150), "not-proved"), (lambda body: body[:-1], "truncated"), (again, "older")):
        proxy.change_reply = lambda op, body: lie(body) if op == hop else body  # noqa: B023
        error = itc(chain, "doubter", "balance", node=proxy.url, expect=UNREACHED)["error"]
        assert error["code"] == "not-proved" and (code in error["message"] or code == "not-proved"), (code, error)
    assert len(seen) == 2, len(seen)
    # the newest header in place of an epoch's last
    proxy.honest()
    proxy.change_request = lambda op, body: bytes([1, newest]) + body[2:] if op == hop else body
    error = itc(chain, "doubter", "balance", node=proxy.url, expect=UNREACHED)["error"]
    assert "other-committee" in error["message"], error
    # a list that nobody signed, shown as the next one
    proxy.honest()
    proxy.change_reply = lambda op, body: bent(len(body) - 1)(body) if op == newest else body
    error = itc(chain, "doubter", "committee", "show", node=proxy.url, expect=UNREACHED)["error"]
    assert "bad-proof" in error["message"], error
    proxy.honest()
    assert itc(chain, "doubter", "balance", node=proxy.url)["balance"] == "2.5"
    proxy.close()


def five_daemons():
    with Chain(validators=4, fullnodes=1, idle_ms=100, epoch_length=EPOCH) as chain:
        members = [v["file"] for v in chain.made["validators"]]
        keys = [v["key"] for v in chain.made["validators"]]
        joiner = os.path.join(chain.dir, "joiner.key")
        public = new_key(joiner)
        chain.nodes[4].key = joiner  # has followed as a full node before it is named
        extra = os.path.join(chain.dir, "extra.key")
        chain.start()
        node = chain.nodes[1]
        rich = new_wallet(chain, "payer", chain.treasury["file"])
        carrier, nobody, old = (new_wallet(chain, name) for name in ("carrier", "nobody", "old"))
        lamp = Lamp(chain, "lamp")
        lamp.start(chain.nodes[4].service_url)
        itc(chain, "payer", "send", carrier, "10", "--wait", node=node.service_url)
        first = itc(chain, "payer", "send", old, "2.5", "--wait", node=node.service_url)
        itc(chain, "payer", "send", lamp.address, "1", "--wait", node=node.service_url)
        lamp.wait_paid(1)
        itc(chain, "old", "balance", node=node.service_url)
        traffic = Traffic(chain, node, nobody)
        traffic.start()
        try:
            assert committee_of(chain, node)[:2] == (keys, None)
            check_proposals(chain, node, keys, public)
            check_signing(chain, node, members, joiner, public)

            # one is replaced: seat 0 is the new validator's
            before = traffic.paid
            file = os.path.join(chain.dir, "replace.json")
            after = change(chain, node, file, ["--replace", "0=" + public], members[1:])
            assert after == [public] + keys[1:], after
            check_late(chain, node, [f"{file}.{i}" for i in range(3)])
            traffic.check(before + 1)
            wait_until(lambda: chain.nodes[4].info()["validator"] and not chain.nodes[0].info()["validator"], 10,
                       "the daemons know their places")

            # and one is added, which starts as the change is signed; the one that left is ended for good
            chain.nodes[0].stop()
            added = new_key(extra)
            ports = free_ports(3)
            chain.nodes.append(Node(chain, "added", ports, extra))
            chain.start(nodes=[chain.nodes[5]])
            before = traffic.paid
            after = change(chain, node, os.path.join(chain.dir, "add.json"), ["--add", added],
                           [joiner, members[1], members[3]])
            assert after == [public] + keys[1:] + [added], after
            wait_until(lambda: chain.nodes[5].info()["validator"], 10, "the added daemon votes")
            chain.nodes[2].kill()  # n = 5: f = 1
            head = node.milestone()
            chain.wait_for_milestone(head + EPOCH, timeout_s=60)
            traffic.check(before + 2)
            chain.nodes[2].start()
        finally:
            traffic.ending = True
            traffic.join()
        traffic.check(3)

        # who knew the first committee alone follows both changes, through any node
        for place in (1, 4, 5):
            name = f"late-{place}"
            shutil.copytree(os.path.join(chain.dir, "old"), os.path.join(chain.dir, name))
            shown = itc(chain, name, "balance", node=chain.nodes[place].service_url)
            assert shown["balance"] == "2.5", shown
            assert committee_of(chain, chain.nodes[place], name)[0] == after
        check_liars(chain, node)
        known = itc(chain, "payer", "tx", first["tx"])  # no node in reach: kept with the header of its time
        assert known["verdict"] == "applied" and known["proved"], known
        itc(chain, "payer", "send", lamp.address, "1", "--wait", node=node.service_url)
        lamp.wait_paid(2)
        chain.wait_for_milestone(node.milestone() + 2, timeout_s=60)
        chain.agree(node.milestone() - 2)
        lamp.end(15)
        print(f"five daemons: {node.milestone()} milestones, {traffic.paid} payments, wallet {rich[:12]}")


def founders():
    """No secret is shared: public keys make a chain. One validator is enough, for development, and it can grow."""
    with Chain(validators=1, idle_ms=100, epoch_length=EPOCH) as chain:
        files = [os.path.join(chain.dir, f"founder-{i}.key") for i in range(4)]
        publics = [new_key(file) for file in files]
        made = os.path.join(chain.dir, "public")
        pubs = [word for key in publics for word in ("--validator-pub", key)]
        done = json.loads(run(ITCD, "genesis", "--json", "--out", made, *pubs).stdout)
        assert [v["key"] for v in done["validators"]] == publics and "file" not in done["validators"][0], done
        assert sorted(os.listdir(made)) == ["genesis.itc", "light.itc", "treasury.key"]
        for bad in (pubs + ["--validators", "4"], pubs + pubs[:2], ["--validator-pub", "ff" * 32]):
            assert run(ITCD, "genesis", "--out", made + "-bad", *bad, check=False).returncode in (1, 3)

        for i in range(3):
            chain.nodes.append(Node(chain, f"founder-{i}", free_ports(3), files[i]))
        chain.start()
        node = chain.nodes[0]
        new_wallet(chain, "carrier", chain.treasury["file"])
        first = chain.made["validators"][0]
        edits = [word for key in publics[:3] for word in ("--add", key)]
        after = change(chain, node, os.path.join(chain.dir, "grow.json"), edits, [first["file"]], leaps=True)
        assert after == [first["key"]] + publics[:3], after
        wait_until(lambda: all(n.info()["validator"] for n in chain.nodes), 10, "all four vote")
        chain.wait_for_milestone(node.milestone() + 5)
        node.kill()  # the founder is no longer needed
        chain.wait_for_milestone(chain.nodes[1].milestone() + 5, timeout_s=60)
        print("founders: a chain of one became one of four")


if __name__ == "__main__":
    founders()
    five_daemons()
