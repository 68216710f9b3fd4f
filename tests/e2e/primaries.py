"""Validators are killed and stopped, one after the other and the primary most of all, while payments go on.
None is lost, none is applied twice, and the chain goes on within PROGRESS_S. ITC_SEED=N draws others."""
import os
import random
import signal
import time

from crash import SEED, Payer, check_chain, check_payments, endow, traffic
from harness import Chain, wait_until

ROUNDS = 12
INTERVAL_MS, TIMEOUT_MS = 100, 1000
# A silent primary is missed after 1.5 s: idle_ms and the time-out. If the next one fails too, as it may while it still
# catches up, the time-out has doubled: 3.5 s in all. Twice that, for a machine that does other things as well.
PROGRESS_S = 7


def primary(chain):
    """Whose turn it is, as most of those that run see it."""
    seen = [n.info() for n in chain.running()]
    turns = [(info["epoch"] + info["view"]) % 4 for info in seen if info]
    return chain.nodes[max(turns, key=turns.count)]


def newest(nodes):
    return max(n.milestone() for n in nodes)


def time_to_progress(nodes):
    """Seconds until two milestones more are final: the first may have been all but final before."""
    began = time.monotonic()
    before = newest(nodes)
    wait_until(lambda: newest(nodes) >= before + 2, PROGRESS_S,
               f"milestone {before + 2} while one validator is away")
    return time.monotonic() - began


def kill(chain, node, seconds):
    node.kill()
    took = time_to_progress([n for n in chain.nodes if n is not node])
    time.sleep(max(0, seconds - took))
    chain.start(nodes=[node])
    return took


def stop(chain, node, seconds):
    node.process.send_signal(signal.SIGSTOP)
    try:
        took = time_to_progress([n for n in chain.nodes if n is not node])
        time.sleep(max(0, seconds - took))
    finally:
        node.process.send_signal(signal.SIGCONT)
    return took


def be_whole(chain):
    """All have what the others have: only then may the next one fail."""
    target = newest(chain.nodes)
    wait_until(lambda: all(n.milestone() >= target for n in chain.nodes), 30,
               f"all reach milestone {target}")


def main():
    print(f"ITC_SEED={SEED}", flush=True)
    dice = random.Random(f"{SEED} primaries")
    began = time.monotonic()
    took = []
    with Chain(validators=4, interval_ms=INTERVAL_MS, timeout_ms=TIMEOUT_MS, epoch_length=40) as chain:
        chain.start()
        chain.wait_for_milestone(1)
        payers = [Payer(chain, i) for i in range(2)]
        endow(chain, payers)
        with traffic(payers):
            for turn in range(ROUNDS):
                node = primary(chain) if turn % 4 < 3 else dice.choice(chain.nodes)
                act = (kill, stop)[turn % 2]
                took.append(act(chain, node, dice.uniform(0.5, 3)))
                print(f"{act.__name__} {node.name}: on after {took[-1]:.1f} s", flush=True)
                be_whole(chain)
        check_payments(chain, payers)
        last = check_chain(chain)
        print(f"{last} milestones, {sum(len(p.paid) for p in payers)} payments, "
              f"{sum(p.repeats for p in payers)} repeated; on after {max(took):.1f} s at most, "
              f"allowed {PROGRESS_S} s; {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
