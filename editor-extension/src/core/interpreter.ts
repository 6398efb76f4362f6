// Finds the Python interpreter that has the language server, by asking each candidate.
import { execFile } from "node:child_process";

export interface Candidate {
  path: string;
  /** Where the candidate comes from, in words. */
  origin: string;
}

export type Found = { ok: true; path: string; version: string } | { ok: false; message: string };

const QUESTION = "import sys, lsp_server; print('%d.%d.%d' % sys.version_info[:3])";
const PATIENCE_MS = 20_000;

/**
 * The first candidate that can import the server. A path that the user set is the only candidate:
 * quietly running another interpreter than the one asked for would only puzzle.
 *
 * @param directory where the question is asked: `-c` and `-m` import from the working directory
 *   first, which must therefore be no folder of the user's.
 */
export async function findInterpreter(candidates: readonly Candidate[], directory: string): Promise<Found> {
  const refusals: string[] = [];
  for (const { path, origin } of candidates) {
    const answer = await ask(path, directory);
    if (answer.ok) return { ok: true, path, version: answer.version };
    refusals.push(`${path} (${origin}) ${answer.reason}`);
  }
  const tried = refusals.length > 0 ? refusals.join("; ") : "no Python interpreter was found";
  return {
    ok: false,
    message: `The Truss language server cannot start: ${tried}. Install it (pip install "control-truss[lsp]") or set controlTruss.interpreter.`,
  };
}

export function candidates(setting: string, activeEnvironment: string | undefined, platform: NodeJS.Platform): Candidate[] {
  if (setting !== "") return [{ path: setting, origin: "setting controlTruss.interpreter" }];
  const onPath = { path: platform === "win32" ? "python" : "python3", origin: "on the PATH" };
  if (activeEnvironment === undefined) return [onPath];
  return [{ path: activeEnvironment, origin: "active Python environment" }, onPath];
}

type Answer = { ok: true; version: string } | { ok: false; reason: string };

function ask(path: string, directory: string): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(path, ["-c", QUESTION], { cwd: directory, timeout: PATIENCE_MS }, (fault, stdout, stderr) => {
      if (fault === null) resolve({ ok: true, version: stdout.trim() });
      else resolve({ ok: false, reason: reasonOf(fault, stderr) });
    });
  });
}

function reasonOf(fault: Error & { code?: string | number | null; killed?: boolean }, stderr: string): string {
  if (fault.code === "ENOENT") return "does not exist";
  if (fault.code === "EACCES") return "may not be executed";
  if (fault.killed) return "did not answer";
  if (/No module named '?lsp_server/.test(stderr)) return "does not have control-truss installed";
  const last = stderr.trim().split("\n").at(-1);
  return `failed${last ? `: ${last}` : ""}`;
}
