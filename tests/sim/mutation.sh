#!/bin/sh
# usage: mutation.sh SIMULATE NAME
# The checks have to see the mutation in one of a few worlds: not in every one does it meet with what makes it show.
for seed in 1 6 5 2 3 4; do
    words=$("$1" --seed $seed --homes 28 --days 4 --mutate "$2" 2>&1)
    status=$?
    echo "$words"
    if [ $status -eq 1 ] && echo "$words" | grep -q '^FAILED'; then exit 0; fi
    if [ $status -ne 0 ]; then exit 1; fi
done
echo "$2 was not seen"
exit 1
