/** `push`: a run's model, or a folder that was exported, to the Hub. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { requireCallOptions } from "../base/call-options.ts";
import { AttuneError } from "../base/error.ts";
import { version } from "../base/machine.ts";
import { discard, partialOf } from "../base/partial-name.ts";
import { hubSettings } from "../hub/hub-settings.ts";
import { type PushContext, type Pushed, pushFolder } from "../hub/upload.ts";
import { RunFolder } from "../run/run-folder.ts";
import { pushShape } from "./call-shapes.ts";
import type { ExportFormat, ExportOptions } from "./export-formats.ts";
import { exportRun } from "./export-run.ts";
import { requirePath } from "./given.ts";

export interface PushOptions {
  /** `user/name`. */
  readonly repo: string;
  /** @default "peft" for an adapter that PEFT can hold, else "transformers" */
  readonly format?: ExportFormat;
  /** Whether everybody may read a repository that is made. @default false */
  readonly public?: boolean;
  /** Languages of the texts in the card, as codes such as "en". @default those of the base model's card */
  readonly language?: readonly string[];
}

/**
 * Sends a run in a format of others, with its card; a folder that was exported goes as it is.
 *
 * @throws AttuneError where a format cannot hold the model, or the Hub refuses
 */
export async function push(
  path: string,
  options: PushOptions,
  context: Omit<PushContext, "settings"> = {},
): Promise<Pushed> {
  requirePath(path, "the folder of the run");
  requireCallOptions<PushOptions>(options, pushShape, "push", "{ repo }");
  const { repo, format, language, public: isPublic = false } = options;
  const send = (folder: string) =>
    pushFolder(
      { folder, name: repo, isPublic, title: `Upload from Attune ${version}` },
      { ...context, settings: hubSettings() },
    );
  if (!existsSync(join(path, "run.json"))) {
    if (!existsSync(join(path, "README.md")))
      throw new AttuneError(
        "push/folder",
        `${path}: this is neither a run nor a folder that "attune export" has written`,
      );
    if (format !== undefined)
      throw new AttuneError("push/format", `--format goes with a run, and ${path} was exported already; leave it out`);
    if (language !== undefined)
      throw new AttuneError("push/language", `--language goes with a run, and ${path} has a card; say it in there`);
    return send(path);
  }
  // Beside the run, where there is room for a model.
  const out = partialOf(resolve(path));
  try {
    await exportAs(path, format, { out, name: repo, ...(language && { language }) });
    return await send(out);
  } finally {
    discard(out);
  }
}

async function exportAs(
  run: string,
  format: ExportFormat | undefined,
  options: Omit<ExportOptions, "format">,
): Promise<void> {
  if (format !== undefined || !RunFolder.open(run).has("adapter")) {
    await exportRun(run, { format: format ?? "transformers", ...options });
    return;
  }
  try {
    await exportRun(run, { format: "peft", ...options });
  } catch (error) {
    if (!(error instanceof AttuneError) || error.code !== "export/peft") throw error;
    await exportRun(run, { format: "transformers", ...options });
  }
}
