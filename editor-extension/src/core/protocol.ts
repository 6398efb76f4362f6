// What travels between the extension and the language server, beside the protocol's own messages.

/** A state of the container, as the language server names them. */
export type ContainerState =
  | "starting"
  | "loading"
  | "ready"
  | "patching"
  | "rebuilding"
  | "failed"
  | "stopping"
  | "stopped"
  | "unreachable";

/** Parameters of the notification `truss/status`. */
export interface TrussStatus {
  /** URI of the directory of the Truss. */
  uri: string;
  name: string;
  state: ContainerState;
  runtime?: string | null;
  hash?: string | null;
  /** Whether the container runs what the directory holds; null while nothing runs. */
  in_sync?: boolean | null;
  message?: string | null;
}

/** The user's exception, cut to the user's own frames. */
export interface ModelError {
  phase: "import" | "load" | "predict";
  type: string;
  message: string;
  traceback: string;
  path?: string | null;
  line?: number | null;
}

export interface CommandError {
  type: string;
  message: string;
  hint?: string | null;
  model_error?: ModelError | null;
}

export interface Failure {
  error: CommandError;
}

/** What a command answers. A prediction that the model refused is an answer too, not a failure. */
export type Outcome<T> = T | Failure;

export function isFailure(outcome: object): outcome is Failure {
  return "error" in outcome && typeof outcome.error === "object" && outcome.error !== null;
}

export interface Prediction {
  status: number;
  output: unknown;
  /** What the answer was before it was decoded; "binary": `output` describes it. */
  kind?: "json" | "msgpack" | "text" | "binary" | null;
  latency_ms: number;
  first_byte_ms?: number | null;
  size: number;
  content_type?: string | null;
  model_error?: ModelError | null;
}

export interface PredictInput {
  input: unknown;
  source: "examples.yaml" | "metadata" | "last" | "empty";
}

/** What a patch would do and why, told by the server as Markdown. */
export interface Plan {
  markdown: string;
}

/** Parameters of `truss/showPlan`. */
export interface PlanPage extends Plan {
  uri: string;
  name: string;
}

/** Parameters of `truss/rememberPatchOnSave`. */
export interface PatchOnSaveWord {
  uri: string;
  value: "on" | "off";
}

export interface Status extends TrussStatus {
  url?: string | null;
}

/** What the language server tells about itself, as Markdown. */
export interface DebugInfo {
  markdown: string;
}

export interface Logs {
  lines: string[];
}

export interface Patched {
  changed: boolean;
  hash?: string | null;
  strategy?: string | null;
  message?: string | null;
}

/** The commands of the language server. Each takes one object with the URI of the Truss. */
export type ServerCommand =
  | "truss.startContainer"
  | "truss.stopContainer"
  | "truss.patchContainer"
  | "truss.rebuildContainer"
  | "truss.showPlan"
  | "truss.showStatus"
  | "truss.predict"
  | "truss.predictInput"
  | "truss.logs"
  | "truss.debugInfo";

/** Commands that act on the files on disk: what is typed must be saved before. */
const READS_FILES: ReadonlySet<string> = new Set<ServerCommand>([
  "truss.startContainer",
  "truss.patchContainer",
  "truss.rebuildContainer",
  "truss.showPlan",
  "truss.predict",
]);

export function readsFiles(command: string): boolean {
  return READS_FILES.has(command);
}

/** The Truss a command names in its one argument, if it names one. */
export function trussOfArguments(args: readonly unknown[]): string | undefined {
  const [first] = args;
  if (typeof first !== "object" || first === null || !("uri" in first)) return undefined;
  return typeof first.uri === "string" ? first.uri : undefined;
}
