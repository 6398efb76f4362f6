"""Results that the running version has kept, and variables that functions bind."""

from __future__ import annotations

import pytest

from tests.base.plan_hot.hot_edits import carried, edit, executed, planned, swapped

# Each keeps what `grade` returns; `{}` stands for the body of `predict`.
KEPT = """
 import functools
 MEMO = {{}}
 LOG = []
 def grade(x):
-    return x
+    return -x
 def remember(memo, key, value):
     memo[key] = value
 def memo_of_all():
     return MEMO
 class Model:
     shared = {{}}
     def load(self):
         self.own = {{}}
     def keep(self, value):
         self.own[value] = 1
     def predict(self, x):
         {}
"""
RESETS = [
    ("MEMO[x] = grade(x)", "MEMO"),
    ("y = grade(x); MEMO[x] = {'a': [y]}", "MEMO"),
    ("MEMO[grade(x)] = 1", "MEMO"),
    ("MEMO.setdefault(x, grade(x))", "MEMO"),
    ("memo = MEMO; memo[x] = grade(x)", "MEMO"),
    ("remember(MEMO, x, grade(x))", "MEMO"),
    ("memo_of_all()[x] = grade(x)", "MEMO"),
    ("LOG.append(grade(x))", "LOG"),
    ("global LOG; LOG = LOG or grade(x)", "LOG"),
    ("global LOG; (LOG := grade(x))", "LOG"),
    ("LOG.append(1) if grade(x) else None", "LOG"),
    ("self.shared[x] = grade(x)", "Model.shared"),
    ("Model.shared[x] = grade(x)", "Model.shared"),
    ("put = MEMO.update; put({x: grade(x)})", "MEMO"),
    ("list(map(LOG.append, [grade(x)]))", "LOG"),
]
REFUSED = [
    "self.last = grade(x)",
    "self.own[x] = grade(x)",
    "self.own.update({x: grade(x)})",
    "remember(self.own, x, grade(x))",
    "for memo in [self.own]: memo[x] = grade(x)",
    "self.job = functools.partial(grade, x)",
    "setattr(self, 'last', grade(x))",
    "object.__setattr__(self, 'last', grade(x))",
    "self.__setattr__('last', grade(x))",
    "vars(self)['last'] = grade(x)",
    "operator.setitem(self.own, x, grade(x))",
    "bisect.insort(self.own, grade(x))",
    "for self.last in [grade(x)]: pass",
    "[0 for self.last in [grade(x)]]",
    "with closing(grade(x)) as self.last: pass",
    "keep = lambda v: self.own.update({x: v}); keep(grade(x))",
    "list(map(lambda v: self.own.append(v), [grade(x)]))",
    "functools.memo = grade(x)",
    "open('memo', 'w').write(str(grade(x)))",
    "if grade(x): self.flag = True",
    "for _ in range(grade(x)): self.own[x] = 1",
    "grade(x) and self.own.update({x: 1})",
    "[self.own.update({x: 1}) for y in [x] if grade(y)]",
    "assert grade(x); self.own[x] = 1",
    "put = self.own.update; put({x: grade(x)})",
    "own = self.own; put = own.update; put({x: grade(x)})",
    "put = self.own.update; put({x: 1}) if grade(x) else None",
    "list(map(self.own.append, [grade(x)]))",
    "list(map(self.keep, [grade(x)]))",
    "list(map(open('memo', 'w').write, [grade(x)]))",
    "getattr(self.own, 'update')({x: grade(x)})",
    "getattr(self.own, name)({x: grade(x)})",
    "functools.partial(self.own.update)({x: grade(x)})",
    "functools.partial(self.own.update, {x: grade(x)})()",
    "threading.current_thread().last = grade(x)",
    "log = logging.getLogger(__name__); log.last = grade(x)",
]
HARMLESS = [
    "out = {}; out['a'] = grade(x)",
    "out = []; out.append(grade(x))",
    "self.own['calls'] = self.own.get('calls', 0) + 1; return grade(x)",
    "MEMO[x] = 1; return grade(x)",
    "x['answer'] = grade(x)",
    "result = self.own.run(x); result.label = grade(x)",
    "out = []; put = out.append; put(grade(x)); return out",
    "return functools.reduce(operator.add, [grade(x)])",
    "return self.own['a'].cache[grade(x)], getattr(x, 'name')",
]


@pytest.mark.parametrize(("body", "variable"), RESETS)
def test_a_memo_of_the_module_or_class_starts_anew(body: str, variable: str) -> None:
    change = edit(model=KEPT.format(body))
    swap = swapped(change)
    assert variable in executed(swap, change)
    assert variable not in carried(swap)


@pytest.mark.parametrize("body", REFUSED)
def test_what_the_instance_keeps_needs_a_fresh_one(body: str) -> None:
    [change] = planned(edit(model=KEPT.format(body))).changes
    assert "keeps results of the old code in" in change.reason


@pytest.mark.parametrize("body", HARMLESS)
def test_what_ends_with_the_request_or_is_the_same_stays(body: str) -> None:
    swap = swapped(edit(model=KEPT.format(body)))
    assert {"MEMO", "LOG", "Model.shared"} <= carried(swap)


def test_the_input_of_predict_comes_from_preprocess() -> None:
    source = """
     class Model:
         def load(self):
             self.memo = {}
         def preprocess(self, x):
    -        return [x, 1]
    +        return [x, 2]
         def predict(self, x):
             return self.memo.setdefault(x[0], x[1])
    """
    [change] = planned(edit(model=source)).changes
    assert "`Model.predict` keeps results of the old code in `self.memo`" in change.reason


NESTED = [
    "def keep(value): self.own[x] = value\n         keep(grade(x))",
    "match grade(x):\n             case {'label': label}: self.last = label",
]


@pytest.mark.parametrize("body", NESTED)
def test_what_nested_code_keeps_is_kept(body: str) -> None:
    [change] = planned(edit(model=KEPT.format(body))).changes
    assert "keeps results of the old code in" in change.reason


CAUGHT = [
    ("except ValueError as error:", "self.error = error"),
    ("except ValueError:", "self.failures += 1"),
    ("except ValueError:", "self.last = 'bad'"),
    ("except ValueError:", "self.own.update({x: 1})"),
    ("except ValueError: pass", "else: self.last = 'good'"),
    ("except ValueError: failed = True", "self.last = failed"),
]


@pytest.mark.parametrize(("clause", "kept"), CAUGHT)
def test_what_is_kept_of_an_exception_comes_from_what_may_raise_it(clause: str, kept: str) -> None:
    body = f"try: grade(x)\n         {clause}"
    body += f" {kept}" if clause.endswith(":") else f"\n         {kept}"
    [change] = planned(edit(model=KEPT.format(body))).changes
    assert "keeps results of the old code in" in change.reason


ELSEWHERE = [
    "try: return grade(x)\n         except ValueError: return None",
    "try: self.own.close()\n         except ValueError: self.last = 1\n         return grade(x)",
    "try: grade(x)\n         finally: self.calls = 1",
]


@pytest.mark.parametrize("body", ELSEWHERE)
def test_what_no_caught_exception_decides_stays(body: str) -> None:
    assert planned(edit(model=KEPT.format(body))).swap is not None


def test_a_counter_beside_the_edit_goes_on() -> None:
    source = """
     class Model:
         def load(self):
             self.calls = 0
         def predict(self, x):
             self.calls += 1
    -        return x
    +        return -x
    """
    assert planned(edit(model=source)).swap is not None


COUNTED = [
    ("self.log.append(1)", "self.log.append(1); self.log.append(1)", False),
    ("self.log.append(1); self.log.append(1)", "self.log.append(1)", False),
    ("self.log.append(1)", "self.log.append(2)", False),
    ("self.log.append(1)", "self.log.append(1); self.other.append(1)", True),
    ("self.calls += 1", "self.calls += 1; self.calls += 1", False),
    ("self.calls += 1", "self.calls += 1; print(1)", True),
]


@pytest.mark.parametrize(("before", "after", "hot"), COUNTED)
def test_what_is_kept_more_often_is_another_history(before: str, after: str, hot: bool) -> None:
    source = f"""
     class Model:
         def load(self):
             self.log, self.other, self.calls = [], [], 0
         def predict(self, x):
    -        {before}
    +        {after}
             return self.log, self.calls
    """
    assert (planned(edit(model=source)).swap is not None) is hot


DESCRIPTORS = [
    ("@Lazy\n         def word(self): return grade()", "Lazy.__get__"),
    ("word = Lazy(grade)", "Lazy.__get__"),
    ("word = Lazy(lambda self: grade())", "Lazy.__get__"),
]


@pytest.mark.parametrize(("member", "keeper"), DESCRIPTORS)
def test_what_a_descriptor_puts_into_the_model_is_kept(member: str, keeper: str) -> None:
    source = f"""
     def grade():
    -    return 1
    +    return 2
     class Lazy:
         def __init__(self, make):
             self.make = make
         def __get__(self, model, owner):
             model.__dict__["word"] = self.make(model)
             return model.__dict__["word"]
     class Model:
         {member}
         def predict(self, x):
             return self.word
    """
    [change] = planned(edit(model=source)).changes
    assert f"`{keeper}` keeps results of the old code" in change.reason


def test_who_writes_a_variable_and_who_reads_it_stay_together() -> None:
    change = edit(
        model="""
         client = None
         def connect():
             global client
             client = client or object()
             return client
         def ask(x):
        -    return (client, x)
        +    return [client, x]
         class Model:
             def predict(self, x):
                 connect()
                 return ask(x)
        """
    )
    swap = swapped(change)
    assert {"connect", "ask"} <= executed(swap, change)
    [module] = swap.modules
    assert module.carry_from == {"client": "connect"}


def test_a_variable_that_a_thread_of_load_writes_needs_a_fresh_process() -> None:
    source = """
     import threading
     state = 0
     def loop():
         global state
         while True:
             state = 1
     class Model:
         def load(self):
             threading.Thread(target=loop).start()
         def predict(self, x):
    -        return state
    +        return [state]
    """
    [change] = planned(edit(model=source)).changes
    assert "`state` is shared with `loop`, which `load` handed out" in change.reason
