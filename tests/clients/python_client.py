#!/usr/bin/env python3
"""redis-py against the server at FRESHET_PORT: what an application would do, several hundred calls.

Prints one line per check and ends with code 1 at the first that fails.
"""

import os
import time

import redis

PORT = int(os.environ["FRESHET_PORT"])
EXTRAS = os.environ.get("FRESHET_EXTRAS", "1") == "1"
EVERY_BYTE = bytes(range(256))


def strings_and_numbers(r):
    for i in range(200):
        assert r.set(f"s:{i}", f"v{i}")
        assert r.get(f"s:{i}") == f"v{i}".encode()
    assert r.get("missing") is None
    assert r.set("s:0", "x", nx=True) is None
    assert r.set("s:0", "x", xx=True)
    assert r.set("s:0", "y", get=True) == b"x"
    assert r.mset({f"m:{i}": i for i in range(50)})
    assert r.mget([f"m:{i}" for i in range(50)]) == [str(i).encode() for i in range(50)]
    assert r.incrby("n", 5) == 5 and r.decr("n") == 4
    assert abs(r.incrbyfloat("f", 1.5) - 1.5) < 1e-9
    assert r.append("s:1", "!") == 3 and r.strlen("s:1") == 3
    assert r.delete("s:0", "s:1", "missing") == 2


def binary_data(r):
    assert r.set(EVERY_BYTE, EVERY_BYTE * 100)
    assert r.get(EVERY_BYTE) == EVERY_BYTE * 100
    assert r.getrange(EVERY_BYTE, 255, 256) == b"\xff\x00"
    assert r.type(EVERY_BYTE) == b"string" and r.type("missing") == b"none"


def pipelines(r):
    pipe = r.pipeline(transaction=False)
    for i in range(1000):
        pipe.set(f"p:{i}", i).get(f"p:{i}")
    replies = pipe.execute()
    assert replies[0::2] == [True] * 1000
    assert replies[1::2] == [str(i).encode() for i in range(1000)]


def expiry(r):
    assert r.set("e", "v", px=60)
    assert 0 < r.pttl("e") <= 60
    assert r.set("e2", "v", ex=100) and r.ttl("e2") == 100
    assert r.persist("e2") and r.ttl("e2") == -1
    deadline = time.monotonic() + 10
    while r.exists("e"):
        assert time.monotonic() < deadline
    assert r.ttl("e") == -2


def iteration(r):
    r.flushdb()
    names = {f"it:{i}".encode() for i in range(1500)}
    assert r.mset({name: 1 for name in names})
    assert set(r.scan_iter(match="it:*", count=100)) == names


def errors(r):
    r.set("text", "abc")
    for call, words in ((lambda: r.incr("text"), "not an integer"),
                        (lambda: r.execute_command("NOSUCH"), "unknown command")):
        try:
            call()
        except redis.ResponseError as error:
            assert words in str(error), error
        else:
            raise AssertionError(f"no error: {words}")
    assert r.ping()


def extended_commands(r):
    call = r.execute_command
    for i in range(100):
        assert call("DEPSET", f"page:{i}", "html", "DEPS", 1, f"row:{i % 10}", "TAGS", 1, "home")
    assert call("INVALIDATE", "DEPS", "row:3") == 10
    assert r.exists("page:3", "page:13", "page:4") == 1
    assert call("INVALIDATE", "TAG", "home", "DRYRUN") == 90
    assert call("INVALIDATE", "TAG", "home") == 90
    try:
        call("DEPSET", "a", "v", "DEPS", 1, "a")
    except redis.ResponseError as error:
        assert str(error).startswith("CYCLE"), error
    else:
        raise AssertionError("a loop was accepted")


def main():
    over_tcp = redis.Redis(host="127.0.0.1", port=PORT, socket_timeout=30)
    over_unix = redis.Redis(unix_socket_path=os.environ["FRESHET_SOCKET"], socket_timeout=30)
    checks = [strings_and_numbers, binary_data, pipelines, expiry, iteration, errors]
    if EXTRAS:
        checks.append(extended_commands)
    for name, client in (("tcp", over_tcp), ("unix", over_unix)):
        for check in checks:
            client.flushall()
            check(client)
            print(f"ok {name} {check.__name__}")


if __name__ == "__main__":
    main()
