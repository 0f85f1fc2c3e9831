#!/usr/bin/env bash
# Fails if examples/collection/ is not what the description of the seller API makes, or if one of its requests misses its route.
# Newman, Postman's own runner, sends them; it is installed below target/ci. KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/ci"
[ -d "$tools/node_modules/newman" ] || npm install --silent --no-audit --no-fund --prefix "$tools" newman@6.2.2
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
exec python3 tests/collection/check.py "$KOOGALLERY" "$tools/node_modules/.bin/newman"
