#!/usr/bin/env python3
"""How the dashboard is served: what lets a browser paint it at once, and what keeps strange scripts out.

    page_test.py --server build/release/freshet-server --cores 1
"""

import base64
import hashlib
import html.parser
import re

from http_server import HttpServer, arguments

MOST_BYTES = 14_000  # of the page: what a new TCP connection sends at once (ten segments)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.scripts, self.links, self.styled = set(), [], [], []
        self.inline = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        if tag == "script":
            self.scripts.append(attrs)
        if tag == "link":
            self.links.append(attrs)
        if "style" in attrs or any(name.startswith("on") for name in attrs):
            self.styled.append((tag, attrs))
        self.inline = tag == "script"

    def handle_data(self, data):
        assert not self.inline or not data.strip(), "a script stands in the page"


def paints_at_once(text):
    """The first answer holds the frame and all its style; no script and no other file is waited for."""
    assert len(text.encode()) < MOST_BYTES, len(text.encode())
    page = Page(text)
    assert {"t-ops", "t-hit", "c-ops", "c-mrc", "find", "graph", "log", "jobs", "slow", "tags"} <= page.ids
    assert [script["src"] for script in page.scripts] == ["/start.js"], page.scripts
    assert all("async" in script for script in page.scripts), page.scripts
    assert all(link["rel"] == "icon" and link["href"].startswith("data:") for link in page.links), page.links
    assert not page.styled, page.styled  # the policy would not let them pass
    assert text.index("</style>") < text.index("<body>") and "@import" not in text and "url(" not in text


def policy_fits(answer, text):
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'", policy
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'", policy


def files_are_kept(server, files):
    """Asked again they are not sent again; what is not a file is never kept."""
    for path in files:
        answer = server.ask(path)
        assert answer.status == 200 and answer.body, path
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache", path
        same = server.ask(path, headers={"If-None-Match": tag})
        assert same.status == 304 and same.body == b"", (path, same.status)
        assert same.headers["ETag"] == tag
        other = server.ask(path, headers={"If-None-Match": '"0"'})
        assert other.status == 200 and other.body == answer.body, path
    assert server.ask("/api/cache/stats").headers["Cache-Control"] == "no-store"


def main():
    args = arguments(__doc__)
    with HttpServer(args) as server:
        answer = server.ask("/")
        text = answer.body.decode()
        paints_at_once(text)
        policy_fits(answer, text)
        later = re.search(r"of \[([^]]*)\]", server.ask("/start.js").body.decode()).group(1)
        scripts = [f"/{name}.js" for name in re.findall(r"'([^']+)'", later)]
        assert "/d3.min.js" in scripts and len(scripts) > 3, scripts
        files_are_kept(server, ["/", "/start.js", "/api/openapi.json", *scripts])
    print(f"{len(answer.body)} bytes until the first paint")


if __name__ == "__main__":
    main()
