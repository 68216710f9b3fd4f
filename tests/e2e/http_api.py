"""The HTTP API of one node, from outside: every endpoint, every refusal, hostile clients, and a clean end."""
import json
import pathlib
import re
import socket
import time
import unittest

import tx
from harness import HOST, Chain, wait_until

ALICE, BOB = 0xA11CE, 0xB0B
OPENAPI = (pathlib.Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text()
JSON = {"Content-Type": "application/json"}
OCTETS = {"Content-Type": "application/octet-stream"}


class HttpApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = Chain(validators=1)
        cls.addClassCleanup(cls.chain.close)
        cls.chain.start()
        cls.node = cls.chain.nodes[0]
        cls.chain.wait_for_milestone(1)
        cls.treasury = tx.read_key(cls.chain.treasury["file"])

    def raw(self, data, timeout_s=15):
        """Sends bytes as they are; returns all that comes back until the node closes."""
        with socket.create_connection((HOST, self.node.http_port), timeout_s) as s:
            s.sendall(data)
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
            return answer

    def conforms(self, value, name):
        """The names in `value` are those that the schema in openapi.yaml has."""
        block = re.search(rf"^    {name}:\n((      .*\n)+)", OPENAPI, re.M)[1]
        required = re.search(r"^      required: \[([^]]*)\]", block, re.M)[1].replace(",", " ")
        self.assertLessEqual(set(required.split()), set(value))
        self.assertLessEqual(set(value), set(re.findall(r"^        (\w+):", block, re.M)))

    def refused(self, answer, status, code):
        self.assertEqual(answer[0], status, answer)
        error = json.loads(answer[2])["error"]
        self.assertEqual(error["code"], code)
        self.assertTrue(error["message"])

    def refused_raw(self, data, status, code):
        head, _, body = self.raw(data).partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 %d " % status), head)
        self.assertIn(b"Connection: close", head)
        self.assertEqual(json.loads(body)["error"]["code"], code)

    def final(self, tx_id):
        def look():
            status, t = self.node.get(f"/api/v1/tx/{tx_id.hex()}")
            return t if status == 200 and t["stage"] == "final" else None
        return wait_until(look, 20, f"{tx_id.hex()} is final")

    def next_seq(self, key):
        return int(self.node.get(f"/api/v1/account/{tx.address(key)}")[1]["open"]["next_seq"])

    def test_health(self):
        self.assertEqual(self.node.get("/health"), (200, {"status": "ok"}))

    def test_info(self):
        status, info = self.node.get("/api/v1/info")
        self.assertEqual(status, 200)
        self.conforms(info, "Info")
        self.assertEqual(info["chain"], self.chain.id)
        self.assertEqual(info["network"], "private")
        self.assertTrue(info["validator"] and info["votes"] and info["synced"])
        self.assertEqual((info["empty_seats"], info["doubts"], info.get("doubt_until")), ([], False, None))
        self.assertRegex(info["software"], r"^itcd \d+\.\d+\.\d+$")
        _, headers, _ = self.node.request("GET", "/api/v1/info")
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_head_has_no_body(self):
        status, headers, body = self.node.request("HEAD", "/api/v1/info")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 100)

    def test_milestones(self):
        status, zero = self.node.get("/api/v1/milestone/0")
        self.assertEqual((status, zero["index"], zero["body_hash"]), (200, 0, self.chain.id))
        self.assertNotIn("certificate", zero)
        self.conforms(zero, "Milestone")
        with open(self.chain.light, "rb") as f:
            self.assertEqual(f.read()[-256:].hex(), zero["header"])  # what lamps are given
        status, one = self.node.get("/api/v1/milestone/1")
        self.assertEqual((status, one["prev"], one["signers"]), (200, zero["id"], [0]))
        self.conforms(one, "Milestone")
        status, latest = self.node.get("/api/v1/milestone/latest")
        self.assertGreaterEqual(latest["index"], 1)
        header = bytes.fromhex(one["header"])
        self.assertEqual(tx.tagged("itc/milestone", bytes.fromhex(self.chain.id) + header).hex(),
                         one["id"])

    def test_milestone_refusals(self):
        self.refused(self.node.request("GET", "/api/v1/milestone/999999999"), 404, "not-found")
        for bad in ("", "x", "-1", "1x", "1" * 40):
            self.refused(self.node.request("GET", "/api/v1/milestone/" + bad), 400, "bad-form")

    def test_payment(self):
        alice = tx.public_key(ALICE)
        seq = self.next_seq(tx.public_key(self.treasury))
        tx_id, data = tx.transfer(self.chain.id, self.treasury, seq, alice, 5 * tx.GRAINS_PER_ITC // 2)
        status, _, body = self.node.request("POST", "/api/v1/tx", json.dumps({"tx": data.hex()}), JSON)
        self.assertEqual((status, json.loads(body)), (202, {"id": tx_id.hex()}))
        t = self.final(tx_id)
        self.conforms(t, "TxStatus")
        self.conforms(t["tx"], "Tx")
        self.assertEqual((t["verdict"], t["may_still_apply"]), ("applied", False))
        self.assertEqual((t["tx"]["amount"], t["tx"]["to"]), ("2.5", tx.address(alice)))
        self.assertEqual((t["tx"]["seq"], t["tx"]["bytes"]), (str(seq), data.hex()))
        status, account = self.node.get(f"/api/v1/account/{tx.address(alice)}")
        self.conforms(account, "Account")
        self.assertEqual((status, account["exists"], account["balance"]), (200, True, "2.5"))
        self.assertEqual(int(account["next_seq"]), t["milestone"] << 20)

    def test_payment_as_octets(self):
        seq = self.next_seq(tx.public_key(self.treasury))
        tx_id, data = tx.transfer(self.chain.id, self.treasury, seq, tx.public_key(BOB), 1000)
        status, _, body = self.node.request("POST", "/api/v1/tx", data, OCTETS)
        self.assertEqual((status, json.loads(body)["id"]), (202, tx_id.hex()))
        self.assertEqual(self.final(tx_id)["verdict"], "applied")

    def test_tx_refusals(self):
        self.refused(self.node.request("GET", "/api/v1/tx/" + "0" * 64), 404, "not-found")
        for bad in ("", "12", "g" * 64, "0" * 65):
            self.refused(self.node.request("GET", "/api/v1/tx/" + bad), 400, "bad-form")

    def test_submission_refusals(self):
        post = lambda body, headers: self.node.request("POST", "/api/v1/tx", body, headers)
        _, good = tx.transfer(self.chain.id, self.treasury, 1 << 60, tx.public_key(BOB), 1000)
        _, poor = tx.transfer(self.chain.id, 0xDEAD, 0, tx.public_key(BOB), 1000)
        for body in ("", "{", "[]", '{"tx":1}', '{"tx":"00","x":1}', '{"tx":"00","tx":"00"}',
                     '{"tx":"0g"}', '{"tx":"000"}', '{"tx":"\\u0000"}'):
            self.refused(post(body, JSON), 400, "bad-form")
        self.refused(post('{"tx":"00"}', JSON), 400, "truncated")
        self.refused(post(good[:100], OCTETS), 400, "truncated")
        self.refused(post(bytes(2588), OCTETS), 400, "too-large")
        self.refused(post('{"tx":"' + "00" * 2588 + '"}', JSON), 400, "too-large")
        self.refused(post(good, OCTETS), 400, "bad-sequence")
        self.refused(post(poor, OCTETS), 400, "not-found")
        seq = self.next_seq(tx.public_key(self.treasury))
        _, forged = tx.transfer(self.chain.id, self.treasury, seq, tx.public_key(BOB), 1000)
        self.refused(post(forged[:-1] + bytes([forged[-1] ^ 1]), OCTETS), 400, "bad-signature")
        self.refused(post(good, {"Content-Type": "text/plain"}), 415, "unsupported-media-type")
        self.refused(post(bytes(6145), OCTETS), 413, "too-large")

    def test_accounts(self):
        unknown = tx.address(tx.public_key(0xFFFF))
        status, account = self.node.get("/api/v1/account/" + unknown)
        self.assertEqual((status, account["exists"], account["balance"]), (200, False, "0"))
        self.assertEqual(account["address"], unknown)
        typo = unknown[:-1] + ("q" if unknown[-1] != "q" else "p")
        get = lambda a: self.node.request("GET", "/api/v1/account/" + a)
        self.refused(get(typo), 400, "bad-checksum")
        self.refused(get(tx.address(tx.public_key(ALICE), "itc")), 400, "wrong-chain")
        self.refused(get(""), 400, "bad-form")

    def test_methods_and_paths(self):
        for method, path, allow in (("POST", "/health", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
                                    ("GET", "/api/v1/tx", "POST"), ("PUT", "/api/v1/info", "GET, HEAD")):
            answer = self.node.request(method, path)
            self.refused(answer, 405, "method-not-allowed")
            self.assertEqual(answer[1]["Allow"], allow)
        for path in ("/", "/api/v1/", "/api/v1/nothing", "/health/", "/api/v1/tx%2f"):
            self.refused(self.node.request("GET", path), 404, "not-found")
        self.assertEqual(self.node.request("GET", "/health?x=y")[0], 200)

    def test_metrics(self):
        status, headers, body = self.node.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        described, values = set(), {}
        for line in body.decode().splitlines():
            if match := re.fullmatch(r"# TYPE (\w+) (counter|gauge)", line):
                self.assertNotIn(match[1], described)
                described.add(match[1])
            elif not line.startswith("# HELP "):
                match = re.fullmatch(r'(\w+)(\{\w+="[^"]*"(,\w+="[^"]*")*\})? (\d+(\.\d+)?)', line)
                self.assertIsNotNone(match, line)
                self.assertIn(match[1], described)
                values[match[1]] = float(match[4])
        self.assertGreaterEqual(values["itc_milestone_index"], 1)
        self.assertGreaterEqual(values["itc_milestones_total"], 1)
        self.assertEqual(values["itc_synced"], 1)

    def test_malformed(self):
        chunked = b"POST /api/v1/tx HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" \
                  b"Content-Type: application/octet-stream\r\n\r\n1\r\n0\r\n0\r\n\r\n"
        self.refused_raw(chunked, 411, "length-required")
        self.refused_raw(b"hello\r\n\r\n", 400, "bad-form")
        self.refused_raw(b"GET / HTTP/2.0\r\n\r\n", 505, "unknown-version")
        self.refused_raw(b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n", 414, "too-large")
        self.refused_raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 9000, 431, "too-large")
        self.refused_raw(b"POST /api/v1/tx HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n0",
                         400, "bad-form")
        self.refused_raw(b"POST /api/v1/tx HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                         413, "too-large")

    def test_slow_clients_are_cut_off(self):
        began = time.monotonic()
        halves = (b"", b"GET /health HTT",
                  b"POST /api/v1/tx HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        clients = [socket.create_connection((HOST, self.node.http_port), 15) for _ in halves]
        for client, half in zip(clients, halves):
            client.sendall(half)
        for client in clients:
            self.assertEqual(client.recv(100), b"")
            client.close()
        self.assertGreater(time.monotonic() - began, 8)

    def test_many_half_sent_requests_leave_room(self):
        crowd = []
        try:
            for _ in range(200):
                s = socket.create_connection((HOST, self.node.http_port), 15)
                s.sendall(b"GET /he")
                crowd.append(s)
            for _ in range(5):
                self.assertEqual(self.node.get("/health")[0], 200)
        finally:
            for s in crowd:
                s.close()


class End(unittest.TestCase):
    def test_sigterm_ends_cleanly_and_the_chain_goes_on(self):
        with Chain(validators=1) as chain:
            chain.start()
            chain.wait_for_milestone(2)
            node = chain.nodes[0]
            self.assertEqual(node.stop(), 0)
            node.start()
            wait_until(node.info, 30, "the node answers again")
            chain.wait_for_milestone(node.milestone() + 1)
            self.assertEqual(node.stop(), 0)
            self.assertNotIn(" error ", node.log())


if __name__ == "__main__":
    unittest.main()
