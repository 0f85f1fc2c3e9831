#!/usr/bin/env bash
# Plays KooGallery against an application of examples/ (`python`, the default, or `java`), kills it at every point of its work, and
# compares its database with the seller API. Or checks a receiver without a database (`go`). KOOGALLERY names the command, where it
# is built already; SQLITE_JDBC the JDBC driver of SQLite, where it is not Debian's.
#
#     tests/application/run.sh [APPLICATION [KIND]…]
#
# A KIND is one of the calls in whose work it is killed, such as `purchase`: by default all are.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
exec python3 tests/application/check.py "$KOOGALLERY" "${1:-python}" "${@:2}"
