#!/bin/sh
# redis-cli against the server at FRESHET_PORT: its ways of calling, and its own modes.
set -u
failures=0
cli() { redis-cli -h 127.0.0.1 -p "$FRESHET_PORT" "$@"; }

# expect WANTED GOT: compares, and says what went wrong.
expect() {
  [ "$2" = "$1" ] && return
  printf 'expected: %s\n     got: %s\n' "$1" "$2"
  failures=$((failures + 1))
}

expect PONG "$(cli ping)"
expect PONG "$(redis-cli -s "$FRESHET_SOCKET" ping)"
expect PONG "$(redis-cli -u "redis://127.0.0.1:$FRESHET_PORT/0" ping)"
expect OK "$(cli set greeting 'hello world')"
expect 'hello world' "$(cli get greeting)"
expect '"hello world"' "$(cli --no-raw get greeting)"
expect '(nil)' "$(cli --no-raw get missing)"
expect '(integer) 1' "$(cli --no-raw del greeting missing)"
expect '(empty array)' "$(cli --no-raw keys '*')"
expect "(error) ERR wrong number of arguments for 'get' command" "$(cli --no-raw get)"
cli -e nosuch >/dev/null 2>&1
expect 1 "$?"

# RESP3, databases, repetition, a value from standard input, CSV.
expect '1# "timeout" => "0"' "$(cli -3 --no-raw config get timeout)"
expect OK "$(cli -n 3 set three 3)"
expect '' "$(cli get three)"
expect 3 "$(cli -n 3 get three)"
expect 5 "$(cli -r 5 incr counter | tail -n 1)"
expect OK "$(printf 'from stdin' | cli -x set piped)"
expect '"from stdin"' "$(cli --csv get piped)"

# Commands from a file of lines, and the mass-insertion protocol.
expect 200 "$(i=0; while [ $i -lt 200 ]; do echo "set line:$i $i"; i=$((i + 1)); done \
  | cli | grep -c '^OK$')"
expect 'errors: 0, replies: 1000' "$(i=0; while [ $i -lt 1000 ]; do
  printf '*3\r\n$3\r\nSET\r\n$4\r\np%03d\r\n$1\r\nv\r\n' $i; i=$((i + 1)); done \
  | cli --pipe | tail -n 1)"
expect 1000 "$(cli --scan --pattern 'p[0-9]*' | sort -u | wc -l)"
expect 200 "$(cli --scan --pattern 'line:*' | sort -u | wc -l)"

# What operators ask.
cli info server | grep -q '^redis_version:' || expect 'redis_version in INFO' none
expect 1202 "$(cli dbsize)"
cli client list | grep -q 'cmd=client|list' || expect 'CLIENT LIST' none
cli --bigkeys 2>&1 | grep -q 'Sampled 1202 keys' || expect '--bigkeys' none
expect OK "$(cli config set timeout 0)"

if [ "${FRESHET_EXTRAS:-1}" = 1 ]; then
  expect OK "$(cli depset page html deps 1 row tags 1 home)"
  expect '(integer) 1' "$(cli --no-raw invalidate deps row)"
  expect '(nil)' "$(cli --no-raw get page)"
  expect '(integer) 0' "$(cli --no-raw invalidate tag home)"
fi
expect OK "$(cli flushall)"
expect 0 "$(cli dbsize)"

[ "$failures" -eq 0 ] && echo "ok redis-cli"
exit "$((failures > 0))"
