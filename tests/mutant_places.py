"""Where mutants.py may put which faults: by lines, tokens and brackets, as clang-format leaves them."""

import collections
import dataclasses
import pathlib
import random
import re
from typing import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("base", "core", "lib", "train", "stream", "view", "results", "live", "shim")

BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
FLIP = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
RETURNED = {"true": "false", "false": "true", "0": "-1", "-1": "0", "1": "0"}
NO_CALL = {"if", "for", "while", "switch", "return", "sizeof", "assert", "static_assert", "defined"}


@dataclasses.dataclass(frozen=True)
class Fault:
    room: str
    file: str
    line: int  # from 1
    kind: str
    old: str  # the line, without indent
    new: str
    twin: int  # of how many equal lines in the file it is, from 0

    @property
    def what(self) -> tuple[str, str, str]:
        return self.file, self.old, self.new

    @property
    def key(self) -> str:
        return "\n".join((*self.what, str(self.twin)))


def mask(text: str) -> str:
    """The text with comments, preprocessor lines and code of other systems blank, literals as underscores; as long."""
    def cover(match: re.Match[str]) -> str:
        filler = "_" if match[0][0] in "\"'" else " "
        return re.sub(r"[^\n]", filler, match[0])
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", cover, text, flags=re.S)
    text = re.sub(r"^#ifdef __APPLE__ *\n.*?^#(?:else|endif)", cover, text, flags=re.S | re.M)
    text = re.sub(r"(^#ifdef __linux__\n(?:(?!#if|#e)[^\n]*\n)*)(#else\n.*?^#endif)",
                  lambda match: match[1] + re.sub(r"[^\n]", " ", match[2]), text, flags=re.S | re.M)
    return re.sub(r"^[ ]*#(?:\\\n|[^\n])*", cover, text, flags=re.M)


def arguments(line: str, start: int) -> list[tuple[int, int]]:
    """Spans of the arguments behind the bracket at `start`; none where it is not closed in the line."""
    spans: list[tuple[int, int]] = []
    depth, begin = 0, start + 1
    for at in range(start, len(line)):
        if line[at] in "([{":
            depth += 1
        elif line[at] in ")]}":
            depth -= 1
            if depth == 0:
                return spans + [(begin, at)]
        elif line[at] == "," and depth == 1:
            spans.append((begin, at))
            begin = at + 2
    return []


def changes(line: str, masked: str) -> Iterator[tuple[str, str]]:
    """Kinds of fault and the line with each, for one line of code."""
    def put(start: int, end: int, text: str) -> str:
        return line[:start] + text + line[end:]

    def each(pattern: str, kind: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
        for match in re.finditer(pattern, masked):
            if match[1] in table:
                yield kind, put(match.start(1), match.end(1), table[match[1]])

    yield from each(r" ([<>]=?) ", "bound", BOUND)
    yield from each(r" ([<>]=?|[!=]=) ", "comparison", FLIP)
    yield from each(r" (&&|\|\|) ", "logic", {"&&": "||", "||": "&&"})
    yield from each(r"[\w)\]] ([-+*]) ", "arithmetic", {"+": "-", "-": "+", "*": "/"})
    yield from each(r"\breturn (true|false|-?\d)(?=;)", "returned value", RETURNED)
    yield from each(r"(?:[( ])(!)(?=[\w(])", "negation", {"!": ""})
    if not re.match(r"\s*case\b", masked):
        for match in re.finditer(r"(?<![\w.])(?<!return -)(?<!return )(?<!\? -)(?<!: -)(\d+\.?\d*)(f?)(?![\w.\]])", masked):
            value = float(match[1]) * 2 or 1
            yield "constant", put(match.start(1), match.end(1), f"{value:g}" if "." not in match[1] else str(value))
    if re.match(r"\s+[\w.:>-]+\(.*\);$", masked) and masked.count("(") == masked.count(")"):
        if masked.split("(")[0].strip() not in NO_CALL:
            yield "call dropped", re.match(r"\s*", line)[0] + "(void)0;"  # type: ignore[index]
    if re.match(r"\s+\*?[][\w.>-]+ [-+*/|&]?= [^{]*;$", masked):
        yield "assignment dropped", re.match(r"\s*", line)[0] + "(void)0;"  # type: ignore[index]
    found = re.match(r"(\s*(?:} else )?if )\((.*)\)( \{)?$", masked)
    if found and arguments(masked, found.end(1))[-1:] and arguments(masked, found.end(1))[-1][1] == found.end(2):
        condition = line[found.start(2):found.end(2)]
        yield "check dropped", put(found.start(2), found.end(2), f"({condition}) && 0")
        if re.search(r"\w\(", found[2]):
            yield "call dropped", put(found.start(2), found.end(2), f"0 && ({condition})")
    for match in re.finditer(r"([\w:]+)\(", masked):
        if match[1] in NO_CALL:
            continue
        spans = arguments(masked, match.end() - 1)
        if len(spans) > 1 and re.search(r"(?:^|[_:])f?(?:min|max|clamp)f?$", match[1]):
            yield "clamp dropped", put(match.start(), spans[-1][1] + 1, f"({line[slice(*spans[0])]})")
        for (a, b), (c, d) in zip(spans, spans[1:]):
            is_compared = re.match(r"\) [!=]= 0", masked[spans[-1][1]:])
            order_is_nothing = r"min|max|hypot|calloc|fwrite" + (r"|cmp" if is_compared else "")
            if line[a:b] != line[c:d] and not re.search(order_is_nothing, match[1]):
                yield "arguments swapped", put(a, d, f"{line[c:d]}, {line[a:b]}")


def faults(room: str) -> Iterator[Fault]:
    folder = ROOT / ("shim" if room == "shim" else f"src/{room}")
    for path in sorted([*folder.glob("*.c"), *folder.glob("*.cpp")]):
        text = path.read_text()
        seen: collections.Counter[str] = collections.Counter()
        for number, (line, masked) in enumerate(zip(text.split("\n"), mask(text).split("\n")), 1):
            if not masked.startswith(" ") or "assert(" in masked:
                continue  # declarations; what a release does not contain
            for kind, new in changes(line, masked):
                yield Fault(room, str(path.relative_to(ROOT)), number, kind, line.strip(), new.strip(),
                            seen[line.strip()])
            seen[line.strip()] += 1


def draw(room: str, count: int, seed: int) -> list[Fault]:
    """Each kind as often as the others, as far as there are places."""
    kinds: dict[str, list[Fault]] = {}
    for fault in faults(room):
        kinds.setdefault(fault.kind, []).append(fault)
    rng = random.Random(f"{seed} {room}")
    for places in kinds.values():
        rng.shuffle(places)
    drawn: list[Fault] = []
    while len(drawn) < count and kinds:
        for kind in sorted(kinds):
            drawn.append(kinds[kind].pop())
        kinds = {kind: places for kind, places in kinds.items() if places}
    return drawn[:count]
