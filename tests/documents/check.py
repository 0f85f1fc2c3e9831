"""Checks the documents: each link and anchor of each page leads somewhere, and each page in Chinese is the English one.

It ends with 1 if something is wrong, and with 3 if only sections are behind that say so of themselves.
"""

import subprocess
import sys
from pathlib import Path

from compare import BEHIND, Comparison, chinese_of, english_of, is_outside, target
from page import Page, links, read

ADVICE = f"""
Who changes a page changes it in both languages. If you cannot write Chinese, make the headings the same, and put this line below the
heading of each section that you could not translate. Readers then know, and this test lists the section instead of comparing it:

{BEHIND}，请以[英文版](../PAGE.md#ANCHOR)为准。
"""


def broken_links(root: Path, pages: dict[str, Page]) -> list[str]:
    """What the links of all pages lead to and is not there."""
    problems = []
    for page in pages.values():
        for section in page.sections:
            text = "\n".join([section.title, section.text()] + [cell for table in section.tables for row in table.rows for cell in row])
            for link in links(text):
                if is_outside(link):
                    continue
                path, anchor = target(page.path, link)
                if not (root / path).exists():
                    problems.append(f"{page.path}, in the section {section.title}: there is no {path}")
                elif anchor and path in pages and anchor not in pages[path].anchors():
                    problems.append(f"{page.path}, in the section {section.title}: {path} has no heading with the anchor #{anchor}")
    return problems


def main(root: Path) -> int:
    """Checks the repository at `root`, and tells what is wrong."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.md"],
        cwd=root, capture_output=True, text=True, check=True)
    pages = {path: read(root, Path(path)) for path in listed.stdout.splitlines() if (root / path).exists()}
    problems, behind = broken_links(root, pages), []
    pairs = {path: english for path in pages if (english := english_of(Path(path))) is not None}
    translated = {str(english) for english in pairs.values()}
    if not pairs:
        problems.append("there is no page in Chinese")
    for path, english in pairs.items():
        if str(english) not in pages:
            problems.append(f"{path}: there is no {english}: delete both, or neither")
            continue
        comparison = Comparison(pages[str(english)], pages[path], translated)
        problems += comparison.problems
        behind += comparison.behind
    for problem in problems:
        print(problem)
    for place in behind:
        print(f"BEHIND: {place}")
    if problems:
        print(ADVICE)
    print(f"{len(pages)} documents, {len(pairs)} of them in Chinese: {len(problems)} problems, {len(behind)} sections behind")
    return 1 if problems else 3 if behind else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
