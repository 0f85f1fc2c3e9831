#!/usr/bin/env bash
# Plays KooGallery against examples/application.py, kills it at every point of its work, and compares its database with the
# seller API. KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
exec python3 tests/application/check.py "$KOOGALLERY"
