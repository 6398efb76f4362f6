// What an untrusted folder is allowed: its config.yaml is checked, nothing of it is run.

/** Every command of the server runs code of the folder, or asks what runs it. */
export function isAllowed(command: string, trusted: boolean): boolean {
  return trusted || !command.startsWith("truss.");
}

/** The settings as the server may see them: in an untrusted folder a save patches nothing. */
export function settingsFor(section: unknown, trusted: boolean): unknown {
  if (trusted || typeof section !== "object" || section === null) return section;
  return { ...section, patchOnSave: "off" };
}

/**
 * The interpreters that may be tried. The environment that the Python extension found may lie in
 * the folder itself, so an untrusted folder does not get to choose it.
 */
export function mayUseActiveEnvironment(trusted: boolean): boolean {
  return trusted;
}
