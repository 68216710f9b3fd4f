"""shortest.py MUTANTS-PROGRAM

A sweep leaves out of a failing run what it fails without as well: here everything. And the run that it prints fails."""
import shlex
import subprocess
import sys


def run(*args):
    done = subprocess.run(args, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout


def main(program):
    status, text = run(program, "sweep", "--mutant", "light-client-uncertified", "--seeds", "1..1", "--minutes", "2")
    lines = [line for line in text.splitlines() if line.startswith("itc-sim run ")]
    if status != 1 or len(lines) != 1:
        sys.exit(f"no finding: {status}\n{text}")
    least = "--seconds 6 --faults none --load honest --committee steady"
    if least not in lines[0]:
        sys.exit(f"not shortened: {lines[0]}")
    status, text = run(program, *shlex.split(lines[0])[1:])
    if status != 1 or "FAILED" not in text or "light clients follow the chain" not in text:
        sys.exit(f"does not fail: {lines[0]}\n{text}")


main(*sys.argv[1:])
