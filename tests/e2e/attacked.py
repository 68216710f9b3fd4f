"""What tests of a node under attack share: the network, the counters, what must hold after each."""
import os
import unittest

import tx
from harness import Chain, wait_until

SEED = int(os.environ.get("ITC_SEED", "1"))
BOB = tx.public_key(0xB0B)
OCTETS = {"Content-Type": "application/octet-stream"}


class Attacked(unittest.TestCase):
    """Two validators, who need each other: when the attacked one stops, so does the chain."""

    @classmethod
    def setUpClass(cls):
        cls.chain = Chain(validators=2)
        cls.addClassCleanup(cls.chain.close)
        cls.chain.start()
        cls.chain.wait_for_milestone(1)
        cls.other, cls.node = cls.chain.nodes
        cls.treasury = tx.read_key(cls.chain.treasury["file"])

    def setUp(self):
        self.before = self.node.metrics()

    def tearDown(self):
        """Whatever happened: nothing was kept, and the chain goes on."""
        self.chain.wait_for_milestone(self.node.milestone() + 2)
        wait_until(lambda: self.node.info()["open_sites"] == 0, 20, "nothing is left open")
        self.assertEqual(self.node.info()["tips"], 0)
        self.assertEqual(self.node.get("/health")[0], 200)
        self.assertEqual(self.node.metrics()["itc_links"], 1)

    def grew(self, name, by=1, labels=""):
        """Waits until a counter has grown by at least that much since the test began."""
        sample = f"itc_{name}_total{labels}"
        wait_until(lambda: self.node.metrics()[sample] >= self.before[sample] + by, 10,
                   f"{sample} grows by {by}")

    def refused(self, reason, by=1):
        self.grew("peer_refused", by, f'{{reason="{reason}"}}')

    def turned_away(self, reason, by=1):
        self.grew("link_events", by, f'{{reason="{reason}"}}')

    def unchanged(self, name):
        self.assertEqual(self.node.metrics()[name], self.before[name])

    def latest(self):
        return self.node.get("/api/v1/milestone/latest")[1]

    def next_seq(self):
        account = self.node.get(f"/api/v1/account/{tx.address(tx.public_key(self.treasury))}")[1]
        return int(account["open"]["next_seq"])

    def transfer(self, grains=1000):
        """(id, bytes) of a payment that the treasury could make now."""
        return tx.transfer(self.chain.id, self.treasury, self.next_seq(), BOB, grains)

    def applied(self, tx_id):
        def look():
            status, t = self.other.get(f"/api/v1/tx/{tx_id.hex()}")
            return status == 200 and t.get("verdict") == "applied"
        wait_until(look, 20, f"{tx_id.hex()} is applied")

    def submit(self, data, node=None):
        """The status of handing in a transaction by HTTP."""
        return (node or self.node).request("POST", "/api/v1/tx", data, OCTETS)[0]


def main():
    print(f"ITC_SEED={SEED}", flush=True)
    unittest.main()
