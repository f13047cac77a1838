#!/usr/bin/env bash
# Installs the npm package outside of the repository, and puts it on the path of this step and later ones.
set -euo pipefail

# It becomes a part of what npm is asked for: nothing but a version may.
if ! [[ "$VERSION" =~ ^(latest|[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?)$ ]]; then
    echo "::error title=outlive::version must be exact, such as 1.2.3, or latest"
    exit 2
fi
if ! command -v npm >/dev/null; then
    echo "::error title=outlive::npm is missing: set up Node in an earlier step, or name a program in \`command\`"
    exit 2
fi
folder=$RUNNER_TEMP/outlive
mkdir -p "$folder"
# Not where the repository is: its .npmrc could name another registry.
cd "$folder"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-save "outlive@$VERSION"
echo "$folder/node_modules/.bin" >>"$GITHUB_PATH"
