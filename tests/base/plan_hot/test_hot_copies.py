"""Copies have their items in common with what they were made from: these are changed for both."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import edit, planned

# `{}` stands for the body of `predict`.
MODEL = """
 import copy, csv, dataclasses, io, random
 def grade(x):
-    return x
+    return -x
 def fill(rows, value):
     rows[0]["a"] = value
 class Model:
     def load(self):
         self.rows, self.own, self.text = [[]], {{}}, io.StringIO()
         self.config, self.frame = Config(), Frame()
     def options(self):
         return dict(self.own)
     def predict(self, x):
         {}
"""
SHARED = [
    "rows = self.rows.copy(); rows[0].append(grade(x))",
    "rows = self.rows + []; rows[0].append(grade(x))",
    "rows = [row for row in self.rows]; rows[0].append(grade(x))",
    "for row in self.rows.copy(): row.append(grade(x))",
    "dict(self.own)['a'].append(grade(x))",
    "own = dict(self.own); own['a']['b'] = grade(x)",
    "own = {**self.own}; own['a']['b'] = grade(x)",
    "own = self.own | {}; own['a']['b'] = grade(x)",
    "own = {'a': self.own}; own['a']['b'] = grade(x)",
    "own = {k: v for k, v in self.own.items()}; own['a']['b'] = grade(x)",
    "for name, row in dict(self.own).items(): row['a'] = grade(x)",
    "config = copy.copy(self.config); config.words.append(grade(x))",
    "config = dataclasses.replace(self.config, a=1); config.words.append(grade(x))",
    "config = self.config.model_copy(); config.words.append(grade(x))",
    "row = random.choice(self.rows); row.append(grade(x))",
    "own = self.options(); own['a'].append(grade(x))",
    "csv.writer(self.text).writerow([grade(x)])",
    "rows = list(self.rows); rows[0].append(grade(x))",
    "rows = sorted(self.rows); rows.pop().append(grade(x))",
    "rows = list(self.rows); rows = self.rows; rows.append(grade(x))",
    "rows = list(self.rows); self.rows = rows; rows.append(grade(x))",
    "row, other = list(self.rows); row.append(grade(x))",
    "for row in list(self.rows): row.append(grade(x))",
    "rows = list(self.rows); fill(rows, grade(x))",
    "rows = list(self.rows); [row.append(grade(x)) for row in rows]",
    "match list(self.rows):\n             case [row, *_]: row.append(grade(x))",
    "list = iter; rows = list(self.rows); rows.append(grade(x))",
]
OWN = [
    "rows = list(self.rows); rows.append(grade(x)); return rows",
    "rows = [*self.rows]; rows += [grade(x)]; rows[0] = 1; return rows",
    "rows = sorted(self.rows); rows.insert(0, grade(x)); return rows",
    "rows = self.rows.copy(); rows.append(grade(x)); return rows",
    "rows = [dict(each) for each in self.rows]; rows[0]['a'] = grade(x); return rows",
    "for row in [dict(each) for each in self.rows]: row['a'] = grade(x)",
    "own = dict(self.own); own['a'] = grade(x); return own",
    "own = {**self.own}; own['a'] = grade(x); return own",
    "own = copy.deepcopy(self.own); own['a']['b'] = grade(x); return own",
    "config = copy.copy(self.config); config.size = grade(x); return config",
    "config = self.config.model_copy(deep=True); config.words.append(grade(x)); return config",
    "frame = self.frame.copy(); frame['a'] = grade(x); return frame",
    "frame = self.frame.copy(); frame.loc[0, 'a'] = grade(x); return frame",
    "own = self.options(); own['a'] = grade(x); return own",
    "out = io.StringIO(); csv.writer(out).writerow([grade(x)]); return out.getvalue()",
]


@pytest.mark.parametrize("body", SHARED)
def test_what_is_put_into_an_item_of_a_copy_needs_a_fresh_process(body: str) -> None:
    [change] = planned(edit(model=MODEL.format(body))).changes
    assert "keeps results of the old code in" in change.reason


@pytest.mark.parametrize("body", OWN)
def test_what_is_put_into_the_copy_itself_keeps_the_process(body: str) -> None:
    assert planned(edit(model=MODEL.format(body))).swap is not None
