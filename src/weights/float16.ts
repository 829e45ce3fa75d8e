/** Half precision, for files: the nearest float16 of each float32, ties to even. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of each number in IEEE 754 half precision; what is too large becomes infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, halfOf);
}

function halfOf(value: number): number {
  float[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to infinity
  if (magnitude < 0x38800000) {
    // Below the normal range: a multiple of 2^-24. The sum puts that multiple into the last bits, rounded.
    float[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  // Half of the last place that stays, and one less where it is even.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded >>> 13) - 0x1c000);
}
