#!/bin/bash
# Instructions of a command on the hot path, counted by callgrind: what two runs of freshet-hot-path
# of different length differ by, divided by the commands between them.
#   instructions.sh PROGRAM            prints kind,instructions
#   instructions.sh PROGRAM BASELINE   compares with such a file: more than 2 % above it fails
set -euo pipefail
program=$1 baseline=${2:-}
short=320 long=1280 pipeline=32

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected : //p'
}

failed=0
for kind in get set incr mget depset; do
  per=$((($(count "$kind" $long) - $(count "$kind" $short)) / ((long - short) * pipeline)))
  if [ -z "$baseline" ]; then
    echo "$kind,$per"
    continue
  fi
  was=$(sed -n "s/^$kind,//p" "$baseline")
  verdict=ok
  if [ $((per * 100)) -gt $((was * 102)) ]; then verdict=WORSE failed=1; fi
  echo "$kind: $per instructions, was $was: $verdict"
done
exit $failed
