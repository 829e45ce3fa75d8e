/** Scores of a search in words. */
import { metric } from "../base/format.ts";
import type { Search } from "./search-file.ts";

const TITLES = { f1: "macro F1", accuracy: "accuracy", loss: "loss" } as const;

export const metricTitle = (search: Pick<Search, "metric">): string => TITLES[search.metric];

/** As the metric has it: of a loss, the score is its negative. */
export const scoreText = (search: Pick<Search, "metric">, score: number): string =>
  Number.isFinite(score) ? metric(search.metric === "loss" ? -score : score) : "failed";
