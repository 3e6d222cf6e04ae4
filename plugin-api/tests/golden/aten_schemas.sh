#!/bin/sh
# Writes aten_schemas.txt: the schema of every operator in the catalogue, read from libtorch's headers.
# Run it from the repository's root after a change to the catalogue: plugin-api/tests/golden/aten_schemas.sh
set -eu
headers="${LIBTORCH:-third_party/libtorch}/include/ATen/ops"
golden=plugin-api/tests/golden/aten_schemas.txt
[ -d "$headers" ] || {
    echo "no libtorch headers in $headers: run scripts/libtorch, or set LIBTORCH" >&2
    exit 1
}
grep -oh '= "aten::[a-z0-9_]*" "[A-Za-z_]*"(' plugin-api/src/tensor/ops/*.rs |
    sed 's/= "aten::\([a-z0-9_]*\)" "\([A-Za-z_]*\)"(/\1 \2/' | sort -u |
    while read -r name overload; do
        schema="$name${overload:+.$overload}("
        grep -hF "schema_str = \"$schema" "$headers/${name}_ops.h" |
            sed 's/.*schema_str = "\(.*\)";$/\1/; s/\\"/"/g' ||
            { echo "no operator $schema" >&2; exit 1; }
    done >"$golden"
