"""The keys of a released `truss`, from sources as releases have had them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from drift.release import read_release

DATACLASSES = {
    "truss/truss_config.py": """
from truss.config.trt_llm import TRTLLMConfiguration

@dataclass
class ModelRepo:
    repo_id: str = ""

@dataclass
class ModelCache:
    models: List[ModelRepo] = field(default_factory=list)

@dataclass
class TrussConfig:
    model_cache: ModelCache = field(default_factory=ModelCache)
    trt_llm: Optional[TRTLLMConfiguration] = None
    known = 1
""",
    "truss/config/trt_llm.py": """
class TRTLLMConfiguration(BaseModel):
    runtime: "Runtime" = None

class Runtime(BaseModel):
    served_model_name: str
""",
}
MODELS = {
    "truss/base/truss_config.py": """
class ModelRepo(Model):
    repo_id: str

class ModelCache(pydantic.RootModel[list[ModelRepo]]):
    pass

class V1(Model):
    build: int

class V2(V1):
    runtime: int

Engine = Annotated[Union[V1, V2], Discriminator("kind")]

class TrussConfig(Model):
    model_cache: ModelCache = pydantic.Field(default_factory=list)
    trt_llm: Optional[Engine] = None
"""
}


@pytest.mark.parametrize(
    ("sources", "path", "known"),
    [
        (DATACLASSES, "model_cache", True),
        (DATACLASSES, "model_cache.repo_id", True),
        (DATACLASSES, "model_cache.revision", False),
        (DATACLASSES, "trt_llm.runtime.served_model_name", True),
        (DATACLASSES, "known", False),
        (DATACLASSES, "weights", False),
        (MODELS, "model_cache.repo_id", True),
        (MODELS, "trt_llm.build", True),
        (MODELS, "trt_llm.runtime", True),
        (MODELS, "trt_llm.runtime.served_model_name", False),
    ],
)
def test_a_release_knows_a_key_where_its_classes_have_it(
    sources: dict[str, str], path: str, known: bool, tmp_path: Path
) -> None:
    release = read_release(wheel(tmp_path, sources))
    assert release.knows(tuple(path.split("."))) is known


def test_a_release_that_keeps_its_config_elsewhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no class TrussConfig"):
        read_release(wheel(tmp_path, {"truss/elsewhere.py": "class TrussConfig: ..."}))


def wheel(folder: Path, sources: dict[str, str]) -> Path:
    file = folder / "truss-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in sources.items():
            archive.writestr(name, text)
    return file
