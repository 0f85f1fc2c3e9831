#!/usr/bin/env bash
# Holds `sam build` to template.yaml's loops: for either processor it asks cargo-lambda for the binary of every folder
# below functions/, and the template that it makes points each function to its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in sam cargo-lambda; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: pip install aws-sam-cli cargo-lambda" >&2; exit 1; }
done
export REAL_CARGO CARGO_TARGET_DIR SAM_CLI_TELEMETRY=0
REAL_CARGO=$(command -v cargo)
out="$PWD/target/sam"
CARGO_TARGET_DIR="$out/cargo"

sam validate --lint --region eu-west-1
for processor in arm64 x86_64; do
    rm -rf "$out"
    mkdir -p "$out"
    PATH="$PWD/tests/sam:$PATH" sam build --parameter-overrides "Architecture=$processor" --build-dir "$out/build" \
        >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; }
    diff <(for folder in functions/*/; do echo "$(basename "$folder") for $processor"; done | sort) <(sort "$out"/build/*/bootstrap)
    # In a loop, CodeUri is looked up by the loop's item.
    for function in "$out"/build/*Function; do
        grep -q "CodeUri: $(basename "$function")\$" "$out/build/template.yaml" \
            || { echo "nothing in the built template points to $(basename "$function")" >&2; exit 1; }
    done
done
echo "sam build finds all $(ls -d functions/*/ | wc -l) functions, for both processors"
