/** Which files the application reads and writes: those of its folder, and those that were named when it was started. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { AttuneError } from "../base/error.ts";
import { isIncluded } from "../hub/included.ts";

export class Reachable {
  /** The application's folder, without links in its path. */
  readonly folder: string;
  readonly #also: readonly string[];

  /** @throws AttuneError where one of them is not there */
  constructor(folder: string, also: readonly string[] = []) {
    this.folder = realOf(folder);
    if (!statSync(this.folder).isDirectory())
      throw new AttuneError("app/folder", `${folder}: this is not a folder; name the one that holds your runs`);
    this.#also = also.map(realOf);
  }

  /**
   * The absolute path of what is there. Links are followed before it is judged.
   *
   * @throws AttuneError for what is elsewhere, and for what is not there
   */
  existing(given: string): string {
    const path = this.#resolved(given);
    if (!existsSync(path)) throw new AttuneError("app/missing", `${given}: there is no such file or folder`);
    return this.#within(realpathSync(path), given);
  }

  /**
   * The absolute path of something new in the folder, whose parts that are there are within it.
   *
   * @throws AttuneError for what is elsewhere, and for what is there already
   */
  fresh(given: string): string {
    const path = this.#resolved(given);
    let above = path;
    while (!existsSync(above)) above = dirname(above);
    if (!isWithin(this.folder, realpathSync(above))) throw elsewhere(given);
    if (above === path) throw new AttuneError("app/exists", `${given}: this exists already; choose another name`);
    return path;
  }

  /** A path as the page and the command line have it: from the folder, where it is in it. */
  shown(path: string): string {
    return isWithin(this.folder, path) ? relative(this.folder, path).split(sep).join("/") || "." : path;
  }

  /**
   * A model or data as a command takes it: what comes with Attune, a name on the Hub, or one or several paths with commas
   * between.
   *
   * @throws AttuneError where it leads to something that is not reachable
   */
  source(given: string): string {
    if (isIncluded(given)) return given;
    for (const part of existsSync(resolve(this.folder, given)) ? [given] : given.split(",")) {
      const path = this.#resolved(part);
      // What is not there may be a name on the Hub; the command says so where it is none.
      if (existsSync(path)) this.#within(realpathSync(path), part);
    }
    return given;
  }

  #resolved(given: string): string {
    if (given === "" || given.includes("\0")) throw elsewhere(given);
    const path = resolve(this.folder, given);
    if (given.split(/[/\\]/).includes("..") || !(isWithin(this.folder, path) || this.#isNamed(path)))
      throw elsewhere(given);
    return path;
  }

  #within(real: string, given: string): string {
    if (isWithin(this.folder, real) || this.#isNamed(real)) return real;
    throw elsewhere(given);
  }

  #isNamed(path: string): boolean {
    return this.#also.some((one) => isWithin(one, path));
  }
}

function realOf(path: string): string {
  if (!existsSync(path)) throw new AttuneError("app/folder", `${path}: there is no such file or folder`);
  return realpathSync(path);
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

const elsewhere = (given: string): AttuneError =>
  new AttuneError(
    "app/elsewhere",
    `${given}: this is outside the folder of the application; start attune app with --also PATH to use it`,
  );
