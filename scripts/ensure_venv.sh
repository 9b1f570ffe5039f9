#!/usr/bin/env bash
# Makes the virtual environment that `make` works in. Never touches one that already works.
#
# Usage: ensure_venv.sh FOLDER
# PYTHON, when set, is the only interpreter tried; otherwise the first of a list that is 3.11 or newer.
set -euo pipefail

folder=${1:?usage: ensure_venv.sh FOLDER}
asks_version='import sys; sys.exit(sys.version_info < (3, 11))'

works() { # an interpreter: it starts, and is new enough (a pyenv shim may exist and still not start)
    "$1" -c "$asks_version" >/dev/null 2>&1
}

for inside in "$folder/bin/python" "$folder/Scripts/python.exe"; do
    if works "$inside" && "$inside" -m pip --version >/dev/null 2>&1; then
        exit 0
    fi
done

found=""
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if works "$candidate"; then
        found=$candidate
        break
    fi
done
if [ -z "$found" ]; then
    echo "No Python 3.11 or newer was found (looked for: ${PYTHON:-python3, python3.14 … python3.11, python}):" \
        "install one, or name it with 'make PYTHON=/path/to/python3.11 …'." >&2
    exit 1
fi

echo "Making the virtual environment $folder with $("$found" --version)."
if "$found" -m venv "$folder" >/dev/null 2>&1; then
    exit 0
fi

# Debian and Ubuntu keep the venv module's pip in a package of its own.
as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
package="python$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
if command -v apt-get >/dev/null 2>&1 && $as_root true >/dev/null 2>&1; then
    $as_root apt-get -qq update </dev/null >/dev/null 2>&1 || true # an old index may do
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install "$package" </dev/null >/dev/null 2>&1 || true
    if "$found" -m venv "$folder" >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "$found could not make a virtual environment in $folder:" \
    "install its venv module (on Debian and Ubuntu: the package $package)." >&2
exit 1
