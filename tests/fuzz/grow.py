#!/usr/bin/env python3
"""Grow the corpora: seeds, then a run of each fuzzer, then the smallest set of small files with the same coverage.

    CC=clang meson setup build-fuzz -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false
    ninja -C build-fuzz
    tests/fuzz/grow.py build-fuzz [--seconds 30] [name ...]
"""
import argparse
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FILES_MAX = 60


def grow(name, bin_dir, seeds, seconds):
    fuzzer = bin_dir / f"fuzz_{name}"
    corpus = HERE / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        found, kept = pathlib.Path(scratch, "found"), pathlib.Path(scratch, "kept")
        found.mkdir()
        kept.mkdir()
        sources = [folder for folder in (corpus, seeds / name) if folder.is_dir()]
        quiet = {"check": True, "cwd": scratch, "stderr": subprocess.DEVNULL}
        crash = f"-artifact_prefix={bin_dir}/{name}-"
        subprocess.run([fuzzer, f"-max_total_time={seconds}", crash, found, *sources], **quiet)
        subprocess.run([fuzzer, "-merge=1", kept, *sources, found], **quiet)
        # Seeds stay whatever the fuzzer thinks of them: they are the values that real programs send.
        files = sorted(kept.iterdir(), key=lambda f: f.stat().st_size)
        seed_files = sorted((seeds / name).iterdir()) if (seeds / name).is_dir() else []
        shutil.rmtree(corpus)
        corpus.mkdir()
        for file in (seed_files + files)[:FILES_MAX]:
            shutil.copyfile(file, corpus / file.name)
    print(f"{name}: {len(list(corpus.iterdir()))} files")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    bin_dir = (args.build / "tests" / "fuzz").resolve()
    built = (f.name[len("fuzz_"):] for f in bin_dir.glob("fuzz_*") if f.is_file())
    names = args.names or sorted(set(built) - {"seeds"})
    with tempfile.TemporaryDirectory() as seeds:
        subprocess.run([bin_dir / "fuzz_seeds", seeds], check=True)
        for name in names:
            grow(name, bin_dir, pathlib.Path(seeds), args.seconds)


if __name__ == "__main__":
    main()
