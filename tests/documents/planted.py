"""The comparison itself: two pages that are the same, and each kind of difference planted in the Chinese one."""

import tempfile
import unittest
from pathlib import Path

from check import broken_links
from compare import BEHIND, Comparison
from page import parse

ENGLISH = """# Keys

English | [简体中文](zh-CN/keys.md)

A key of `KEYS` is valid for 60 seconds, see [the table](table.md#keys).

## Change a key

1. Put it there.
2. Wait for half a minute.

```sh
export KEYS=new
# done
```

| variable | what it is for |
|---|---|
| `KEYS` | the keys, up to 4 KB, of the `basic` kind |
"""
CHINESE = """# 密钥

[English](../keys.md) | 简体中文

`KEYS` 里的密钥 60 秒内有效，见[数据表](../table.md#keys)（英文）。

## <a id="change-a-key"></a>更换密钥

1. 写入密钥。
2. 等待半分钟。

```sh
export KEYS=new
# done
```

| 变量 | 用途 |
|---|---|
| `KEYS` | 密钥，最多 4 KB，类型为 `basic` |
"""


def compared(chinese: str, english: str = ENGLISH, translated: set[str] = frozenset({"docs/keys.md"})) -> Comparison:
    return Comparison(parse(english, Path("docs/keys.md")), parse(chinese, Path("docs/zh-CN/keys.md")), set(translated))


class Planted(unittest.TestCase):
    def test_pages_that_are_the_same_have_no_problem(self):
        self.assertEqual(compared(CHINESE).problems, [])

    def test_each_difference_is_found_and_told(self):
        for what, before, after, told in (
            ("a heading is missing", '## <a id="change-a-key"></a>更换密钥\n', "", "only in docs/keys.md:7: ## Change a key"),
            ("a heading has another level", "## <a", "### <a", "they part at"),
            ("an anchor is missing", '<a id="change-a-key"></a>', "", '<a id="change-a-key"></a>'),
            ("a command differs", "export KEYS=new", "export KEYS=old", "'export KEYS=old'"),
            ("a comment in code is translated", "# done", "# 完成", "to the byte"),
            ("a code block is missing", "```sh\nexport KEYS=new\n# done\n```\n", "", "1 code blocks in English, 0 in Chinese"),
            ("a row is missing", "| `KEYS` | 密钥，最多 4 KB，类型为 `basic` |\n", "", "2 rows in English, 1 in Chinese"),
            ("a column is missing", "| 变量 | 用途 |", "| 变量 |", "a table differs"),
            ("a cell has other code", "`basic`", "`kit`", "only in Chinese: kit"),
            ("a cell has another number", "4 KB", "8 KB", "only in Chinese: 8"),
            ("a cell is in English", "密钥，最多 4 KB，类型为 `basic`", "the keys, up to 4 KB, of the `basic` kind", "is not translated"),
            ("a table is missing", CHINESE[CHINESE.index("| 变量"):], "", "1 tables in English, 0 in Chinese"),
            ("a list item is missing", "2. 等待半分钟。\n", "", "2 list items in English, 1 in Chinese"),
            ("a number differs", "60 秒", "90 秒", "only in English: 60"),
            ("code in a sentence is missing", "`KEYS` 里的", "", "only in English: KEYS"),
            ("a link is missing", "[数据表](../table.md#keys)", "数据表", "only in English: docs/table.md#keys"),
            ("a link to a page in English does not say so", "（英文）", "", "write （英文） behind it"),
            ("a link leads elsewhere", "table.md#keys", "table.md#items", "only in Chinese: docs/table.md#items"),
            ("a text is in English", "1. 写入密钥。\n2. 等待半分钟。", "1. Put it there.\n2. Wait for half a minute.", "not translated"),
            ("the way to the other language is missing", "[English](../keys.md) | 简体中文\n", "", "English | 简体中文"),
        ):
            with self.subTest(what):
                self.assertIn(before, CHINESE)
                problems = compared(CHINESE.replace(before, after, 1)).problems
                self.assertTrue(any(told in problem for problem in problems), f"{told!r} is not in {problems}")

    def test_a_link_to_an_english_page_that_is_translated_is_found(self):
        problems = compared(CHINESE, translated={"docs/keys.md", "docs/table.md"}).problems
        self.assertEqual(len(problems), 1)
        self.assertIn("docs/zh-CN/table.md", problems[0])

    def test_a_number_may_be_a_word_in_english(self):
        english = ENGLISH.replace("60 seconds", "two minutes")
        self.assertEqual(compared(CHINESE.replace("60 秒", "2 分钟"), english).problems, [])
        self.assertNotEqual(compared(CHINESE.replace("60 秒", "3 分钟"), english).problems, [])

    def test_a_section_that_says_that_it_is_behind_is_listed_and_not_compared(self):
        marked = f"更换密钥\n\n{BEHIND}，请以[英文版](../keys.md#change-a-key)为准。\n"
        comparison = compared(CHINESE.replace("更换密钥\n", marked).replace("KEYS=new", "KEYS=old"))
        self.assertEqual(comparison.problems, [])
        self.assertEqual(len(comparison.behind), 1)
        still = compared(CHINESE.replace("更换密钥\n", marked).replace("60 秒", "90 秒"))
        self.assertNotEqual(still.problems, [])

    def test_a_link_without_a_page_or_an_anchor_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            texts = {"a.md": "# A\n\n[b](b.md#two-words) [gone](c.md) [b](b.md#three)\n", "b.md": "# B\n\n## Two `words`\n"}
            for name, text in texts.items():
                (root / name).write_text(text)
            pages = {name: parse(text, Path(name)) for name, text in texts.items()}
            problems = broken_links(root, pages)
        self.assertEqual(len(problems), 2)
        self.assertIn("there is no c.md", problems[0])
        self.assertIn("#three", problems[1])


if __name__ == "__main__":
    unittest.main()
