#!/usr/bin/env python3
"""Two servers under the same load, by turns: CPU seconds per million events and their ratio.

    benches/by_turns.py --load target/release/load A B [--runs 3] [--cases 300:512,2300:512] [--seconds 5]

A and B are commands that start a server, such as "old/seam" and "target/release/seam --keep-all",
or "env SEAM_REDACTION_ENABLED=false target/release/seam".
Each run starts a server in a fresh folder on free ports, sends a warm-up and then the load in a
closed loop, and ends it. A case is bytes:batch. Printed are the medians and B divided by A.
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FREE = ["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--api", "127.0.0.1:0"]


def start(command, folder):
    """Starts a server; gives it and its addresses by the names of its listeners."""
    process = subprocess.Popen(
        [*shlex.split(command), *FREE],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    addresses = {}
    for line in process.stdout:
        words = line.split()
        if words == ["ready"]:
            return process, addresses
        addresses[words[1]] = words[2]
    sys.exit(f"{command}: ended before it was ready")


def run(load, command, case, seconds):
    """One run; gives CPU seconds per million events and events per second."""
    size, batch = case.split(":")
    with tempfile.TemporaryDirectory(prefix=".load-", dir=".") as folder:
        process, addresses = start(command, folder)
        try:
            figures = subprocess.run(
                [
                    load, "--grpc", addresses["otlp-grpc"], "--records-bytes", size,
                    "--batch", batch, "--in-flight", "64", "--seconds", str(seconds),
                    "--warmup", "1", "--pid", str(process.pid),
                    "--flush-api", addresses["api"],
                    "--flush-token-file", str(Path(folder, "seam-data/keys/local-token")),
                    "--output", "json",
                ],
                check=True, stdout=subprocess.PIPE, text=True,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    return json.loads(figures.stdout)


def find(figures, name):
    """The first number under a key, wherever it stands."""
    if isinstance(figures, dict):
        if isinstance(figures.get(name), (int, float)):
            return figures[name]
        figures = list(figures.values())
    if isinstance(figures, list):
        for inner in figures:
            found = find(inner, name)
            if found is not None:
                return found
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--load", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--cases", default="300:1,300:16,300:512,2300:1,2300:16,2300:512")
    options = parser.parse_args()
    # A server is started in a folder of its own.
    load = os.path.abspath(options.load)
    commands = []
    for command in (options.a, options.b):
        program, *rest = shlex.split(command)
        program = shutil.which(program) or os.path.abspath(program)
        commands.append(shlex.join([os.path.abspath(program), *rest]))
    print(f"{'case':>10} {'A s/M':>9} {'B s/M':>9} {'B / A':>7}   runs of A, of B")
    for case in options.cases.split(","):
        spent = [[], []]
        for _ in range(options.runs):
            for turn, command in enumerate(commands):
                figures = run(load, command, case, options.seconds)
                spent[turn].append(find(figures, "cpu_s_per_million"))
        a, b = (statistics.median(runs) for runs in spent)
        runs = "  ".join(" ".join(f"{one:.2f}" for one in runs) for runs in spent)
        print(f"{case:>10} {a:9.2f} {b:9.2f} {b / a:7.2f}   {runs}", flush=True)


if __name__ == "__main__":
    main()
