/** L-BFGS (Nocedal 1980) for a smooth convex function: few numbers kept, no randomness. */

/** Writes the gradient at `x` into `gradient` and returns the value. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Steps whose changes are remembered. */
  readonly memory: number;
  readonly maxIterations: number;
  /** Ends where no part of the gradient is larger. */
  readonly tolerance: number;
}

/** Minimises from `x`, which is changed in place; returns the iterations it took. */
export function minimise(f: Differentiable, x: Float64Array, options: LbfgsOptions): number {
  let gradient = new Float64Array(x.length);
  let nextGradient = new Float64Array(x.length);
  const next = new Float64Array(x.length);
  let value = f(x, gradient);
  const steps: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  for (let iteration = 0; iteration < options.maxIterations; iteration++) {
    if (largest(gradient) <= options.tolerance) return iteration;
    const direction = descent(gradient, steps);
    const slope = dot(direction, gradient);
    // The first direction is the gradient itself, of any length.
    let rate = steps.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let nextValue = Number.POSITIVE_INFINITY;
    for (let halvings = 0; halvings < 40; halvings++, rate /= 2) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + rate * direction[i]!;
      nextValue = f(next, nextGradient);
      if (nextValue <= value + 1e-4 * rate * slope) break;
    }
    if (!(nextValue < value)) return iteration; // As exact as numbers are.
    const s = next.map((after, i) => after - x[i]!);
    const y = nextGradient.map((after, i) => after - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 0) {
      steps.push({ s, y, rho: 1 / curvature });
      if (steps.length > options.memory) steps.shift();
    }
    x.set(next);
    value = nextValue;
    [gradient, nextGradient] = [nextGradient, gradient];
  }
  return options.maxIterations;
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descent(
  gradient: Float64Array,
  steps: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, rho } of steps.toReversed()) {
    const alpha = rho * dot(s, q);
    addScaled(q, y, -alpha);
    alphas.unshift(alpha);
  }
  const last = steps.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const [k, { s, y, rho }] of steps.entries()) addScaled(q, s, alphas[k]! - rho * dot(y, q));
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

function largest(values: Float64Array): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}
