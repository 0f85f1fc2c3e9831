#!/usr/bin/env bash
# A stand-in for the code by which a seller answers KooGallery before it moves in: `conform` finds its faults, and `shadow` where a new
# deployment replies otherwise. KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
exec python3 tests/shadow/check.py "$KOOGALLERY"
