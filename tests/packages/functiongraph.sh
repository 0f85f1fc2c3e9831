#!/usr/bin/env bash
# Makes the packages for FunctionGraph and runs what is in them. It needs bubblewrap, for a network with a free port 8000.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${KOOGALLERY_RELEASE_BINARY:-${KOOGALLERY:-${CARGO_TARGET_DIR:-target}/debug/koogallery}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$program" "$work/koogallery"
strip "$work/koogallery"
packages/functiongraph/package "$work/koogallery" "$work/packages"
ls -l "$work/packages"
bwrap --dev-bind / / --unshare-user --uid 0 --gid 0 --unshare-net --die-with-parent \
    python3 tests/packages/functiongraph.py "$work/packages" "$work/koogallery"
