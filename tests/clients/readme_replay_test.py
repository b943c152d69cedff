#!/usr/bin/env python3
"""Tests of readme_replay.py itself: what it reads from a document and what it lets pass."""

import io
import os
import shutil
import unittest

from readme_replay import blocks_of, keep_token, matches, paste, replay
from server import Server

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
REDIS_SERVER = shutil.which("redis-server")


class Reading(unittest.TestCase):
    def test_only_redis_sessions_are_read(self):
        text = ("```sh\n127.0.0.1:6379> PING\n```\n"
                "```redis-session\n127.0.0.1:6379> PING\nPONG\n```\n")
        (steps,) = blocks_of(text)
        self.assertEqual([(step.line, step.command, step.expected) for step in steps],
                         [(5, "PING", ["PONG"])])

    def test_the_prompt_may_name_a_database_and_a_transaction(self):
        text = "```redis-session\n127.0.0.1:6379[2](TX)> GET a\nQUEUED\n```\n"
        self.assertEqual(blocks_of(text)[0][0].command, "GET a")

    def test_an_answer_before_any_command_is_a_mistake(self):
        with self.assertRaises(ValueError):
            blocks_of("```redis-session\nOK\n```\n")

    def test_an_open_fence_is_a_mistake(self):
        with self.assertRaises(ValueError):
            blocks_of("```redis-session\n127.0.0.1:6379> PING\nPONG\n")


class Matching(unittest.TestCase):
    def test_an_answer_must_be_the_same_to_the_byte(self):
        self.assertTrue(matches(['1) "a"', '2) "b"'], '1) "a"\n2) "b"\n'))
        self.assertFalse(matches(['1) "a"'], '1) "a"\n2) "b"\n'))
        self.assertFalse(matches(['"a "'], '"a"\n'))
        self.assertFalse(matches(["a.c"], "abc\n"))
        self.assertFalse(matches([], "OK\n"))

    def test_dots_alone_stand_for_any_lines(self):
        self.assertTrue(matches(["a", "...", "d"], "a\nb\nc\nd\n"))
        self.assertTrue(matches(["a", "...", "d"], "a\nd\n"))
        self.assertTrue(matches(["a", "..."], "a\n"))
        self.assertTrue(matches(["..."], "anything\nat all\n"))
        self.assertFalse(matches(["a", "...", "d"], "a\nb\n"))

    def test_dots_at_the_end_stand_for_the_rest_of_the_line(self):
        self.assertTrue(matches(["hits: ...", "b"], "hits: 12\nb\n"))
        self.assertFalse(matches(["hits: ..."], "hits: 12\nb\n"))

    def test_blank_lines_at_the_end_mean_nothing(self):
        self.assertTrue(matches(["OK", ""], "OK\n"))
        self.assertTrue(matches(["OK"], "OK\n\n"))


class Pasting(unittest.TestCase):
    def test_a_token_is_the_one_that_fetch_last_returned_for_the_key(self):
        tokens = {}
        for state, token in (("LEASE", "1"), ("LEASE", r"2\x00\" "), ("HIT", None)):
            third = f'"{token}"' if token else "(nil)"
            keep_token("FETCH a:1 STALE", f'1) "{state}"\n2) (nil)\n3) {third}\n4) (nil)\n', tokens)
        keep_token("MGET x y z", '1) "x"\n2) "y"\n3) "z"\n', tokens)
        self.assertEqual(tokens, {"a:1": r'"2\x00\" "'})
        self.assertEqual(paste("DEPSET a:1 v FENCE <token of a:1>", tokens),
                         r'DEPSET a:1 v FENCE "2\x00\" "')

    def test_a_token_that_nobody_fetched_is_empty(self):
        self.assertEqual(paste("DEPSET b v FENCE <token of b>", {"a": '"1"'}),
                         'DEPSET b v FENCE ""')


@unittest.skipUnless(REDIS_SERVER, "no redis-server")
class Replaying(unittest.TestCase):
    def differences(self, sample):
        out = io.StringIO()
        with Server(REDIS_SERVER, 0) as server:
            return replay(server.port, os.path.join(SAMPLES, sample), out), out.getvalue()

    def test_a_true_document_passes(self):
        failures, report = self.differences("passing.md")
        self.assertEqual(failures, 0, report)

    def test_each_false_answer_is_reported_with_its_line(self):
        failures, report = self.differences("failing.md")
        self.assertEqual(failures, 4, report)
        for line in (7, 9, 11, 12):
            self.assertIn(f"failing.md:{line}: ", report)


if __name__ == "__main__":
    unittest.main()
