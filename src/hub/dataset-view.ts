/**
 * A folder with links to the tables of one configuration and a README that says which split each is, so that whatever
 * reads folders reads data sets of the Hub. It stands among the assets of the cache and can be deleted.
 */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { partialOf } from "../base/partial-name.ts";
import type { Card } from "../tables/dataset-card.ts";
import type { SplitFiles } from "../tables/split-files.ts";
import { folderName } from "./cache.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { Repository } from "./repository.ts";

export function viewFolder({ reference, commit }: Repository, configName = "default", { assets }: HubSettings): string {
  return join(assets, "attune", folderName(reference), commit, configName.replace(/[^\w.-]|^\.+/g, "_"));
}

/** Makes the folder, unless it is there. */
export function makeView(
  folder: string,
  repository: Repository,
  configName: string | undefined,
  files: SplitFiles,
  { dataset_info }: Card,
): void {
  const data_files = Object.entries(files).map(([split, path]) => ({ split, path }));
  const configs = [{ config_name: configName ?? "default", data_files }];
  const readme = `---\n${stringify({ configs, ...(dataset_info && { dataset_info }) })}---\n`;
  const paths = Object.values(files).flat();
  if (isThere(folder, readme, paths)) return;
  const partial = partialOf(folder);
  for (const path of paths) {
    const target = join(partial, path);
    mkdirSync(dirname(target), { recursive: true });
    linkTo(join(repository.folder, path), target);
  }
  writeFileSync(join(partial, "README.md"), readme);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}

const isThere = (folder: string, readme: string, paths: readonly string[]): boolean => {
  const file = join(folder, "README.md");
  return (
    existsSync(file) && readFileSync(file, "utf8") === readme && paths.every((path) => existsSync(join(folder, path)))
  );
};

/** Windows allows symbolic links to administrators and developers only; a hard link does not cross drives. */
function linkTo(file: string, target: string): void {
  for (const make of [symlinkSync, linkSync, copyFileSync])
    try {
      make(file, target);
      return;
    } catch (error) {
      if (make === copyFileSync) throw error;
    }
}
