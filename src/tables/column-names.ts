/** Names that columns of labelled texts usually have. */

/** The most usual first. */
export const TEXT_NAMES = [
  ..."text texts sentence sentences review reviews review_text content comment comments comment_text message".split(
    " ",
  ),
  ..."body tweet tweets document description utterance query question headline title abstract post input".split(" "),
];
export const LABEL_NAMES = [
  ..."label labels class category categories target sentiment emotion emotions intent topic topics".split(" "),
  ..."mood stars rating tag tags type genre polarity gold_label coarse_label label_text y output".split(" "),
];
/** Two texts that are read together. */
export const PAIR_NAMES: readonly (readonly [string, string])[] = [
  ["text", "text_pair"],
  ["text", "textpair"],
  ["sentence1", "sentence2"],
  ["premise", "hypothesis"],
  ["question1", "question2"],
  ["question", "sentence"],
  ["text1", "text2"],
  ["text_a", "text_b"],
  ["query", "passage"],
];
export const ID_NAMES = ["id"];

const known = new Set([...TEXT_NAMES, ...LABEL_NAMES, ...PAIR_NAMES.flat(), ...ID_NAMES, "idx", "index"]);

/** As names are compared: without case, and blanks as underscores. */
export const plainName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

export const isRoleName = (name: string): boolean => known.has(plainName(name));
