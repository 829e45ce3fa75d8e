/** A program that is compiled when it is first needed: not before the first training step. */
import type { Executable } from "./engine.ts";

export class LazyProgram {
  readonly #compile: () => Promise<Executable>;
  #compiled: Promise<Executable> | undefined;

  constructor(compile: () => Promise<Executable>) {
    this.#compile = compile;
  }

  get(): Promise<Executable> {
    this.#compiled ??= this.#compile();
    return this.#compiled;
  }

  async dispose(): Promise<void> {
    await (await this.#compiled)?.dispose();
  }
}
