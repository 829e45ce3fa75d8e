/** SentencePiece's precompiled character map, a double-array trie, applied as Hugging Face's tokenizers apply it. */

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
/** Clusters of fewer bytes are looked up as a whole. */
const CLUSTER_BYTES = 6;

/** The normalization of a charsmap in base64, as `Precompiled` of a tokenizer.json holds it. */
export function charsmapNormalizer(base64: string): (text: string) => string {
  const bytes = Buffer.from(base64, "base64");
  const trieBytes = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (trieBytes < 4 || trieBytes % 4 || 4 + trieBytes > bytes.length) throw new Error("its charsmap is damaged");
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + trieBytes);
  const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 512) >>> 6);
  /** The replacement of the shortest prefix that has one; Python drops what follows it. */
  const replace = (part: string): string | undefined => {
    let at = offsetOf(units[0]!);
    for (const byte of Buffer.from(part)) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = units[at] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      at ^= offsetOf(unit);
      if (!((unit >>> 8) & 1)) continue;
      const from = (units[at] ?? 0) & 0x7fffffff;
      const end = replacements.indexOf(0, from);
      return replacements.toString("utf8", from, end < 0 ? undefined : end);
    }
    return undefined;
  };
  return (text) => {
    let result = "";
    for (const { segment } of graphemes.segment(text.replace(/\p{Cs}/gu, "\ufffd"))) {
      const whole = Buffer.byteLength(segment) < CLUSTER_BYTES ? replace(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const character of segment) result += replace(character) ?? character;
    }
    return result;
  };
}
