/** Room for numbers that is given back at once when it is no longer needed, and not when garbage is next collected. */

export interface Releasable {
  readonly array: Float32Array;
  /** Gives the memory back; the array is empty from then on. */
  release(): void;
}

/** Zeros, so many. */
export function releasable(floats: number): Releasable {
  const bytes = 4 * floats;
  // TypeScript's ES2023 does not know yet what Node 20 has.
  const options: object = { maxByteLength: bytes };
  const buffer = Reflect.construct(ArrayBuffer, [bytes, options]) as ArrayBuffer & { resize(bytes: number): void };
  return { array: new Float32Array(buffer), release: () => buffer.resize(0) };
}
