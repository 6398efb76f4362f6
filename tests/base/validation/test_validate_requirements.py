"""Lines of requirements: what pip takes is never flagged."""

from __future__ import annotations

import pytest

from truss_base.validation.requirements import bad_line, requirement_lines

LEGAL = [
    "torch", "torch==2.8.0", "torch == 2.8.0", "torch>=2,<3", "torch~=2.1", "torch!=2.0,>1",
    "torch===2.8.0+cu121", "torch==2.*", "uvicorn[standard]", "uvicorn[standard, x]>=0.1",
    "a; python_version < '3.10'", "a @ https://example.com/a.whl", "a@git+https://x/y",
    "git+https://github.com/a/b.git@main#egg=b", "https://example.com/a-1.0-py3-none-any.whl",
    "file:///a/b", "./local", "../local[extra]", "/abs/path", ".", "a-1.0.tar.gz", "dist/a.whl",
    "-r other.txt", "--extra-index-url https://x", "--pre", "-e .", "# comment", "", "  ",
    "torch==2.8.0  # comment", "a==1 --hash=sha256:abc", "a==1 \\", "a${VERSION}", "A.b-c_d==1",
    "torch==1.0rc1", "a>=1.0.dev0", "a<2.0a0", "a (>=1.0)", "a==1.0.post1",
]  # fmt: skip


@pytest.mark.parametrize("line", LEGAL)
def test_what_pip_takes_is_no_fault(line: str) -> None:
    assert bad_line(line) is None


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("torch=2.1.0", "torch==2.1.0"),
        ("torch = 2.1.0", "torch==2.1.0"),
        ("a[x]=1", "a[x]==1"),
        ("transformers 4.30", "transformers==4.30"),
        ("foo bar baz", None),
        ("scipy>=", None),
        ("==1.0", None),
        ("a>>1", None),
        ("a=>1", None),
        ("torch,numpy", None),
        ("pip install torch", None),
    ],
)
def test_what_pip_refuses_is_a_fault(line: str, better: str | None) -> None:
    bad = bad_line(line)
    assert bad is not None
    assert bad.suggestions == ((better,) if better else ())


def test_a_requirements_file_is_judged_line_by_line_in_its_own_text() -> None:
    text = "# ours\ntorch=2.1\r\n  foo bar  # why\na==1 \\\n  --hash=sha256:x\nnumpy\n"
    findings = list(requirement_lines(text, "requirements.txt"))
    assert [text[f.start : f.end] for f in findings] == ["torch=2.1", "foo bar"]
    assert {f.path for f in findings} == {"requirements.txt"}
