// The end-to-end tests' entry: raises the limit of open files, and leaves the Freshet-only suites
// out when a redis-server sits in the server's seat (FRESHET_CORES=0).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include "test_server.h"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // the server inherits it

  doctest::Context context(argc, argv);
  if (freshet::e2e::seat_under_test().cores == 0)
    context.addFilter("test-suite-exclude", "freshet");
  return context.run();
}
