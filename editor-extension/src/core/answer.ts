// How the answer of a prediction reads in the editor beside.
import type { CommandError, ModelError, Prediction } from "./protocol";

/** What comes within this time came at once. */
const SHORT_MS = 50;

export interface Page {
  language: "jsonc" | "plaintext";
  text: string;
}

/** The answer, headed by one line of facts. JSON is indented; anything else is shown as it came. */
export function answerPage(prediction: Prediction, at: Date): Page {
  const facts = [
    `${prediction.status}${prediction.status < 400 ? " OK" : ""}`,
    times(prediction),
    bytes(prediction.size),
    ...(prediction.kind === "msgpack" ? ["MessagePack"] : []),
    clock(at),
  ].join(" · ");
  if (prediction.model_error) return errorPage(facts, prediction.model_error);
  if (typeof prediction.output === "string" && !isStructured(prediction)) {
    return { language: "plaintext", text: `${facts}\n\n${prediction.output}\n` };
  }
  return { language: "jsonc", text: `// ${facts}\n${JSON.stringify(prediction.output, null, 2)}\n` };
}

/** An answer on its way: what has come of it so far. */
export function streamPage(text: string, at: Date): Page {
  return { language: "plaintext", text: `streaming · ${bytes(Buffer.byteLength(text))} so far · ${clock(at)}\n\n${text}` };
}

/** A prediction that got no answer at all. */
export function failurePage(error: CommandError, at: Date): Page {
  const head = `no answer · ${clock(at)}`;
  if (error.model_error) return errorPage(head, error.model_error);
  return { language: "plaintext", text: `${head}\n\n${error.message}\n${error.hint ? `${error.hint}\n` : ""}` };
}

function errorPage(head: string, error: ModelError): Page {
  const place = error.path ? ` at ${error.path}${error.line ? `:${error.line}` : ""}` : "";
  const text = [head, "", `${error.type} in ${error.phase}${place}: ${error.message}`, "", error.traceback.trimEnd(), ""];
  return { language: "plaintext", text: text.join("\n") };
}

/** `File "model/model.py", line 12` in a traceback: where it stands in the text, and what it names. */
export interface Frame {
  start: number;
  end: number;
  path: string;
  line: number;
}

export function framesIn(text: string): Frame[] {
  return [...text.matchAll(/File "([^"\n]+)", line (\d+)/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    path: match[1] ?? "",
    line: Number(match[2]),
  }));
}

function isStructured({ kind, content_type }: Prediction): boolean {
  return kind === "msgpack" || /\bjson\b/.test(content_type ?? "");
}

/** The whole time; where the answer took its time after it had begun, also when it began. */
function times({ first_byte_ms, latency_ms }: Prediction): string {
  if (first_byte_ms == null || latency_ms - first_byte_ms < SHORT_MS) return milliseconds(latency_ms);
  return `${milliseconds(latency_ms)}, first byte after ${milliseconds(first_byte_ms)}`;
}

export function milliseconds(value: number): string {
  if (value < 10) return `${value.toFixed(1)} ms`;
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} bytes`;
  const kib = value / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

function clock(at: Date): string {
  return at.toTimeString().slice(0, 8);
}
