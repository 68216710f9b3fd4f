"""tools/plots reads what itc-bench prints: a table, and pictures in which every measurement is a dot."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

BENCH, PLOTS = sys.argv[1], sys.argv[2]
SVG = "{http://www.w3.org/2000/svg}"


def row(**fields):
    common = {"bench": "consensus", "metric": "decisions_per_s", "value": 1, "unit": "1/s", "limit": None,
              "ratio": None, "n": 7, "cores": 1, "note": ""}
    return json.dumps({**common, **fields})


def plots(lines, *options):
    return subprocess.run([sys.executable, PLOTS, *options], input="\n".join(lines), text=True, check=True,
                          capture_output=True).stdout.splitlines()


def picture(lines):
    """The only one that they give."""
    with tempfile.TemporaryDirectory() as folder:
        files = plots(lines, "--out", folder)
        assert len(files) == 1 and os.listdir(folder) == [os.path.basename(files[0])], files
        return xml.parse(files[0]).getroot()


def dots(root):
    return [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(SVG + "circle")]


def real_rows():
    lines = subprocess.run([BENCH, "tips"], text=True, check=True, capture_output=True).stdout.splitlines()
    assert len(lines) == 3 and all(json.loads(line)["bench"] == "tips" for line in lines), lines
    table = plots(lines, "--table")
    assert len(table) == 2 + 3 and "(100,000)" in table[4] and "≤ 200" in table[4], table
    assert len(dots(picture(lines))) == 3


def rates_are_costs():
    rows = [row(value=1000, limit=2000, replicas="4"), row(value=100, limit=200, replicas="16")]
    root = picture(rows)
    (x4, y4), (x16, y16) = dots(root)
    assert x4 < x16 and y4 > y16, "ten times as slow stands higher"
    assert len(list(root.iter(SVG + "polyline"))) == 2, "values and limits"


def runs_become_medians():
    table = plots([row(value=v, limit=10, ratio=v / 10, replicas="4") for v in (5, 9, 6)], "--table")
    assert table[2:] == ["| consensus | `decisions_per_s` (4) | 6.00 1/s | 10.0 | 0.600 | ratio ≥ 0.8 |"], table


def counts_are_no_sizes():
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(bench="finality", metric="p50_ms", unit="ms", n=n) for n in (200, 1000)]
        assert plots(rows, "--out", folder) == []


for check in (real_rows, rates_are_costs, runs_become_medians, counts_are_no_sizes):
    check()
