/** Which settings are best in a column, and which are not beaten in quality and a cost together. */
import type { MarkedColumn, ParetoFront, Setting } from "./comparison.ts";
import { paretoFront } from "./statistics/pareto-front.ts";

/** Value of a column in a row. Marks and order follow from these alone. */
const columns: Readonly<
  Record<MarkedColumn, { readonly of: (setting: Setting) => number | undefined; readonly best: "most" | "least" }>
> = {
  accuracy: { of: ({ test }) => test.accuracy.value, best: "most" },
  precision: { of: ({ test }) => test.precision.value, best: "most" },
  recall: { of: ({ test }) => test.recall.value, best: "most" },
  f1: { of: ({ test }) => test.f1.value, best: "most" },
  microF1: { of: ({ test }) => test.microF1?.value, best: "most" },
  calibrationError: { of: ({ test }) => test.calibrationError?.value, best: "least" },
  trainSeconds: { of: ({ cost }) => cost.trainSeconds, best: "least" },
  totalSeconds: { of: ({ cost }) => cost.totalSeconds, best: "least" },
  peakRssBytes: { of: ({ cost }) => cost.peakRssBytes, best: "least" },
  trainableParameters: { of: ({ cost }) => cost.trainableParameters, best: "least" },
  storedBytes: { of: ({ cost }) => cost.storedBytes, best: "least" },
};

/** Means that differ by less than this share differ only by the order of their sums. */
const ROUNDING = 1e-12;

/** Setting ids by column; none where a column has no figures. */
export function bestSettings(settings: readonly Setting[]): Record<MarkedColumn, string[]> {
  const marked = Object.entries(columns).map(([column, { of, best }]) => {
    const figures = settings.flatMap((setting) => {
      const value = of(setting);
      return value === undefined ? [] : [{ id: setting.id, value }];
    });
    const top = (best === "most" ? Math.max : Math.min)(...figures.map(({ value }) => value));
    const equal = figures.filter(({ value }) => Math.abs(value - top) <= ROUNDING * Math.abs(top));
    return [column, equal.map(({ id }) => id)];
  });
  return Object.fromEntries(marked) as Record<MarkedColumn, string[]>;
}

const costs: readonly ParetoFront["cost"][] = ["trainSeconds", "totalSeconds", "peakRssBytes", "trainableParameters"];

export function paretoFronts(settings: readonly Setting[]): ParetoFront[] {
  return costs.map((cost) => {
    const priced = settings.map(({ id, ...rest }) => ({ id, quality: rest.test.f1.value, cost: rest.cost[cost] }));
    return { cost, settings: paretoFront(priced).map(({ id }) => id) };
  });
}
