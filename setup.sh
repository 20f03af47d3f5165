#!/bin/sh
# Sets up a clone of flowrun, then makes the targets named: `sh setup.sh run`, `sh setup.sh test`.
#
# Debian packages that are missing are installed where that is allowed; everything else goes into .venv, in the
# versions that uv.lock names. PYTHON chooses the interpreter, FLOWRUN_EXTRAS adds extras of pyproject.toml,
# FLOWRUN_PACKAGES Debian packages, such as espeak-ng.
set -eu
cd "$(dirname "$0")"

fail() {
    echo "setup: $*" >&2
    exit 1
}

headers='import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'

packages() { # the Debian packages that are missing
    command -v make >/dev/null || echo make
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    if [ -z "$python" ]; then
        echo python3.11 python3.11-venv python3.11-dev
    elif ! command -v uv >/dev/null && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
    # PyAudio comes as source: it needs a compiler, and the headers of PortAudio and Python.
    command -v gcc >/dev/null || echo gcc libc6-dev
    [ -e /usr/include/portaudio.h ] || echo portaudio19-dev
    if [ -n "$python" ] && ! "$python" -c "$headers"; then
        "$python" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])'
    fi
    for package in ${FLOWRUN_PACKAGES:-}; do
        dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q '^install ok' || echo "$package"
    done
}

install() {
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "as root, first run: apt-get install --yes $*"
        as_root=sudo
    fi
    command -v apt-get >/dev/null || fail "first install: $*"
    $as_root apt-get update --quiet --quiet
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "$@"
}

python=""
for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
[ -n "$python" ] || [ -z "${PYTHON:-}" ] || fail "$PYTHON is not Python 3.11 or later"
missing=$(packages)
# shellcheck disable=SC2086 # a word per package
[ -z "$missing" ] || install $missing
[ -n "$python" ] || python=python3.11

if command -v uv >/dev/null; then
    uv=uv
else
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=.venv/bin/uv
fi
extras=""
for extra in ${FLOWRUN_EXTRAS:-}; do extras="$extras --extra $extra"; done
# --locked also fails where uv.lock does not belong to pyproject.toml.
# shellcheck disable=SC2086 # two words per extra
"$uv" sync --quiet --locked --inexact --compile-bytecode --python "$python" --extra mic --extra resampy $extras
touch .venv/.ready

[ $# = 0 ] || exec make "$@"
