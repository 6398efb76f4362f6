"""Configs as the text of a file, in the styles people write, with the oddities YAML has."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

# Put after the config: legal and broken ends of a file, keys given twice, anchors, tags, depth.
TAILS = (
    "", "# a comment\n", "...\n", "---\n", "model_name: again\n", "\tmodel_name: tab\n", "]\n",
    "description: 'open\n", "description: {{ x }}\n", "x: &a [1]\ny: *a\n", "y: *nowhere\n",
    "a: &m {cpu: '2'}\nresources:\n  <<: *m\n", "resources:\n  <<: 5\n", "1: 2\n", "yes: 1\n",
    "null: 1\n", "? [a]\n: b\n", "? {a: b}\n: c\n", "model_name: !!str 5\n",
    "model_name: !!int x\n", "model_name: !!python/object:os.system x\n",
    "model_name: !custom x\n", "model_name: !!float x\n", "model_name: !!binary aGk=\n",
    "model_name: !!binary '%%'\n", "model_name: !!bool maybe\n", "model_name: !!timestamp x\n",
    "model_name: !!null x\n", "secrets: !!set {a, b}\n", "secrets: !!omap [a: 1]\n",
    "requirements: !!set {a, b}\n", "requirements: !!pairs [a: 1]\n",
    "model_name: 2024-01-01\n", "model_name: 12:30\n", "model_name: no\n", "model_name: =\n",
    "environment_variables: {A: 010, B: 1_0, C: 12:30, D: no, E: ~, F: 2024-01-01, G: .inf}\n",
    "model_metadata: 2024-02-30\n", "model_name: a\x00b\n", "model_name: \x07\n",
    "model_name: \x85\n", "model_name: \u2028\n", "model_name: 'a\r\nb'\n",
    "requirements:\n- a\n -b\n", "- a\n", f"model_metadata: {{a: {'[' * 150}{']' * 150}}}\n",
    f"model_metadata: {{a: {'[' * 250}{']' * 250}}}\n",
    f"model_metadata: {{a: {'[' * 470}{']' * 470}}}\n", "description: >#\n  x\n",
    f"model_metadata: {{a: {'[' * 600}{']' * 600}}}\n", "model_name: !!int ''\n",
    "model_name: !!float ''\n", "model_name: !!bool ''\n", "a: !!int 0x\n", "a: !!str [a]\n",
    "a: !!map a\n", "a: !!seq {a: b}\n", "a: !!map [a]\n", "a: !!int [1]\n",
    "a: !!python/tuple [1]\n", "a: !<tag:yaml.org,2002:str> 1\n", "a: !!merge x\n",
    "a: !!value =\n", "a: !!timestamp 2024-13-01\n", "a: !!binary ä\n", "a: !!set [a]\n",
    "a: !!omap {a: 1}\n", "a: !!omap [a, b]\n", "a: !!pairs [{a: 1, b: 2}, {}]\n",
    "a: !!pairs {a: 1}\n", "a: ! x\n",
    "!!str a: 1\n", "!!int 1: 1\n", "a: !e!x y\n", "a: !!int 1_000\n", "a: !!null ''\n",
    "a: !!null x\n", "!!null x: 1\n", "model_metadata: {a: [1, 2}\n",
    "model_metadata: {a: 1, a: 2}\n", "model_name: |\n  a\n b\n", "model_name: *a\n",
    "model_name: &a x\ndescription: *a\n", "model_name: @x\n", "model_name: `x`\n",
    "model_name: %x\n", "%YAML 1.1\n", "model_name: a: b\n", "model_name: [a\n", 'x: "\\q"\n',
)  # fmt: skip
HEADS = ("", "", "", "---\n", "%YAML 1.1\n---\n", "%YAML 2.0\n---\n", "\ufeff", "# c\n", "\n\n")


@st.composite
def written(draw: st.DrawFn, config: dict[str, Any]) -> str:
    """The text of a config; about half the time there is something odd about it."""
    flow = draw(st.sampled_from([False, False, None, True]))
    style = draw(st.sampled_from(["", "", "'", '"']))
    text: str = yaml.safe_dump(
        config, default_flow_style=flow, default_style=style or None, allow_unicode=True
    )
    if draw(st.booleans()):
        text = draw(st.sampled_from(HEADS)) + text + draw(st.sampled_from(TAILS))
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))
