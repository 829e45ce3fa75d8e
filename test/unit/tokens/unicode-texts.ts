/** Texts around characters of every class, and random ones: the same that make_tokenizers.py makes. */

const ALPHABET = [
  ..."abcxyzσΣßéÉİıK中国カが각🙂 .,!-'19２½…",
  ..."\u0301\u0323\u0307\u3099\u0344\u1161\u11a8\u0000\u00ad\u200d\ufe0f\ufffd\u2028\t\u00a0\u3000\ufeff\u0085",
  ...["<s>", "[SEP]", "<mask>", "[MASK]", "cat", "the ", "▁", "  ", "''"],
  ..."\uff9f\u0897\u1acf\u0f73\u2126\ufb01ﾊ",
];

export function randomTexts(count: number, seed: number): string[] {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
  const text = () => Array.from({ length: 1 + below(24) }, () => ALPHABET[below(ALPHABET.length)]!).join("");
  return Array.from({ length: count }, text);
}

/** Control, format, private, combining, CJK characters, emoji and all else, each within and between words. */
export function unicodeTexts(): string[] {
  const texts = randomTexts(300, 7);
  const codes: number[] = [];
  for (let c = 1; c < 0x20000; c++)
    if ((c < 0xd800 || c >= 0xe000) && (c < 0x3400 || c % 41 === 0 || (c >= 0xf900 && c < 0x10000))) codes.push(c);
  for (let c = 0xe0000; c < 0xe0080; c += 3) codes.push(c);
  codes.push(0xf0000, 0xfffff, 0x100000, 0x10fffd);
  return [...codes.map((code) => String.fromCodePoint(code)).map((c) => `a${c}b ${c}?`), ...texts];
}
