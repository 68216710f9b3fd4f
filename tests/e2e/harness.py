"""Whole networks of real processes on the loopback interface, for end-to-end tests.

    with Chain(validators=4, fullnodes=1) as chain:
        chain.start()
        chain.wait_for_milestone(3)
        chain.nodes[0].kill()

Everything lives in one temporary folder, and only processes started here are ever ended, by their pid. The
programs come from the environment: ITCD, ITC, ITC_LAMP.
"""
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ITCD = os.environ.get("ITCD", "itcd")
HOST = "127.0.0.1"
# A test that is ended for taking too long still ends what it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))


def wait_until(condition, timeout_s, what):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.05)


# Below the ports that Linux gives to outgoing connections (32768 and up): what a node is to listen
# at later, or again after a restart, no connection can take meanwhile. None is given out twice.
_ports = iter(random.sample(range(12000, 32000), 20000))


def free_ports(count):
    """Port numbers that nobody listens at now, and that no other call has had or will have."""
    found = []
    for port in _ports:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free port left")


def run(*args, check=True, timeout_s=60):
    """Runs a program to its end; returns the CompletedProcess with text output."""
    done = subprocess.run([str(a) for a in args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout_s)
    if check and done.returncode != 0:
        raise AssertionError(f"{args}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Node:
    """One itcd: its folder, its ports, and its process while it runs."""

    def __init__(self, chain, name, ports, key=None):
        self.chain, self.name, self.key = chain, name, key
        self.peer_port, self.service_port, self.http_port = ports
        self.data_dir = os.path.join(chain.dir, name)
        self.log_path = os.path.join(chain.dir, name + ".log")
        self.process = None

    @property
    def peer_url(self):
        return f"tcp://{HOST}:{self.peer_port}"

    @property
    def service_url(self):
        return f"tcp://{HOST}:{self.service_port}"

    def start(self, *options):
        """Starts the process with every other node as a peer; does not wait for it."""
        args = [ITCD, "--data-dir", self.data_dir, "--genesis", self.chain.genesis,
                "--peer-listen", self.peer_url, "--service-listen", self.service_url,
                "--http-listen", f"http://{HOST}:{self.http_port}"]
        if self.key:
            args += ["--key", self.key]
        for other in self.chain.nodes:
            if other is not self:
                args += ["--peer", other.peer_url]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(args + list(options), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def _end(self, number, timeout_s):
        code = None
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(number)
            code = self.process.wait(timeout_s)
            self.process = None
        return code

    def stop(self, timeout_s=30):
        """SIGTERM; returns the exit code."""
        return self._end(signal.SIGTERM, timeout_s)

    def kill(self):
        """Like a power cut, as far as a process can feel one."""
        return self._end(signal.SIGKILL, 30)

    def request(self, method, path, body=None, headers=None, timeout_s=10):
        """Returns (status, headers, body as bytes)."""
        connection = http.client.HTTPConnection(HOST, self.http_port, timeout=timeout_s)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path):
        """Returns (status, decoded JSON)."""
        status, _, body = self.request("GET", path)
        return status, json.loads(body)

    def info(self):
        """The node's answer to /api/v1/info, or None while it cannot be reached."""
        try:
            status, info = self.get("/api/v1/info")
        except (OSError, http.client.HTTPException):
            return None
        return info if status == 200 else None

    def milestone(self):
        """Index of its newest milestone; -1 while it cannot be reached."""
        info = self.info()
        return info["milestone"] if info else -1

    def metrics(self):
        """Each sample of /metrics by its name, labels included."""
        lines = self.request("GET", "/metrics")[2].decode().splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""


class Chain:
    """A new network. `parameters` become options of `itcd genesis`: work_floor=8 is --work-floor 8."""

    def __init__(self, validators=4, fullnodes=0, interval_ms=100, idle_ms=500, **parameters):
        self.dir = tempfile.mkdtemp(prefix="itc-e2e-")
        try:
            self._make(validators, fullnodes, {"interval_ms": interval_ms, "idle_ms": idle_ms,
                                               "work_floor": 8, "work_ceiling": 10, **parameters})
        except BaseException:
            shutil.rmtree(self.dir)
            raise

    def _make(self, validators, fullnodes, parameters):
        args = [ITCD, "genesis", "--json", "--out", os.path.join(self.dir, "genesis"),
                "--validators", validators]
        for name, value in parameters.items():
            args += ["--" + name.replace("_", "-"), value]
        self.made = json.loads(run(*args).stdout)
        self.id = self.made["chain"]
        self.genesis, self.light = self.made["genesis"], self.made["light"]
        self.treasury = self.made["treasury"]
        keys = [v["file"] for v in self.made["validators"]] + [None] * fullnodes
        ports = free_ports(3 * len(keys))
        self.nodes = []
        for i, key in enumerate(keys):
            name = f"validator-{i}" if key else f"full-{i - validators}"
            self.nodes.append(Node(self, name, ports[3 * i:3 * i + 3], key))

    def start(self, *options, nodes=None):
        """Starts `nodes`, by default all, and waits until each answers."""
        nodes = self.nodes if nodes is None else nodes
        for node in nodes:
            node.start(*options)
        for node in nodes:
            wait_until(lambda n=node: n.info() or not n.running(), 30, f"{node.name} answers")
            if not node.running():
                raise AssertionError(f"{node.name} ended at start:\n{node.log()}")

    def running(self):
        return [n for n in self.nodes if n.running()]

    def wait_for_milestone(self, index, nodes=None, timeout_s=30):
        """Until all `nodes` (by default those that run) have milestone `index`."""
        nodes = self.running() if nodes is None else nodes
        wait_until(lambda: all(n.milestone() >= index for n in nodes), timeout_s,
                   f"milestone {index} on {[n.name for n in nodes]}")

    def agree(self, index, nodes=None):
        """Asserts that all `nodes` have the same milestone `index`, and returns it."""
        nodes = self.running() if nodes is None else nodes
        seen = [n.get(f"/api/v1/milestone/{index}") for n in nodes]
        assert all(status == 200 for status, _ in seen), seen
        ids = {milestone["id"] for _, milestone in seen}
        assert len(ids) == 1, f"the chain has forked at {index}: {ids}"
        return seen[0][1]

    def close(self):
        """Ends what still runs and removes the folder."""
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self.dir)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            for node in self.nodes:
                print(f"--- {node.name}\n{node.log()[-4000:]}", file=sys.stderr)
        self.close()
