#!/usr/bin/env bash
# Makes the files of a release twice from one program, and looks at them. KOOGALLERY names the program (target/debug/koogallery).
# The functions of AWS Lambda take any file here: what is held is the form of their packages, not a build for another processor.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${KOOGALLERY:-${CARGO_TARGET_DIR:-target}/debug/koogallery}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

cp "$program" "$work/koogallery"
strip "$work/koogallery"
for function in functions/*/; do
    mkdir -p "$work/lambda/$(basename "$function")"
    printf '#!/bin/sh\necho %s\n' "$function" >"$work/lambda/$(basename "$function")/bootstrap"
    chmod 755 "$work/lambda/$(basename "$function")/bootstrap"
done
release() { packages/release "$work/$1" --program "$work/koogallery" --functions "$work/lambda" "${@:2}"; }
release one
release two
diff -r "$work/one" "$work/two" || fail "the same files make other archives"
(cd "$work/one" && sha256sum --check --quiet SHA256SUMS)

archive=$(ls "$work"/one/koogallery-*-linux-*.tar.gz)
tar -xzf "$archive" -C "$work"
inside=$(echo "$work"/koogallery-*)
"$inside/koogallery" --version
[ -f "$inside/LICENSE" ] && [ -f "$inside/NOTICE" ] && [ -f "$inside/systemd/koogallery.service" ] || fail "something is missing: $(ls -R "$inside")"
[ "$(ls "$work"/one/*-lambda-*.zip | wc -l)" = "$(ls -d functions/*/ | wc -l)" ] || fail "a function is missing"
python3 - "$work/one" <<'PYTHON'
import json, sys, zipfile
from pathlib import Path

one = Path(sys.argv[1])
for path in one.glob("*-lambda-*.zip"):
    (entry,) = zipfile.ZipFile(path).infolist()
    assert entry.filename == "bootstrap" and entry.external_attr >> 16 & 0o111 == 0o111, path
(events,) = [path for path in one.glob("*-events.zip") if "-lambda-" not in path.name]
schemas = [json.loads(zipfile.ZipFile(events).read(name)) for name in zipfile.ZipFile(events).namelist()]
assert len(schemas) == len(list(Path("docs/events").glob("*.schema.json"))) and all("$schema" in schema for schema in schemas)
(corpus,) = one.glob("*-corpus.zip")
assert len(zipfile.ZipFile(corpus).namelist()) == len([path for path in Path("tests/corpus").rglob("*") if path.is_file()])
assert len((one / "NOTES.md").read_text()) > 100
PYTHON
# What cannot be a release is refused with what to do.
release one 2>"$work/said" && fail "it wrote into a folder that has files"
grep -q "not empty" "$work/said"
rm -r "$work/lambda/console"
release three 2>"$work/said" && fail "it left a function out"
grep -q "console.*cargo lambda build" "$work/said"
echo "a release can be made, twice the same"
