#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rebuilds the widget in a copy of web/ and compares it with the committed one.
set -eu
web=$1 work=$2/web
rm -rf "$work"
mkdir -p "$work"
cp -r "$web"/widget "$web"/dist "$web"/build.mjs "$web"/tsconfig.json "$work"
node "$work/build.mjs" --check
