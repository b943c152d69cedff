#!/bin/sh
# Installs what Freshet needs from Debian's packages, by name. Does nothing when all is there.
#   tools/setup.sh        to build and run
#   tools/setup.sh test   also what the tests use: real Redis, real clients, clang's fuzzer
#   tools/setup.sh lint   what `make format` and `make tidy` use
set -eu
build="g++ make cmake ninja-build pkg-config libuv1-dev libxxhash-dev libjemalloc-dev
  libcpp-httplib-dev nlohmann-json3-dev libjs-d3"
tests="doctest-dev libhiredis-dev redis-server redis-tools python3 python3-redis nodejs npm clang libclang-rt-14-dev
  curl chromium prometheus prometheus-redis-exporter"
case ${1:-} in
  test) wanted="$build $tests" ;;
  lint) wanted="clang-format clang-tidy" ;;
  *) wanted=$build ;;
esac

missing=""
for package in $wanted; do
  case $package in  # a tool that came from elsewhere than Debian serves as well
    nodejs) command -v node >/dev/null && continue ;;
    npm | clang | clang-format | clang-tidy) command -v "$package" >/dev/null && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "setup: installing$missing"
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq

# Debian starts a service as soon as its package is installed. The tests want redis-server's program, not a
# Redis that sits on port 6379 where Freshet is about to listen. So while the packages are unpacked the
# machine's policy says no (101) to every start; a policy that somebody else has set is left as it is.
policy=/usr/sbin/policy-rc.d
case $missing in
  *redis-server* | *prometheus*)
    if [ ! -e $policy ]; then
      trap '$sudo rm -f $policy' EXIT
      trap 'exit 1' HUP INT TERM
      printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
      $sudo chmod 755 $policy
    fi
    ;;
esac
# shellcheck disable=SC2086  # word splitting is meant: $missing is a list of package names
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
case $missing in
  # Nor after the next boot.
  *redis-server*) $sudo systemctl disable redis-server >/dev/null 2>&1 || true ;;
esac
case $missing in
  *prometheus*)
    $sudo systemctl disable prometheus prometheus-redis-exporter >/dev/null 2>&1 || true ;;
esac
