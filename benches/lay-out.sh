#!/bin/sh
# Lays out the tree of the benchmark: fixed versions of npm packages, each in a folder of its own, nothing installed and
# no script run. They stand in plain folders, not in node_modules, so that they are analysed as anybody's sources.
# `lay-out.sh FOLDER PACKAGE…` lays out those alone; without any, all of packages.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?where to lay out}
shift
mkdir -p "$out"
list() {
    if [ $# -gt 0 ]; then printf '%s\n' "$@"; else cat "$here/packages.txt"; fi
}
list "$@" | while read -r package; do
    folder=$out/$(printf '%s' "$package" | tr '/' '+')
    if [ -e "$folder" ]; then continue; fi
    archive=$(cd "$out" && npm pack --silent --ignore-scripts "$package")
    mkdir "$folder.part"
    tar -xzf "$out/$archive" -C "$folder.part" --strip-components=1
    rm "$out/$archive"
    # What a package bundles of others would be walked past.
    find "$folder.part" -name node_modules -prune -exec rm -rf {} +
    mv "$folder.part" "$folder"
done
