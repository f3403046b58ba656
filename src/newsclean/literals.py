"""What a pattern's parse tree tells without matching: which literals it needs, how it begins, how dear it is.

A rule is worth trying on a line only if the line holds one of the literals that the rule requires (Cox, "Regular
Expression Matching with a Trigram Index", 2012, does it with trigrams). The literals are drawn from the tree that
the `regex` package itself parses, so that its syntax is never guessed at. The tree is no public interface of
that package: whatever is not understood here makes a rule one that is always tried, never one that is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product
from math import log2
from typing import Any, NamedTuple

from newsclean.model import Reach, Rule
from newsclean.trees import REPEATS, WRAPPERS, is_zero_width, kind_of, parse

MAX_STRINGS = 64
"""How many strings a part of a pattern may stand for, and still be written out."""
GOOD_WEIGHT, LEAST_WEIGHT = 7.0, 2.5
"""Weights of literals: beyond the first, longer is no rarer; below the second, a literal is in every other line."""
CUTS = (5, 7)
"""Characters: how much of a literal is kept where that makes them fewer."""
ALSO_SETS, ALSO_STRINGS = 2, 16
"""How many further sets are kept, and of how many literals each."""
SIZE_WEIGHT = 0.4
"""What doubling the number of literals costs, in weight."""
LONGEST = 20_000
EXPONENTIAL, SMALL_REPEAT = 1e9, 12
"""A degree that stands for no bound at all; and how often a thing may be repeated without counting as a gap."""
OTHER = "\x80"
"""In `Drawn.first`: the rule may begin with a character outside ASCII that is not named."""
GUARD_ALL, GUARD_LONG, GUARD_STEPS = 0, 2_000, 1e7
"""Lines of `GUARD_LONG` characters and up are always matched under a time limit, which costs 3 µs a call; shorter
ones from where a pattern's backtracking could take `GUARD_STEPS`, at some 10 ns each."""


class Drawn(NamedTuple):
    """What is known of a rule before it is tried.

    Attributes:
        literals: A line that the rule claims holds one of these, folded; "\\n" stands for the line's ends.
        first: The folded characters that a line begins with all of which the rule claims, `OTHER` among them; "" if
            nothing is known. Without literals, they choose the rule; without either it is always tried.
        longest: The most characters that the pattern matches; 0 if there is no bound.
        digit: Such a line holds a digit.
        also: Further sets of literals; such a line holds one of each. Looked at before a rule's pattern is compiled,
            which takes as long as a thousand tries.
        guard: The length of line, in characters, from which it is matched under a time limit.
    """

    literals: tuple[str, ...] = ()
    first: str = ""
    longest: int = 0
    guard: int = GUARD_ALL
    digit: bool = False
    also: tuple[tuple[str, ...], ...] = ()


def fold(text: str) -> str:
    """Return the text case-folded, such that what `regex` takes for equal under (?i) is equal.

    It takes İ and ı for i, which `str.casefold` does not.
    """
    return text.replace("İ", "i").replace("ı", "i").casefold()


def draw(rule: Rule) -> Drawn:
    """Return what a rule's pattern tells; `Drawn()`, which promises nothing, if its tree can't be read."""
    try:
        tree, whole = parse(rule.pattern)
        drawn = _draw(tree, rule.reach is Reach.INLINE, whole)
        if rule.stop is None:
            return drawn
        return drawn._replace(guard=min(drawn.guard, _guard(parse(rule.stop)[0])))
    except Exception:  # the tree is another package's inside, and any change in it must only cost time
        return Drawn()


def _draw(tree: Any, inline: bool, several: bool) -> Drawn:
    end = frozenset(("",)) if inline else frozenset("\n")
    found, rest = _walk(tree, end)
    found.append(frozenset(a + b for a, b in product(rest, end)))
    best, also = _best(found), _also(found)
    guard, width = _guard(tree), min(tree.max_width(), _foreseen_width(tree))
    longest = 0 if several or width > LONGEST else width
    first = "" if inline else _first_characters(tree)
    return Drawn(tuple(sorted(best)), first, longest, guard, not (best or inline) and _needs_digit(tree), also)


def _foreseen_width(tree: Any) -> int:
    """Return the bound that a rule gives its own length in front, as in `(?=.{5,80}$)`."""
    for item in tree.items if kind_of(tree) == "Sequence" else ():
        if not (kind_of(item) == "LookAround" and item.positive and not item.behind):
            break
        inner = item.subpattern
        if kind_of(inner) == "Sequence" and inner.items and kind_of(inner.items[-1]).startswith("EndOfString"):
            return int(inner.max_width())
    return LONGEST + 1


def _guard(tree: Any) -> int:
    degree = _degree(tree)
    if degree > 8:
        return GUARD_ALL
    return min(GUARD_LONG, int(GUARD_STEPS ** (1 / degree))) if degree else GUARD_LONG


def _strings(node: Any) -> frozenset[str] | None:
    """Return every string that the node matches, folded, if they are few; else None."""
    if not hasattr(node, "strings_of_newsclean"):
        # Asked for at every level of the tree, so noted on the node, which lives no longer than the drawing.
        node.strings_of_newsclean = _find_strings(node)
    found: frozenset[str] | None = node.strings_of_newsclean
    return found


def _find_strings(node: Any) -> frozenset[str] | None:
    kind = kind_of(node)
    if is_zero_width(node):
        return frozenset(("",))
    if kind == "Character" and node.positive and not node.zerowidth:
        return frozenset((fold(chr(node.value)),)) if _folds_alike(node) else None
    if kind in ("String", "Literal"):
        return frozenset((fold("".join(map(chr, node.characters))),))
    if kind == "SetUnion" and node.positive and not node.zerowidth:
        return _union(map(_strings, node.items)) if all(kind_of(i) == "Character" for i in node.items) else None
    if kind == "Branch":
        return _union(map(_strings, node.branches))
    if kind in WRAPPERS:
        return _strings(node.subpattern)
    if kind == "Sequence":
        return _joined(map(_strings, node.items))
    if kind in REPEATS and node.max_count is not None and node.max_count <= 4:
        inner = _strings(node.subpattern)
        return _union(_joined([inner] * n) for n in range(node.min_count, node.max_count + 1))
    return None


def _folds_alike(node: Any) -> bool:
    """Tell whether all that a character matches folds to the same: Python may not know a pair that `regex` knows."""
    return not node.case_flags or _all_cases_fold_alike(node.value)


@cache
def _all_cases_fold_alike(code: int) -> bool:
    import regex
    from regex import _regex

    cases = _regex.get_all_cases(int(regex.IGNORECASE | regex.UNICODE), code)
    return all(fold(chr(case)) == fold(chr(code)) for case in cases)


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    strings: frozenset[str] = frozenset()
    for part in parts:
        if part is None or len(strings := strings | part) > MAX_STRINGS:
            return None
    return strings


def _joined(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    strings = frozenset(("",))
    for part in parts:
        if part is None or len(strings) * len(part) > MAX_STRINGS:
            return None
        strings = frozenset(a + b for a, b in product(strings, part))
    return strings


def _walk(node: Any, run: frozenset[str]) -> tuple[list[frozenset[str]], frozenset[str]]:
    """Return the sets of which a match holds one string each, and the strings that it may go on from.

    `run` is what stands just before the node, in every way it can be written.
    """
    nothing = frozenset(("",))
    strings = _strings(node)
    if strings is not None and len(run) * len(strings) <= MAX_STRINGS:
        return [], frozenset(a + b for a, b in product(run, strings))
    kind = kind_of(node)
    if strings is not None and kind != "Sequence":
        return [run], strings
    if kind == "Sequence":
        found: list[frozenset[str]] = []
        for item in node.items:
            more, run = _walk(item, run)
            found += more
        return found, run
    if kind in WRAPPERS:
        return _walk(node.subpattern, run)
    if kind == "Branch":
        ways = [_walk(branch, run) for branch in node.branches]
        best = [_best([*found, rest]) for found, rest in ways]
        return [run, frozenset().union(*best) if all(best) else nothing], nothing
    if kind in REPEATS and node.min_count:
        found, rest = _walk(node.subpattern, run)
        return [run, *found, rest], _strings(node.subpattern) or nothing
    return [run], nothing


def _best(found: list[frozenset[str]]) -> frozenset[str]:
    """Return the set that says most for its size, or the empty one if none says enough.

    Where every string of a set is required to stand, so are their beginnings, and their ends: fewer, often.
    """
    cuts = [slice(None), *(slice(None, n) for n in CUTS), *(slice(-n, None) for n in CUTS)]
    best: frozenset[str] = frozenset()
    most = 0.0
    for strings in found:
        for cut in cuts:
            trimmed = frozenset(string[cut] for string in strings)
            weight = min(map(_weight, trimmed), default=0.0)
            score = min(weight, GOOD_WEIGHT) - SIZE_WEIGHT * log2(max(1, len(trimmed)))
            if weight >= LEAST_WEIGHT and score > most:
                best, most = trimmed, score
    # What holds one that is wanted anyway need not be looked for.
    return frozenset(a for a in best if not any(b in a for b in best if b != a))


def _also(found: list[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the sets that say most, uncut, a few of them and none of them large."""
    small = [strings for strings in dict.fromkeys(found) if len(strings) <= ALSO_STRINGS and min(map(len, strings))]
    weighty = sorted(small, key=lambda strings: (-min(map(_weight, strings)), sorted(strings)))
    return tuple(tuple(sorted(strings)) for strings in weighty[:ALSO_SETS] if min(map(_weight, strings)) > 2.0)


def _weight(literal: str) -> float:
    """Tell how rare a literal is: a letter counts 1, what is rarer more."""
    return sum(map(_rarity, literal))


@cache
def _rarity(c: str) -> float:
    if c == "\n":
        return 2.0
    if c in " .,'\"-":
        return 0.5
    if c.isalnum():
        return 2.0 if c >= "\u2e80" else 1.0
    return LEAST_WEIGHT  # a mark such as / or © chooses lines well, alone too


def _needs_digit(node: Any) -> bool:
    """Tell whether all that the node matches holds a digit."""
    kind = kind_of(node)
    if kind == "Sequence":
        return any(map(_needs_digit, node.items))
    if kind == "Branch":
        return all(map(_needs_digit, node.branches))
    if kind in WRAPPERS or (kind in REPEATS and node.min_count) or (kind == "LookAround" and node.positive):
        return _needs_digit(node.subpattern)
    if kind == "SetUnion" and node.positive:
        return all(map(_needs_digit, node.items))
    if kind == "Range" and node.positive:
        return chr(node.lower) >= "0" and chr(node.upper) <= "9"
    if kind == "Character" and node.positive and not node.zerowidth:
        return chr(node.value).isdecimal()
    return kind == "Property" and bool(node.positive) and _is_decimal(node)


def _is_decimal(node: Any) -> bool:
    """Tell whether a property is that of decimal digits: it holds them, and nothing near that is none."""
    return all(node.matches(ord(c)) for c in "059\u0665") and not any(node.matches(ord(c)) for c in "a-_ .½²Ⅷ五")


def _degree(node: Any) -> float:
    """Return d such that matching n characters backtracks through about n**d steps at the worst."""
    kind = kind_of(node)
    if kind in REPEATS:
        return _repeat_degree(node)
    if kind == "Branch":
        return max(map(_degree, node.branches), default=0.0)
    if kind == "Sequence":
        return sum(map(_degree, node.items))
    if kind in WRAPPERS or kind == "LookAround":
        return _degree(node.subpattern)
    if hasattr(node, "matches") or kind in ("Any", "AnyAll", "AnyU", "String", "Literal") or is_zero_width(node):
        return 0.0
    return EXPONENTIAL


def _repeat_degree(node: Any) -> float:
    inner = node.subpattern
    if kind_of(node) == "PossessiveRepeat":
        return _degree(inner)  # it gives nothing back
    most = EXPONENTIAL if node.max_count is None else node.max_count
    many = most - node.min_count > SMALL_REPEAT
    if _is_separated(inner):
        return 1.0
    degree = _degree(inner)
    if degree:
        return degree * most
    # One way to match it, and only the number of times is open; or else each time doubles the ways.
    return EXPONENTIAL if many and not _is_rigid(inner) else float(many)


def _is_rigid(node: Any) -> bool:
    """Tell whether the node matches one length of text in one way."""
    kind = kind_of(node)
    if kind == "Sequence":
        return all(map(_is_rigid, node.items))
    if kind in WRAPPERS:
        return _is_rigid(node.subpattern)
    if kind in REPEATS:
        return node.min_count == node.max_count and _is_rigid(node.subpattern)
    if kind == "Branch":
        return all(hasattr(branch, "matches") for branch in node.branches)
    return True


def _is_separated(node: Any) -> bool:
    """Tell whether the node is a character and then a run of others, as in ` [a-z]+`: no two ways to cut a text."""
    while kind_of(node) in WRAPPERS:
        node = node.subpattern
    if kind_of(node) != "Sequence" or len(node.items) < 2:
        return False
    first, *middle, last = node.items
    if not (kind_of(first) == "Character" and first.positive and kind_of(last) in REPEATS):
        return False
    leaves = [*middle, last.subpattern]
    return all(hasattr(leaf, "matches") and not leaf.matches(first.value) for leaf in leaves)


def _first_leaves(node: Any) -> tuple[list[Any], bool] | None:
    """Return the nodes that match a first character, and whether the whole may match nothing; None if unknown."""
    kind = kind_of(node)
    if is_zero_width(node):
        return [], True
    if hasattr(node, "matches") and not getattr(node, "zerowidth", False):
        return [node], False
    if kind in WRAPPERS:
        return _first_leaves(node.subpattern)
    if kind in REPEATS:
        inner = _first_leaves(node.subpattern)
        return inner and (inner[0], inner[1] or not node.min_count)
    leaves: list[Any] = []
    if kind == "Branch":
        ways = [_first_leaves(branch) for branch in node.branches]
        known = [way for way in ways if way is not None]
        if len(known) < len(ways):
            return None
        return [leaf for way in known for leaf in way[0]], any(way[1] for way in known)
    if kind == "Sequence":
        for item in node.items:
            way = _first_leaves(item)
            if way is None:
                return None
            leaves += way[0]
            if not way[1]:
                return leaves, False
        return leaves, True
    return None


def _first_characters(tree: Any) -> str:
    way = _first_leaves(tree)
    if way is None or way[1]:
        return ""
    characters: set[str] = set()
    for leaf in way[0]:
        if kind_of(leaf) == "Character" and leaf.positive:
            characters.add(fold(chr(leaf.value))[0])
            if not _folds_alike(leaf):
                characters.add(OTHER)
            continue
        characters.update(c for c, same in _ascii().items() if any(leaf.matches(ord(s)) for s in same))
        if not (kind_of(leaf) == "Range" and leaf.positive and leaf.upper < 128):
            characters.add(OTHER)
    return "".join(sorted(characters))


@cache
def _ascii() -> dict[str, list[str]]:
    """Return, for each folded ASCII character, all the characters that fold to something beginning with it."""
    same: dict[str, list[str]] = {}
    for c in map(chr, range(0x10000)):
        if (first := fold(c)[0]) < OTHER:
            same.setdefault(first, []).append(c)
    return same
