#!/bin/sh
# Installs what Freshet needs from Debian's packages, by name. Does nothing when all is there.
#   tools/setup.sh        to build and run
#   tools/setup.sh test   also what the tests use: real Redis, real clients, clang's fuzzer
set -eu
build="g++ make cmake ninja-build pkg-config libuv1-dev libxxhash-dev libjemalloc-dev"
tests="doctest-dev libhiredis-dev redis-server redis-tools python3 python3-redis nodejs npm clang libclang-rt-14-dev"
wanted=$build
[ "${1:-}" = test ] && wanted="$build $tests"

missing=""
for package in $wanted; do
  case $package in  # a tool that came from elsewhere than Debian serves as well
    nodejs) command -v node >/dev/null && continue ;;
    npm | clang) command -v "$package" >/dev/null && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "setup: installing$missing"
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# Word splitting is meant: $missing is a list of package names.
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
