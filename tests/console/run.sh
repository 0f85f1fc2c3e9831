#!/usr/bin/env bash
# Operators work with the console of the real binary in Debian's Chromium: each task in both languages, by keyboard alone, without
# JavaScript, on a desk and on a phone; and axe looks for what keeps people out. Then the same of buyers' pages.
#
#     tests/console/run.sh [--pictures]
#
# With --pictures, the pictures of docs/console/ are made anew; fonts with Chinese have to be installed. What it needs is installed
# below target/ci/console. KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
tools="$PWD/target/ci/console"
mkdir -p "$tools"
cp tests/console/package.json tests/console/*.mjs "$tools/"
npm install --silent --no-audit --no-fund --prefix "$tools"
export KOOGALLERY PICTURES="$PWD/docs/console"
exec node "$tools/check.mjs" "$@"
