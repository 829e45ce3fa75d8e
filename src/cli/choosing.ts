/** What is tried before a run begins, and how far that is, in words. */
import type { ChoosingEvent } from "../run/train-events.ts";

export const choosing = ({ what, done, of }: ChoosingEvent): string =>
  `trying ${what === "head" ? "heads" : "numbers of layers"}, ${done + 1} of ${of}`;
