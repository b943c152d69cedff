#!/bin/bash
# Instructions of a command on the hot path, counted by callgrind.
#   instructions.sh PROGRAM            prints kind,instructions
#   instructions.sh PROGRAM BASELINE   compares with such a file: more than 2 % above it fails
# PROGRAM is freshet-hot-path, which has counting begin when its keys are there.
set -euo pipefail
program=$1 baseline=${2:-}
commands=1048576 # each key once

count() {
  valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=/dev/null "$program" "$1" \
    $commands 2>&1 | sed -n 's/.*Collected : //p'
}

failed=0
declare -A instructions
for kind in get get-adaptive set incr mget depset; do
  per=$(($(count "$kind") / commands))
  instructions[$kind]=$per
  if [ -z "$baseline" ]; then
    echo "$kind,$per"
    continue
  fi
  was=$(sed -n "s/^$kind,//p" "$baseline")
  verdict=ok
  if [ $((per * 100)) -gt $((was * 102)) ]; then verdict=WORSE failed=1; fi
  echo "$kind: $per instructions, was $was: $verdict"
done
if [ -n "$baseline" ]; then
  more=$(((instructions[get-adaptive] - instructions[get]) * 1000 / instructions[get]))
  echo "get-adaptive: $more per mille above get"
fi
exit $failed
