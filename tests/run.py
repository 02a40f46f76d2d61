#!/usr/bin/env python3
"""Runs Ferry's test programs and says what failed: short output, one closing line "N passed, N failed".

Every program runs as two shards at a time, each with a folder of its own for temporary files. Suites whose
name ends in "Alone" measure time or load: they run after all others, one after the other. A program that
crashes or exceeds its time limit counts what it did not finish as failed. Whole outputs are kept below
BUILD/test-logs.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SHARDS = 2
SHOWN_LINES = 60
ALONE = "*Alone.*:*Alone/*"

RUN = re.compile(r"\[ RUN      \] (\S+)")
RESULT = re.compile(r"\[(       OK |  FAILED  |  SKIPPED )\] ([^\s,]+).*\(\d+ ms\)\s*$")
TOTAL = re.compile(r"\[==========\] Running (\d+) tests? from")

SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1:history_size=4",
}


@dataclasses.dataclass
class Job:
    """One run of one program, or a plain check without test cases of its own."""
    name: str
    command: list
    environment: dict
    limit: float
    is_check: bool = False


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    skipped: int = 0
    failed: int = 0
    report: str = ""


def say(text):
    print(text, flush=True)


def shorten(lines):
    if len(lines) <= SHOWN_LINES:
        return lines
    return lines[: SHOWN_LINES // 2] + [f"  ... {len(lines) - SHOWN_LINES} lines ..."] + lines[-SHOWN_LINES // 2 :]


def read_output(lines, job, ending):
    """Counts the results in a gtest program's output. `ending` says what went wrong with the program itself, or None."""
    outcome = Outcome()
    failures = []
    total = 0
    running, started_at = None, 0
    for number, line in enumerate(lines):
        if found := TOTAL.search(line):
            total += int(found.group(1))
        elif found := RUN.search(line):
            running, started_at = found.group(1), number
        elif found := RESULT.search(line):
            kind = found.group(1).strip()
            outcome.passed += kind == "OK"
            outcome.skipped += kind == "SKIPPED"
            if kind == "FAILED":
                failures += shorten(lines[started_at : number + 1])
            running = None
    outcome.failed = total - outcome.passed - outcome.skipped
    if ending:
        if running:
            failures += shorten(lines[started_at:])
        elif not failures:
            failures += shorten(lines)
        failures.append(f"FAILED {job.name}: {ending}" + (f" in {running}" if running else ""))
        outcome.failed = max(outcome.failed, 1)
    outcome.report = "\n".join(failures)
    return outcome


RUNNING = set()  # process groups that must not outlive this program
INTERRUPTED = threading.Event()


def stop_everything(number, _frame):
    INTERRUPTED.set()
    for process in list(RUNNING):
        end_group(process)
    raise SystemExit(128 + number)


def end_group(process):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def run_program(job, log):
    """Runs to the end or the limit; returns what went wrong with the program itself, or None."""
    if INTERRUPTED.is_set():
        return "interrupted"
    with open(log, "wb") as output:
        process = subprocess.Popen(job.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                   env={**os.environ, **job.environment}, start_new_session=True)
        RUNNING.add(process)
        try:
            code = process.wait(timeout=job.limit)
        except subprocess.TimeoutExpired:
            end_group(process)
            return f"still running after {job.limit:.0f} s"
        finally:
            RUNNING.discard(process)
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}" if code > 1 or (code == 1 and job.is_check) else None


def run_job(job, logs, temp_root):
    log = logs / (re.sub(r"[^\w.-]+", "-", job.name) + ".log")
    temp = tempfile.mkdtemp(prefix="run-", dir=temp_root)
    os.chmod(temp, 0o755)
    job.environment["TMPDIR"] = temp
    started = time.monotonic()
    try:
        ending = run_program(job, log)
    finally:
        remove_tree(temp)
    lines = log.read_text(errors="replace").splitlines()
    if job.is_check:
        outcome = Outcome(failed=1, report="\n".join(shorten(lines))) if ending else Outcome(passed=1)
    else:
        outcome = read_output(lines, job, ending)
    tail = f", {outcome.skipped} skipped" if outcome.skipped else ""
    if outcome.report:
        say(outcome.report)
    if outcome.failed or outcome.passed or outcome.skipped:
        say(f"  {job.name}: {outcome.passed} passed, {outcome.failed} failed{tail} ({time.monotonic() - started:.0f} s)")
    return outcome


def remove_tree(folder):
    """Also what lies in folders that a test left without permissions."""
    for parent, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def make_temp_root(build):
    """BUILD/tmp; elsewhere if the unprivileged user that root's ferryd becomes could not get there."""
    folder = (build / "tmp").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    reachable = all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])
    if os.geteuid() != 0 or reachable:
        return folder, None
    elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="ferry-tests-", dir="/var/tmp"))
    elsewhere.chmod(0o755)
    return elsewhere, elsewhere


def base_environment(options, reports):
    environment = {
        "FERRY_BIN_DIR": str((options.build / "bin").resolve()),
        "FERRY_BUILD_MODE": options.mode,
    }
    peers = pathlib.Path("build/peers").resolve()
    if peers.is_dir():
        environment["FERRY_PEERS"] = str(peers)
    if options.mode in ("asan", "tsan"):
        for name, value in SANITIZERS.items():
            environment[name] = f"{value}:log_path={reports}/report"
    return environment


def jobs_of(suite, options, environment):
    program = str((options.build / "bin" / f"{suite}-tests").resolve())
    limit = options.limit * (4 if options.mode in ("asan", "tsan") else 1)
    base = [program, "--gtest_color=no"]
    if options.only:
        return [], Job(f"{suite} {options.only}", base + [f"--gtest_filter={options.only}"], dict(environment), None)
    shards = [
        Job(f"{suite} {index + 1}/{SHARDS}", base + [f"--gtest_filter=-{ALONE}"],
            {**environment, "GTEST_TOTAL_SHARDS": str(SHARDS), "GTEST_SHARD_INDEX": str(index)}, limit)
        for index in range(SHARDS)
    ]
    alone = Job(f"{suite} alone", base + [f"--gtest_filter={ALONE}"], dict(environment), limit)
    return shards, alone


def sanitizer_reports(reports):
    """What sanitizers wrote in any process of the tests: the test programs, ferryd's workers, ferry."""
    found = Outcome()
    for report in sorted(reports.glob("report*")):
        if report.stat().st_size == 0:
            continue  # a worker that asked for the path before it locked itself in
        found.failed += 1
        found.report += "\n".join([f"{report}:"] + shorten(report.read_text(errors="replace").splitlines())) + "\n"
    if found.report:
        say(found.report)
    return found


def run_all(options, temp_root, logs, reports):
    environment = base_environment(options, reports)
    shards, alone = [], []
    for check in options.check:
        name, command = check.split(": ", 1)
        shards.append(Job(name, shlex.split(command), dict(environment), options.limit, is_check=True))
    for suite in options.suites:
        suite_shards, suite_alone = jobs_of(suite, options, environment)
        shards += suite_shards
        alone.append(suite_alone)
    with concurrent.futures.ThreadPoolExecutor(SHARDS) as pool:
        outcomes = list(pool.map(lambda job: run_job(job, logs, temp_root), shards))
    outcomes += [run_job(job, logs, temp_root) for job in alone]
    outcomes.append(sanitizer_reports(reports))
    return outcomes


def shuffle(options, temp_root, logs, reports):
    environment = base_environment(options, reports)
    deadline = time.monotonic() + options.shuffle_minutes * 60
    outcomes = []
    while time.monotonic() < deadline and not any(outcome.failed for outcome in outcomes):
        for suite in options.suites:
            shards, alone = jobs_of(suite, options, environment)
            for job in [*shards, alone]:
                job.command.append("--gtest_shuffle")
                outcomes.append(run_job(job, logs, temp_root))
    outcomes.append(sanitizer_reports(reports))
    return outcomes


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the folder that holds bin/SUITE-tests")
    parser.add_argument("--mode", default="release")
    parser.add_argument("--limit", type=float, default=400, help="seconds a program may take; 4 times that with a sanitizer")
    parser.add_argument("--check", action="append", default=[], metavar="NAME: COMMAND", help="a command that counts as one test")
    parser.add_argument("--only", metavar="FILTER", help="the tests this filter of gtest names, one after the other, for as long as they take")
    parser.add_argument("--shuffle-minutes", type=float, help="again and again in random order until then, or until a test fails")
    parser.add_argument("suites", nargs="+")
    return parser.parse_args()


def main():
    options = parse_arguments()
    logs, reports = options.build / "test-logs", (options.build / "sanitizer-reports").resolve()
    for folder in (logs, reports):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    reports.chmod(0o1777)  # ferryd's workers may run as another user
    temp_root, to_remove = make_temp_root(options.build)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_everything)
    started = time.monotonic()
    try:
        outcomes = (shuffle if options.shuffle_minutes else run_all)(options, temp_root, logs, reports)
    finally:
        if to_remove:
            remove_tree(to_remove)
    passed, failed, skipped = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("passed", "failed", "skipped"))
    say(f"  {time.monotonic() - started:.0f} s; whole output in {logs}")
    say(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


sys.exit(main())
