#!/usr/bin/env bash
# Stock OpenID Connect clients and a browser log in by the real binary, with `koogallery identity` in the place of the tenants.
#
#     tests/login/run.sh [PART]…
#
# A PART is flask, express, passport, pyoidc, apache, openidconnect, cas, console, tls, browser or conformance. Without one, all that can run here do.
# What they need is installed below target/ci/login. apache needs Debian's apache2 and libapache2-mod-auth-openidc, browser needs
# Chromium: without a PART, one that is not there is left out, and said so. KOOGALLERY names the command, where it is built already.
# The logs are in target/ci/login/logs.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PATH:/usr/sbin"
if [ -z "${KOOGALLERY:-}" ]; then
    cargo build --workspace --quiet
    KOOGALLERY="${CARGO_TARGET_DIR:-target}/debug/koogallery"
fi
tools="$PWD/target/ci/login"
mkdir -p "$tools/node/express"
[ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/login/requirements.txt
# Node finds the packages of a module only beside it or above it.
cp tests/login/package.json tests/login/clients/*.mjs tests/login/browser/*.mjs "$tools/node/"
cp examples/login-express/app.mjs examples/login-express/package.json "$tools/node/express/"
npm install --silent --no-audit --no-fund --prefix "$tools/node"
npm install --silent --no-audit --no-fund --prefix "$tools/node/express"
export LOGIN_NODE="$tools/node" PYTHONDONTWRITEBYTECODE=1
parts=("$@")
if [ $# = 0 ]; then
    parts=(flask express passport pyoidc openidconnect cas console tls conformance)
    if command -v apache2 >/dev/null && [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ]; then
        parts+=(apache)
    else
        echo "left out: apache, which is not installed with mod_auth_openidc"
    fi
    if command -v chromium >/dev/null; then parts+=(browser); else echo "left out: browser, which needs Chromium"; fi
fi
case " ${parts[*]} " in *" openidconnect "*)
    # Apart from the project's own target, because its dependencies are for no other part of it.
    CARGO_TARGET_DIR="$tools/rust" cargo build --quiet --locked --manifest-path tests/login/clients/openidconnect/Cargo.toml
    export LOGIN_RUST="$tools/rust/debug/login-by-openidconnect"
    ;;
esac
exec "$tools/venv/bin/python" tests/login/check.py "$KOOGALLERY" "$tools/logs" "${parts[@]}"
