#!/usr/bin/env bash
# Runs the real functions as a stack on this machine, on stand-ins of AWS, and plays KooGallery against it: a whole life, a restore, an
# upgrade, a resend, a flood, broken answers. tests/emulated/deployment.py says what stands for what.
#
#     tests/emulated/run.sh [--only NAME]…
#
# It needs Python with aws-sam-cli, moto[server] and standardwebhooks, Java, and DynamoDB Local, as .ci/run installs them below
# target/ci. DYNAMODB_LOCAL names another folder that has DynamoDBLocal.jar. KOOGALLERY_TEST_BINARIES names a folder with all
# binaries; without it, the workspace is built first. If a check fails, the functions' logs are in target/emulated.log.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${KOOGALLERY_TEST_BINARIES:-}" ]; then
    cargo build --workspace --bins --quiet
    KOOGALLERY_TEST_BINARIES="${CARGO_TARGET_DIR:-target}/debug"
fi
exec python3 tests/emulated/run.py "$KOOGALLERY_TEST_BINARIES" "$@"
