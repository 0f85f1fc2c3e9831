#!/usr/bin/env bash
# Builds the image of packages/image/Dockerfile without a base image and without a registry, looks at it, and runs it.
# It needs umoci and bubblewrap. KOOGALLERY_RELEASE_BINARY names a release build: then the size is checked too. Otherwise
# KOOGALLERY (target/debug/koogallery) is put into it.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${KOOGALLERY_RELEASE_BINARY:-${KOOGALLERY:-${CARGO_TARGET_DIR:-target}/debug/koogallery}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

# What the Dockerfile does in its first stage.
cp "$program" "$work/koogallery"
strip "$work/koogallery"
packages/image/gather "$work/koogallery" "$work/files"
# What it says in its last stage.
said() { sed -n "s/^$1 //p" packages/image/Dockerfile; }
each() { python3 -c 'import json, sys; print("\n".join(json.loads(sys.argv[1])))' "$1"; }
settings=(--config.user "$(said USER)" --config.volume "$(said VOLUME)" --config.exposedports "$(said EXPOSE)/tcp"
    --config.stopsignal "$(said STOPSIGNAL)")
while read -r part; do settings+=(--config.entrypoint "$part"); done < <(each "$(said ENTRYPOINT)")
while read -r part; do settings+=(--config.cmd="$part"); done < <(each "$(said CMD)")
rootless=()
[ "$(id -u)" = 0 ] || rootless=(--rootless)
umoci init --layout "$work/image"
umoci new --image "$work/image:koogallery"
umoci insert "${rootless[@]}" --image "$work/image:koogallery" "$work/files" /
umoci config --image "$work/image:koogallery" "${settings[@]}"
umoci unpack "${rootless[@]}" --image "$work/image:koogallery" "$work/bundle"

echo "files in the image:"
(cd "$work/bundle/rootfs" && find . -type f -printf '%10s %P\n')
programs=$(cd "$work/bundle/rootfs" && find . -type f -perm /111 ! -name '*.so.*' -printf '%P ')
[ "$programs" = "koogallery " ] || fail "the image has other programs than koogallery: $programs"
bytes=$(cd "$work/bundle/rootfs" && find . -type f -printf '%s\n' | awk '{ all += $1 } END { print all }')
packed=$(du -sb "$work/image/blobs" | cut -f 1)
echo "$bytes bytes of files, $packed bytes to download"
if [ -n "${KOOGALLERY_RELEASE_BINARY:-}" ]; then
    [ "$bytes" -le $((30 * 1024 * 1024)) ] || fail "the image has more than 30 MiB"
else
    echo "a debug build: the size is NOT CHECKED"
fi
# A network of its own, in which it may open port 53.
bwrap --dev-bind / / --unshare-user --uid 0 --gid 0 --unshare-net --cap-add CAP_NET_BIND_SERVICE --cap-add CAP_SYS_ADMIN \
    --die-with-parent python3 tests/packages/image.py "$work/bundle"
