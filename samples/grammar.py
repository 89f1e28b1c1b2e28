"""The grammar behind the messages: reads phrases.txt, rolls the dice, and fills a phrase in."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

PHRASES = Path(__file__).with_name("phrases.txt")
CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
SLOT = re.compile(r"\{([\w-]+)\}")
KIND = re.compile(r"(soft|case|table|bed): ")
#: Words that stay the same throughout a message, and words that depend on the kind of furniture.
STEADY = frozenset({"item", "order", "name", "surname", "town"})
BY_KIND = frozenset({"item", "part", "spot"})
T = TypeVar("T")


class Dice:
    """Seeded chance, from ``random()`` alone so that every version of Python rolls the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        """True with this probability, 0 to 1."""
        return self._random() < probability

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end`` - 1, all equally likely."""
        return int(self._random() * end)

    def pick(self, values: Sequence[T]) -> T:
        """One of the values, all equally likely."""
        return values[self.below(len(values))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as likely as its weight says."""
        left = self._random() * sum(weights.values())
        for key, weight in weights.items():  # noqa: B007 - the last key stays when rounding leaves a rest
            left -= weight
            if left < 0:
                break
        return key

    def several(self, values: Sequence[T], count: int) -> list[T]:
        """Up to ``count`` different values in random order."""
        pool = list(values)
        return [pool.pop(self.below(len(pool))) for _ in range(min(count, len(pool)))]

    def spread(self) -> float:
        """A number around 1 with a long upper tail: between .5 and 2 about nine times in ten."""
        return float(2.0 ** (sum(self._random() for _ in range(4)) - 2.0)) * (2.0 if self._random() < 0.05 else 1.0)


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """Every section of phrases.txt with its lines; lines before the first section are comments."""
    sections: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in PHRASES.read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]"), [])
        elif line.strip() and lines is not None:
            lines.append(line.strip())
    return {name: tuple(found) for name, found in sections.items()}


class Writer:
    """Fills in phrases for one message; its piece of furniture, order, town and names stay the same throughout."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.kind = dice.pick(phrases()["kind"])
        self._steady: dict[str, str] = {}

    def phrase(self, section: str) -> str:
        """A phrase from this section with all its choices made."""
        return self.some(section, 1)[0]

    def some(self, section: str, count: int) -> list[str]:
        """Different phrases from this section that suit the kind of furniture, with all their choices made."""
        suits = [line for line in phrases()[section] if not (kind := KIND.match(line)) or kind[1] == self.kind]
        return [self._fill(KIND.sub("", line)) for line in self.dice.several(suits, count)]

    def _fill(self, template: str) -> str:
        while found := CHOICE.search(template):
            template = template[: found.start()] + self.dice.pick(found[1].split("|")) + template[found.end() :]
        text = self._digits(SLOT.sub(lambda slot: self._word(slot[1]), template))
        return text[:1].upper() + text[1:]

    def _word(self, section: str) -> str:
        if section in self._steady:
            return self._steady[section]
        word = self._digits(self.dice.pick(phrases()[f"{section} {self.kind}" if section in BY_KIND else section]))
        if section in STEADY:
            self._steady[section] = word
        return word

    def _digits(self, text: str) -> str:
        return re.sub("#", lambda _: str(1 + self.dice.below(9)), text)


def misspell(text: str, dice: Dice, rate: float) -> str:
    """Swap, drop, double or mistype letters, each with probability ``rate``."""
    letters = list(text)
    for place in range(1, len(letters) - 1):
        if not (letters[place].isalpha() and letters[place + 1].isalpha() and dice.chance(rate)):
            continue
        kind = dice.below(4)
        if kind == 0:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        elif kind == 1:
            letters[place] = ""
        elif kind == 2:
            letters[place] *= 2
        else:
            letters[place] = dice.pick("aeinorst")
    return "".join(letters)
