#!/usr/bin/env bash
# Holds the seller's API to its own description with Schemathesis, which it installs below target/ci.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools="$PWD/target/ci"
[ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 openapi-spec-validator==0.9.0
export SCHEMATHESIS="$tools/venv/bin/schemathesis" OPENAPI_VALIDATOR="$tools/venv/bin/openapi-spec-validator"
cargo test --quiet --workspace --test behaviour -- --ignored seller_api::
