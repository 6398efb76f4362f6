"""The keys of a config and of its sections, for type checkers and editors.

Generated from the definitions by `make reference`: do not edit. At run time each section is a
plain dict, so `Resources(cpu="2")` is `{"cpu": "2"}`. A section of another config will do as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Required

    from truss_base.config.definitions.accelerator import Accelerator
    from truss_base.config.record import Record


class CacheInternal(TypedDict, total=False):
    repo_id: Required[str]
    revision: str
    allow_patterns: list[str] | None
    ignore_patterns: list[str] | None
    volume_folder: str | None
    use_volume: bool
    kind: Literal["hf", "gcs", "s3", "azure"]
    runtime_secret_name: str


class BisLlmAdditionalAutoscalingConfigMetrics(TypedDict, total=False):
    name: Required[str]
    target: Required[float]


class BisLlmAdditionalAutoscalingConfig(TypedDict, total=False):
    metrics: Required[list[BisLlmAdditionalAutoscalingConfigMetrics | Record]]


class BisLlm(TypedDict, total=False):
    config: Mapping[str, Any] | None
    version: str
    additional_autoscaling_config: BisLlmAdditionalAutoscalingConfig | Record | None


class TrainingCheckpointsArtifactReferences(TypedDict, total=False):
    training_job_id: Required[str]
    paths: list[str]


class TrainingCheckpoints(TypedDict, total=False):
    download_folder: str
    artifact_references: list[TrainingCheckpointsArtifactReferences | Record]
    loops_checkpoint_ids: list[str]


class TrtLlmBuildLoraConfiguration(TypedDict, total=False):
    max_lora_rank: int
    lora_target_modules: list[str]


class TrtLlmBuildSpeculator(TypedDict, total=False):
    speculative_decoding_mode: Literal["LOOKAHEAD_DECODING"]
    num_draft_tokens: int | None
    checkpoint_repository: TrtLlmBuildCheckpointRepository | Record | None
    runtime: TrtLlmRuntime | Record
    build: TrtLlmBuild | Record | None
    lookahead_windows_size: int | None
    lookahead_ngram_size: int | None
    lookahead_verification_set_size: int | None
    enable_b10_lookahead: bool | None


class TrtLlmBuildPluginConfiguration(TypedDict, total=False):
    paged_kv_cache: bool
    use_paged_context_fmha: bool
    use_fp8_context_fmha: bool


class TrtLlmBuildQuantizationConfig(TypedDict, total=False):
    calib_size: int
    calib_dataset: str
    calib_max_seq_length: int


class TrtLlmBuildCheckpointRepository(TypedDict, total=False):
    source: Required[Literal["HF", "GCS", "S3", "AZURE", "LOCAL", "REMOTE_URL", "BASETEN_TRAINING"]]
    repo: Required[str]
    revision: str | None
    runtime_secret_name: str


class TrtLlmV2Runtime(TypedDict, total=False):
    max_seq_len: int | None
    max_batch_size: int
    max_num_tokens: int
    tensor_parallel_size: int
    enable_chunked_prefill: bool
    served_model_name: str | None
    patch_kwargs: Mapping[str, Any]


class TrtLlmVersionOverrides(TypedDict, total=False):
    engine_builder_version: str | None
    briton_version: str | None
    bei_version: str | None
    bei_bert_version: str | None
    v2_llm_version: str | None


class TrtLlmRuntime(TypedDict, total=False):
    kv_cache_free_gpu_mem_fraction: float
    kv_cache_host_memory_bytes: int | None
    lora_cache_max_adapter_size: int | None
    lora_cache_optimal_adapter_size: int | None
    lora_cache_gpu_memory_fraction: float | None
    lora_cache_host_memory_bytes: int | None
    enable_chunked_context: bool
    batch_scheduler_policy: Literal["guaranteed_no_evict", "max_utilization"]
    request_default_max_tokens: int | None
    served_model_name: str | None
    total_token_limit: int
    webserver_default_route: Literal[
        "/v1/embeddings",
        "/v1/systemone",
        "/rerank",
        "/predict",
        "/predict_tokens",
        None,
    ]


class TrtLlmBuild(TypedDict, total=False):
    base_model: Literal["decoder", "encoder", "encoder_bert"]
    max_seq_len: int | None
    max_batch_size: int
    max_num_tokens: int
    max_beam_width: int
    max_prompt_embedding_table_size: int
    checkpoint_repository: TrtLlmBuildCheckpointRepository | Record | None
    gather_all_token_logits: bool
    strongly_typed: bool
    quantization_type: Literal[
        "no_quant",
        "fp8",
        "fp8_kv",
        "fp8_mlp_only",
        "fp4",
        "fp4_kv",
        "fp4_mlp_only",
        "weights_int8",
        "weights_kv_int8",
        "weights_int4",
        "weights_int4_kv_int8",
        "smooth_quant",
    ]
    quantization_config: TrtLlmBuildQuantizationConfig | Record
    tensor_parallel_count: int
    pipeline_parallel_count: int
    moe_expert_parallel_option: int
    sequence_parallel_count: int
    plugin_configuration: TrtLlmBuildPluginConfiguration | Record
    num_builder_gpus: int | None
    speculator: TrtLlmBuildSpeculator | Record | None
    lora_adapters: Mapping[str, TrtLlmBuildCheckpointRepository | Record] | None
    lora_configuration: TrtLlmBuildLoraConfiguration | Record | None
    skip_build_result: bool


class TrtLlmV2(TypedDict, total=False):
    inference_stack: Literal["v2"]
    build: Required[TrtLlmBuild | Record]
    runtime: Required[TrtLlmV2Runtime | Record]
    version_overrides: TrtLlmVersionOverrides | Record


class TrtLlm(TypedDict, total=False):
    build: Required[TrtLlmBuild | Record]
    inference_stack: Literal["v1"]
    runtime: TrtLlmRuntime | Record
    version_overrides: TrtLlmVersionOverrides | Record


class BdnHotload(TypedDict, total=False):
    enabled: bool


class BdnAccess(TypedDict, total=False):
    namespace: Required[str]
    grants: Required[list[Literal["pull", "push", "tag", "inspect", "delete"]]]


class BdnMounts(TypedDict, total=False):
    source: Required[str]
    path: Required[str]
    include: list[str]
    exclude: list[str]


class Bdn(TypedDict, total=False):
    mounts: list[BdnMounts | Record]
    access: list[BdnAccess | Record]
    hotload: BdnHotload | Record


class WeightsAuth(TypedDict, total=False):
    aws_oidc_role_arn: str | None
    aws_oidc_region: str | None
    gcp_oidc_service_account: str | None
    gcp_oidc_workload_id_provider: str | None
    aws_assume_role_arn: str | None
    aws_assume_role_region: str | None
    auth_method: Required[Literal["CUSTOM_SECRET", "AWS_OIDC", "GCP_OIDC", "AWS_ASSUME_ROLE"]]
    auth_secret_name: str | None


class Weights(TypedDict, total=False):
    source: Required[str]
    mount_location: Required[str]
    auth: WeightsAuth | Record | None
    auth_secret_name: str | None
    allow_patterns: list[str] | None
    ignore_patterns: list[str] | None


class ModelCache(TypedDict, total=False):
    repo_id: Required[str]
    revision: str
    allow_patterns: list[str] | None
    ignore_patterns: list[str] | None
    volume_folder: str | None
    use_volume: Required[bool]
    kind: Literal["hf", "gcs", "s3", "azure"]
    runtime_secret_name: str


class DockerServer(TypedDict, total=False):
    start_command: str | None
    server_port: Required[int]
    predict_endpoint: Required[str]
    readiness_endpoint: Required[str]
    liveness_endpoint: Required[str]
    run_as_user_id: int | None
    no_build: bool | None


class Build(TypedDict, total=False):
    model_server: Literal["TrussServer", "TRT_LLM"]
    arguments: Mapping[str, Any]
    secret_to_path_mapping: Mapping[str, str]
    no_cache: bool


class RuntimeEgressRestrictions(TypedDict, total=False):
    ip_allow_list: list[str] | None
    fqdn_allow_list: list[str] | None


class RuntimeRemoteSsh(TypedDict, total=False):
    enabled: bool


class RuntimeOidc(TypedDict, total=False):
    enabled: bool | None


class RuntimeHealthChecks(TypedDict, total=False):
    restart_check_delay_seconds: int | None
    restart_threshold_seconds: int | None
    stop_traffic_threshold_seconds: int | None
    startup_threshold_seconds: int | None


class RuntimeTransportGrpc(TypedDict, total=False):
    kind: Literal["grpc"]


class RuntimeTransportWebsocket(TypedDict, total=False):
    kind: Literal["websocket"]
    ping_interval_seconds: float | None
    ping_timeout_seconds: float | None


class RuntimeTransport(TypedDict, total=False):
    kind: Literal["http"]


class Runtime(TypedDict, total=False):
    predict_concurrency: int
    streaming_read_timeout: int
    enable_tracing_data: bool
    enable_debug_logs: bool
    transport: RuntimeTransport | RuntimeTransportWebsocket | RuntimeTransportGrpc | Record
    is_websocket_endpoint: bool | None
    health_checks: RuntimeHealthChecks | Record
    oidc: RuntimeOidc | Record
    remote_ssh: RuntimeRemoteSsh | Record
    egress_restrictions: RuntimeEgressRestrictions | Record | None
    truss_server_version_override: str | None


class ResourcesFabric(TypedDict, total=False):
    use_rdma: bool | None
    preferences: list[str] | None


class Resources(TypedDict, total=False):
    cpu: str
    memory: str
    accelerator: str | Accelerator | Mapping[str, Any] | None
    instance_type: str | None
    node_count: int | None
    fabric: ResourcesFabric | Record | None


class BaseImageDockerAuth(TypedDict, total=False):
    aws_oidc_role_arn: str | None
    aws_oidc_region: str | None
    gcp_oidc_service_account: str | None
    gcp_oidc_workload_id_provider: str | None
    aws_assume_role_arn: str | None
    aws_assume_role_region: str | None
    auth_method: Required[
        Literal[
            "GCP_SERVICE_ACCOUNT_JSON",
            "AWS_IAM",
            "AWS_OIDC",
            "GCP_OIDC",
            "REGISTRY_SECRET",
            "AWS_ASSUME_ROLE",
        ]
    ]
    registry: str | None
    secret_name: str | None
    aws_access_key_id_secret_name: str
    aws_secret_access_key_secret_name: str


class BaseImage(TypedDict, total=False):
    image: str
    python_executable_path: str
    docker_auth: BaseImageDockerAuth | Record | None


class ExternalData(TypedDict, total=False):
    url: Required[str]
    local_data_path: Required[str]
    backend: str
    name: str | None


class ConfigKeys(TypedDict, total=False):
    model_name: str | None
    model_metadata: Mapping[str, Any]
    description: str | None
    examples_filename: str
    data_dir: str
    external_data: list[ExternalData | Record] | None
    external_package_dirs: list[str]
    python_version: Literal["py39", "py310", "py311", "py312", "py313", "py314"]
    base_image: BaseImage | Record | None
    requirements_file: str | None
    requirements: list[str]
    system_packages: list[str]
    environment_variables: Mapping[str, str | int | float | bool]
    secrets: Mapping[str, str | None]
    resources: Resources | Record
    runtime: Runtime | Record
    build: Build | Record
    build_commands: list[str]
    docker_server: DockerServer | Record | None
    model_cache: list[ModelCache | Record]
    weights: list[Weights | Record]
    bdn: Bdn | Record
    trt_llm: TrtLlm | TrtLlmV2 | Record | None
    training_checkpoints: TrainingCheckpoints | Record | None
    bis_llm: BisLlm | Record | None
    input_type: str
    model_framework: str
    model_type: str
    model_module_dir: str
    model_class_filename: str
    model_class_name: str
    bundled_packages_dir: str
    use_local_src: bool
    cache_internal: list[CacheInternal | Record]
    live_reload: bool
    apply_library_patches: bool
    spec_version: str
    use_control_plane: bool
