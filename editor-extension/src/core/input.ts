// The input of a prediction: how it is offered, and whether it is JSON.
import type { PredictInput } from "./protocol";

/** What still reads well in one line of an input box. */
const LONGEST_LINE = 300;

export interface Offer {
  /** Where the text is asked for: an input box for what fits in a line, else an editor. */
  place: "box" | "editor";
  text: string;
  prompt: string;
}

const ORIGINS: Record<PredictInput["source"], string> = {
  "examples.yaml": "from examples.yaml",
  metadata: "from model_metadata.example_model_input",
  last: "the last one used",
  empty: "as JSON",
};

export function offer(prefill: PredictInput): Offer {
  const input = prefill.source === "empty" && prefill.input == null ? {} : prefill.input;
  const line = JSON.stringify(input) ?? "{}";
  const prompt = `Input of the model, ${ORIGINS[prefill.source] ?? "as JSON"}`;
  if (line.length <= LONGEST_LINE) return { place: "box", text: spaced(input), prompt };
  return { place: "editor", text: `${JSON.stringify(input, null, 2)}\n`, prompt };
}

export type Parsed = { ok: true; value: unknown } | { ok: false; message: string };

/** Parses JSON; a fault is told in one line, with the place of it. */
export function parseInput(text: string): Parsed {
  if (text.trim() === "") return { ok: false, message: "Empty. The input has to be JSON, for example {}" };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (fault) {
    return { ok: false, message: `Not JSON: ${placed(text, (fault as SyntaxError).message)}` };
  }
}

/** JSON in one line with a space after each comma and colon, as a person writes it. */
export function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`);
    return `{${members.join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** V8 names the position as an index, or quotes the text around it; people count lines. */
function placed(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  const what = message.replace(/(,? in JSON)? at position \d+.*$/s, "").replace(/, "?\.{0,3}.*" is not valid JSON$/s, "");
  if (position === undefined) return what;
  const before = text.slice(0, Number(position)).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  return before.length > 1 ? `${what} (line ${before.length}, column ${column})` : `${what} (column ${column})`;
}
