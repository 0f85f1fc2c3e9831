#!/usr/bin/env bash
# Holds `sam build` to the loops of template.yaml and template-china.yaml: for either processor it asks cargo-lambda for the binary
# of every folder below functions/, and the template that it makes points each function to its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The least SAM CLI that unrolls the loops before it builds; docs/deploy.md and samconfig.toml name it as well.
least=1.170.0
for tool in sam cargo-lambda; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: pip install aws-sam-cli cargo-lambda" >&2; exit 1; }
done
export REAL_CARGO CARGO_TARGET_DIR SAM_CLI_TELEMETRY=0
found=$(sam --version | sed 's/.*version //')
[ "$(printf '%s\n' "$least" "$found" | sort -V | head -n 1)" = "$least" ] \
    || { echo "SAM CLI $found is too old: pip install aws-sam-cli==$least" >&2; exit 1; }
for file in docs/deploy.md samconfig.toml; do
    grep -q "${least%.0}" "$file" || { echo "$file does not name SAM CLI ${least%.0}" >&2; exit 1; }
done
REAL_CARGO=$(command -v cargo)
out="$PWD/target/sam"
CARGO_TARGET_DIR="$out/cargo"

for template in template.yaml template-china.yaml; do
    region=eu-west-1
    [ "$template" = template.yaml ] || region=cn-north-1
    sam validate --lint --region "$region" --template "$template"
    for processor in arm64 x86_64; do
        rm -rf "$out"
        mkdir -p "$out"
        PATH="$PWD/tests/sam:$PATH" sam build --template "$template" --region "$region" \
            --parameter-overrides "Architecture=$processor" --build-dir "$out/build" \
            >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; }
        diff <(for folder in functions/*/; do echo "$(basename "$folder") for $processor"; done | sort) <(sort "$out"/build/*/bootstrap)
        # In a loop, CodeUri is looked up by the loop's item.
        for function in "$out"/build/*Function; do
            grep -q "CodeUri: $(basename "$function")\$" "$out/build/template.yaml" \
                || { echo "nothing in the built template points to $(basename "$function")" >&2; exit 1; }
        done
    done
    echo "sam build of $template finds all $(ls -d functions/*/ | wc -l) functions, for both processors"
done
