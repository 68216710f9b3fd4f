"""A client hands one node a burst of payments and is gone; and the node is killed before most of them are attached, and again
while it goes on. What it acknowledged is applied all the same, each payment once, with nobody to send it again."""
import time

import tx
from harness import Chain, wait_until

PAYMENTS = 80
KILLS = 3
WORK_FLOOR = 20  # some twenty milliseconds of work for each: the answers come sooner
OCTETS = {"Content-Type": "application/octet-stream"}
BOB = 0xB0B


def sign_all(chain):
    secret = tx.read_key(chain.treasury["file"])
    to = tx.public_key(BOB)
    return [tx.transfer(chain.id, secret, seq, to, 100_000 + seq) for seq in range(PAYMENTS)]


def submit(node, payments):
    for tx_id, data in payments:
        status, _, body = node.request("POST", "/api/v1/tx", data, OCTETS)
        assert status == 202 and tx_id.hex() in body.decode(), (status, body)


def status_of(node, tx_id):
    code, answer = node.get(f"/api/v1/tx/{tx_id.hex()}")
    return answer if code == 200 else {}


def applied(node, payments):
    return sum(status_of(node, tx_id).get("verdict") == "applied" for tx_id, _ in payments)


def unknown(node, payments):
    """How many it has never heard of."""
    return sum(node.get(f"/api/v1/tx/{tx_id.hex()}")[0] == 404 for tx_id, _ in payments)


def restart(chain, node):
    node.kill()
    chain.start(nodes=[node])


def check(chain, payments):
    for node in chain.nodes:
        wait_until(lambda n=node: applied(n, payments) == PAYMENTS, 120, f"{node.name} has all")
        account = node.get(f"/api/v1/account/{tx.address(tx.public_key(BOB))}")[1]
        expected = sum(100_000 + seq for seq in range(PAYMENTS))
        assert round(float(account["balance"]) * tx.GRAINS_PER_ITC) == expected, account


def main():
    with Chain(validators=4, fullnodes=1, work_floor=WORK_FLOOR, work_ceiling=WORK_FLOOR) as chain:
        payments = sign_all(chain)
        chain.start()
        chain.wait_for_milestone(1)
        began = time.monotonic()
        node = chain.nodes[4]
        submit(node, payments)
        node.kill()
        left = unknown(chain.nodes[0], payments)
        assert left > PAYMENTS // 4, f"only {left} had nobody but the node that was killed"
        chain.start(nodes=[node])
        for _ in range(KILLS):
            time.sleep(0.3)
            restart(chain, node)
        check(chain, payments)
        print(f"{left} of {PAYMENTS} payments were known to nobody else; {KILLS + 1} kills; "
              f"all applied within {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
