"""Strangers at the ports for wallets and for HTTP: refusals are counted, all others are served."""
import random
import socket
import struct
import time

import peer
from attacked import SEED, Attacked, main
from harness import HOST
from peer import is_cut_off


def nng_frame(number, body):
    return struct.pack(">QI", 4 + len(body), 1 << 31 | number) + body


class Service(Attacked):
    def open(self, greeting=b"\0SP\0\0\x30\0\0"):
        s = socket.create_connection((HOST, self.node.service_port), 15)
        s.sendall(greeting)
        return s

    def ask(self, s, body):
        """The reply to a request: (status, fields)."""
        s.sendall(nng_frame(7, body))
        size, number = struct.unpack(">QI", peer.receive(s, 12))
        self.assertEqual(number, 1 << 31 | 7)
        reply = peer.receive(s, size - 4)
        self.assertEqual(reply[0], 1)
        return reply[1], reply[2:]

    def client_refused(self, reason, by):
        self.grew("client_refused", by, f'{{reason="{reason}"}}')

    def still_serves(self):
        with self.open() as s:
            peer.receive(s, 8)
            self.assertEqual(self.ask(s, b"\1\1")[0], 0)

    def test_malformed_requests(self):
        key = bytes(32)
        truncated, trailing, form, version = 1, 2, 3, 5  # enum itc_err
        for body, status in (
                (b"", truncated), (b"\1", truncated), (b"\2\1", version), (b"\1\0", version),
                (b"\1\x63", version), (b"\1\1\0", trailing), (b"\1\2\0", truncated),
                (b"\1\2\xff\xff", truncated), (b"\1\2\1\0", truncated), (b"\1\2\0\0", form),
                (b"\1\3" + bytes(7), truncated), (b"\1\4" + bytes(8) + key + b"\0", trailing),
                (b"\1\5" + key + b"\xff\xff\xff\xff", form),
                (b"\1\6" + bytes(8) + key[1:], truncated),
                (b"\1\7" + key + bytes(12) + struct.pack("<I", 30001), form), (b"\1\7", truncated),
                (b"\1\x08" + bytes(9), trailing)):
            with self.subTest(body=body), self.open() as s:
                self.assertEqual(peer.receive(s, 8), b"\0SP\0\0\x31\0\0")
                self.assertEqual(self.ask(s, body)[0], status)
        self.client_refused("truncated", 7)
        self.client_refused("unknown-version", 3)
        self.client_refused("trailing-bytes", 3)
        self.still_serves()

    def test_values_from_nowhere(self):
        """Well-formed, and about what does not exist."""
        big = struct.pack("<Q", 2**64 - 2)
        with self.open() as s:
            peer.receive(s, 8)
            for body in (b"\1\3" + big, b"\1\4" + big + bytes(32), b"\1\6" + big + bytes(32),
                         b"\1\x08" + big, b"\1\6" + bytes(8) + bytes(32)):
                self.assertNotEqual(self.ask(s, body)[0], 0, body)
            self.assertEqual(self.ask(s, b"\1\5" + bytes(36))[0], 0)
            self.assertEqual(self.ask(s, b"\1\7" + b"\xff" * 32 + big + b"\xff" * 4
                                      + bytes(4))[0], 0)
            self.assertEqual(self.ask(s, b"\1\4" + bytes(8) + b"\xff" * 32)[0], 0)

    def test_frames_of_no_size(self):
        size = lambda n: struct.pack(">Q", n)
        for data in (size(2**63), size(2**64 - 1), size(1 << 30), nng_frame(1, bytes(3000)),
                     size(0), size(3) + b"abc",
                     size(4) + bytes(3) + b"\5"):  # an id without its end mark
            with self.subTest(data=data[:16]), self.open() as s:
                peer.receive(s, 8)
                s.sendall(data)
                s.settimeout(0.3)
                try:
                    self.assertEqual(s.recv(1), b"")
                except (TimeoutError, ConnectionError):
                    pass
        self.still_serves()

    def test_garbage(self):
        dice = random.Random(SEED)
        for i in range(100):
            with self.open(b"\0SP\0\0\x30\0\0" if i % 2 else b"") as s:
                try:
                    s.sendall(dice.randbytes(dice.randrange(1, 300)))
                except ConnectionError:
                    pass
        self.still_serves()

    def test_random_requests(self):
        dice = random.Random(SEED)
        with self.open() as s:
            peer.receive(s, 8)
            for _ in range(500):
                op = dice.choice((1, 2, 3, 4, 6, 8))  # those that never wait
                size = dice.choice((0, 1, 2, 8, 40, 157, 1000))
                self.ask(s, bytes([1, op]) + dice.randbytes(size))

    def test_hundreds_of_connections(self):
        crowd = [self.open() for _ in range(400)]
        for s in crowd[::2]:
            s.sendall(nng_frame(1, b"\1\1")[:13])
        self.still_serves()
        for s in crowd:
            s.close()
        self.still_serves()

    def test_hundreds_who_wait(self):
        """Each asks for payments that do not come: that must not keep others from being served."""
        waiting = b"\1\7" + bytes(31) + b"\1" + bytes(12) + struct.pack("<I", 30000)
        crowd = [self.open() for _ in range(300)]
        try:
            for s in crowd:
                peer.receive(s, 8)
                s.sendall(nng_frame(1, waiting))
            began = time.monotonic()
            self.still_serves()
            self.assertLess(time.monotonic() - began, 5)
        finally:
            for s in crowd:
                s.close()


class Http(Attacked):
    def open(self, data=b""):
        s = socket.create_connection((HOST, self.node.http_port), 15)
        s.sendall(data)
        return s

    def test_headers_without_end(self):
        with self.open(b"GET /health HTTP/1.1\r\n") as s:
            try:
                for i in range(100000):
                    s.sendall(b"X-%d: y\r\n" % i)
            except ConnectionError:
                pass
            self.assertTrue(is_cut_off(s, 5))
        self.assertEqual(self.node.get("/health")[0], 200)

    def test_a_body_larger_than_said(self):
        request = b"POST /api/v1/tx HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
        with self.open(request + b"x" * 5000) as s:
            self.assertIn(b" 4", s.recv(100)[:13])

    def test_garbage(self):
        dice = random.Random(SEED)
        for i in range(100):
            with self.open(b"GET " if i % 2 else b"") as s:
                try:
                    s.sendall(dice.randbytes(dice.randrange(1, 3000)) + b"\r\n\r\n")
                    s.recv(100)
                except ConnectionError:
                    pass
        self.assertEqual(self.node.get("/health")[0], 200)

    def test_a_crowd(self):
        request = b"POST /api/v1/tx HTTP/1.1\r\nContent-Length: 100\r\n\r\nab"
        crowd = [self.open(request) for _ in range(300)]
        self.assertEqual(self.node.get("/health")[0], 200)
        for s in crowd:
            s.close()


if __name__ == "__main__":
    main()
