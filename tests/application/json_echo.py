"""Holds the JSON of the application in Java against Python's: both read the same, and refuse what is no JSON."""

import base64
import json
import random
import subprocess
from decimal import Decimal

# Seldom in what a random value has, and often wrong.
RIGHT = (
    "{}",
    ' \t\r\n{ "a" : [ ] , "b" : { } } \n',
    '{"a":[0,-0,1.50,-1e5,1E+2,1e-7,12345678901234567890.123456789]}',
    r'{"a":"\"\\\/\b\f\n\r\t\u00e4\u4E91\ud83d\ude00","\u0000":"\ud800"}',
    '{"云商店":"买家 😀","":null,"t":true,"f":false}',
    '{"a":1,"a":2}',
    '{"a":' + "[" * 90 + "]" * 90 + "}",
)
WRONG = (
    "", " ", "[]", "1", "null", "{", "}", "{}x", "{} {}", '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{"a":[1,]}', '{"a":[,1]}', "{'a':1}",
    '{a:1}', '{"a":01}', '{"a":1.}', '{"a":.1}', '{"a":+1}', '{"a":-}', '{"a":1e}', '{"a":0x1}', '{"a":tru}', '{"a":nulll}',
    '{"a":"\n"}', '{"a":"\t"}', '{"a":"\x00"}', r'{"a":"\x"}', r'{"a":"\u12"}', r'{"a":"\u12g4"}', '{"a":"', '{"a":"b}', '{"a" 1}',
    '{"a":1 "b":2}', '{"a":[1 2]}', '{"a":[1}', '{"a":"\\', '\ufeff{}', '{"a":\u00a01}', '{"a":١}',
    '{"a":' + "[" * 101 + "]" * 101 + "}",
    '{"a":' + "[" * 200000,
)  # fmt: skip
WRONG_BYTES = (b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', "{}".encode("utf-16"))


def random_value(chance, depth=0):
    kind = chance.randrange(7 if depth < 4 else 5)
    if kind == 5:
        return [random_value(chance, depth + 1) for _ in range(chance.randrange(5))]
    if kind == 6:
        return {random_text(chance): random_value(chance, depth + 1) for _ in range(chance.randrange(5))}
    return (None, chance.random() < 0.5, random_text(chance), chance.randrange(-(10**20), 10**20), chance.uniform(-1e9, 1e9))[
        kind
    ]


def random_text(chance):
    """Of any characters, half of them seldom ones."""
    return "".join(
        chr(chance.choice((chance.randrange(128), chance.randrange(0xD800), chance.randrange(0xE000, 0x110000))))
        for _ in range(chance.randrange(8))
    )


def read(text):
    """Exactly: no number loses a digit."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def check(command):
    chance = random.Random(1)
    values = [{"v": random_value(chance)} for _ in range(2000)]
    right = [text.encode() for text in RIGHT] + [
        json.dumps(value, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, 2))).encode() for value in values
    ]
    # What is cut off somewhere is no JSON any more.
    cut = [text[: chance.randrange(len(text))] for text in right[len(RIGHT) :]]
    wrong = [text.encode() for text in WRONG] + list(WRONG_BYTES) + [text for text in cut if text.strip()]
    lines = b"".join(base64.b64encode(text) + b"\n" for text in right + wrong)
    answers = subprocess.run([*command, "JsonEcho"], input=lines, capture_output=True, check=True).stdout.split()
    if len(answers) != len(right) + len(wrong):
        raise SystemExit(f"FAILED: JsonEcho answered {len(answers)} of {len(right) + len(wrong)} texts")
    for text, answer in zip(right, answers):
        if answer == b"-" or read(base64.b64decode(answer)) != read(text):
            raise SystemExit(f"FAILED: Json.java reads {text[:200]} as {base64.b64decode(answer)[:200]}")
    for text, answer in zip(wrong, answers[len(right) :]):
        if answer != b"-":
            raise SystemExit(f"FAILED: Json.java takes {text[:200]}, which is no JSON")
    print(f"JSON in Java: {len(right)} texts read as Python does, {len(wrong)} refused", flush=True)
