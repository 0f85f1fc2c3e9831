#!/usr/bin/env bash
# Holds the clients of the entitlement in examples/ against the seller API of `koogallery serve`. KOOGALLERY names the command, where it is
# built already. Give the languages: `tests/entitlements/run.sh python node go java`, which is the default.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
[ $# -gt 0 ] || set -- python node go java
exec python3 tests/entitlements/check.py "$KOOGALLERY" "$@"
