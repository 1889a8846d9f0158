#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rebuilds the widget in a copy of web/ and compares it with the committed one. Without node or npm, or without the compiler
# within reach, there is nothing to compare: skipped (77).
set -eu
web=$1 work=$2/web
command -v node >/dev/null && command -v npm >/dev/null || { echo "no node or npm"; exit 77; }
rm -rf "$work"
mkdir -p "$work"
cp -r "$web"/widget "$web"/dist "$web"/build.mjs "$web"/tsconfig.json "$web"/package.json "$web"/package-lock.json "$work"
if [ -d "$web/node_modules/typescript" ]; then
    ln -s "$web/node_modules" "$work/node_modules"
else
    (cd "$work" && npm ci --no-audit --no-fund >/dev/null 2>&1) || { echo "npm ci found no compiler"; exit 77; }
fi
node "$work/build.mjs" --check
