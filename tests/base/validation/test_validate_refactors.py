"""Fixes that say the same in today's keys: exact, with every comment kept, or not offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_base.validation import Finding, Fix, validate
from truss_base.validation.rewriting import edited

CACHES = {
    "the everyday form": (
        """\
# Weights.
model_cache:  # large
- repo_id: org/model  # the model
  revision: main  # pinned
  use_volume: true
  volume_folder: llama
  allow_patterns:
  - "*.safetensors"  # no duplicates
secrets: {}
""",
        """\
# Weights.
weights:  # large
- source: hf://org/model@main  # the model
    # pinned
  mount_location: /app/model_cache/llama
  auth_secret_name: hf_access_token
  allow_patterns:
  - "*.safetensors"  # no duplicates
secrets: {}
""",
    ),
    "what goes comes first": (
        """\
model_cache:
  - use_volume: true
    kind: hf
    repo_id: 'org/model'
    revision: abc
    volume_folder: a
    runtime_secret_name: my_token
""",
        """\
weights:
  - source: 'hf://org/model@abc'
    mount_location: /app/model_cache/a
    auth_secret_name: my_token
""",
    ),
    "a comment behind the dash's key": (
        """\
model_cache:
- kind: gcs  # ours
  repo_id: gs://bucket/path
  use_volume: true
  volume_folder: a/b
  runtime_secret_name: service_account
""",
        """\
weights:
-   # ours
  source: gs://bucket/path
  mount_location: /app/model_cache/a/b
  auth_secret_name: service_account
""",
    ),
    "in braces": (
        """\
model_cache: [{repo_id: b/p, kind: s3, use_volume: true, volume_folder: a, allow_patterns: ['*.b']}]
""",
        """\
weights: [{source: s3://b/p, mount_location: /app/model_cache/a, auth_secret_name: hf_access_token,\
 allow_patterns: ['*.b']}]
""",
    ),
    "under its older name": (
        "hf_cache:\n- {repo_id: a/b, revision: main, use_volume: true, volume_folder: c}\n",
        """\
weights:
- {source: hf://a/b@main, mount_location: /app/model_cache/c, auth_secret_name: hf_access_token}
""",
    ),
}
VOLUME = "use_volume: true, volume_folder: a"
NOT_EXACT = {
    "copied into the image": "{repo_id: a/b, use_volume: false}",
    "a revision where weights have none": f"{{repo_id: a/b, kind: s3, revision: v1, {VOLUME}}}",
    "a key nobody knows": f"{{repo_id: a/b, revision: main, note: x, {VOLUME}}}",
    "patterns that match nothing": f"{{repo_id: a, revision: main, allow_patterns: [], {VOLUME}}}",
    "an alias": f"&a {{repo_id: a/b, revision: main, {VOLUME}}}\nmodel_metadata: {{x: *a}}",
    "two in one folder": f"{{repo_id: a/b, revision: main, {VOLUME}}}\n- "
    f"{{repo_id: c/d, revision: main, {VOLUME}}}",
}


@pytest.mark.parametrize(("before", "after"), CACHES.values(), ids=CACHES)
def test_what_is_mounted_is_mounted_by_weights(before: str, after: str) -> None:
    (finding,) = (f for f in validate(before) if f.code == "deprecated")
    mended = edited(before, finding.fixes[-1].edits)
    assert mended == after
    assert validate(mended) == []


@pytest.mark.parametrize("entry", NOT_EXACT.values(), ids=NOT_EXACT)
def test_what_would_change_is_not_rewritten(entry: str) -> None:
    text = f"model_cache:\n- {entry}\n"
    findings = [f for f in validate(text) if f.code == "deprecated"]
    assert findings
    for finding in findings:
        assert [fix for fix in finding.fixes if "weights" in fix.title] == []


SERVER = """\
docker_server:
  start_command: vllm serve /models --port 8080  # quick
  server_port: 8080
  predict_endpoint: /
  readiness_endpoint: /
  liveness_endpoint: /
"""


def test_a_port_that_is_taken_changes_with_the_command_that_names_it() -> None:
    (finding,) = validate(SERVER)
    assert (finding.code, finding.severity) == ("reserved", "warning")
    mended = edited(SERVER, finding.fixes[0].edits)
    assert mended == SERVER.replace("8080", "8000")
    assert validate(mended) == []


@pytest.mark.parametrize("command", ["serve", "serve 8080 8080", "serve --port 8080 --x 8000"])
def test_a_port_that_the_command_does_not_show_is_left(command: str) -> None:
    (finding,) = validate(SERVER.replace("vllm serve /models --port 8080", command))
    assert finding.fixes == ()


SECRETS = {
    "# empty\n": "# empty\nsecrets:\n  token: null\n",
    "model_name: x": "model_name: x\nsecrets:\n  token: null\n",
    "secrets: {}\n": "secrets: {token: null}\n",
    "secrets: {a: null}  # one\n": "secrets: {a: null, token: null}  # one\n",
    "secrets:\n    a: null  # one\nmodel_name: x\n": "secrets:\n    a: null  # one\n"
    "    token: null\nmodel_name: x\n",
    "secrets:\r\n  a: null\r\n": "secrets:\r\n  a: null\r\n  token: null\r\n",
}
MODEL = """\
class Model:
    def __init__(self, **kwargs):
        self._secrets = kwargs["secrets"]

    def predict(self, request):
        return self._secrets["token"], self._secrets.get("a")
"""


@pytest.mark.parametrize(("before", "after"), SECRETS.items())
def test_a_secret_that_the_model_reads_is_declared(before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.py").write_text(MODEL)
    (finding,) = (f for f in validate(before, tmp_path) if f.path == "model/model.py")
    (fix,) = finding.fixes
    assert fix.path == "config.yaml"
    mended = edited(before, fix.edits)
    assert mended == after
    assert validate(mended, tmp_path) == []


MENDED = [
    *(before for before, _ in CACHES.values()),
    SERVER,
    "# a\nmodle_name: x  # b\nresources:\n  cpus: '4'  # c\n  memory: 16GB # d\n",
    "environment_variables:\n  A: 010  # a\n  PORT: '1' # b\n  B:  # c\n",
    "runtime:\n  # a\n  is_websocket_endpoint: true  # b\n",
    "hf_cache:  # a\n- repo_id: x  # b\n  use_volume: false\n",
    "weights:\n- source: hf://a  # here\n# there\n",
]


@pytest.mark.parametrize("text", MENDED)
def test_a_fix_removes_its_finding_adds_none_and_keeps_comments(text: str) -> None:
    findings = validate(text)
    assert any(finding.fixes for finding in findings)
    for finding in findings:
        for fix in finding.fixes:
            check(text, findings, finding, fix)


def check(text: str, findings: list[Finding], finding: Finding, fix: Fix) -> None:
    mended = edited(text, fix.edits)
    before, after = kinds(findings), kinds(validate(mended))
    own = (finding.code, finding.message)
    assert after.count(own) < before.count(own)
    # What was older still is now what is old.
    left = [kind for kind in after if fix.title != "Rename to `model_cache`" or kind[0] != own[0]]
    assert all(left.count(kind) <= before.count(kind) for kind in left), fix.title
    assert mended.count("#") == text.count("#"), fix.title


def kinds(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in findings]
