"""What `validate` finds: the code and severity of each fault, at its own characters."""

from __future__ import annotations

import pytest
from text_marks import marked

from truss_base.validation import CODES, validate

# A text with the faults marked, and the code and severity of each, in the order of the text.
FINDINGS = [
    # Nothing to say.
    ("", ""),
    ("# only a comment\n", ""),
    ("model_name: x\nuse_control_plane: true\n", ""),
    ("live_reload: yes\n", ""),
    ("resources: {accelerator: null, use_gpu: false}\n", ""),
    ("environment_variables: {A: '1', B: text, C: true, D: 5, E: 1.0}\n", ""),
    ("requirements:\n- torch==2.8.0\n- git+https://github.com/a/b\n- --pre\n", ""),
    # Syntax.
    ("model_name: «[»a\ndescription: b\n", "syntax error"),
    ("resources:\n«\t»cpu: '1'\n", "syntax error"),
    ("«- a»\n- b\n", "not-a-mapping error"),
    ("«just text»\n", "not-a-mapping error"),
    ("«0»\n", "not-a-mapping warning"),
    # Keys.
    ("«modle_name»: x\n", "unknown-key warning"),
    ("resources:\n  «cpus»: '1'\n", "unknown-key warning"),
    ("runtime: {transport: {kind: http, «x»: 1}}\n", "unknown-key warning"),
    ("model_name: a\n«model_name»: b\n", "duplicate-key warning"),
    ("model_metadata: {a: 1, «a»: 2}\n", "duplicate-key warning"),
    ("«1»: a\n", "type error"),
    (("«docker_server»:\n  start_command: a\n  server_port: 1\n  predict_endpoint: /\n"
     "  readiness_endpoint: /\n"), "missing-key error"),
    (("docker_server:\n  start_command: a\n  «server_prt»: 1\n  predict_endpoint: /\n"
     "  readiness_endpoint: /\n  liveness_endpoint: /\n"), "unknown-key error"),
    ("weights:\n- «source»: hf://a\n", "missing-key error"),
    ("weights:\n- «mount_location»: /a\n", "missing-key error"),
    ("weights:\n- «a»\n", "type error"),
    # Values.
    ("resources:\n  cpu: «4»\n", "type error"),
    ("«runtime»:\nmodel_name: a\n", "type error"),
    ("«requirements»:\n", "type error"),
    ("requirements: «torch»\n", "type error"),
    ("requirements:\n- a\n- «1.0»\n", "type error"),
    ("model_metadata: «[a]»\n", "type error"),
    ("«model_metadata»:\n- a\n- b\n", "type error"),
    ("python_version: «3.11»\n", "value error"),
    ("python_version: «\"3.11\"»\n", "value error"),
    ("python_version: «py39»\n", "deprecated hint"),
    ("resources: {accelerator: «A1000»}\n", "value error"),
    ("resources: {accelerator: «'H100:x'»}\n", "format error"),
    ("resources: {accelerator: «A10G:2:3»}\n", "ignored warning"),
    ("resources: {memory: «16GB»}\n", "format error"),
    ("resources: {cpu: «'-1'»}\n", "range warning"),
    ("resources:\n  «use_gpu»: true\n", "ignored warning"),
    ("runtime: {predict_concurrency: «0»}\n", "range warning"),
    (("docker_server: {no_build: true, server_port: «8080», predict_endpoint: /, "
     "readiness_endpoint: /, liveness_endpoint: /}\n"), "reserved warning"),
    # What YAML makes of plain values.
    ("environment_variables:\n  A: «010»\n  B: «12:30»\n  C: «no»\n  D: «null»\n  «E»:\n",
     "coerced warning, coerced warning, coerced warning, coerced warning, coerced warning"),
    ("environment_variables: {«PORT»: '80'}\n", "reserved warning"),
    ("environment_variables: {A: «[1]»}\n", "coerced warning"),
    # Requirements.
    ("requirements:\n- «torch=2.1.0»\n", "requirement warning"),
    ("requirements:\n- a\n- «\"foo bar\"»\n", "requirement warning"),
    # Old keys.
    ("«model_cache»: [{repo_id: a, use_volume: false}]\n", "deprecated hint"),
    ("runtime:\n  «num_workers»: 1\n", "deprecated warning"),
    # Several keys.
    ("requirements: [a]\n«requirements_file»: b\n", "conflict error"),
    ("build:\n  «no_cache»: true\n", "value error"),
    # All at once, whatever hides what elsewhere.
    (("«modle_name»: x\nresources:\n  cpu: «4»\n«runtime»:\nrequirements: [a]\n"
     "«requirements_file»: b\n"),
     "unknown-key warning, type error, type error, conflict error"),
    # Positions are characters, whatever stands before.
    ("model_name: 😀é\nresources: {cpu: «4»}\n", "type error"),
    ("\ufeffresources: {cpu: «4»}\n", "type error"),
    ("description: x\r\nresources: {cpu: «4»}\r\n", "type error"),
    ("description: x\u2028resources: {cpu: «4»}\n", "type error"),
    # A fault in what an alias stands for is one fault, where it is written.
    ("resources: &r\n  cpu: «4»\nruntime:\n  <<: {enable_debug_logs: «maybe»}\n",
     "type error, type error"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FINDINGS)
def test_each_fault_is_found_once_at_its_place(text: str, expected: str) -> None:
    text, ranges = marked(text)
    findings = validate(text)
    assert ", ".join(f"{f.code} {f.severity}" for f in findings) == expected
    if expected:
        assert [f"{f.start}:{f.end}" for f in findings] == ranges


def test_a_conflict_shows_the_other_key() -> None:
    text = "requirements: [a]\nrequirements_file: b\n"
    (finding,) = validate(text)
    (related,) = finding.related
    assert text[related.start : related.end] == "requirements"


def test_a_duplicate_shows_the_one_that_is_lost() -> None:
    (finding,) = validate("model_name: a\nmodel_name: b\n")
    assert (finding.related[0].start, finding.related[0].end) == (0, 10)


def test_a_misspelt_key_names_the_right_one() -> None:
    (finding,) = validate("predict_concurency: 1\nruntime: {predict_concurency: 1}\n")[1:]
    assert "did you mean `predict_concurrency`?" in finding.message


def test_a_text_with_a_fault_of_syntax_still_shows_the_others() -> None:
    findings = validate('model_name: "x\nresources:\n  cpu: 4\nmodle_type: y\n')
    assert [f.code for f in findings] == ["syntax", "type", "unknown-key"]


def test_a_repaired_line_is_not_blamed_twice() -> None:
    findings = validate("docker_server\n  start_command: x\nresources:\n  cpu: '1'\n")
    assert [f.code for f in findings] == ["syntax"]


@pytest.mark.parametrize(
    "text",
    [
        "use_control_plane: true\nrequirements: [\n- humanize\n",
        "use_control_plane: true\nrequirements: [\n  - humanize\nsecrets: {}\n",
        "requirements: [\n- humanize\nresources:\n  cpu: '1'\n",
        "requirements: [\nuse_control_plane: true\n- humanize\n",
    ],
)
def test_what_an_open_bracket_swallows_is_not_blamed(text: str) -> None:
    assert [f.code for f in validate(text)] == ["syntax"]


@pytest.mark.parametrize("entry", FINDINGS)
def test_codes_are_registered(entry: tuple[str, str]) -> None:
    codes = {part.split()[0] for part in entry[1].split(", ") if part}
    assert codes <= CODES.keys()


def test_messages_are_one_line_each() -> None:
    for text, _ in FINDINGS:
        for finding in validate(marked(text)[0]):
            assert "\n" not in finding.message
            assert 10 < len(finding.message) < 300
