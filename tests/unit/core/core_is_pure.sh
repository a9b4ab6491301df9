#!/bin/sh
# The core has no I/O and no clock: its sources include nothing but the core, the contracts and a few headers of the C
# language, and its objects need nothing but these functions. Those of libm are pure as well.
#   core_is_pure.sh SOURCE_DIR ARCHIVE
set -u
source=$1
archive=$2
bad=0

headers='assert|stdbool|stddef|stdint|string|stdalign|limits|math'
if grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' "$source" |
    grep -vE "include (\"(core|stillwater)/[a-z_/.]+\"|<($headers)\.h>)"; then
    echo "the lines above include what the core must not know"
    bad=1
fi

allowed='sin|cos|sincos|asin|atan2|sqrt|mem(cpy|set|move|cmp)|str(len|cmp|ncmp|chr)|sw_[a-z_]+|__assert_fail|__stack_chk_fail'
# Sanitizers and the linker's own.
tools='__(asan|ubsan|tsan|sanitizer)_.*|_GLOBAL_OFFSET_TABLE_'
own=$(nm --defined-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u)
for symbol in $(nm -u "$archive" | awk '$1 == "U" { print $2 }' | sort -u); do
    echo "$symbol" | grep -qxE "$allowed|$tools" && continue
    echo "$own" | grep -qxF "$symbol" && continue
    echo "$archive needs $symbol, which the core must not use"
    bad=1
done

# Mutable state outside struct core: nothing in .data or .bss. Sanitizers keep tables of their own there.
if nm "$archive" | awk 'NF == 3 && $2 ~ /^[dDbBC]$/ { print $3 }' | grep -vE '^(__|\.L|_sub_)'; then
    echo "the symbols above are mutable state in file scope"
    bad=1
fi
exit $bad
