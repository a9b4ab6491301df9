#!/bin/sh
# usage: fresh.sh SIMULATE COUNT
# Worlds that nobody has seen before. The one that fails says how to see it again.
left=$2
while [ "$left" -gt 0 ]; do
    "$1" --seed "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')" --homes 28 --days 5 || exit 1
    left=$((left - 1))
done
