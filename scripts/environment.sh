#!/bin/sh
# Makes a new virtual environment in the folder that is named first, and installs what is named behind it, as pip takes
# it. The Python is $PYTHON, or else python3. Where it cannot make environments, uv makes it and installs.
set -eu

folder=$1
shift
python=${PYTHON:-python3}

if "$python" -m venv --clear "$folder" >/dev/null 2>&1; then
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: "$@"
elif command -v uv >/dev/null; then
    uv venv --quiet --clear --python "$python" "$folder"
    uv pip install --quiet --only-binary :all: --python "$folder" "$@"
else
    echo "environment.sh: $python -m venv makes no environment, and there is no uv; install Debian's python3-venv or uv," \
        "or set PYTHON to another Python" >&2
    exit 1
fi
