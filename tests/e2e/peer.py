"""A peer written from docs/protocol.md alone, to say to a node what no honest peer would.

Each Peer calls from an address of its own, 127.1.x.y: nodes ban by address, and 127.0.0.1 is for
the honest."""
import hashlib
import itertools
import socket
import struct
import time

from harness import HOST
from tx import tagged

(HELLO, STATUS, PROPOSAL, VOTE, SITE, GET_SITES, MILESTONE, GET_MILESTONE, LEAVES,
 GET_CONE, VIEW_CHANGE) = range(1, 12)
CONSENSUS, BULK = 0, 1
PREPARE, COMMIT = 1, 2
FRAME_MAX = 103354
NO_VALIDATOR = 255
numbers = itertools.count(1)


def frame(kind, payload):
    return struct.pack("<IB", 1 + len(payload), kind) + payload


def hello(chain, channel, node_id, magic=b"ITCP", version=1, validator=NO_VALIDATOR, head=0):
    return frame(HELLO, magic + struct.pack("<HB", version, channel) + bytes.fromhex(chain)
                 + struct.pack("<QBQ", node_id, validator, head))


def vote(kind, voter, epoch, view, index, header_id=bytes(32), signature=bytes(64)):
    return struct.pack("<BIIQB", kind, epoch, view, index, voter) + header_id + signature


def work_bits(price, size):
    """What a site of `size` bytes must show: one more for each doubling above 256."""
    while size > 256:
        price, size = price + 1, (size + 1) // 2
    return price


def zero_bits(digest):
    return 256 - int.from_bytes(digest, "big").bit_length()


def stem_of(anchor_index, tx, parents=()):
    """A site without its nonce."""
    return bytes([1, len(parents)]) + struct.pack("<Q", anchor_index) + b"".join(parents) + tx


def site(chain, anchor, tx, parents=(), good_work=True):
    """`anchor`: a milestone as the HTTP API tells it."""
    stem = stem_of(anchor["index"], tx, parents)
    chain = bytes.fromhex(chain)
    tag = hashlib.sha256(b"itc/work").digest()
    start = hashlib.sha256(tag + tag + chain + bytes.fromhex(anchor["id"])
                           + tagged("itc/stem", chain + stem))
    bits = work_bits(anchor["work_bits"], len(stem) + 8)
    for nonce in itertools.count():
        last = nonce.to_bytes(8, "little")
        attempt = start.copy()
        attempt.update(last)
        if (zero_bits(attempt.digest()) >= bits) == good_work:
            return stem + last


EMPTY_BODY = struct.pack("<BHH", 1, 0, 0)


def next_header(chain, head, index):
    """Of an empty milestone `index`, as well as it can be made without computing one; `head` is
    the newest milestone as the HTTP API tells it."""
    last = bytes.fromhex(head["header"])
    body_hash = tagged("itc/body", bytes.fromhex(chain) + EMPTY_BODY)
    return (last[:8] + struct.pack("<QQ", index, head["time_ms"]) + last[24:32]
            + bytes.fromhex(head["id"]) + last[64:224] + body_hash)


def site_id(chain, bytes_):
    return tagged("itc/site", bytes.fromhex(chain) + bytes_)


def receive(stream, count):
    """Exactly `count` bytes; None at the end of the stream."""
    data = b""
    while len(data) < count:
        try:
            part = stream.recv(count - len(data))
        except ConnectionError:
            return None
        if not part:
            return None
        data += part
    return data


def receive_frame(stream):
    """(type, payload), or None at the end of the stream."""
    head = receive(stream, 5)
    if head is None:
        return None
    size, kind = struct.unpack("<IB", head)
    payload = receive(stream, size - 1)
    return None if payload is None else (kind, payload)


def is_cut_off(stream, timeout_s):
    """Whether the node closes the stream within that time; what it still sends is ignored."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        stream.settimeout(end - time.monotonic())
        try:
            if not stream.recv(65536):
                return True
        except ConnectionError:
            return True
        except OSError:  # time is over
            return False
    return False


class Peer:
    """Two streams to a node: greet() makes them a link, or the caller says what it likes."""

    def __init__(self, node):
        number = next(numbers)
        self.chain, self.node_id = node.chain.id, 1 << 63 | number
        self.address = f"127.1.{number >> 8}.{number & 255}"
        self.node = node
        self.streams = []

    def open(self):
        stream = socket.create_connection((HOST, self.node.peer_port), 10, (self.address, 0))
        self.streams.append(stream)
        return stream

    def greet(self, **fields):
        for channel in (CONSENSUS, BULK):
            stream = self.open()
            stream.sendall(hello(self.chain, channel, self.node_id, **fields))
            kind, _ = receive_frame(stream)
            assert kind == HELLO
        return self

    def send(self, kind, payload):
        channel = CONSENSUS if kind in (STATUS, PROPOSAL, VOTE, VIEW_CHANGE) else BULK
        self.streams[channel].sendall(frame(kind, payload))

    def expect(self, kind, channel=BULK, timeout_s=10):
        """The payload of the next frame of that type."""
        stream = self.streams[channel]
        stream.settimeout(timeout_s)
        while True:
            got = receive_frame(stream)
            assert got is not None, "the node closed the link"
            if got[0] == kind:
                return got[1]

    def is_dropped(self, timeout_s=5):
        return all(is_cut_off(s, timeout_s) for s in self.streams)

    def close(self):
        for stream in self.streams:
            stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
