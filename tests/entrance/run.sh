#!/usr/bin/env bash
# Runs the configuration in entrance/ with the nginx of this machine, before a stand-in for a function URL and before a real host.
# KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/sbin"
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
exec python3 tests/entrance/check.py "$KOOGALLERY"
