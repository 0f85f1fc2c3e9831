"""Compares a page in Chinese with the English one that it translates, section by section.

A program cannot read Chinese. It sees whether headings, code blocks, tables, lists, code spans, links and numbers are the same, and
whether a text is still in English. Whoever changes only words of the English page has to think of the Chinese one.
"""

import os.path
import re
from collections import Counter
from pathlib import Path

from page import Page, Section, Table, codes, links, plain, unmarked

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)*")
BEHIND = "> 本节译文已落后"
SWITCH = "简体中文"
MARKS = ("（英文）", "（中英对照）")
WORDS = dict(zip("one two three four five six seven eight nine ten eleven twelve".split(), map(str, range(1, 13))))
WORDS |= {"once": "1", "first": "1", "twice": "2", "second": "2", "third": "3", "twenty": "20", "thirty": "30", "hundred": "100"}


def english_of(path: Path) -> Path | None:
    """The English page that a page in Chinese translates; none if the page is not one of those in Chinese."""
    if path.name == "README.zh-CN.md":
        return path.with_name("README.md")
    if path.parent.name == "zh-CN":
        return path.parent.parent / path.name
    return None


def chinese_of(path: Path) -> Path:
    """Where the translation of an English page is, if there is one."""
    return path.with_name("README.zh-CN.md") if path.name == "README.md" else path.parent / "zh-CN" / path.name


def target(page: Path, link: str) -> tuple[str, str]:
    """The path below the root of the repository, and the anchor, that a link of `page` leads to."""
    path, _, anchor = link.partition("#")
    return (os.path.normpath(page.parent / path) if path else str(page)), anchor


def is_outside(link: str) -> bool:
    """Whether a link leads out of the repository."""
    return re.match(r"[a-z]+:", link) is not None


class Comparison:
    """One pair of pages. `problems` are what differs, `behind` the sections that say of themselves that they are behind."""

    def __init__(self, english: Page, chinese: Page, translated: set[str]):
        self.english, self.chinese, self.translated = english, chinese, translated
        self.problems: list[str] = []
        self.behind: list[str] = []
        self._switches()
        levels = [section.level for section in english.sections]
        if levels != [section.level for section in chinese.sections]:
            self._headings()
            return
        for ours, theirs in zip(english.sections, chinese.sections):
            if theirs.anchor != ours.anchor and ours.level > 1:
                self._say(ours, theirs, f'the heading needs the anchor of the English one: <a id="{ours.anchor}"></a>')
            if any(line.startswith(BEHIND) for line in theirs.prose):
                self.behind.append(self._place(ours, theirs))
            else:
                self._section(ours, theirs)

    def _place(self, ours: Section, theirs: Section) -> str:
        english, chinese = f"{self.english.path}:{ours.line}", f"{self.chinese.path}:{theirs.line}"
        return f"{chinese} ({theirs.title}), in English {english} ({ours.title})"

    def _say(self, ours: Section, theirs: Section, what: str) -> None:
        self.problems.append(f"{self._place(ours, theirs)}:\n    {what}")

    def _switches(self) -> None:
        for page, other in ((self.english, self.chinese.path), (self.chinese, self.english.path)):
            first = [line for section in page.sections[:2] for line in section.prose if SWITCH in line]
            wanted = os.path.relpath(other, page.path.parent)
            if not first or links(first[0]) != [wanted]:
                self.problems.append(f"{page.path}: below its title it needs a line with a link to {wanted}: English | 简体中文")

    def _headings(self) -> None:
        """Says which headings one of the two has only: both have the English anchors."""
        told = []
        for page, other in ((self.english, self.chinese), (self.chinese, self.english)):
            only = [section for section in page.sections[2:] if section.anchor not in other.anchors()]
            told += [f"only in {page.path}:{section.line}: {'#' * section.level} {section.title}" for section in only]
        if not told:
            pairs = zip(self.english.sections, self.chinese.sections)
            told = ["they part at " + self._place(*pair) for pair in pairs if pair[0].level != pair[1].level][:1]
        self.problems.append("\n    ".join([f"{self.chinese.path}: its headings are not those of {self.english.path}", *told]))

    def _section(self, ours: Section, theirs: Section) -> None:
        self._blocks(ours, theirs)
        if len(ours.tables) != len(theirs.tables):
            self._say(ours, theirs, f"{len(ours.tables)} tables in English, {len(theirs.tables)} in Chinese")
        for mine, other in zip(ours.tables, theirs.tables):
            self._table(ours, theirs, mine, other)
        if ours.items != theirs.items:
            self._say(ours, theirs, f"{ours.items} list items in English, {theirs.items} in Chinese")
        text, translation = ours.text(), theirs.text()
        self._set(ours, theirs, "code", set(codes(text)), set(codes(translation)))
        text, translation = without_switch(text), without_switch(translation)
        self._links(ours, theirs, text, translation)
        self._numbers(ours, theirs, "", text, translation)
        if len(re.findall(r"[A-Za-z]{2,}", plain(text))) > 3 and not CHINESE.search(translation):
            self._say(ours, theirs, "its text is not translated")

    def _blocks(self, ours: Section, theirs: Section) -> None:
        if len(ours.blocks) != len(theirs.blocks):
            self._say(ours, theirs, f"{len(ours.blocks)} code blocks in English, {len(theirs.blocks)} in Chinese")
        for (_, block), (line, other) in zip(ours.blocks, theirs.blocks):
            pad = [""] * abs(len(block) - len(other))
            for at, (mine, their) in enumerate(zip(block + pad, other + pad)):
                if mine != their:
                    say = f"line {line + at} of a code block must be the English one, to the byte:\n    {mine!r}\n    {their!r}"
                    self._say(ours, theirs, say)
                    break

    def _table(self, ours: Section, theirs: Section, mine: Table, other: Table) -> None:
        if [len(row) for row in mine.rows] != [len(row) for row in other.rows]:
            sizes = f"{len(mine.rows)} rows in English, {len(other.rows)} in Chinese"
            pairs = zip(mine.rows + [[]], other.rows + [[]])
            row = next(row or theirs for row, theirs in pairs if len(row) != len(theirs) or marks(row) != marks(theirs))
            self._say(ours, theirs, f"a table differs: {sizes}; the first row with other code or links: {' | '.join(row)}")
            return
        for row, translated in zip(mine.rows, other.rows):
            name = row[0]
            for cell, translation in zip(row, translated):
                self._set(ours, theirs, f"code in the row {name}", Counter(codes(cell)), Counter(codes(translation)))
                self._links(ours, theirs, cell, translation)
                self._numbers(ours, theirs, f" in the row {name}", cell, translation)
                if len(re.findall(r"[A-Za-z]{2,}", plain(cell))) > 2 and cell == translation:
                    if not re.fullmatch(r"[\w\s,?/]+", cell):
                        self._say(ours, theirs, f"a cell of the row {name} is not translated: {cell}")

    def _links(self, ours: Section, theirs: Section, text: str, translation: str) -> None:
        mine = Counter(link if is_outside(link) else target(self.english.path, link) for link in links(text))
        others: Counter = Counter()
        for link in links(translation):
            if is_outside(link):
                others[link] += 1
                continue
            path, anchor = target(self.chinese.path, link)
            if path in self.translated:
                self._say(ours, theirs, f"the link to {link} leads to the English page: there is {chinese_of(Path(path))}")
            others[str(english_of(Path(path)) or path), anchor] += 1
        for link in unmarked(translation, MARKS):
            path, _ = target(self.chinese.path, link)
            if path.endswith(".md") and not is_outside(link) and path not in self.translated and english_of(Path(path)) is None:
                self._say(ours, theirs, f"the link to {link} leads to a page in English: write {MARKS[0]} behind it")
        self._set(ours, theirs, "links", mine, others)

    def _numbers(self, ours: Section, theirs: Section, where: str, text: str, translation: str) -> None:
        mine, others = numbers(plain(text)), numbers(plain(translation))
        words = {WORDS[word] for word in re.findall(r"[a-z]+", plain(text).lower()) if word in WORDS}
        self._set(ours, theirs, f"numbers{where}", mine, others - (words - mine))

    def _set(self, ours: Section, theirs: Section, what: str, mine, others) -> None:
        missing, more = [", ".join(map(shown, sorted(some - other, key=str))) for some, other in ((mine, others), (others, mine))]
        if missing:
            self._say(ours, theirs, f"{what}: only in English: {missing}")
        if more:
            self._say(ours, theirs, f"{what}: only in Chinese: {more}")


def marks(row: list[str]) -> list[str]:
    """What a row and its translation have in common."""
    text = " ".join(row)
    return sorted(codes(text) + [link.rsplit("/", 1)[-1] for link in links(text)])


def numbers(text: str) -> set[str]:
    """The numbers of a text, without commas."""
    return {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)}


def without_switch(text: str) -> str:
    """The text without the line that leads to the other language."""
    return "\n".join(line for line in text.split("\n") if not (SWITCH in line and "English" in line))


def shown(item) -> str:
    """A link or a code span as a reader knows it."""
    return "#".join(part for part in item if part) if isinstance(item, tuple) else item
