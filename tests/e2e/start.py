"""Starting and stopping itcd: what it refuses, in which words, and that this changes no data."""
import hashlib
import os
import shutil
import signal
import socket
import time
import unittest

import rocks
import tx
from harness import HOST, ITCD, Chain, run, wait_until

STOPPED, REFUSED, USAGE = 0, 1, 3


def digest(folder):
    """Of all names and contents below `folder`."""
    h = hashlib.sha256()
    for parent, folders, files in sorted(os.walk(folder)):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)
            with open(path, "rb") as f:
                content = f.read()
            h.update(f"{os.path.relpath(path, folder)}\0{len(content)}\0".encode() + content)
    return h.hexdigest()


class Configuration(unittest.TestCase):
    def setUp(self):
        self.chain = Chain(validators=1)
        self.addCleanup(self.chain.close)
        self.path = os.path.join(self.chain.dir, "itcd.conf")

    def refused(self, line, *words):
        with open(self.path, "w") as f:
            f.write(f"# a comment\n\nlog-level = info\n{line}\n")
        done = run(ITCD, "--config", self.path, check=False)
        self.assertEqual(done.returncode, USAGE, done)
        for word in (f"{self.path}:4", *words):
            self.assertIn(word, done.stderr)

    def test_file_and_line_are_named(self):
        self.refused("colour = red", "colour", "not an option")
        self.refused("peers tcp://127.0.0.1:1", "name = value")
        self.refused("log-level = loud", "loud", "log-level", "debug")
        self.refused("work-threads = 0", "from 1 to 64")
        self.refused("work-threads = 1 2", "from 1 to 64")
        self.refused("peer = 127.0.0.1:7700", "tcp://host:port")
        self.refused("peer-listen = http://127.0.0.1:7700", "tcp://host:port")
        self.refused("http-listen = http://127.0.0.1:99999", "http://host:port")
        self.refused("config = /other", "config")
        self.refused("x" * 5000, "too long")

    def test_no_such_file(self):
        done = run(ITCD, "--config", self.path, check=False)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn(self.path, done.stderr)

    def test_command_line(self):
        for args, word in ((["--colour", "red"], "--colour"), (["red"], "red"),
                           (["--peer"], "--peer"), (["--help=1"], "--help"),
                           (["--work-threads", "-1"], "work-threads")):
            done = run(ITCD, *args, check=False)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), args)
            self.assertIn(word, done.stderr)

    def test_what_is_printed_is_read_back(self):
        options = ["--data-dir", self.chain.dir, "--log-level", "warn", "--http-listen", "",
                   "--peer", "tcp://127.0.0.1:1", "--peer", "tcp://127.0.0.1:2"]
        printed = run(ITCD, *options, "--print-config").stdout
        with open(self.path, "w") as f:
            f.write(printed)
        self.assertEqual(run(ITCD, "--config", self.path, "--print-config").stdout, printed)
        self.assertIn("tcp://127.0.0.1:2", printed)

    def test_no_chain(self):
        done = run(ITCD, "--data-dir", os.path.join(self.chain.dir, "nothing"), check=False)
        self.assertEqual(done.returncode, REFUSED)
        self.assertIn("genesis.itc", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.chain.dir, "nothing")))

    def test_a_genesis_that_is_none(self):
        with open(self.path, "wb") as f:
            f.write(b"ITCG")
        folder = os.path.join(self.chain.dir, "new")
        done = run(ITCD, "--genesis", self.path, "--data-dir", folder, check=False)
        self.assertEqual(done.returncode, REFUSED)
        self.assertIn(f"{self.path} is not a genesis document (truncated)", done.stderr)


class Refusals(unittest.TestCase):
    """One validator that has run before, and what keeps it from running again."""

    def setUp(self):
        self.chain = Chain(validators=1)
        self.addCleanup(self.chain.close)
        self.node = self.chain.nodes[0]
        self.chain.start()
        self.chain.wait_for_milestone(2)

    def stopped(self):
        self.assertEqual(self.node.stop(), STOPPED)

    def refuse(self, *words, node=None, options=()):
        """Starts it, and expects it to end at once, with these words in the log."""
        node = node or self.node
        before = len(node.log())
        node.start(*options)
        self.assertEqual(node.process.wait(30), REFUSED)
        node.process = None
        said = node.log()[before:]
        for word in ("cannot start", *words):
            self.assertIn(word, said)
        return said

    def runs_again(self):
        before = self.node.milestone()
        self.node.start()
        self.chain.wait_for_milestone(before + 1)

    def test_data_of_another_chain(self):
        self.stopped()
        before = digest(self.node.data_dir)
        with Chain(validators=1) as other:
            other.nodes[0].data_dir = self.node.data_dir
            self.refuse(self.node.data_dir, "another chain", node=other.nodes[0])
        self.assertEqual(digest(self.node.data_dir), before)
        self.runs_again()

    def test_store_of_another_chain(self):
        """Somebody exchanged the document in the folder."""
        self.stopped()
        with Chain(validators=1) as other:
            kept = os.path.join(self.node.data_dir, "genesis.itc")
            shutil.copy(other.genesis, kept)
            other.nodes[0].data_dir = self.node.data_dir
            self.refuse(self.node.data_dir, "another chain", node=other.nodes[0])
        shutil.copy(self.chain.genesis, kept)
        self.runs_again()

    def test_newer_format(self):
        self.stopped()
        rocks.put(self.node.data_dir, "meta", b"format", (2).to_bytes(4, "little"))
        self.refuse(self.node.data_dir, "update")
        rocks.put(self.node.data_dir, "meta", b"format", (1).to_bytes(4, "little"))
        self.runs_again()

    def test_two_daemons_on_one_folder(self):
        with Chain(validators=1) as other:
            twin = other.nodes[0]
            twin.data_dir, twin.key = self.node.data_dir, self.node.key
            other.genesis = self.chain.genesis
            self.refuse(self.node.data_dir, node=twin)
        self.chain.wait_for_milestone(self.node.milestone() + 1)

    def test_key_that_others_can_read(self):
        self.stopped()
        before = digest(self.node.data_dir)
        os.chmod(self.node.key, 0o644)
        said = self.refuse(self.node.key, "0644", "chmod 600")
        with open(self.node.key) as f:
            self.assertNotIn(f.read().split()[1], said)
        self.assertEqual(digest(self.node.data_dir), before)
        os.chmod(self.node.key, 0o600)
        self.runs_again()

    def test_key_file_that_is_none(self):
        self.stopped()
        good, self.node.key = self.node.key, os.path.join(self.chain.dir, "bad.key")
        for content in ("", "itc-secret-1 00", "itc-secret-1 " + "0" * 64 + "\n", "x" * 1000):
            with open(self.node.key, "w") as f:
                f.write(content)
            os.chmod(self.node.key, 0o600)
            self.refuse(self.node.key, "not a key file")
        os.unlink(self.node.key)
        self.refuse(self.node.key, "No such file")
        self.node.key = good
        self.runs_again()

    def test_port_in_use(self):
        self.stopped()
        for port in ("peer_port", "service_port", "http_port"):
            with socket.create_server((HOST, 0)) as taken:
                free = getattr(self.node, port)
                setattr(self.node, port, taken.getsockname()[1])
                self.refuse(f"{HOST}:{taken.getsockname()[1]}", "ddress in use")
                setattr(self.node, port, free)
        self.runs_again()

    def test_damaged_ledger(self):
        """Money from nowhere: the accounts no longer give the newest header's state root."""
        self.stopped()
        mallory = (10**8).to_bytes(8, "little") + bytes(8)
        rocks.put(self.node.data_dir, "account", tx.public_key(666), mallory)
        self.refuse(self.node.data_dir)

    def test_damaged_store(self):
        self.stopped()
        store = os.path.join(self.node.data_dir, "store")
        for name in os.listdir(store):
            if name.startswith("MANIFEST"):
                os.truncate(os.path.join(store, name), 20)
        self.refuse(self.node.data_dir)


class Stopping(unittest.TestCase):
    def setUp(self):
        self.chain = Chain(validators=1)
        self.addCleanup(self.chain.close)
        self.node = self.chain.nodes[0]

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.chain.start()
            self.chain.wait_for_milestone(self.node.milestone() + 1)
            self.node.process.send_signal(number)
            self.assertEqual(self.node.process.wait(10), STOPPED)
        self.assertIn("stopped", self.node.log())
        self.assertNotIn(" error ", self.node.log())

    def test_while_it_starts(self):
        """From the moment its store is there, whatever it is doing."""
        store = os.path.join(self.node.data_dir, "store")
        for pause_s in (0, 0.01, 0.03, 0.1):
            shutil.rmtree(self.node.data_dir, ignore_errors=True)
            self.node.start()
            wait_until(lambda: os.path.exists(store), 30, "the store")
            time.sleep(pause_s)
            self.assertEqual(self.node.stop(), STOPPED)

    def test_while_clients_wait(self):
        """Those who wait for an answer do not keep it from stopping."""
        self.chain.start()
        ports = (self.node.http_port, self.node.service_port, self.node.peer_port)
        crowd = [socket.create_connection((HOST, port), 10) for port in ports for _ in range(20)]
        for s in crowd[:20]:
            s.sendall(b"GET /hea")
        began = time.monotonic()
        self.assertEqual(self.node.stop(), STOPPED)
        self.assertLess(time.monotonic() - began, 5)
        for s in crowd:
            s.close()

    def test_stopped_and_killed_alike(self):
        """What a start finds after SIGTERM or SIGKILL is the same chain, and it goes on."""
        self.chain.start()
        for end in (self.node.stop, self.node.kill):
            self.chain.wait_for_milestone(self.node.milestone() + 2)
            _, known = self.node.get("/api/v1/milestone/latest")
            end()
            self.chain.start()
            self.assertEqual(self.node.get(f"/api/v1/milestone/{known['index']}"), (200, known))


if __name__ == "__main__":
    unittest.main()
