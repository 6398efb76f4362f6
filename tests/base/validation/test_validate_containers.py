"""Values in the wrong kind of container: the fix that gives them the right one, or none."""

from __future__ import annotations

import pytest

from truss_base.validation import Fix, validate
from truss_base.validation.rewriting import edited

LISTS = {
    "one requirement": ("requirements: numpy  # why\n", "requirements:\n  - numpy  # why\n"),
    "on the next line": ("requirements:\n  numpy # c\n", "requirements:\n  - numpy # c\n"),
    "dashes as in the other lists": (
        "build_commands: make  # it\nrequirements:\n- numpy\n",
        "build_commands:\n- make  # it\nrequirements:\n- numpy\n",
    ),
    "below a byte order mark": (
        "\ufeffrequirements: numpy\n",
        "\ufeffrequirements:\n  - numpy\n",
    ),
    "dashes as in a list below a byte order mark": (
        "\ufeffrequirements:\n    - numpy\nbuild_commands: make\n",
        "\ufeffrequirements:\n    - numpy\nbuild_commands:\n    - make\n",
    ),
    "further down, by the file's step": (
        (
            "training:\n    x: 1\nweights:\n    - source: hf://a\n      mount_location: /b\n"
            "      allow_patterns: '*.bin'\n"
        ),
        (
            "training:\n    x: 1\nweights:\n    - source: hf://a\n      mount_location: /b\n"
            "      allow_patterns:\n          - '*.bin'\n"
        ),
    ),
    "between braces": ("{requirements: numpy}\n", "{requirements: [numpy]}\n"),
    "a text of several lines": (
        "build_commands: |\n  apt-get update\n  make  # it\n",
        "build_commands:\n- |\n  apt-get update\n  make  # it\n",
    ),
    "a mapping in block style": (
        "weights:\n    source: hf://a\n    # where\n    mount_location: /b\n",
        "weights:\n  - source: hf://a\n    # where\n    mount_location: /b\n",
    ),
    "a mapping in braces": (
        "weights: {source: hf://a, mount_location: /b}\r\n",
        "weights:\r\n  - {source: hf://a, mount_location: /b}\r\n",
    ),
}
MAPPINGS = {
    "assignments": (
        "environment_variables:\n- A=1  # one\n# two\n- B=x y\n- 'C=a: b'\n",
        "environment_variables:\n  A: '1'  # one\n# two\n  B: x y\n  C: 'a: b'\n",
    ),
    "assignments between brackets": (
        'environment_variables: [A=1, "B=c, d"]  # few\n',
        "environment_variables: {A: '1', B: \"c, d\"}  # few\n",
    ),
    "mappings of one key": (
        "resources:\n  - cpu: '1'  # one\n  - memory: 2Gi\n",
        "resources:\n  cpu: '1'  # one\n  memory: 2Gi\n",
    ),
    "mappings between brackets": (
        "environment_variables: [A: b, {C: 'd'}]\n",
        "environment_variables: {A: b, C: 'd'}\n",
    ),
    "mappings over several lines": (
        (
            "runtime:\n- transport:\n    kind: websocket  # ws\n  # few\n- predict_concurrency: 2\n"
            "resources:\n  cpu: '1'\n"
        ),
        (
            "runtime:\n  transport:\n    kind: websocket  # ws\n  # few\n  predict_concurrency: 2\n"
            "resources:\n  cpu: '1'\n"
        ),
    ),
    "names of secrets": (
        "secrets:\n- hf_token  # mine\n- other.one\n",
        "secrets:\n  hf_token: null  # mine\n  other.one: null\n",
    ),
    "nothing at all": ("environment_variables: []\n", "environment_variables: {}\n"),
}
LOSSLESS = LISTS | MAPPINGS


@pytest.mark.parametrize(("before", "after"), LOSSLESS.values(), ids=LOSSLESS)
def test_what_is_there_gets_the_container_that_was_wanted(before: str, after: str) -> None:
    (fix,) = container_fixes(before)
    assert edited(before, fix.edits) == after
    assert [found for found in validate(after) if found.code == "type"] == []
    assert fix.preferred


def container_fixes(text: str) -> list[Fix]:
    fixes = (fix for finding in validate(text) for fix in finding.fixes)
    return [fix for fix in fixes if fix.title.startswith("Make it ")]


GUESSED = {
    "a requirement on each line": (
        "requirements: |\n  numpy\n\n  # later\n  torch==2.1  # why\n",
        "requirements:\n  - numpy\n  # later\n  - torch==2.1  # why\n",
    ),
    "a package on each line": (
        "system_packages: |\n  ffmpeg\n  git\n",
        "system_packages:\n  - ffmpeg\n  - git\n",
    ),
    "nothing yet": ("requirements:\n", "requirements: []\n"),
    "an empty text": ("requirements: ''  # none\n", "requirements: []  # none\n"),
    "null": ("secrets: null  # none\n", "secrets: {}  # none\n"),
    "what still lacks a key": (
        "external_data:\n  url: https://a\n",
        "external_data:\n- url: https://a\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), GUESSED.values(), ids=GUESSED)
def test_what_takes_a_look_is_offered_and_not_preferred(before: str, after: str) -> None:
    (fix,) = container_fixes(before)
    assert edited(before, fix.edits) == after
    assert not fix.preferred


NO_FIX = {
    "several requirements in one text": "requirements: numpy, torch\n",
    "lines that are joined": "requirements: >\n  numpy\n  torch\n",
    "a line that is no requirement": "requirements: |\n  numpy\n  and torch\n",
    "a line that goes on": "requirements: |\n  numpy\\\n  ==1.2\n",
    "a remark that would lose its line": "requirements: |  # pinned\n  numpy\n",
    "a number that would still be one": "requirements: 5\n",
    "a mapping of versions": "requirements: {numpy: 1}\n",
    "text where sections are listed": "weights: hf://a\n",
    "text where a mapping is wanted": "environment_variables: A=1\n",
    "one name twice": "environment_variables: [A=1, A=2]\n",
    "quotes of a shell": "environment_variables: [A='1']\n",
    "an entry that is no assignment": "environment_variables: [A=1, B]\n",
    "a secret with its value": "secrets: [token=abc]\n",
    "an anchor": "requirements: &a numpy\nmodel_name: *a\n",
    "an alias": "model_name: &a numpy\nrequirements: *a\n",
}


@pytest.mark.parametrize("text", NO_FIX.values(), ids=NO_FIX)
def test_what_would_be_a_guess_is_not_offered(text: str) -> None:
    assert any(finding.code == "type" for finding in validate(text))
    assert container_fixes(text) == []
