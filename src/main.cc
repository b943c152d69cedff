// freshet-server: reads its options and runs the server.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/server.h"

namespace {

int fail(const std::string& why) {
  std::fprintf(stderr, "freshet-server: %s\n", why.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && (arguments[0] == "--version" || arguments[0] == "-v")) {
    std::printf("Freshet %s (allocator %s)\n", FRESHET_VERSION, FRESHET_ALLOCATOR_NAME);
    return 0;
  }
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(freshet::Options::help().c_str(), stdout);
    return 0;
  }
  freshet::Options options;
  if (const std::string error = options.load(arguments); !error.empty()) return fail(error);
  freshet::Server server(options);
  if (const std::string error = server.start(); !error.empty()) return fail(error);
  server.run();
  // The system takes the memory back faster than destructors would.
  std::fflush(stdout);
  std::_Exit(0);
}
