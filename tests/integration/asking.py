"""Requests to the write side of a shop, and what its answers say."""

import json

KEY = {"X-Zhanggui-Key": "key"}


def told(answer):
    assert answer.headers["x-request-id"] and "Traceback" not in answer.text
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def posted(client, content, path="/v1/events", **headers):
    return client.post(path, content=content, headers={**KEY, **headers})


def batch(records):
    return json.dumps(records).encode()
