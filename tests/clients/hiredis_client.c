/* hiredis in C against the server at FRESHET_PORT: what an application would do, several hundred
 * calls. Prints one line per check and ends with code 1 at the first that fails. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

static void expect_status(redisReply* reply, const char* status) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, status) == 0);
  freeReplyObject(reply);
}

static void expect_integer(redisReply* reply, long long value) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer == value);
  freeReplyObject(reply);
}

static void expect_bytes(redisReply* reply, const char* bytes, size_t size) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == size);
  CHECK(memcmp(reply->str, bytes, size) == 0);
  freeReplyObject(reply);
}

static void expect_nil(redisReply* reply) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_NIL);
  freeReplyObject(reply);
}

static void expect_error(redisReply* reply, const char* prefix) {
  CHECK(reply != NULL && reply->type == REDIS_REPLY_ERROR);
  CHECK(strncmp(reply->str, prefix, strlen(prefix)) == 0);
  freeReplyObject(reply);
}

static void strings(redisContext* c) {
  for (int i = 0; i < 300; i++) {
    char value[32];
    const int size = snprintf(value, sizeof(value), "value:%d", i);
    expect_status(redisCommand(c, "SET key:%d %s", i, value), "OK");
    expect_bytes(redisCommand(c, "GET key:%d", i), value, (size_t)size);
  }
  expect_nil(redisCommand(c, "GET missing"));
  expect_integer(redisCommand(c, "DEL key:0 key:1 missing"), 2);
  expect_error(redisCommand(c, "INCR key:2"), "ERR value is not an integer");
}

static void binary(redisContext* c) {
  char bytes[256];
  for (int i = 0; i < 256; i++) bytes[i] = (char)i;
  expect_status(redisCommand(c, "SET %b %b", bytes, sizeof(bytes), bytes, sizeof(bytes)), "OK");
  expect_bytes(redisCommand(c, "GET %b", bytes, sizeof(bytes)), bytes, sizeof(bytes));
  expect_integer(redisCommand(c, "STRLEN %b", bytes, sizeof(bytes)), 256);
}

static void pipeline(redisContext* c) {
  for (int i = 0; i < 1000; i++) CHECK(redisAppendCommand(c, "INCR n") == REDIS_OK);
  for (int i = 1; i <= 1000; i++) {
    void* reply = NULL;
    CHECK(redisGetReply(c, &reply) == REDIS_OK);
    expect_integer(reply, i);
  }
}

static void expiry(redisContext* c) {
  expect_status(redisCommand(c, "SET e v EX 100"), "OK");
  expect_integer(redisCommand(c, "TTL e"), 100);
  expect_integer(redisCommand(c, "PERSIST e"), 1);
  expect_integer(redisCommand(c, "TTL e"), -1);
  expect_integer(redisCommand(c, "EXPIREAT e 1"), 1);
  expect_integer(redisCommand(c, "EXISTS e"), 0);
}

static void iteration(redisContext* c) {
  expect_status(redisCommand(c, "FLUSHALL"), "OK");
  for (int i = 0; i < 500; i++) expect_status(redisCommand(c, "SET it:%d v", i), "OK");
  char cursor[32] = "0";
  size_t found = 0; /* no key is deleted or added, so each is met at least once */
  int steps = 0;
  do {
    redisReply* page = redisCommand(c, "SCAN %s MATCH it:* COUNT 50", cursor);
    CHECK(page != NULL && page->type == REDIS_REPLY_ARRAY && page->elements == 2);
    snprintf(cursor, sizeof(cursor), "%s", page->element[0]->str);
    found += page->element[1]->elements;
    freeReplyObject(page);
    CHECK(++steps < 10000);
  } while (strcmp(cursor, "0") != 0);
  CHECK(found >= 500);
}

static void extended_commands(redisContext* c) {
  for (int i = 0; i < 100; i++) {
    expect_status(redisCommand(c, "DEPSET page:%d html DEPS 1 row:%d TAGS 1 home", i, i % 10),
                  "OK");
  }
  expect_integer(redisCommand(c, "INVALIDATE DEPS row:3"), 10);
  expect_integer(redisCommand(c, "EXISTS page:3 page:13 page:4"), 1);
  expect_integer(redisCommand(c, "INVALIDATE TAG home"), 90);
  expect_error(redisCommand(c, "DEPSET a v DEPS 1 a"), "CYCLE");
}

static void run(redisContext* c, const char* name) {
  const char* extras = getenv("FRESHET_EXTRAS");
  CHECK(c != NULL && c->err == 0);
  expect_status(redisCommand(c, "FLUSHALL"), "OK");
  strings(c);
  binary(c);
  pipeline(c);
  expiry(c);
  iteration(c);
  if (extras == NULL || strcmp(extras, "0") != 0) extended_commands(c);
  redisFree(c);
  printf("ok %s\n", name);
}

int main(void) {
  const char* port = getenv("FRESHET_PORT");
  const char* path = getenv("FRESHET_SOCKET");
  const struct timeval patience = {30, 0};
  CHECK(port != NULL && path != NULL);
  run(redisConnectWithTimeout("127.0.0.1", atoi(port), patience), "tcp");
  run(redisConnectUnixWithTimeout(path, patience), "unix");
  return 0;
}
