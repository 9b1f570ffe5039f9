#!/usr/bin/env bash
# Sees to it that there is a browser with its driver. Never replaces one that is there.
#
# Usage: ensure_browser.sh PYTHON
# What counts as found is what the package itself finds, with the same environment variables (EDGEPOOL_BROWSER, …).
# Where it finds none, Chromium is installed with apt if we may; elsewhere one sentence says what to install.
set -euo pipefail

python=${1:?usage: ensure_browser.sh PYTHON}

found() { # 0: a browser and its driver are there; 3: they are not; else something else is wrong. It prints the sentence.
    "$python" - <<'PYTHON'
import os
import sys

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.errors import BrowserNotFound, UsageMistake
from pytest_edgepool.settings import resolve

try:
    find(resolve(lambda _: None, os.environ, lambda _: None).settings)
except UsageMistake as mistake:
    print(mistake)
    sys.exit(3 if isinstance(mistake, BrowserNotFound) else 1)
PYTHON
}

missing=$(found 2>&1) && exit 0
if [ $? != 3 ]; then
    echo "$missing" >&2
    exit 1
fi

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1 && $as_root true >/dev/null 2>&1; then
    echo "No browser with its driver was found: installing Chromium and its driver with apt."
    output=$(mktemp)
    trap 'rm -f "$output"' EXIT
    $as_root apt-get -qq update </dev/null >"$output" 2>&1 || true # an old index may do
    if $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -y install chromium chromium-driver </dev/null >>"$output" 2>&1; then
        if missing=$(found 2>&1); then
            exit 0
        fi
    else
        tail -n 5 "$output" >&2
    fi
fi

case "$(uname -s)" in
Darwin) remedy="Microsoft Edge and msedgedriver of its version, or 'brew install --cask chromium chromedriver'" ;;
MINGW* | MSYS* | CYGWIN*) remedy="Microsoft Edge and msedgedriver of its version (EDGEWEBDRIVER names its folder)" ;;
*) remedy="a browser and its driver (Debian: 'apt-get install chromium chromium-driver')" ;;
esac
echo "$missing" >&2
echo "Needed here: $remedy." >&2
exit 1
