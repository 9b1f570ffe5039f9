#!/usr/bin/env bash
# Sees to it that there is a screen for the tests in which a person signs in: Xvfb, where that is how it is done.
#
# Usage: ensure_screen.sh
# Linux with apt, and we may: installed when absent. Elsewhere nothing happens, and those tests are skipped with the reason.
set -euo pipefail

if [ "$(uname -s)" != Linux ] || command -v Xvfb >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    exit 0
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
$as_root true >/dev/null 2>&1 || exit 0

echo "No Xvfb was found: installing it with apt."
output=$(mktemp)
trap 'rm -f "$output"' EXIT
$as_root apt-get -qq update </dev/null >"$output" 2>&1 || true # an old index may do
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install xvfb </dev/null >>"$output" 2>&1; then
    tail -n 5 "$output" >&2
    echo "Xvfb could not be installed: the tests in which a person signs in will be skipped." >&2
fi
