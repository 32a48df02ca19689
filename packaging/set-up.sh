#!/bin/sh
# Everything GPU Lab needs before its first start, and nothing twice: system packages, `.venv`, pinned dependencies.
# A stamp in `.venv` remembers what was installed; while it still fits, this script is done in a moment.
set -eu
cd "$(dirname "$0")/.."
stamp=.venv/.set-up

usable() { # a Python of the right age
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "GPU Lab needs Python 3.11 or newer, and there is none here." >&2
    exit 1
}

pip() {
    # On a terminal pip shows its progress; in a log that would only be noise.
    [ -t 1 ] && quiet= || quiet=-qq
    .venv/bin/python -m pip install $quiet --disable-pip-version-check -c packaging/constraints.txt "$@" </dev/null
}

# The folder's own path counts too: a virtual environment that was moved no longer works.
wanted=$(pwd | cat - pyproject.toml packaging/constraints.txt packaging/set-up.sh | cksum)
python=$(find_python)
sh packaging/system-dependencies.sh "$python"
if [ "$(cat $stamp 2>/dev/null)" = "$wanted" ] && usable .venv/bin/python; then
    exit 0
fi

echo "Setting up GPU Lab in .venv: once, a few minutes, most of it downloading PyTorch."
rm -f $stamp
if ! usable .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv
fi
# PyTorch comes first and alone: a build of the pinned version that is already there (CPU-only, another CUDA) stays,
# and no later step has a reason to weigh other builds. Hatchling builds the package in the step after it.
pip torch hatchling
pip --no-build-isolation -e '.[dev]'
echo "$wanted" >$stamp
