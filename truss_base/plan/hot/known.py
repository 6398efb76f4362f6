"""What is known of code outside the Truss: what may be called, subclassed or imported again.

Only what neither keeps what it is given nor changes anything else. Not on a list means unknown,
and unknown means that a fresh process has to run it.
"""

from __future__ import annotations

import builtins
import sys

from truss_base.plan.hot.verbs import ADDING, changes

_IMPURE_BUILTINS = frozenset(
    {"__import__", "breakpoint", "delattr", "eval", "exec", "exit", "globals", "input", "next"}
    | {"open", "quit", "setattr", "vars"}
)
BUILTINS = frozenset(dir(builtins)) - _IMPURE_BUILTINS

_CALLS = frozenset(
    {
        *("abc", "attr", "attrs", "base64", "cachetools", "collections", "contextlib", "copy"),
        *("dataclasses", "datetime", "decimal", "enum", "fractions", "hashlib", "http"),
        *("ipaddress", "itertools", "jinja2", "math", "numbers", "operator", "os.path"),
        *("pathlib", "pydantic", "pydantic_core", "queue", "re", "regex", "statistics", "string"),
        *("struct", "tenacity", "textwrap", "time", "types", "typing", "typing_extensions"),
        *("unicodedata", "urllib.parse", "uuid", "weakref", "zoneinfo"),
        *("asyncio.Condition", "asyncio.Event", "asyncio.Lock", "asyncio.Queue"),
        *(
            "asyncio.Semaphore",
            "contextvars.ContextVar",
            "functools",
            "json.JSONDecoder",
            "json.JSONEncoder",
            "json.dumps",
            "json.loads",
        ),
        *("logging.Formatter", "logging.LoggerAdapter"),
        *("logging.getLogger", "numpy.array", "numpy.asarray", "numpy.dtype", "numpy.eye"),
        *(
            "numpy.float32",
            "numpy.linspace",
            "numpy.ones",
            "numpy.vectorize",
            "numpy.zeros",
            "os.environ.get",
        ),
        *("os.getenv", "random.Random", "threading.Condition", "threading.Event"),
        *("threading.Lock", "threading.RLock", "threading.Semaphore", "threading.local"),
        *("torch.device", "torch.tensor", "yaml.safe_load", "httpx.Limits", "httpx.Timeout"),
        *("langchain.prompts", "langchain_core.prompts"),
    }
)
_DECORATORS = frozenset(
    {
        *("abc", "asyncio.coroutine", "attr", "attrs", "backoff", "contextlib", "dataclasses"),
        *("enum", "functools", "pydantic", "tenacity", "typing", "typing_extensions"),
        *("numpy.vectorize", "torch.autocast", "torch.enable_grad", "torch.inference_mode"),
        *("torch.no_grad", "torch.cuda.amp.autocast", "types.coroutine", "warnings.deprecated"),
    }
)
# These remember each class that is derived from them or decorated, or hold functions apart.
_REGISTERING = frozenset({"functools.singledispatch", "functools.singledispatchmethod"})
DECORATORS = frozenset({"staticmethod", "classmethod", "property"})
ACCESSORS = frozenset({"setter", "getter", "deleter"})
_BASES = frozenset(
    {"attr", "fastapi", "langchain", "langchain_core", "numpy", "pydantic", "starlette", "torch"}
    | {"transformers", "typing_extensions"}
)
MODEL_BASES = frozenset(
    {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "torch.nn.Module"}
    | {"torch.nn.modules.module.Module", "typing_extensions.Protocol"}
)
METACLASSES = frozenset({"abc.ABCMeta", "ABCMeta", "enum.EnumMeta", "EnumMeta", "type"})
PURE_METHODS = frozenset(
    {
        *("as_posix", "capitalize", "casefold", "copy", "count", "decode", "difference", "encode"),
        *("endswith", "exists", "find", "format", "format_map", "from_string", "from_template"),
        *("fromkeys", "get", "index", "intersection", "is_dir", "is_file", "isdigit", "items"),
        *("join", "joinpath", "keys", "lower", "lstrip", "partition", "read_bytes", "read_text"),
        *("relative_to", "removeprefix", "removesuffix", "replace", "resolve", "rpartition"),
        *("rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "total"),
        *("translate", "union", "upper", "values", "with_name", "with_suffix", "zfill", "__new__"),
        *("critical", "debug", "error", "exception", "info", "warning"),
    }
)
# Importing these for the first time changes nothing for code that was imported before.
_QUIET_PACKAGES = frozenset(
    {
        *("PIL", "aiohttp", "anyio", "attr", "attrs", "base64", "boto3", "bs4", "cachetools"),
        *("cv2", "dateutil", "fastapi", "ftfy", "httpx", "jinja2", "jsonschema", "langchain"),
        *("langchain_core", "librosa", "lxml", "markdown", "msgpack", "nltk", "numpy", "openai"),
        *("orjson", "pandas", "pydantic", "pytz", "redis", "regex", "requests", "scipy"),
        *("sklearn", "soundfile", "starlette", "tenacity", "tiktoken", "tokenizers", "tqdm"),
        *("typing_extensions", "ujson", "unidecode", "urllib3", "websockets", "yaml"),
    }
)

# These look at what they are given, but for the functions below.
_READING_PACKAGES = _QUIET_PACKAGES | {
    *("diffusers", "einops", "jax", "onnxruntime", "sentence_transformers", "tensorflow"),
    *("torch", "torchvision", "transformers", "vllm"),
}
_WRITING = frozenset(
    {
        *("bisect.insort", "bisect.insort_left", "bisect.insort_right", "heapq.heapify"),
        *("heapq.heappop", "heapq.heappush", "heapq.heappushpop", "heapq.heapreplace"),
        *("numpy.add.at", "numpy.copyto", "numpy.fill_diagonal", "numpy.place", "numpy.put"),
        *("numpy.put_along_axis", "numpy.putmask", "numpy.random.shuffle", "operator.delitem"),
        *("operator.iadd", "operator.iand", "operator.iconcat", "operator.imul", "operator.ior"),
        *("operator.isub", "operator.setitem", "operator.ixor", "random.shuffle"),
        *("struct.pack_into", "shutil.copyfileobj", "ctypes.memmove", "ctypes.memset", "delattr"),
        *("setattr", "next", "anext"),
    }
)
_HANDING_ON = frozenset(
    {
        *("collections.ChainMap", "contextlib.closing", "contextlib.nullcontext", "itertools"),
        *("numpy.asanyarray", "numpy.asarray", "numpy.atleast_1d", "numpy.atleast_2d"),
        *("numpy.broadcast_to", "numpy.expand_dims", "numpy.frombuffer", "numpy.moveaxis"),
        *("csv.DictWriter", "csv.writer", "io.TextIOWrapper", "pickle.Pickler", "zipfile.ZipFile"),
        *("numpy.ravel", "numpy.reshape", "numpy.squeeze", "numpy.swapaxes", "numpy.transpose"),
        *("operator.getitem", "torch.as_tensor", "torch.from_numpy", "torch.reshape"),
        *("torch.squeeze", "torch.transpose", "torch.unsqueeze", "types.SimpleNamespace"),
        *("typing.cast", "typing_extensions.cast", "weakref.proxy", "weakref.ref"),
    }
)
_SETTINGS = frozenset(
    {
        *("chdir", "filterwarnings", "putenv", "setdefaulttimeout", "setlocale", "setprofile"),
        *("setrecursionlimit", "settrace", "simplefilter", "umask"),
    }
)
_SEEDING = frozenset({"manual_seed", "manual_seed_all", "seed_all", "seed_everything"})
_COMPUTING = frozenset({"jax", "numpy", "operator", "scipy", "tensorflow", "torch"})
# These hand out an object that is there for all, where others make a new one.
_SHARED = frozenset(
    {"current_task", "current_thread", "get_event_loop", "get_running_loop", "getLogger"}
    | {"main_thread"}
)


def may_write_into(dotted: str) -> bool:
    """Whether a function may change something that it is given beside other things."""
    package = dotted.partition(".")[0]
    if dotted in _WRITING or (package == "torch" and dotted.endswith("_")):
        return True
    return not (_is_known(package) or "." not in dotted)


def may_hand_on(dotted: str) -> bool:
    """Whether a function may return what it is given, or something that shares its memory."""
    package = dotted.partition(".")[0]
    return _listed(dotted, _HANDING_ON) or not (_is_known(package) or "." not in dotted)


def is_shared(name: str) -> bool:
    """Whether what a library's function of this name returns lives longer than a request."""
    return name in _SHARED


def is_setting(name: str) -> bool:
    """Whether a library's function of this name keeps what it is given for later calls."""
    return name.startswith("set_") or name in _SETTINGS


def may_be_kept_by(dotted: str) -> bool:
    """Whether a function of a known package keeps what it is given in its own module."""
    name = dotted.rpartition(".")[2]
    return name in _SEEDING or (changes(name) and not computes(dotted))


def computes(dotted: str) -> bool:
    """Whether a function makes something new, although its name is that of a method which adds to
    its object."""
    return dotted.partition(".")[0] in _COMPUTING and dotted.rpartition(".")[2] in ADDING


def only_looks(path: tuple[str, ...]) -> bool:
    """Whether a name is that of a built-in function which changes nothing that it is given."""
    return len(path) == 1 and path[0] in BUILTINS


def _is_known(package: str) -> bool:
    return package in _READING_PACKAGES or package in sys.stdlib_module_names


def may_be_called(dotted: str) -> bool:
    """Whether calling it changes nothing but its result."""
    return _listed(dotted, _CALLS) and dotted not in _REGISTERING


def may_decorate(dotted: str) -> bool:
    """Whether it hands on what it decorates and keeps nothing."""
    return _listed(dotted, _DECORATORS) and dotted not in _REGISTERING


def may_be_base(dotted: str) -> bool:
    """Whether deriving from it is seen by nobody else."""
    return dotted.partition(".")[0] in {*_BASES, *sys.stdlib_module_names}


def may_be_imported(package: str) -> bool:
    """Whether a first import now does what one before `load` would have done."""
    return package in _QUIET_PACKAGES or package in sys.stdlib_module_names


def _listed(dotted: str, known: frozenset[str]) -> bool:
    while dotted:
        if dotted in known:
            return True
        dotted = dotted.rpartition(".")[0]
    return False
