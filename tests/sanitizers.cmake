# With FRESHET_SANITIZERS on, ctest in build/release also runs the programs that `make asan-build tsan-build
# fuzz-build` left in build/asan, build/tsan and build/fuzz: each folder is compiled once, and one summary
# at the end counts everything. Off (the default), those folders need not exist.
option(FRESHET_SANITIZERS "also run the sanitizers' programs, built beforehand" OFF)
if(NOT FRESHET_SANITIZERS OR FRESHET_SANITIZE)
  return()
endif()

set(FRESHET_BUILDS ${CMAKE_SOURCE_DIR}/build)
set(FRESHET_FUZZ_SECONDS 20 CACHE STRING "how long each fuzzer runs")
find_program(FRESHET_WARM_SOURCE redis-server)  # what tests/e2e lets WARM read from
set(SANITIZER_ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")

# One program of one folder, if its tests exist in this tree; then the program must be there.
function(sanitizer_test name program)
  get_filename_component(folder ${program} DIRECTORY)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${folder}/CMakeLists.txt)
    return()
  endif()
  string(REGEX REPLACE "\\..*" "" build ${name})
  set(path ${FRESHET_BUILDS}/${build}/${program})
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "${path} is missing: run `make ${build}-build` first")
  endif()
  cmake_parse_arguments(ARG "" "" "ARGUMENTS" ${ARGN})
  add_test(NAME ${name} COMMAND ${path} ${ARG_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES LABELS ${build} TIMEOUT 900
    ENVIRONMENT "${SANITIZER_ENVIRONMENT}")
endfunction()

# This folder's e2e driver against the server of another. Without what compares choices with redis-server's, or
# takes long for its size alone: the release runs them.
function(sanitizer_e2e build cores)
  set(server ${FRESHET_BUILDS}/${build}/freshet-server)
  if(NOT EXISTS ${server})
    message(FATAL_ERROR "${server} is missing: run `make ${build}-build` first")
  endif()
  add_test(NAME ${build}.e2e-${cores} COMMAND e2e_tests
           "--test-case-exclude=who is evicted is*,a value of 100 MB*")
  set_tests_properties(${build}.e2e-${cores} PROPERTIES LABELS ${build} TIMEOUT 900 RUN_SERIAL TRUE
    ENVIRONMENT "${SANITIZER_ENVIRONMENT};FRESHET_SERVER=${server};FRESHET_CORES=${cores};\
FRESHET_SLOW=1;FRESHET_WARM_SOURCE=${FRESHET_WARM_SOURCE}")
endfunction()

sanitizer_test(asan.unit tests/unit/unit_tests)
sanitizer_test(asan.commands tests/commands/command_tests)
sanitizer_test(asan.model tests/model/model_tests)
sanitizer_e2e(asan 4)
# Unit and command tests have one thread: nothing for TSan to see.
sanitizer_test(tsan.concurrency tests/concurrency/concurrency_tests)
sanitizer_e2e(tsan 4)
foreach(fuzzer parser commands)
  sanitizer_test(fuzz.${fuzzer} tests/fuzz/${fuzzer}_fuzz ARGUMENTS
    -max_total_time=${FRESHET_FUZZ_SECONDS} -timeout=20 -rss_limit_mb=2048
    -max_len=512 -len_control=10 -print_final_stats=1
    -artifact_prefix=${FRESHET_BUILDS}/fuzz/)
endforeach()
