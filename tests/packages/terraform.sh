#!/usr/bin/env bash
# Looks at packages/terraform without its provider: is it formatted, does it parse, and is what the machines get at their first start
# right? `terraform validate` needs the provider and runs where `terraform init` can fetch it: with KOOGALLERY_TERRAFORM_VALIDATE=1.
set -euo pipefail
cd "$(dirname "$0")/../.."
terraform fmt -recursive -check -diff packages/terraform
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arguments="root = \"$PWD\", domain = \"koogallery.example.com\", dynamodb_endpoint = \"https://store.example.com\""
arguments="$arguments, release_url = \"https://obs.example.com/koogallery\", release_sha256 = \"$(printf x | sha256sum | cut -d ' ' -f 1)\""
echo "base64encode(templatefile(\"$PWD/packages/terraform/hosts/cloud-init.yaml.tftpl\", { $arguments }))" >"$work/expression"
(cd "$work" && terraform console <expression) | tr -d '"' | base64 -d >"$work/user-data"
python3 tests/packages/user_data.py "$work/user-data"
if [ "${KOOGALLERY_TERRAFORM_VALIDATE:-0}" != 0 ]; then
    for root in packages/terraform/*/; do
        cp -r "$root" "$work/$(basename "$root")"
        (cd "$work/$(basename "$root")" && terraform init -backend=false -input=false && terraform validate)
    done
fi
