"""Strangers at the peer port of a node that runs: it counts why it refuses, drops whom it should,
stores nothing of theirs, and the chain goes on."""
import contextlib
import os
import random
import signal
import struct
import time

import peer
import tx
from attacked import BOB, SEED, Attacked, main
from peer import Peer, frame, is_cut_off

GREETING_S = 5  # a node's patience with those who do not say who they are
RAM_GROWTH_MAX = 384 << 20  # 16 MiB wait for a peer; sanitizers keep 256 MiB that was freed


class Greetings(Attacked):
    def says(self, data, reason):
        with Peer(self.node) as p:
            stream = p.open()
            stream.sendall(data)
            self.assertTrue(is_cut_off(stream, GREETING_S - 1), reason)
        self.turned_away(reason)

    def test_wrong_hellos(self):
        hello = lambda chain=self.chain.id, channel=0, node_id=1, **fields: peer.hello(
            chain, channel, node_id, **fields)
        self.says(hello(chain="00" * 32), "wrong_chain")
        self.says(hello(version=2), "wrong_version")
        self.says(hello(magic=b"HTTP"), "bad_hello")
        self.says(hello(channel=2), "bad_hello")
        self.says(hello(node_id=0), "bad_hello")
        self.says(hello(validator=32), "bad_hello")

        self.says(frame(peer.HELLO, hello()[5:-1]), "bad_hello")
        self.says(frame(peer.HELLO, hello()[5:] + b"\0"), "bad_hello")
        self.says(frame(peer.STATUS, bytes(25)), "bad_hello")
        self.says(b"GET / HTTP/1.1\r\n\r\n", "bad_frame")

    def test_frames_of_no_size(self):
        self.says(struct.pack("<IB", 0, peer.HELLO), "bad_frame")
        self.says(struct.pack("<IB", peer.FRAME_MAX + 1, peer.HELLO), "bad_frame")
        self.says(struct.pack("<IB", 2**32 - 1, peer.HELLO), "bad_frame")

    def test_garbage(self):
        dice = random.Random(SEED)
        for _ in range(50):
            with Peer(self.node) as p:
                stream = p.open()
                stream.sendall(dice.randbytes(dice.randrange(1, 2000)))

    def test_its_own_name(self):
        with Peer(self.node) as p:
            stream = p.open()
            stream.sendall(peer.hello(self.chain.id, 0, p.node_id))
            _, answer = peer.receive_frame(stream)
            own = struct.unpack("<Q", answer[39:47])[0]
        self.says(peer.hello(self.chain.id, 0, own), "self")

    def test_same_stream_twice(self):
        with Peer(self.node) as p:
            for channel in (peer.BULK, peer.BULK):
                p.open().sendall(peer.hello(self.chain.id, channel, p.node_id))
            self.assertTrue(is_cut_off(p.streams[1], GREETING_S - 1))
        self.turned_away("duplicate")

    def test_name_of_a_peer_that_is_up(self):
        with Peer(self.node).greet() as first, Peer(self.node) as second:
            second.address = first.address
            second.open().sendall(peer.hello(self.chain.id, 0, first.node_id))
            self.assertTrue(second.is_dropped())
            self.turned_away("duplicate")
            first.send(peer.GET_MILESTONE, struct.pack("<Q", 1))
            first.expect(peer.MILESTONE)

    def test_silence(self):
        halves = (b"", peer.hello(self.chain.id, 0, 77)[:20], peer.hello(self.chain.id, 0, 78))
        peers = [Peer(self.node) for _ in halves]
        for p, half in zip(peers, halves):
            p.open().sendall(half)
        for p in peers:
            self.assertFalse(is_cut_off(p.streams[0], 0.1))
        for p in peers:
            self.assertTrue(p.is_dropped(GREETING_S + 3))
            p.close()
        self.turned_away("slow_hello", len(halves))

    def test_a_crowd_that_says_nothing(self):
        crowd = []
        for _ in range(300):
            p = Peer(self.node)
            p.open()
            crowd.append(p)
        with Peer(self.node).greet() as p:
            p.send(peer.GET_MILESTONE, struct.pack("<Q", 1))
            p.expect(peer.MILESTONE)
        for p in crowd:
            p.close()
        self.turned_away("too_many", 100)


class Messages(Attacked):
    def drops_for(self, kind, payload, reason, times=1):
        self.drops_for_all(kind, [payload] * times, reason)
        self.refused(reason, times)

    def drops_for_all(self, kind, payloads, reason):
        """One of them at least is of that kind."""
        self.setUp()
        with Peer(self.node).greet() as p:
            with contextlib.suppress(ConnectionError):
                for payload in payloads:
                    p.send(kind, payload)
            self.assertTrue(p.is_dropped(), (kind, payloads))
        self.refused(reason)
        self.grew("peers_dropped")
        with Peer(self.node) as again:  # from another address, the door is open
            again.greet()

    def test_a_voter_that_is_none(self):
        """Judged by the committee of the open height, which moves on meanwhile."""
        ahead, view = self.node.milestone() + 1, self.node.info()["view"]
        votes = [peer.vote(peer.COMMIT, 2, 0, view, ahead + k) for k in range(20)]
        self.drops_for_all(peer.VOTE, votes, "bad-form")

    def test_malformed(self):
        status = struct.pack("<QIIBIIB", 0, 0, 0, 0, 0, 0, 255)
        forged = peer.vote(peer.PREPARE, 0, 0, 0, 1)
        for kind, payload, reason in (
                (77, b"x", "unknown-version"), (0, b"x", "unknown-version"),
                (peer.HELLO, peer.hello(self.chain.id, 1, 5)[5:], "bad-form"),
                (peer.STATUS, status[:-1], "truncated"),
                (peer.STATUS, status + b"\0", "trailing-bytes"),
                (peer.STATUS, status[:16] + b"\2" + status[17:], "bad-form"),
                (peer.VOTE, forged[:-1], "truncated"), (peer.VOTE, b"\3" + forged[1:], "bad-form"),
                (peer.PROPOSAL, bytes(100), "truncated"), (peer.SITE, b"\1", "truncated"),
                (peer.GET_SITES, b"\1", "truncated"), (peer.GET_SITES, b"\0\0", "bad-form"),
                (peer.GET_SITES, struct.pack("<H", 257) + bytes(32 * 257), "too-large"),
                (peer.GET_SITES, struct.pack("<H", 2) + bytes(32), "truncated"),
                (peer.MILESTONE, bytes(257), "truncated"),
                (peer.MILESTONE, bytes(258), "unknown-version"),
                (peer.GET_MILESTONE, bytes(9), "trailing-bytes"),
                (peer.LEAVES, struct.pack("<QII", 1, 0, 1025) + bytes(65 * 1024), "too-large"),
                (peer.VIEW_CHANGE, bytes(82), "truncated"),
                (peer.VIEW_CHANGE, bytes(16) + b"\x20" + bytes(66), "bad-form"),
                (peer.GET_CONE, struct.pack("<QII", 1, 0, 0), "bad-form"),
                (peer.GET_CONE, struct.pack("<QII", 1, 2**32 - 1, 2), "bad-form"),
                (peer.GET_CONE, struct.pack("<QII", 1, 0, 257), "too-large")):
            with self.subTest(kind=kind, reason=reason, size=len(payload)):
                self.drops_for(kind, payload, reason)

    def test_frames_of_no_size(self):
        for size in (0, 1, peer.FRAME_MAX + 1, 2**32 - 1):
            with Peer(self.node).greet() as p:
                p.streams[peer.BULK].sendall(struct.pack("<IB", size, peer.SITE))
                self.assertTrue(p.is_dropped())
        self.turned_away("bad_frame", 4)

    def test_who_was_dropped_may_not_call_again(self):
        with Peer(self.node).greet() as p:
            p.send(77, b"")
            self.assertTrue(p.is_dropped())
            self.assertTrue(is_cut_off(p.open(), 5))
        self.turned_away("banned")

    def test_half_a_frame_and_silence(self):
        with Peer(self.node).greet() as p:
            whole = frame(peer.GET_MILESTONE, struct.pack("<Q", 1))
            p.streams[peer.BULK].sendall(whole[:7])
            self.chain.wait_for_milestone(self.node.milestone() + 3)
            p.streams[peer.BULK].sendall(whole[7:])
            p.expect(peer.MILESTONE)

    def test_garbage_in_frames(self):
        dice = random.Random(SEED)
        for _ in range(40):
            with Peer(self.node).greet() as p:
                try:
                    for _ in range(20):
                        size = dice.choice((1, 30, 114, 300, 5000))
                        p.send(dice.randrange(1, 12), dice.randbytes(size))
                except ConnectionError:
                    pass
                self.assertTrue(p.is_dropped())
        self.grew("peers_dropped", 40)

    def goes_on_until_dropped(self, make, **hello):
        """Sends what `make(n)` gives, message after message, until the node has had enough."""
        with Peer(self.node).greet(**hello) as p:
            try:
                for n in range(1, 256):
                    for kind, payload in make(n):
                        p.send(kind, payload)
                    time.sleep(0.01)
            except ConnectionError:
                pass
            self.assertTrue(p.is_dropped())
        self.grew("peers_dropped")

    def test_forged_votes(self):
        """For heights of which the node holds no votes yet, and for some that are far away."""
        for kind in (peer.PREPARE, peer.COMMIT):
            self.setUp()
            ahead, view = self.node.milestone() + 1, self.node.info()["view"]
            self.goes_on_until_dropped(lambda n: [
                (peer.VOTE, peer.vote(kind, voter, 0, view, index, signature=bytes([n]) * 64))
                for index in (ahead, ahead + 1, ahead + 2, 2**64 - 1) for voter in (0, 1)])
            self.refused("bad-signature", 4)

    def test_forged_votes_to_leave(self):
        def make(n):
            view, index = self.node.info()["view"] + 1, self.node.milestone() + 1
            for voter in (0, 1):
                yield peer.VIEW_CHANGE, (struct.pack("<IIQB", 0, view, index, voter)
                                         + bytes([n]) * 64 + bytes(2))
        self.goes_on_until_dropped(make)
        self.refused("bad-signature", 4)

    def test_forged_proposals(self):
        def make(n):
            head = self.latest()
            index = head["index"] + 2
            slot = struct.pack("<IIQ", 0, self.node.info()["view"], index)
            header = peer.next_header(self.chain.id, head, index)
            yield peer.PROPOSAL, slot + bytes([n]) * 64 + header + bytes(4) + peer.EMPTY_BODY
        self.goes_on_until_dropped(make, validator=0)
        self.refused("bad-signature", 4)

    def test_forged_milestones(self):
        """With a certificate of too few, of strangers, of nobody."""
        for signers, count, reason in ((1, 1, "no-quorum"), (12, 2, "no-quorum"),
                                       (3, 2, "bad-signature")):
            def make(n):
                head = self.latest()
                index = head["index"] + 1
                cert = struct.pack("<IQI", 0, index, signers) + bytes(64 * count)
                yield peer.MILESTONE, (peer.next_header(self.chain.id, head, index)
                                       + struct.pack("<H", len(cert)) + cert + peer.EMPTY_BODY)
            with self.subTest(signers=signers):
                self.setUp()
                self.goes_on_until_dropped(make, head=2**63)
                self.refused(reason, 4)

    def test_flood_of_requests(self):
        """Big indices, and answers that nobody reads."""
        process = self.node.process.pid
        before = resident_bytes(process)
        with Peer(self.node).greet() as p:
            stream = p.streams[peer.BULK]
            stream.settimeout(0.5)
            flood = b"".join(
                [frame(peer.GET_MILESTONE, struct.pack("<Q", i)) for i in (1, 0, 2**63, 2**64 - 1)]
                + [frame(peer.GET_CONE, struct.pack("<QII", i, first, 256))
                   for i in (1, 2**64 - 1) for first in (0, 2**32 - 257)]
                + [frame(peer.GET_SITES, struct.pack("<H", 256) + os.urandom(32 * 256))])
            end = time.monotonic() + 5
            try:
                while time.monotonic() < end:
                    stream.sendall(flood * 10)
            except TimeoutError:
                pass
            tx_id, data = self.transfer()
            self.assertEqual(self.submit(data), 202)
            self.applied(tx_id)
        self.assertLess(resident_bytes(process) - before, RAM_GROWTH_MAX)

    def test_liars_about_the_head(self):
        """One who claims to be far ahead, and does not answer what he is asked for."""
        with Peer(self.node).greet(head=2**64 - 1):
            self.chain.wait_for_milestone(self.node.milestone() + 5)
            tx_id, data = self.transfer()
            self.assertEqual(self.submit(data), 202)
            self.applied(tx_id)


class Sites(Attacked):
    def send(self, *sites):
        with Peer(self.node).greet() as p:
            for s in sites:
                p.send(peer.SITE, s)
            p.send(peer.GET_MILESTONE, struct.pack("<Q", 1))
            p.expect(peer.MILESTONE)  # they have been looked at

    def drops_for(self, sites, reason):
        self.setUp()
        with Peer(self.node).greet() as p:
            for s in sites:
                p.send(peer.SITE, s)
            self.assertTrue(p.is_dropped())
        self.refused(reason, len(sites))
        self.unchanged("itc_sites_attached_total")

    def test_bad_work(self):
        anchor = self.latest()
        txs = [self.transfer(1000 + i)[1] for i in range(10)]
        self.drops_for([peer.site(self.chain.id, anchor, t, good_work=False) for t in txs],
                       "low-work")

    def test_bad_signatures(self):
        anchor = self.latest()
        _, data = self.transfer()
        self.drops_for([peer.site(self.chain.id, anchor, data[:-1] + bytes([data[-1] ^ i]))
                        for i in range(1, 5)], "bad-signature")

    def test_the_same_bad_site_costs_once(self):
        anchor = self.latest()
        _, data = self.transfer()
        bad = peer.site(self.chain.id, anchor, data[:-1] + bytes([data[-1] ^ 1]))
        self.send(bad)
        self.refused("bad-signature")
        self.setUp()
        self.send(*[bad] * 100)
        self.grew("sites_duplicate", 100)
        self.unchanged('itc_peer_refused_total{reason="bad-signature"}')

    def test_malformed(self):
        anchor = self.latest()
        _, data = self.transfer()
        good = peer.site(self.chain.id, anchor, data)
        low, high = bytes(31) + b"\1", bytes(31) + b"\2"
        made = lambda parents, tx=data: peer.site(self.chain.id, anchor, tx, parents)
        for s, reason in (
                (made((high, low)), "bad-form"), (made((low, low)), "bad-form"),
                (made([bytes([i]) * 32 for i in range(9)]), "too-large"),
                (made((), data_of(1025)), "too-large"), (b"\2" + good[1:], "unknown-version"),
                (good[:-9], "truncated"), (good[:9], "truncated"),
                (good[:-8] + b"\0" + good[-8:], "trailing-bytes"),
                (made((), data[:1] + b"\4" + data[2:]), "unknown-version")):
            with self.subTest(reason=reason, size=len(s)):
                self.drops_for([s], reason)

    def test_unknown_parents(self):
        """They are asked for, and in the end given up."""
        _, data = self.transfer()
        parents = sorted((os.urandom(32), os.urandom(32)))
        with Peer(self.node).greet() as p:
            p.send(peer.SITE, peer.site(self.chain.id, self.latest(), data, parents))
            asked = {p.expect(peer.GET_SITES) for _ in range(2)}
            self.assertEqual(asked, {b"\1\0" + parent for parent in parents})
            self.assertFalse(is_cut_off(p.streams[0], 8))
        self.refused("bad-parent")
        self.unchanged("itc_sites_attached_total")

    def test_anchors(self):
        """Far ahead, and just ahead without the work that nobody can have done yet."""
        _, data = self.transfer()
        head = self.latest()
        for ahead in (100, 2**63):
            self.send(peer.site(self.chain.id, {**head, "index": head["index"] + ahead}, data))
        self.refused("bad-anchor", 2)
        head = self.latest()
        soon = {**head, "index": head["index"] + 2, "id": "00" * 32}
        self.send(peer.site(self.chain.id, soon, data, good_work=False))
        self.refused("low-work")
        self.unchanged("itc_sites_attached_total")

    def test_a_forged_twin_does_no_harm(self):
        """The id of a transaction does not cover its signature: a bad copy, sent first, must not
        keep the good one out, neither in a site nor from a client."""
        for from_client in (False, True):
            tx_id, data = self.transfer(2000)
            forged = data[:-1] + bytes([data[-1] ^ 1])
            self.setUp()
            self.send(peer.site(self.chain.id, self.latest(), forged))
            self.refused("bad-signature")
            if from_client:
                self.assertEqual(self.submit(forged), 400)
                self.assertEqual(self.submit(data), 202)
            else:
                self.send(peer.site(self.chain.id, self.latest(), data))
            self.applied(tx_id)

    def test_two_sites_of_one_transaction(self):
        tx_id, data = self.transfer(3000)
        before = self.balance()
        anchor = self.latest()
        bogus = peer.site(self.chain.id, anchor, data)
        second = peer.site(self.chain.id, anchor, data, [peer.site_id(self.chain.id, bogus)])
        self.send(second)  # waits for its parent
        self.send(bogus, second)
        self.applied(tx_id)
        self.assertEqual(self.balance() - before, 3000)

    def test_sites_of_the_future_leave_room(self):
        """A site waits for its anchor before its work can be checked. However many such sites a
        stranger sends, over links that come and go: the payments of others still get in.

        The other validator sleeps meanwhile, so at most the milestone under way becomes final: else
        the anchor might come, and whoever sends sites without work is dropped."""
        _, data = self.transfer(4000)
        tx_id, payment = self.transfer(5000)
        self.other.process.send_signal(signal.SIGSTOP)
        try:
            anchor = self.latest()["index"] + 2
            stem = peer.stem_of(anchor, data)
            for link in range(5):
                with Peer(self.node).greet() as p:
                    sites = (stem + struct.pack("<Q", link << 32 | i) for i in range(4200))
                    p.streams[peer.BULK].sendall(b"".join(frame(peer.SITE, s) for s in sites))
                    p.send(peer.GET_MILESTONE, struct.pack("<Q", 1))
                    p.expect(peer.MILESTONE)
            self.refused("full")
            self.send(peer.site(self.chain.id, self.latest(), payment))
            self.grew("sites_attached")
            self.assertLess(self.node.milestone(), anchor)
        finally:
            self.other.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.submit(payment, self.other), 202)
        self.applied(tx_id)

    def balance(self):
        balance = self.other.get(f"/api/v1/account/{tx.address(BOB)}")[1]["balance"]
        return round(float(balance) * 10**8)


def data_of(size):
    """Bytes of a data transaction of that size, unsigned."""
    fixed = bytes([1, 2]) + tx.public_key(1) + bytes(16) + b"\1x"
    return fixed + bytes(size - len(fixed))


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
