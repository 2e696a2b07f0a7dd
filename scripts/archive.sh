#!/bin/sh
# Packs the program of a wheel for those who do not use Python: beside the wheel, as klgrad-VERSION-TARGET.tar.gz, with its
# licences and completions.
set -eu

wheel=$1
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
name=klgrad-$version-$(rustc -vV | sed -n 's/^host: //p')

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m zipfile --extract "$wheel" "$folder/wheel"
mkdir -p "$folder/$name/completions"
program=$folder/$name/klgrad
cp "$folder/wheel/klgrad-$version.data/scripts/klgrad" "$program"
chmod 755 "$program"
cp LICENSE-MIT LICENSE-APACHE docs/CHANGELOG.md "$folder/$name"
cp src/figure/fonts/LICENSE "$folder/$name/LICENSE-DejaVu"
"$program" completions bash >"$folder/$name/completions/klgrad.bash"
"$program" completions zsh >"$folder/$name/completions/_klgrad"
"$program" completions fish >"$folder/$name/completions/klgrad.fish"
tar -czf "$(dirname "$wheel")/$name.tar.gz" -C "$folder" "$name"
