"""What packages keep of results, by what is known of them: their functions, and their objects."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import edit, planned

# `{}` stands for more imports, what `load` makes, and the body of `predict`.
MODEL = """
 import vendor
 {}
 def grade(x):
-    return x
+    return -x
 class Model:
     def load(self):
         {}
     def predict(self, x):
         {}
"""
KEPT = [
    ("from csv import register_dialect", "", "register_dialect(grade(x))"),
    ("", "", "vendor.notify(grade(x))"),
    ("from vendor import notify", "", "notify(grade(x))"),
    ("from vendor import add_rule", "", "rule = add_rule(grade(x))"),
    ("import torch", "", "torch.manual_seed(grade(x))"),
    ("import torch", "self.gen = torch.Generator()", "f(self.gen.manual_seed(grade(x)))"),
    ("import torch", "self.net = torch.load()", "self.net.get_layer(0).weight = grade(x)"),
    (
        "import torch",
        "self.net = torch.load()",
        "for p in self.net.parameters(): p.requires_grad = grade(x)",
    ),
    (
        "import transformers",
        "self.net, self.past = transformers.pipeline(), {}",
        "return self.net.generate(grade(x), past_key_values=self.past)",
    ),
    (
        "from transformers import DynamicCache, pipeline",
        "self.net = pipeline(cache=DynamicCache())",
        "return self.net(grade(x))",
    ),
    (
        "from google import genai",
        "self.chat = genai.Model().start_chat()",
        "return self.chat.send_message(grade(x))",
    ),
    (
        "import xml.etree",
        "self.root = xml.etree.parse('a')",
        "self.root.find('b').set('c', grade(x))",
    ),
    ("import ctypes", "self.lib = ctypes.CDLL('a')", "return self.lib.rate(grade(x))"),
    ("from unittest.mock import Mock", "self.mock = Mock()", "return self.mock.rate(grade(x))"),
    (
        "import logging",
        "self.log = logging.getLogger()",
        "self.log.getChild('a').setLevel(grade(x))",
    ),
    (
        "import io, logging",
        "self.log = logging.getLogger(); self.log.addHandler(logging.StreamHandler(io.StringIO()))",
        "self.log.info(grade(x))",
    ),
    (
        "import logging\n class Last(logging.Handler):\n     def emit(self, log): self.last = log",
        "self.log = logging.getLogger(); self.log.addHandler(Last())",
        "self.log.info('%s', grade(x))",
    ),
]
ENDING = [
    ("from vendor import log", "", "log(grade(x))"),
    ("", "", "return vendor.settle(grade(x))"),
    ("import torch", "", "return f(torch.Generator().manual_seed(grade(x)))"),
    ("from numpy import append", "self.all = []", "return append(self.all, grade(x))"),
    ("import numpy as np", "", "return np.append([1], grade(x)), np.add(1, grade(x))"),
    ("import operator", "", "return operator.add(1, grade(x))"),
    (
        "class Generator:\n     def __call__(self, x): return x",
        "self.generate = Generator()",
        "return self.generate(grade(x))",
    ),
    (
        "import transformers",
        "self.net = transformers.pipeline()",
        "out = self.net.generate(x); out['a'] = grade(x); return out",
    ),
    ("import google", "self.net = google.Model()", "return self.net.generate(grade(x))"),
    ("import logging", "self.log = logging.getLogger()", "self.log.info(grade(x))"),
    (
        "import logging, sys",
        "logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))",
        "logging.info(grade(x))",
    ),
]


@pytest.mark.parametrize(("imports", "load", "body"), KEPT)
def test_what_a_package_keeps_needs_a_fresh_process(imports: str, load: str, body: str) -> None:
    [change] = planned(edit(model=MODEL.format(imports, load or "pass", body))).changes
    assert "keeps results of the old code in" in change.reason


@pytest.mark.parametrize(("imports", "load", "body"), ENDING)
def test_what_a_package_only_looks_at_keeps_the_process(imports: str, load: str, body: str) -> None:
    assert planned(edit(model=MODEL.format(imports, load or "pass", body))).swap is not None
