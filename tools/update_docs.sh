#!/bin/sh
# Writes what is made from the tables of options and commands into the tree: dist/ferryd.toml.sample, docs/rfc-matrix.md
# and the OPTIONS part of man/ferryd.toml.5. Usage: tools/update_docs.sh [FERRYD]
set -eu

cd "$(dirname "$0")/.."
ferryd=${1:-build/release/bin/ferryd}
page=man/ferryd.toml.5

"$ferryd" --dump-sample >dist/ferryd.toml.sample
"$ferryd" --dump-rfc-matrix >docs/rfc-matrix.md
{
  sed '/^\.SH OPTIONS$/,$d' "$page"
  "$ferryd" --dump-man-section
  sed -n '/^\.SH FILES$/,$p' "$page"
} >"$page.new"
mv "$page.new" "$page"
