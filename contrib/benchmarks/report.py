#!/usr/bin/env python3
"""Makes a report of what the driver has measured: contrib/bench calls it.

usage: report.py DIRECTORY [--readme FILE] SUITE...

Reads DIRECTORY/SUITE.samples (`WORKLOAD PEER VALUE` lines, one for each measurement) and SUITE.facts; writes results.json,
REPORT.md and its pictures there, and the report to stdout. A bar whose part was not measured is left out. In FILE it puts
the numbers of the first suite between the two comments that say so.
"""
import argparse
import collections
import json
import os
import random
import re
import sys

sys.dont_write_bytecode = True
import pictures  # noqa: E402  (beside this file)

RESAMPLES = 400


def quantile(values, part):
    values = sorted(values)
    return values[round(part * (len(values) - 1))]


class Figure:
    """A value computed from samples, and the interval in which 95 of 100 repetitions of them would have put it."""

    def __init__(self, compute, *samples):
        self.value = compute(*samples)
        chance = random.Random(1)
        others = []
        paired = len({len(values) for values in samples}) == 1
        for _ in range(RESAMPLES if max(len(values) for values in samples) > 2 else 0):
            # One round's measurements stay together: what else the machine did was nearly the same for all of them.
            picks = None
            drawn = []
            for values in samples:
                if not picks or not paired:
                    picks = [chance.randrange(len(values)) for _ in values]
                drawn.append([values[pick] for pick in picks])
            others.append(compute(*drawn))
        self.low = quantile(others, 0.025) if others else self.value
        self.high = quantile(others, 0.975) if others else self.value

    def text(self, form):
        spread = "" if self.low == self.high else f" ({self.low:{form}}–{self.high:{form}})"
        return f"{self.value:{form}}{spread}"


class Results:
    """One guest's."""

    def __init__(self, directory, suite):
        self.suite, self.samples = suite, collections.defaultdict(lambda: collections.defaultdict(list))
        with open(f"{directory}/{suite}.samples", encoding="utf-8") as file:
            for line in file:
                workload, peer, value = line.split()
                self.samples[workload][peer].append(float(value))
        with open(f"{directory}/{suite}.facts", encoding="utf-8") as file:
            self.facts = dict(line.rstrip("\n").split(" ", 1) for line in file if " " in line)
        self.name = f"systemd {self.facts['systemd'].split()[0]}"

    def of(self, workload, peer):
        return self.samples.get(workload, {}).get(peer, [])

    def figure(self, compute, *keys):
        samples = [self.of(workload, peer) for workload, peer in keys]
        return Figure(compute, *samples) if all(samples) else None

    def ratio(self, ours, theirs, part=0.5):
        return self.figure(lambda a, b: quantile(a, part) / quantile(b, part), ours, theirs)


def against(workload, part=0.5, ours="worker", theirs="c-worker"):
    return lambda results: results.ratio((workload, ours), (workload, theirs), part)


def in_rounds(workload, ours="worker", theirs="c-worker"):
    """Of rates, which are measured for so long that the machine's own speed changes: each with its neighbour of the same round."""
    compute = lambda a, b: quantile([mine / other for mine, other in zip(a, b, strict=True)], 0.5)  # noqa: E731
    return lambda results: results.figure(compute, (workload, ours), (workload, theirs))


def one(workload, part=0.5, peer="worker"):
    return lambda results: results.figure(lambda values: quantile(values, part), (workload, peer))


def each_of_many(results):
    compute = lambda many, few: quantile(many, 0.5) / 1000 / (quantile(few, 0.5) / 10)  # noqa: E731
    return results.figure(compute, ("private-of-1000", "worker"), ("private-of-10", "worker"))


def beside_nobody(peer):
    return lambda results: results.ratio(("among-1000", peer), ("among-0", peer))


def client_only(part=0.5):
    compute = lambda ours, worker: quantile(ours, part) - quantile(worker, part)  # noqa: E731
    return lambda results: results.figure(compute, ("true", "postern-exec"), ("true", "worker"))


# What, how it is computed, how it is written, the limit, whether that is the least. None: for comparison.
BARS = [
    ("session on a terminal, p50, worker / C worker", against("session-pty"), ".2f", 1.10, False),
    ("the same, p10 (what noise adds least to)", against("session-pty", 0.1), ".2f", None, False),
    ("session on pipes, p50, worker / C worker", against("session-pipes"), ".2f", None, False),
    ("the same after a pause, p50 (see below)", against("session-pause"), ".2f", None, False),
    ("`ssh -tt` / worker, p50", lambda r: r.ratio(("session-pty", "ssh-tt"), ("session-pty", "worker")), ".1f", 20, True),
    ("`ssh -tt` / `postern exec -it`, p50", against("session-pty", ours="ssh-tt", theirs="postern-exec-it"), ".1f", None,
     True),
    ("sessions per second, 1 client, worker / C worker", in_rounds("rate-1"), ".2f", None, True),
    ("sessions per second, 4 clients, worker / C worker", in_rounds("rate-4"), ".2f", 0.95, True),
    ("sessions per second, 16 clients, worker / C worker", in_rounds("rate-16"), ".2f", None, True),
    ("private memory of an idle worker, KiB", one("private-idle"), ".0f", 600, False),
    ("terminal output, worker / C loop", in_rounds("pty-out"), ".2f", 0.95, True),
    ("terminal input, worker / C loop", in_rounds("pty-in"), ".2f", None, True),
    ("pipe output, worker / C loop", in_rounds("pipe-out"), ".2f", 1.0, True),
    ("pipe input, worker / C loop", in_rounds("pipe-in"), ".2f", None, True),
    ("key's echo, p50, worker / C relay", against("key"), ".2f", 1.15, False),
    ("key's echo, p99, worker / C relay", against("key", 0.99), ".2f", 1.5, False),
    ("key's echo beside a flood, p50, worker / C relay", against("key-flood"), ".2f", 1.15, False),
    ("key's echo beside a flood, p99, worker / C relay", against("key-flood", 0.99), ".2f", 1.5, False),
    ("SIGNAL while stdin is stuck, p99, ms", one("signal", 0.99), ".2f", 10, False),
    ("1,000 sessions: a new one's p50 / with none", beside_nobody("worker"), ".2f", 1.5, False),
    ("the same for the C worker", beside_nobody("c-worker"), ".2f", None, False),
    ("private memory of each, of 1,000 / of 10", each_of_many, ".2f", 1.05, False),
    ("`postern exec TARGET true` beyond its worker, p50, ms", client_only(), ".2f", 8, False),
    ("the same, p10", client_only(0.1), ".2f", None, False),
    ("first prompt in a fresh LXC container / lxc-start + lxc-attach, p50",
     against("container", ours="postern-lxc", theirs="lxc-start-and-attach"), ".2f", 1.30, False),
    ("attach / new session, p50 to the first output", lambda r: r.ratio(("attach", "writer"), ("attach", "new")), ".2f",
     1.30, False),
    ("attach --read-only / new session", lambda r: r.ratio(("attach", "mirror"), ("attach", "new")), ".2f", 1.30, False),
    ("`postern attach` / `dtach -a`", against("attach-command", ours="postern-attach", theirs="dtach"), ".2f", None, False),
    ("pipe output, --linger / plain", in_rounds("linger-pipe", ours="linger", theirs="plain"), ".2f", 0.85, True),
    ("terminal output, --linger / plain", in_rounds("linger-pty", ours="linger", theirs="plain"), ".2f", 0.85, True),
    ("a writer beside 50 mirrors / alone", in_rounds("mirrors", ours="reading-mirrors", theirs="alone"), ".2f", 0.80, True),
    ("a writer beside 50 stopped ones / alone", in_rounds("mirrors", ours="stopped-mirrors", theirs="alone"), ".2f", 0.95,
     True),
    ("private memory, detached, nothing put out, KiB", one("kept-empty"), ".0f", 600, False),
    ("private memory, detached, 1 MiB kept of 10, KiB", one("kept-full"), ".0f", 1688, False),
    ("private memory, 10 MiB taken by who left, KiB", one("kept-left"), ".0f", 1688, False),
]

# Workloads whose measurements are many enough for quantiles, and those that are told by their median and range.
SPREAD = [
    ("A session on a terminal, `sh -c 'echo ok'`, connect to end, ms", "session-pty"),
    ("A session on a terminal, the first after 100 ms, ms", "session-pause"),
    ("A session on pipes, ms", "session-pipes"),
    ("`true` on pipes, ms", "true"),
    ("A key's echo, idle, ms", "key"),
    ("A key's echo beside a flooding session, ms", "key-flood"),
    ("SIGNAL to EXIT while stdin is stuck, ms", "signal"),
    ("The first prompt in a fresh container of LXC, ms", "container"),
    ("From connect to the first output (replay: to the last of 1 MiB), ms", "attach"),
    ("Attaching by command, ms", "attach-command"),
]
MEDIANS = [
    ("Sessions per second, by clients", [("1", "rate-1"), ("4", "rate-4"), ("16", "rate-16")], ".0f"),
    ("Throughput, MiB/s", [("terminal out", "pty-out"), ("terminal in", "pty-in"), ("pipe out", "pipe-out"),
                           ("pipe in", "pipe-in")], ".0f"),
    ("Bytes of terminal output that were lost, in the runs where some were", [("lost", "lost-bytes")], ".0f"),
    ("Private memory of a session's worker, KiB",
     [("idle", "private-idle"), ("after terminal", "private-after-pty"), ("after 1 GiB, pipe", "private-after-pipe")], ".0f"),
    ("PSS of a session's worker, KiB",
     [("idle", "pss-idle"), ("after terminal", "pss-after-pty"), ("after 1 GiB, pipe", "pss-after-pipe")], ".0f"),
    ("CPU time, ms",
     [("a session's unit", "cpu-unit"), ("systemd and journald for it", "cpu-systemd"), ("worker, GiB of terminal", "cpu-gib-pty"),
      ("worker, GiB of pipe", "cpu-gib-pipe")], ".2f"),
    ("A new session's p50 beside so many that live, ms",
     [("0", "among-0"), ("10", "among-10"), ("100", "among-100"), ("1,000", "among-1000")], ".2f"),
    ("Private memory of so many workers, KiB",
     [("10", "private-of-10"), ("100", "private-of-100"), ("1,000", "private-of-1000")], ",.0f"),
    ("What lingering costs, MiB/s", [("pipe", "linger-pipe"), ("terminal", "linger-pty")], ".0f"),
    ("A writer and its mirrors, MiB/s", [("writer", "mirrors")], ".0f"),
]


def table(head, rows):
    """Markdown that can also be read as it is."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda row: "| " + " | ".join(  # noqa: E731
        cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))) + " |"
    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)]) + "\n"


def judge(all_results):
    """The bars, each with a figure for every guest."""
    judged = []
    for label, compute, form, limit, least in BARS:
        figures = [(results, compute(results)) for results in all_results]
        if any(figure for _, figure in figures):
            judged.append((label, form, limit, least, figures))
    return judged


def met(figure, limit, least):
    return figure.value >= limit if least else figure.value <= limit


def bars_table(judged, all_results):
    rows = []
    for label, form, limit, least, figures in judged:
        row = [label, "" if limit is None else f"{'≥' if least else '≤'} {limit:g}"]
        for _, figure in figures:
            verdict = "" if limit is None or not figure else (", met" if met(figure, limit, least) else ", **missed**")
            row.append(figure.text(form) + verdict if figure else "–")
        rows.append(row)
    return table(["", "bar", *[results.name for results in all_results]], rows)


def spread_table(results, workload):
    rows = []
    for peer, values in sorted(results.samples[workload].items(), key=lambda item: quantile(item[1], 0.5)):
        rows.append([peer, *[f"{quantile(values, part):.3f}" for part in (0.1, 0.5, 0.9, 0.99)], str(len(values))])
    return table(["", "p10", "p50", "p90", "p99", "n"], rows)


def median_table(results, columns, form):
    columns = [(name, workload) for name, workload in columns if workload in results.samples]
    peers = list(dict.fromkeys(peer for _, workload in columns for peer in results.samples[workload]))
    rows = []
    for peer in peers:
        row = [peer]
        for _, workload in columns:
            values = results.of(workload, peer)
            row.append("–" if not values else f"{quantile(values, 0.5):{form}}" + (
                f" ({quantile(values, 0.1):{form}}–{quantile(values, 0.9):{form}})" if len(values) > 2 else ""))
        rows.append(row)
    return table(["", *[name for name, _ in columns]], rows)


def draw(directory, results):
    """The pictures of one guest, as far as its parts were measured. Their names."""
    names = []

    def save(name, panels):
        panels = [panel for panel in panels if panel]
        if panels:
            names.append(f"{name}-{results.suite}.svg")
            pictures.picture(f"{directory}/{names[-1]}", panels)

    def distribution(title, workload):
        series = results.samples.get(workload)
        order = ["worker", "c-worker", "socat", "postern-exec-it", "systemd-run-pty", "ssh-tt"]
        return series and pictures.distribution(
            f"{title}, {results.name}", [(peer, series[peer]) for peer in order if peer in series], "ms")

    def against_number(title, prefix, unit, factor):
        series = []
        for peer in ("worker", "c-worker"):
            counts = [(max(count, 1), results.of(f"{prefix}{count}", peer)) for count in (0, 10, 100, 1000)]
            points = [(count, quantile(values, 0.5) * factor) for count, values in counts if values]
            if points:
                series.append((peer, points))
        return series and pictures.lines(title, series, "live sessions", unit)

    def rates(title, columns, unit):
        groups = [(name, sorted(((peer, quantile(values, 0.5)) for peer, values in results.samples[workload].items()),
                                key=lambda pair: -pair[1]))
                  for name, workload in columns if workload in results.samples]
        return groups and pictures.bars(f"{title}, {results.name}", groups, unit)

    save("latency", [distribution("A session on a terminal", "session-pty"), distribution("A key's echo", "key"),
                     distribution("The same beside a flood", "key-flood")])
    save("throughput", [rates("Throughput", [("pty out", "pty-out"), ("pty in", "pty-in")], "MiB/s"),
                        rates("Throughput", [("pipe out", "pipe-out"), ("pipe in", "pipe-in")], "MiB/s"),
                        rates("Sessions", [("1 client", "rate-1"), ("4", "rate-4"), ("16", "rate-16")], "1/s")])
    save("many", [against_number(f"A new session, {results.name}", "among-", "ms", 1),
                  against_number("Private memory of all workers", "private-of-", "MiB", 1 / 1024)])
    return names


def report(directory, suites):
    all_results = [Results(directory, suite) for suite in suites]
    judged = judge(all_results)
    facts = all_results[0].facts
    parts = [
        "# Measurements\n",
        f"{facts['date']}, revision {facts['revision']}, by `{facts['command']}`.\n",
        f"{facts['machine']}, {facts['memory']}, Linux {facts['kernel']}. "
        + "; ".join(f"{results.name}: {results.facts['openssh'].split(',')[0]}, socat {results.facts['socat']}, load before it "
                    + results.facts["load"].replace(" ", "/") + f", {results.facts['stolen']} of its time stolen" for results in all_results) + ".\n",
        "All contenders ran in turns, in an order that chance decided, inside a systemd-nspawn container. A ratio of times is that\n"
        "of the medians; one of rates is the median of the rounds' ratios, as the machine's own speed changes. Behind it is the\n"
        "interval that holds 95 of 100 resamplings of the rounds. `c-worker` is the minimal worker in C of `reference-worker.c`\n"
        "under the same unit settings; `worker` is postern-worker, measured over its socket as that is;\n"
        "`postern-exec`, `ssh` and `systemd-run` are whole commands, from fork to exit. socat does not shut its connection down:\n"
        "its client waits until systemd has collected the unit. All but what is called *after a pause* was measured beside a process\n"
        "that moves between two cgroups every 4 ms: the kernel lets the first that is moved after a pause wait for a grace period of\n"
        "RCU, and systemd moves one for each unit that it starts. `cgroup_favordynmods=1` on the kernel's command line saves that wait.\n",
        "## Bars\n",
        bars_table(judged, all_results),
    ]
    for results in all_results:
        parts.append(f"## {results.name}\n")
        parts += [f"![{name.split('-')[0]}]({name})" for name in draw(directory, results)] + [""]
        for title, workload in SPREAD:
            if workload in results.samples:
                parts += [f"{title}:\n", spread_table(results, workload)]
        for title, columns, form in MEDIANS:
            if any(workload in results.samples for _, workload in columns):
                parts += [f"{title} (median, p10–p90):\n", median_table(results, columns, form)]
    return "\n".join(parts), judged, all_results


# Of whom README.md tells, and what: a column of medians.
README_PEERS = [("worker", "postern, on its socket"), ("postern-exec-it", "`postern exec -it`"), ("c-worker", "a minimal worker in C"),
                ("socat", "socat with a PTY"), ("systemd-run-pty", "`systemd-run --pty`"),
                ("ssh-tt", "`ssh -tt`, `sshd -i`, a key")]
README_COLUMNS = [("session, ms", "session-pty", ".1f"), ("per second, 4 clients", "rate-4", ".0f"), ("key's echo, ms", "key", ".2f"),
                  ("terminal out, MiB/s", "pty-out", ".0f"), ("memory, KiB", "private-idle", ".0f")]


def put_into_readme(readme, directory, results):
    rows = []
    for peer, name in README_PEERS:
        values = [results.of(workload, peer) for _, workload, _ in README_COLUMNS]
        rows.append([name, *[f"{quantile(value, 0.5):{form}}" if value else "–"
                             for value, (_, _, form) in zip(values, README_COLUMNS)]])
    place = os.path.relpath(directory, os.path.dirname(os.path.realpath(readme)))
    words = "\n".join([
        table(["medians", *[name for name, _, _ in README_COLUMNS]], rows),
        *[f"![{kind}]({place}/{kind}-{results.suite}.svg)" for kind in ("latency", "throughput", "many")
          if os.path.exists(f"{directory}/{kind}-{results.suite}.svg")],
        f"\n{results.name}, {results.facts['machine']}, {results.facts['date']}, by `{results.facts['command']}`; its whole report, "
        f"with the bars\nthat were met and missed, is [REPORT.md]({place}/REPORT.md).",
    ])
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    text, found = re.subn(r"(<!-- numbers: .*? -->\n).*?(\n<!-- end of numbers -->)", lambda match: match[1] + words + match[2], text,
                          flags=re.DOTALL)
    if found != 1:
        sys.exit(f"report: {readme} has no place for numbers")
    with open(readme, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--readme")
    arguments = parser.parse_args()
    directory = arguments.directory
    words, judged, all_results = report(directory, arguments.suites)
    with open(f"{directory}/REPORT.md", "w", encoding="utf-8") as file:
        file.write(words)
    machine = {
        "bars": [{"what": label, "limit": limit, "at": "least" if least else "most",
                  **{results.suite: figure and {"value": figure.value, "interval": [figure.low, figure.high],
                                                "met": None if limit is None else met(figure, limit, least)}
                     for results, figure in figures}}
                 for label, _, limit, least, figures in judged],
        "facts": {results.suite: results.facts for results in all_results},
        "quantiles": {results.suite: {
            workload: {peer: {"n": len(values), **{f"p{part}": quantile(values, part / 100) for part in (10, 50, 90, 99)}}
                       for peer, values in peers.items()}
            for workload, peers in results.samples.items()} for results in all_results},
    }
    with open(f"{directory}/results.json", "w", encoding="utf-8") as file:
        json.dump(machine, file, indent=1)
        file.write("\n")
    if arguments.readme:
        put_into_readme(arguments.readme, directory, all_results[0])
    print(words)


main()
