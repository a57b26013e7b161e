#!/usr/bin/env python3
"""Puts small faults into the code, one at a time, and lists those that no test notices.

A fault is noticed when a test that runs its line, and passes without it, fails twice or does not end. Otherwise
it has survived: also where no test runs the line, or where --tests or --seconds left out one that does. Those in
mutants_equivalent.txt change nothing that anyone could see. README.md says how to use it.

All happens in build-mutants/: a copy of the source, a build of it that counts lines (gcov), one with sanitizers,
coverage.json with the lines that each test runs, and results.json with the verdicts; remove it to begin anew.
"""

import argparse
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from mutant_places import ROOMS, ROOT, Fault, draw

WORK = ROOT / "build-mutants"
SOURCE = WORK / "source"
# What looks at the source, or at what is installed, and not at what the code does.
META = {"style", "manuals", "doxygen", "install", "package", "release", "hardening", "python", "model_card",
        "golden_script", "fuzz_seeds"}
# Arguments of other types, and in another order than theirs, are not worth a test: the compiler sees them.
STRICT = "-Werror=incompatible-pointer-types -Werror=int-conversion " \
         "-Werror=format -Werror=memset-transposed-args"
LONG = 3600  # seconds for a test that has no fault to notice
MEMORY = 16 << 30  # bytes that a test may ask for, most of them by test_base: a fault must not take the machine's


def equivalents() -> dict[tuple[str, str, str], str]:
    """File, line and changed line, to the reason: blocks as in the file's first lines."""
    found: dict[tuple[str, str, str], str] = {}
    for block in (ROOT / "tests/mutants_equivalent.txt").read_text().split("\n\n"):
        lines = [line for line in block.strip().split("\n") if not line.startswith("#")]
        reason = " ".join(line for line in lines[1:] if line[:2] not in ("- ", "+ "))
        for old, new in zip(lines, lines[1:]):
            if old.startswith("- ") and new.startswith("+ "):
                found[lines[0], old[2:], new[2:]] = reason
    return found


# ---- Builds and tests ------------------------------------------------------------------------------


def output(*command: str | pathlib.Path) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


class Build:
    """One build of the copy, and the tests that ctest knows of it."""

    def __init__(self, name: str, options: list[str]) -> None:
        self.folder = WORK / name
        if not (self.folder / "build.ninja").exists():
            launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
            subprocess.run(["cmake", "-G", "Ninja", "-S", SOURCE, "-B", self.folder, *options,
                            *(launcher if shutil.which("ccache") else [])], check=True, stdout=subprocess.DEVNULL)
        self.tests: dict[str, dict[str, Any]] = {}
        for test in json.loads(output("ctest", "--test-dir", self.folder, "--show-only=json-v1"))["tests"]:
            properties = {p["name"]: p["value"] for p in test.get("properties", [])}
            if "command" not in test:  # of a program that is not yet built
                test["command"] = [str(self.folder / "tests" / test["name"])]
            self.tests[test["name"]] = {"command": test["command"], **properties}
        known = output("ninja", "-C", self.folder, "-t", "targets", "all")
        self.targets = {line.rsplit(": ", 1)[0] for line in known.split("\n")}
        self.ready: set[str] = set()  # fixtures

    def make(self, *names: str) -> bool:
        wanted = {target for name in names for word in self.tests[name]["command"]
                  for target in (word, os.path.relpath(word, self.folder)) if target in self.targets}
        return subprocess.run(["ninja", "-C", self.folder, "-j1", *sorted(wanted)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def digest(self, name: str) -> str:
        """Of all that the test is made of."""
        digest = hashlib.sha256()
        for word in self.tests[name]["command"]:
            if os.path.isfile(word):
                digest.update(pathlib.Path(word).read_bytes())
        return digest.hexdigest()[:16]

    def run(self, name: str, seconds: float, count: bool = False) -> str:
        """passed, failed, skipped, or time-out; what is left of it is ended. `count`: fills self.lines."""
        test = self.tests[name]
        for fixture in set(test.get("FIXTURES_REQUIRED", [])) - self.ready:
            self.ready.add(fixture)
            for other, its in self.tests.items():
                if fixture in its.get("FIXTURES_SETUP", []):
                    self.make(other)
                    self.run(other, 300)
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ, GCOV_PREFIX=folder + "/counts", TMPDIR=folder)
            environment.update(pair.split("=", 1) for pair in test.get("ENVIRONMENT", []))
            limit = (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1])
            if self.folder.name == "sanitized":  # it reserves addresses far beyond any limit
                limit = resource.getrlimit(resource.RLIMIT_DATA)
                environment["ASAN_OPTIONS"] = f"{environment.get('ASAN_OPTIONS', '')}:hard_rss_limit_mb={MEMORY >> 20}"
            process = subprocess.Popen(
                test["command"], cwd=test.get("WORKING_DIRECTORY", self.folder), env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, limit))
            try:
                status = process.wait(seconds)
                result = "passed" if status == 0 else "failed"
                if status == test.get("SKIP_RETURN_CODE"):
                    result = "skipped"
            except subprocess.TimeoutExpired:
                result = "time-out"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.lines = self.read_counts(pathlib.Path(folder) / "counts") if count else {}
        return result

    def read_counts(self, counts: pathlib.Path) -> dict[str, dict[int, bool]]:
        """By file, the lines of code, and whether they ran."""
        lines: dict[str, dict[int, bool]] = {}
        files = list(counts.rglob("*.gcda"))
        for file in files:
            file.with_suffix(".gcno").symlink_to("/" / file.relative_to(counts).with_suffix(".gcno"))
        told = subprocess.run(["gcov", "--json-format", "--stdout", *files], capture_output=True, cwd=self.folder)
        for document in told.stdout.split(b"\n"):
            for entry in json.loads(document)["files"] if document else []:
                found = re.search(r"(?:src/\w+|shim)/\w+\.(?:c|cpp)$", entry["file"])
                if found:
                    of_file = lines.setdefault(found[0], {})
                    for line in entry["lines"]:
                        number = line["line_number"]
                        of_file[number] = of_file.get(number, False) or line["count"] > 0
        return lines


def sync() -> None:
    """The copy becomes what git knows of the source, and what it does not ignore; restores what a fault left."""
    for name in filter(None, output("git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0")):
        source, copy = ROOT / name, SOURCE / name
        if source.is_file() and not (copy.is_file() and copy.read_bytes() == source.read_bytes()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)


def keep(name: str, value: Any) -> None:
    beside = WORK / (name + ".new")
    beside.write_text(json.dumps(value, indent=0))
    beside.rename(WORK / name)


def kept(name: str) -> Any:
    return json.loads((WORK / name).read_text()) if (WORK / name).exists() else {}


def measure(build: Build, names: list[str]) -> dict[str, Any]:
    """Which lines each test runs, how long it takes, and whether it passes: as kept, or found now."""
    coverage: dict[str, Any] = kept("coverage.json")
    for name in names:
        if not build.make(name):
            sys.exit(f"mutants.py: {name} does not build without a fault; fix it first")
        digest = build.digest(name)
        if coverage.get(name, {}).get("digest") != digest:
            begin = time.monotonic()
            result = build.run(name, LONG, True)
            coverage[name] = {
                "digest": digest, "result": result, "seconds": round(time.monotonic() - begin, 1),
                "code": {file: sorted(lines) for file, lines in build.lines.items()},
                "ran": {file: sorted(n for n in lines if lines[n]) for file, lines in build.lines.items()}}
            keep("coverage.json", coverage)
            print(f"measured: {name}, {result}, {coverage[name]['seconds']} s", flush=True)
    return coverage


def covering(fault: Fault, coverage: dict[str, Any]) -> tuple[list[str], bool]:
    """The tests that run the fault's statement, fastest first, and True; where none does, those that run any of the
    file (a child that becomes another program leaves no counts) and False. A line of no statement belongs to that
    before."""
    code = {n for test in coverage.values() for n in test["code"].get(fault.file, [])}
    statement = set([n for n in range(fault.line, max(fault.line - 10, 0), -1) if n in code][:1]) or code

    def running(lines: set[int]) -> list[str]:
        found = [name for name, test in coverage.items()
                 if test["result"] == "passed" and lines & set(test["ran"].get(fault.file, []))]
        return sorted(found, key=lambda name: float(coverage[name]["seconds"]))
    return running(statement) or running(code), bool(running(statement))


# ---- Trials ----------------------------------------------------------------------------------------


class Trial:
    """Puts faults into the copy and runs tests on them."""

    def __init__(self, builds: list[Build], coverage: dict[str, Any], names: list[str], budget: float) -> None:
        self.builds, self.coverage, self.names, self.budget = builds, coverage, names, budget

    def place(self, fault: Fault, with_fault: bool) -> None:
        lines = self.text.split("\n")
        if with_fault:
            line = lines[fault.line - 1]
            lines[fault.line - 1] = line[:len(line) - len(line.lstrip())] + fault.new
        (SOURCE / fault.file).write_text("\n".join(lines))

    def passes_sanitized(self, build: Build, name: str, fault: Fault) -> bool:
        """Without the fault: found once for each test as it is."""
        measured = self.coverage[name]
        if "sanitized" not in measured:
            self.place(fault, False)
            measured["sanitized"] = build.make(name) and build.run(name, LONG) == "passed"
            keep("coverage.json", self.coverage)
            self.place(fault, True)
        return bool(measured["sanitized"])

    def verdict(self, fault: Fault) -> dict[str, Any]:
        tests, covered = covering(fault, self.coverage)
        self.text = (SOURCE / fault.file).read_text()
        self.place(fault, True)
        try:
            result = self.try_tests(fault, tests)
            if result["verdict"] == "survived" and not covered:
                result["verdict"] = "not covered"
        finally:
            self.place(fault, False)
        result["tests"] = {name: self.coverage[name]["digest"] for name in tests}
        return result

    def try_tests(self, fault: Fault, tests: list[str]) -> dict[str, Any]:
        end = time.monotonic() + self.budget
        left_out = [name for name in tests if name not in self.names]
        for build in self.builds:
            for name in [name for name in tests if name in self.names and name in build.tests]:
                if time.monotonic() > end:
                    left_out.append(name)
                    continue
                plain = build is self.builds[0]
                if not plain and not self.passes_sanitized(build, name, fault):
                    continue
                if not build.make(name):
                    return {"verdict": "did not compile"}
                limit = 30 + (5 if plain else 20) * float(self.coverage[name]["seconds"])
                first = build.run(name, limit)
                if first == "time-out" or (first == "failed" and build.run(name, limit) != "passed"):
                    return {"verdict": "noticed", "by": name, "how": first, "in": build.folder.name}
        return {"verdict": "survived", "left out": sorted(set(left_out)), "builds": len(self.builds)}


def is_known(result: dict[str, Any] | None, fault: Fault, trial: Trial) -> bool:
    """Noticed once is noticed; what survived is tried again where a test has changed, or was left out, or with
    sanitizers."""
    if not result or result["verdict"] in ("noticed", "did not compile"):
        return bool(result)
    now = {name: trial.coverage[name]["digest"] for name in covering(fault, trial.coverage)[0]}
    return (result["tests"] == now and result["builds"] >= len(trial.builds)
            and not set(result["left out"]) & set(trial.names))


def tell(fault: Fault, text: str) -> None:
    print(f"{fault.file}:{fault.line}: {fault.kind}: {text}\n    - {fault.old}\n    + {fault.new}", flush=True)


def show(drawn: list[Fault], results: dict[str, Any], reasons: dict[tuple[str, str, str], str], every: bool) -> None:
    """What has survived, or every fault, and the table by rooms."""
    columns = ("noticed", "survived", "not covered", "equivalent", "did not compile", "not tried")
    counts: dict[str, collections.Counter[str]] = {}
    for fault in drawn:
        known = results.get(fault.key, {"verdict": "not tried"})
        verdict = known["verdict"]
        if fault.what in reasons and verdict != "noticed":
            verdict = "equivalent"
        counts.setdefault(fault.room, collections.Counter())[verdict] += 1
        if every or verdict in ("survived", "not covered"):
            left_out = f", not run: {' '.join(known['left out'])}" if known.get("left out") else ""
            tell(fault, f"equivalent: {reasons[fault.what]}" if verdict == "equivalent" else verdict + left_out)
    print(f"{'room':8}{'placed':>8}" + "".join(f"{name:>17}" for name in columns))
    for room, of_room in counts.items():
        print(f"{room:8}{of_room.total():8}" + "".join(f"{of_room[name]:17}" for name in columns))


def run(drawn: list[Fault], results: dict[str, Any], reasons: dict[tuple[str, str, str], str],
        options: argparse.Namespace) -> None:
    sync()
    type_and = "-DCMAKE_BUILD_TYPE=RelWithDebInfo"
    builds = [Build("counted", [type_and, f"-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 --coverage {STRICT}",
                                "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 --coverage"])]
    if not options.plain:
        builds.append(Build("sanitized", [type_and, f"-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O1 {STRICT}",
                                          "-DSANITIZE=address,undefined"]))
    names = [name for name in builds[0].tests if name not in META and re.search(options.tests, name)]
    trial = Trial(builds, measure(builds[0], names), names, options.seconds)
    for number, fault in enumerate(drawn, 1):
        if fault.what in reasons or is_known(results.get(fault.key), fault, trial):
            continue
        begin = time.monotonic()
        result = results[fault.key] = trial.verdict(fault)
        result["seconds"] = round(time.monotonic() - begin, 1)
        keep("results.json", results)
        how = f" by {result['by']} ({result['how']}, {result['in']})" if "by" in result else ""
        tell(fault, f"{number} of {len(drawn)}, {result['seconds']} s: {result['verdict']}{how}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--room", action="append", choices=ROOMS, help="only there; may be given more than once")
    parser.add_argument("--count", type=int, default=45, help="faults in each room (45)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other faults (1)")
    parser.add_argument("--tests", default="", metavar="REGEX", help="only tests of such names")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no test of a fault after so many")
    parser.add_argument("--plain", action="store_true", help="without sanitizers: quicker, sees less")
    parser.add_argument("--list", action="store_true", help="list the faults and what is known of them; run nothing")
    options = parser.parse_args()
    for tool in ("ninja", "gcov"):
        if not shutil.which(tool):
            sys.exit(f"mutants.py: there is no {tool}; apt-get install {'ninja-build' if tool == 'ninja' else 'gcc'}")
    drawn = [fault for room in options.room or ROOMS for fault in draw(room, options.count, options.seed)]
    results, reasons = kept("results.json"), equivalents()
    if not options.list:
        run(drawn, results, reasons, options)
    show(drawn, results, reasons, options.list)


if __name__ == "__main__":
    main()
