#!/bin/sh
# Builds Freshet with each allocator and runs the memory rows and GET and SET with it. An allocator
# that is not installed is named and left out. Arguments go to freshet-bench.
#   BUILD (default build) and JOBS (default 2) as in the Makefile
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
bench=$build/release/freshet-bench
rows='GET p1$,GET p32,SET p1$,SET p32,memory/'
found=""
for allocator in jemalloc mimalloc glibc; do
  tree=$build/alloc-$allocator
  if ! cmake -S . -B "$tree" -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=OFF \
      -DFRESHET_ALLOCATOR=$allocator >"$build/alloc-$allocator.log" 2>&1; then
    echo "allocators: $allocator is left out, see $build/alloc-$allocator.log" >&2
    continue
  fi
  if ! cmake --build "$tree" -j "${JOBS:-2}" --target freshet-server \
      >>"$build/alloc-$allocator.log" 2>&1; then
    echo "allocators: $allocator does not build, see $build/alloc-$allocator.log" >&2
    exit 1
  fi
  echo "allocators: $allocator" >&2
  "$bench" --freshet "$tree/freshet-server" --seats freshet,redis --only "$rows" \
    --csv "$build/$allocator.csv" "$@" >"$build/alloc-$allocator.md"
  found="$found $build/$allocator.csv"
done
# Word splitting is meant: $found is a list of files.
"$bench" --compare $found
