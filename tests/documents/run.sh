#!/usr/bin/env bash
# Checks the documents: their links, and that those in Chinese are those in English. Needs Python 3.10 and git, nothing else. It ends
# with 3 if sections in Chinese say of themselves that they are behind, and nothing else is wrong.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1
python3 -m unittest -q planted
exec python3 check.py
