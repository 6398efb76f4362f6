"""Roundabout ways in which a result stays behind, and everyday code that only looks like them."""

from __future__ import annotations

import re
import sys

import pytest

from tests.base.plan_hot.hot_edits import Edit, carried, edit, executed, planned, swapped

MODEL = """
 import functools, operator, typing, collections, contextlib, copy, random
 import numpy as np
 import transformers, vendor
 from functools import partial
 from operator import methodcaller, attrgetter
 MEMO = {{}}
 LOG = []
 def grade(x):
-    return x
+    return -x
 def remember(memo, key, value):
     memo[key] = value
 def same(m):
     return m
 def memo_of_all():
     return MEMO
 def through():
     return memo_of_all()
 def memoed(x, compute, memo={{}}):
     memo[x] = compute(x)
     return memo[x]
 def memo(store):
     def decorate(function):
         def inner(x):
             store[x] = store.get(x) or function(x)
             return store[x]
         return inner
     return decorate
 @memo(MEMO)
 def remembered(x):
     return grade(x)
 def noted(function):
     LOG.append(function)
     return function
 def fill(out, value):
     out["v"] = value
 def made():
     return vendor.connect(1)
 def run(tok, text):
     return tok.settle(text)
 note = LOG.append
 filed = functools.partial(remember, MEMO)
 class Router:
     def __init__(self):
         self.items = []
         self.out = self.items.append
     def dispatch(self, v):
         self.out(v)
 class Job:
     def __init__(self, value, jobs=None):
         self.value = value
         if jobs is not None:
             jobs.append(self)
     def finish(self):
         LOG.append(self.value)
     def shown(self):
         return self.value
 class Recorder:
     def __init__(self):
         self.seen = []
     def __call__(self, v):
         self.seen.append(v)
 class Model:
     shared = {{}}
     noticed = LOG.append
     def load(self):
         self.own = {{}}
         self.rows = [[]]
         self.put = self.rows.append
         self.rec = Recorder()
         def keep_it(v):
             self.own[0] = v
         self.stash = keep_it
         self.innocent = lambda v: v + 1
         self.tok = transformers.tokenizer()
         self.own_tok, self.other = vendor.tokenizer()
         self.made = made()
         self.pipe, self.log = parts(), logging.getLogger()
         self.db, self.title = sqlite3.connect('a'), 'a'
         self.table = {{'keep': self.keep}}
         self.router = Router()
         self.buf = np.zeros(3)
     def merge(self, acc, v):
         acc[v] = 1
         return acc
     def keep(self, value):
         self.own[value] = 1
     def reset(self):
         self.own = {{}}
     @contextlib.contextmanager
     def session(self):
         yield self.own
     def predict(self, x):
         {}
"""
STALE = [
    'partial(setattr, self, "last")(grade(x))',
    'functools.partial(setattr, self, "last")(grade(x))',
    'f = setattr; f(self, "last", grade(x))',
    'list(map(setattr, [self], ["last"], [grade(x)]))',
    'operator.methodcaller("append", grade(x))(self.rows)',
    'methodcaller("append", grade(x))(self.rows)',
    'operator.attrgetter("own")(self)[x] = grade(x)',
    'operator.attrgetter("own.update")(self)({x: grade(x)})',
    "operator.itemgetter(0)(self.rows).append(grade(x))",
    "np.copyto(self.buf, grade(x))",
    "np.put(self.buf, [0], grade(x))",
    "np.add(1, grade(x), out=self.buf)",
    "np.asarray(self.buf)[0] = grade(x)",
    "self.buf.reshape(-1)[0] = grade(x)",
    "vendor.store(self.tok, grade(x))",
    "from vendor import store; store(self.tok, grade(x))",
    "vendor.store(value=grade(x), session=self.tok)",
    "operator.iadd(self.rows, [grade(x)])",
    "operator.ior(self.own, {x: grade(x)})",
    "self.put(grade(x))",
    "put = self.put; put(grade(x))",
    "self.rec(grade(x))",
    "self.stash(grade(x))",
    "for step in (self.keep, print): step(grade(x))",
    "for step in (self.keep,): step(grade(x))",
    'steps = {"a": self.keep}; steps["a"](grade(x))',
    "(self.keep if x else print)(grade(x))",
    "[step(grade(x)) for step in [self.keep]]",
    "same(self.own)[x] = grade(x)",
    "typing.cast(dict, self.own)[x] = grade(x)",
    "del self.own[grade(x)]",
    "self.own.pop(grade(x), None)",
    "self.rows.sort(key=grade)",
    "self.own.clear() if grade(x) else None",
    "if grade(x): self.own.clear()",
    "if grade(x): self.event.set()",
    "if grade(x): self.reset()",
    "if grade(x): self.keep(1)",
    'globals()["LAST"] = grade(x)',
    'getattr(self, "own")[x] = grade(x)',
    'super().__setattr__("last", grade(x))',
    'exec("self.last = grade(x)")',
    'eval("self.own.update({x: grade(x)})")',
    'out = {}; out["a"] = grade(x); self.own[x] = out',
    "out = []; out.append(grade(x)); self.own[x] = out",
    "out = Job(1); out.value = grade(x); self.own[x] = out",
    "out = {}; fill(out, grade(x)); self.own[x] = out",
    "Job(grade(x), self.rows)",
    "job = Job(grade(x)); self.rows.append(job)",
    "with self.session() as s: s[x] = grade(x)",
    "collections.ChainMap(self.own)[x] = grade(x)",
    "memoryview(self.buf)[0] = grade(x)",
    "random.shuffle(self.rows, grade)",
    "self.__dict__.update(last=grade(x))",
    "type(self).last = grade(x)",
    "self.rows[0] += [grade(x)]",
    "@self.rows.append\ndef inner(): return grade(x)",
    "def inner(): return grade(1)\nself.rows.append(inner)",
    "def get(): return self.own\nget()[x] = grade(x)",
    "get = lambda: self.own; get()[x] = grade(x)",
    "class Local: value = grade(x)\nself.rows.append(Local)",
    "with contextlib.suppress(ValueError):\n    grade(x)\n    self.own[x] = 1",
    "print(grade(x), file=self.out)",
    "self.rows.extend(grade(v) for v in [x])",
    "self.rows[grade(x):] = []",
    "vendor.set_level(grade(x))",
    "setattr(type(self), 'x', grade(x))",
    "self.own.__ior__({x: grade(x)})",
    "self.own.update(dict.fromkeys([x], grade(x)))",
    'self.table["keep"](grade(x))',
    'self.table.get("keep")(grade(x))',
    "self.router.dispatch(grade(x))",
    "self.noticed(grade(x))",
    "self.index.upsert(grade(x))",
    "self.index.add_documents([grade(x)])",
    "note(grade(x))",
    "import sys\nsys.setrecursionlimit(grade(x))",
    'grade.__globals__["LAST"] = grade(x)',
    "functools.reduce(self.merge, [grade(x)], self.own)",
    'delattr(self, "own") if grade(x) else None',
    "self.pipe.send(grade(x))",
    "push = self.pipe.send; push(grade(x))",
    "self.pipe.throw(ValueError(grade(x)))",
    "self.buf.add_(grade(x))",
    "self.tok.set_target(grade(x))",
    "self.log.addFilter(grade(x))",
    "self.own_tok(grade(x))",
    "self.own_tok.settle(grade(x))",
    "tok = self.other; tok.settle(grade(x))",
    "self.made.inner.settle(grade(x))",
    "if grade(x): self.made.settle(1)",
    "list(map(self.own_tok, [grade(x)]))",
    "list(map(self.own_tok.settle, [grade(x)]))",
    "run(self.own_tok, grade(x))",
    "vendor.CLIENT.settle(grade(x))",
    "self.db.execute('INSERT INTO t VALUES (?)', [grade(x)])",
    "self.db.execute(f'DELETE {grade(x)}')",
    "os.rename('a', grade(x))",
    "with contextlib.redirect_stdout(self.out): print(grade(x))",
    "subprocess.run(['touch', grade(x)])",
    "with open('a') as out: print(grade(x), file=out)",
    "keep = lambda v, rows=self.rows: rows.append(v); keep(grade(x))",
    "def keep(v, *, rows=self.rows): rows.append(v)\nkeep(grade(x))",
    "self.db.execute(insert(table).values(grade(x)))",
    "head = self.buf[:2]; head += grade(x)",
    "rows = self.rows; rows += [grade(x)]",
]
RESETS = [
    ("through()[x] = grade(x)", "MEMO"),
    ("job = Job(grade(x)); job.finish()", "LOG"),
    ("np.copyto(MEMO, grade(x))", "MEMO"),
    ("memoed(x, grade)", "memoed"),
    ("remembered(x)", "MEMO"),
    ("filed(x, grade(x))", "MEMO"),
    ("@noted\ndef inner(): return grade(x)", "LOG"),
]
HARMLESS = [
    "return Job(grade(x)).shown()",
    "return np.dot(self.buf, grade(x))",
    "return self.tok(grade(x))",
    "return self.tok.generate(grade(x))",
    "return self.innocent(grade(x))",
    'result = {}; result["config"] = self.own; result["score"] = grade(x); return result',
    'enc = self.tok(x); enc["score"] = grade(x); return enc',
    "return max(self.limit, grade(x))",
    "return [self.rows, grade(x)]",
    "return sorted(self.rows, key=grade)",
    "return list(map(self.tok, [grade(x)]))",
    "self.calls += 1; return grade(x)",
    'out = dict(self.own); out["a"] = grade(x); return out',
    'return f"{self.own}{grade(x)}"',
    "return random.choice(self.rows), grade(x)",
    'return json.dumps({"a": self.own, "b": grade(x)})',
    'y = copy.deepcopy(self.own); y["a"] = grade(x); return y',
    "return self.router.plain(grade(x))",
    "return self.tok.settle(grade(x))",
    "tok = self.tok; return tok.settle(grade(x))",
    "return run(self.tok, grade(x))",
    "return vendor.settle(grade(x))",
    "return vendor.Tokenizer(x).settle(grade(x))",
    "return self.own_tok.settle(x), grade(x)",
    "return self.db.execute('SELECT ?', [grade(x)])",
    "import sys\nprint(grade(x), file=sys.stderr)",
    "return self.db.execute(f'select {grade(x)}')",
    "return self.db.execute(select(table).where(grade(x)))",
    "text = self.title; text += grade(x); return text",
    "text = MEMO and 'a'; text += grade(x); return text",
    "return self.rows.index(grade(x)), self.own.get(grade(x))",
    "return self.shared.get(grade(x))",
]


def predicting(body: str) -> Edit:
    """The edit of `grade`, where `predict` does this."""
    return edit(model=MODEL.format(body.replace("\n", "\n         ")))


@pytest.mark.parametrize("body", STALE)
def test_what_stays_behind_needs_a_fresh_process(body: str) -> None:
    [change] = planned(predicting(body)).changes
    assert re.search("keeps results of the old code in|has changed since", change.reason)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* came with Python 3.11")
def test_what_a_group_of_exceptions_decides_stays_behind() -> None:
    [change] = planned(predicting("try: grade(x)\nexcept* ValueError: self.last = 1")).changes
    assert "keeps results of the old code in" in change.reason


@pytest.mark.parametrize(("body", "name"), RESETS)
def test_what_a_module_holds_starts_anew(body: str, name: str) -> None:
    change = predicting(body)
    swap = swapped(change)
    assert name in executed(swap, change)
    assert name not in carried(swap)


@pytest.mark.parametrize("body", HARMLESS)
def test_what_ends_with_the_request_keeps_the_process(body: str) -> None:
    assert planned(predicting(body)).swap is not None
