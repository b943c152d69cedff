// A small world for the dependency tests: users that hold rows, and pages made from them. The names
// spread over every shard and core, so that a change has to cross from one to another.
#pragma once

#include <string>
#include <vector>

#include "client.h"

namespace freshet::e2e {

inline constexpr int kUsers = 20;
inline constexpr int kPages = 200;  // page:i is made from user:(i % kUsers)

inline std::string user(int i) { return "user:" + std::to_string(i); }
inline std::string page(int i) { return "page:" + std::to_string(i); }

// REQUIRES: the connection is open. False when any answer is not OK.
bool fill_users(Client& client);
bool fill_pages(Client& client);

// How many pages can be read; those of one user only, unless `owner` is negative.
int living_pages(Client& client, int owner = -1);

// Connections enough that every core has one.
std::vector<Client> several_clients(const TestServer& server, int count = 8);

}  // namespace freshet::e2e
