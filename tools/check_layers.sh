#!/bin/bash
# Holds the layers: a file includes its own layer and those below it, and only src/server and src/http
# know threads. Prints each include that breaks this, and fails if there is one.
#   main -> server -> http -> commands -> engine -> base      server, commands -> resp -> base
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A below=(
  [base]="base"
  [engine]="engine base"
  [resp]="resp base"
  [commands]="commands engine resp base"
  [http]="http commands engine resp base"
  [server]="server http commands engine resp base"
  [main]="server http commands engine resp base"
)
threads='<(uv|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|pthread)(\.h)?>'
broken=0

complain() {
  echo "$1: $2"
  broken=1
}

layer_of() {
  local path=${1#include/freshet/}
  path=${path#src/}
  case $path in
    main.cc) echo main ;;
    */*) echo "${path%%/*}" ;;
  esac
}

check_own() {  # file layer header: one of ours
  local allowed
  for allowed in ${below[$2]}; do
    [[ $3 == "$allowed" || $3 == "$allowed"/* ]] && return
  done
  complain "$1" "$2 may not include $3"
}

while IFS= read -r file; do
  layer=$(layer_of "$file")
  if [[ -z ${layer} || -z ${below[$layer]:-} ]]; then
    complain "$file" "is in no layer"
    continue
  fi
  while IFS= read -r include; do
    case $include in
      \"../* | \"./*) complain "$file" "includes $include: name it from include/ or src/" ;;
      \"freshet/*) include=${include#\"freshet/}; check_own "$file" "$layer" "${include%\"}" ;;
      \"*/*) include=${include#\"}; check_own "$file" "$layer" "${include%\"}" ;;
      \"*)  # a file's neighbour
        include=${include//\"/}
        [[ -e ${file%/*}/$include ]] || complain "$file" "includes $include: name it from include/ or src/"
        ;;
      *)
        if [[ $include =~ $threads && $file != src/server/* ]] &&
           [[ $file != src/http/* || $include == "<uv.h>" ]]; then
          complain "$file" "only src/server and src/http may include $include (libuv: src/server)"
        fi
        ;;
    esac
  done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]+[>"]).*/\1/p' "$file")
done < <(find include src -name '*.h' -o -name '*.cc' | sort)
exit $broken
