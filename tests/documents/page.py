"""A page of Markdown as the comparison needs it: sections, code blocks, tables, list items, code spans, links and anchors.

Only what the documents of this repository use: headings with `#`, fenced code, tables with pipes, links in line.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$")
EXPLICIT = re.compile(r'<a id="([^"]+)"></a>')
ITEM = re.compile(r"^\s*([-*+]|\d+\.)\s+")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
CELL = re.compile(r"(?<!\\)\|")


@dataclass
class Table:
    """The rows of a table with its head, without the line below the head."""

    line: int
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Section:
    """A heading and what follows it until the next heading of any level."""

    line: int
    level: int
    title: str
    anchor: str
    blocks: list[tuple[int, list[str]]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    items: int = 0
    prose: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What is neither a code block nor a table."""
        return "\n".join(self.prose)


@dataclass
class Page:
    """A page, whose path is relative to the root of the repository."""

    path: Path
    sections: list[Section]

    def anchors(self) -> set[str]:
        """What a link to this page may name after `#`."""
        return {section.anchor for section in self.sections}


def codes(text: str) -> list[str]:
    """The code spans of a text; a line break in one is a space."""
    return [" ".join(found.group(2).split()) for found in CODE.finditer(text)]


def without_code(text: str) -> str:
    """The text, with nothing in place of its code spans."""
    return CODE.sub("``", text)


def links(text: str) -> list[str]:
    """Where the links of a text lead to."""
    return LINK.findall(without_code(text))


def unmarked(text: str, marks: tuple[str, ...]) -> list[str]:
    """Where those links of a text lead to that none of the marks follows directly."""
    text = without_code(text)
    return [found.group(1) for found in LINK.finditer(text) if not text.startswith(marks, found.end())]


def plain(text: str) -> str:
    """What a reader sees of a text beside its code: without the targets of links, HTML and the numbers of lists."""
    text = re.sub(r"\]\([^()\s]+\)", "]", without_code(text))
    text = re.sub(r"https?://\S+|<[^>]+>", "", text)
    return re.sub(r"^\s*\d+\.\s", "", text, flags=re.MULTILINE)


def slug(title: str) -> str:
    """The anchor that GitHub makes of a heading."""
    title = re.sub(r"\[([^\]]*)\]\([^()]*\)", r"\1", EXPLICIT.sub("", title))
    return re.sub(r"[^\w\- ]", "", title.replace("`", "").strip().lower()).replace(" ", "-")


def read(root: Path, path: Path) -> Page:
    """Reads the page at `path` below `root`."""
    return parse((root / path).read_text(encoding="utf-8"), path)


def parse(text: str, path: Path) -> Page:
    """Takes a page apart."""
    section = Section(0, 0, "", "")
    page = Page(path, [section])
    fence, block, table = None, [], None
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if fence is not None:
            block.append(line)
            if line.strip() == fence:
                fence = None
            continue
        if opened := FENCE.match(line):
            fence, block, table = opened.group(2), [line], None
            section.blocks.append((number, block))
        elif heading := HEADING.match(line):
            table, title = None, heading.group(2)
            made = slug(title)
            repeats = seen.get(made, 0)
            seen[made] = repeats + 1
            explicit = EXPLICIT.search(title)
            anchor = explicit.group(1) if explicit else f"{made}-{repeats}" if repeats else made
            title = EXPLICIT.sub("", title).strip()
            section = Section(number, len(heading.group(1)), title, anchor)
            page.sections.append(section)
        elif line.strip().startswith("|"):
            cells = [cell.strip() for cell in CELL.split(line.strip())[1:-1]]
            if table is None:
                table = Table(number)
                section.tables.append(table)
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                table.rows.append(cells)
        else:
            table = None
            section.items += bool(ITEM.match(line))
            section.prose.append(line)
    return page
