#include "family.h"

namespace freshet::e2e {

bool fill_users(Client& client) {
  bool ok = true;
  for (int i = 0; i < kUsers; ++i) ok &= client("SET " + user(i) + " row") == "OK";
  return ok;
}

bool fill_pages(Client& client) {
  for (int i = 0; i < kPages; ++i) {
    client.append({"DEPSET", page(i), "html", "DEPS", "1", user(i % kUsers)});
  }
  bool ok = true;
  for (int i = 0; i < kPages; ++i) ok &= show(client.next()) == "OK";
  return ok;
}

int living_pages(Client& client, int owner) {
  int living = 0;
  for (int i = 0; i < kPages; ++i) {
    if (owner >= 0 && i % kUsers != owner) continue;
    living += client("GET " + page(i)) == "html" ? 1 : 0;
  }
  return living;
}

std::vector<Client> several_clients(const TestServer& server, int count) {
  std::vector<Client> clients;
  for (int i = 0; i < count; ++i) clients.emplace_back(server);
  return clients;
}

}  // namespace freshet::e2e
