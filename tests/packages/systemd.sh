#!/usr/bin/env bash
# Looks at packages/systemd/koogallery.service and entrance/systemd without starting them: are they understood, how exposed is the
# service, and does the program call the kernel only by what the service may? It needs systemd-analyze and strace.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/sbin"
program=$(realpath "${KOOGALLERY:-${CARGO_TARGET_DIR:-target}/debug/koogallery}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
unit="$work/koogallery.service"
cp "$program" "$work/koogallery"
sed "s#/usr/local/bin/koogallery#$work/koogallery#" packages/systemd/koogallery.service >"$unit"
units=("$unit")
for other in entrance/systemd/*; do
    # nginx need not be here.
    sed 's#/usr/sbin/nginx#/bin/true#' "$other" >"$work/$(basename "$other")"
    units+=("$work/$(basename "$other")")
done
# It warns of what it does not know, and ends with 0.
warnings=$(systemd-analyze verify "${units[@]}" 2>&1) || { echo "FAILED: $warnings" >&2; exit 1; }
[ -z "$warnings" ] || { echo "FAILED: $warnings" >&2; exit 1; }
# 0 is no exposure, 10 is everything. More than 1.5 fails.
systemd-analyze security --offline=true --threshold=15 --no-pager "$unit" >"$work/security" || { cat "$work/security" >&2; exit 1; }
grep 'Overall exposure' "$work/security"
python3 tests/packages/syscalls.py "$work/koogallery" "$unit"
