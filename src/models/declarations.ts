/** What an encoder's own file writes down of its parameters and linear layers, in the order in which files list them. */
import type { Parameter, ParameterKind } from "./encoder.ts";
import type { LinearRole, LinearSite } from "./scope.ts";

/** Where a parameter belongs. */
export type Place = Pick<Parameter, "part" | "layer" | "draw" | "stored">;

/** Collects parameters and sites; names that are declared again, as layers that share theirs do, count once. */
export class Declarations {
  readonly parameters: Parameter[] = [];
  readonly linears: LinearSite[] = [];
  readonly #known = new Set<string>();

  declare(name: string, shape: readonly number[], kind: ParameterKind, place: Place): void {
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.parameters.push({ name, shape, kind, ...place });
  }

  /** A linear layer [out, in], with a bias unless it is said to have none. */
  linear(
    role: LinearRole,
    name: string,
    [out, from]: readonly [number, number],
    place: Place,
    { bias = true }: { readonly bias?: boolean } = {},
  ): LinearSite {
    const weight = `${name}.weight`;
    const before = this.linears.find((site) => site.weight === weight);
    if (before) return before;
    this.declare(weight, [out, from], "weight", place);
    if (bias) this.declare(`${name}.bias`, [out], "bias", place);
    const layer = place.layer === undefined ? {} : { layer: place.layer };
    const site: LinearSite = { role, weight, ...(bias && { bias: `${name}.bias` }), ...layer };
    this.linears.push(site);
    return site;
  }

  /** A LayerNorm, with a bias unless it is said to have none. */
  norm(name: string, width: number, place: Place, { bias = true }: { readonly bias?: boolean } = {}): void {
    this.declare(`${name}.weight`, [width], "layerNormWeight", place);
    if (bias) this.declare(`${name}.bias`, [width], "layerNormBias", place);
  }
}
