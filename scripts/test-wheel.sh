#!/bin/sh
# Tries a wheel as its users have it: in new environments outside of the repository, without the variables of this one.
set -eu

wheel=$1
[ "$(wc -c <"$wheel")" -lt 6000000 ] || { echo "test-wheel.sh: $wheel has 6 MB or more" >&2 && exit 1; }

repository=$(CDPATH='' cd -- "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bare() (
    environment=$1
    shift
    cd "$folder"
    env -i HOME="$folder" TMPDIR="$folder" PATH="$folder/$environment/bin:/usr/bin:/bin" "$@"
)

# It needs nothing beside itself.
"$repository/scripts/environment.sh" "$folder/alone" "$wheel"
bare alone klgrad --version
bare alone python -c 'import klgrad; assert len(klgrad.theory(estimators=["k2", "k3"])) == 4'

"$repository/scripts/environment.sh" "$folder/tests" "$wheel" --requirement "$repository/python/requirements/test.txt"
mkdir "$folder/python"
cp "$repository/README.md" "$folder"
cp -R "$repository/python/tests" "$repository/python/README.md" "$repository/python/pyproject.toml" "$folder/python"
bare tests python -m pytest -c python/pyproject.toml --doctest-modules --pyargs klgrad python/tests
bare tests mypy --config-file python/pyproject.toml --package klgrad
cd "$repository/python"
"$folder/tests/bin/ruff" check --no-cache
"$folder/tests/bin/ruff" format --check --no-cache
