#!/bin/sh
# redis-benchmark against the server at FRESHET_PORT must finish without an error or a warning.
set -u
check() {
  output=$(redis-benchmark -q -n 10000 -t ping_inline,ping_mbulk,set,get,incr,mset "$@" 2>&1)
  code=$?
  printf '%s\n' "$output" | tr '\r' '\n' | grep 'requests per second'
  if [ "$code" -ne 0 ] || printf '%s\n' "$output" | grep -qiE 'error|warn|could not'; then
    printf 'redis-benchmark %s ended with code %s:\n%s\n' "$*" "$code" "$output"
    exit 1
  fi
}
check -h 127.0.0.1 -p "$FRESHET_PORT"
check -h 127.0.0.1 -p "$FRESHET_PORT" -P 32 -r 1000
check -s "$FRESHET_SOCKET" -c 100 -d 1000
