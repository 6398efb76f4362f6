// A VS Code workbench without a screen: code-server, opened in Chromium by Playwright.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const START_MS = 60_000;
const WAIT_MS = 30_000;
export const LOAD_MS = 90_000; // environments may have to be made first
const CHORD_MS = 2_500;
const CHORD_TRIES = 6;

// A calm workbench: no side bar of chats, no tours, no toasts of its own, nothing fetched.
const CALM = {
  "chat.disableAIFeatures": true,
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.autoSurround": "never",
  "editor.cursorBlinking": "solid",
  "editor.minimap.enabled": false,
  "editor.scrollbar.horizontal": "hidden",
  "editor.scrollbar.vertical": "hidden",
  "editor.stickyScroll.enabled": false,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "git.enabled": false,
  "npm.autoDetect": "off",
  "remote.autoForwardPorts": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "window.dialogStyle": "custom",
  "workbench.enableExperiments": false,
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** Starts code-server with everything it writes under `home`. */
export async function startCodeServer({ tools, home, extensions, settings, trust = false, env = {} }) {
  mkdirSync(join(home, "tmp"), { recursive: true });
  writeSettings(home, "User", { ...CALM, "security.workspace.trust.enabled": trust });
  // A setting of machine scope, as an interpreter's path is, counts only among the server's own.
  writeSettings(home, "Machine", settings);
  writeFileSync(join(home, "code-server.yaml"), "auth: none\n");
  const port = await freePort();
  const options = {
    config: join(home, "code-server.yaml"),
    auth: "none",
    "bind-addr": `127.0.0.1:${port}`,
    "user-data-dir": join(home, "data"),
    "extensions-dir": extensions,
  };
  const flags = ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "-e"];
  if (!trust) flags.push("--disable-workspace-trust");
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(join(tools, "node/bin/node"), [join(tools, "node_modules/code-server/out/node/entry.js"), ...args, ...flags], {
    env: { ...process.env, ...privateDirectories(home), EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(home, "code-server.log"));
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/healthz`, child);
  return { url, stop: () => stop(child) };
}

function writeSettings(home, where, settings) {
  mkdirSync(join(home, "data", where), { recursive: true });
  writeFileSync(join(home, "data", where, "settings.json"), JSON.stringify(settings));
}

function privateDirectories(home) {
  return {
    HOME: home,
    TMPDIR: join(home, "tmp"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "share"),
    XDG_STATE_HOME: join(home, "state"),
    XDG_CACHE_HOME: join(home, "cache"),
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answering(url, child) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`code-server ended with exit code ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined); // not listening yet
    if (answer?.ok) return;
    await delay(100);
  }
  throw new Error("code-server did not answer in time");
}

/** Ends code-server and waits for its whole family: its children outlive it by a second or two. */
async function stop(child) {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(late);
}

export function launchBrowser({ tools, executable }) {
  const { chromium } = createRequire(join(tools, "package.json"))("playwright-core");
  return chromium.launch({
    executablePath: executable,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** The hands and eyes of the tests. Every method waits for what it names. */
export class Workbench {
  constructor(page) {
    this.page = page;
  }

  static async open(browser, url, folder) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(WAIT_MS);
    const page = await context.newPage();
    await page.goto(`${url}/?${new URLSearchParams({ folder })}`, { waitUntil: "domcontentloaded" });
    await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: START_MS });
    return new Workbench(page);
  }

  get quick() {
    return this.page.locator(".quick-input-widget:visible");
  }

  get quickInput() {
    return this.quick.locator("input[type=text]").first();
  }

  /** Runs a command by its exact title: the palette's ranking is fuzzy. */
  async command(title) {
    await this.chord("F1", this.quickInput);
    await this.quickInput.fill(`>${title}`);
    await this.quickRow(title).click();
  }

  quickRow(label) {
    const exact = new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
    return this.quick
      .locator(".monaco-list-row")
      .filter({ has: this.page.locator(".label-name", { hasText: exact }) })
      .first();
  }

  async openFile(path) {
    const name = path.split("/").at(-1);
    await this.chord("Control+P", this.quickInput);
    await this.quickInput.fill(path);
    await this.quick.locator(".monaco-list-row", { hasText: name }).first().click();
    await this.editor(name).waitFor();
  }

  /** A click gets the focus from anywhere; a web view swallows chords. */
  async focusTab(name) {
    await this.page.locator(`.tab[data-resource-name="${name}"]`).first().click();
    await this.page.locator(`.editor-group-container.active .tab.active[data-resource-name="${name}"]`).waitFor();
  }

  /** The editor of the document whose URI ends so. */
  editor(name) {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri*="${encodeURIComponent(name)}"]`).first();
  }

  /** Replaces a whole line (counted from 1), keeping its indentation. */
  async replaceLine(line, text) {
    await this.chord("Control+G", this.quickInput);
    await this.quickInput.fill(`:${line}:1`);
    await this.page.keyboard.press("Enter");
    await this.quick.waitFor({ state: "hidden" });
    await this.page.keyboard.press("Home"); // the first character that is no blank
    await this.page.keyboard.press("Shift+End");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Escape"); // no suggestion is left open
  }

  async goto(line, column) {
    await this.chord("Control+G", this.quickInput);
    await this.quickInput.fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.quick.waitFor({ state: "hidden" });
  }

  async codeActions() {
    const menu = this.page.locator(".action-widget");
    await this.chord("Control+.", menu.locator(".monaco-list-row").first());
    return menu.locator(".monaco-list-row");
  }

  async problem(text) {
    const panel = this.page.locator(".markers-panel-container");
    if (!(await panel.isVisible())) await this.chord("Control+Shift+M", panel);
    return panel.locator(".monaco-list-row", { hasText: text }).first();
  }

  async save() {
    await this.page.keyboard.press("Control+S");
    await this.saved();
  }

  /** A dirty editor has a dot where its tab is closed. */
  saved() {
    return this.page.locator(".tab.active.dirty").first().waitFor({ state: "detached" });
  }

  /** Moves a sash, or whatever lies there. */
  async drag([fromX, fromY], [toX, toY]) {
    await this.page.mouse.move(fromX, fromY);
    await this.page.mouse.down();
    await this.page.mouse.move(toX, toY, { steps: 5 });
    await this.page.mouse.up();
  }

  statusItem(text) {
    return this.page.locator(".statusbar-item", { hasText: text }).first();
  }

  /** Waits for the status bar to say so; an error that pops up meanwhile ends the wait. */
  async says(text, timeout = WAIT_MS) {
    const error = this.page.locator(".notifications-toasts .notification-list-item").filter({ has: this.page.locator(".codicon-error") });
    await this.statusItem(text).or(error).first().waitFor({ timeout });
    if (await error.first().isVisible()) throw new Error(`instead of "${text}": ${await error.first().innerText()}`);
  }

  /** A state may pass in a blink: watches the status bar from now on, and settles once it was shown. */
  passes(text) {
    const watch = ([text, patience]) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`the status bar never said "${text}"`)), patience);
        const bar = document.querySelector(".part.statusbar");
        new MutationObserver((_, observer) => {
          if (!bar.textContent.includes(text)) return;
          observer.disconnect();
          clearTimeout(late);
          resolve();
        }).observe(bar, { subtree: true, childList: true, characterData: true });
      });
    return this.page.evaluate(watch, [text, WAIT_MS]);
  }

  /** A chord sent while another widget closes is sometimes swallowed: press, look, press again. */
  async chord(keys, expected) {
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press(keys);
      try {
        return await expected.waitFor({ timeout: CHORD_MS });
      } catch (fault) {
        if (attempt === CHORD_TRIES) throw fault;
        await this.page.keyboard.press("Escape");
      }
    }
  }
}
