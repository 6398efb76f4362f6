// Which directory is a Truss, and which Truss a file belongs to.

/** Top-level keys that only a Truss's config.yaml has. */
const TELLING_KEYS =
  /^(model_name|model_class_name|model_class_filename|model_module_dir|model_metadata|bundled_packages_dir|use_control_plane|live_reload|docker_server|trt_llm|base_image)\s*:/m;

/** A first look that costs nothing; the server decides by the whole content. */
export function looksLikeTruss(configText: string, hasModelFile: boolean): boolean {
  return hasModelFile || TELLING_KEYS.test(configText);
}

/** The innermost of the directories that holds the file. Both are URIs in their text form. */
export function ownerOf(file: string, directories: Iterable<string>): string | undefined {
  let owner: string | undefined;
  for (const directory of directories) {
    const inside = file === directory || file.startsWith(`${directory}/`);
    if (inside && (owner === undefined || directory.length > owner.length)) owner = directory;
  }
  return owner;
}

/** One spelling for the URI of a directory: no slash at its end. */
export function directoryKey(uri: string): string {
  return uri.replace(/\/+$/, "");
}
