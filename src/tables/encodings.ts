/** Encodings of text files by name: those of TextDecoder, and what Python calls them. */
import { AttuneError } from "../base/error.ts";

/** Python's names that TextDecoder does not know, without separators. */
const PYTHON: ReadonlyMap<string, string> = new Map(
  Object.entries({
    latin1: "latin latin1 l1 88591 iso88591 cp819 ibm819 8859",
    "iso-8859-2": "latin2 l2 iso88592",
    "iso-8859-3": "latin3 l3 iso88593",
    "iso-8859-4": "latin4 l4 iso88594",
    "windows-1254": "latin5 l5 iso88599",
    "iso-8859-10": "latin6 l6 iso885910",
    "iso-8859-13": "latin7 l7 iso885913",
    "iso-8859-14": "latin8 l8 iso885914",
    "iso-8859-15": "latin9 l9 iso885915",
    "iso-8859-16": "latin10 l10 iso885916",
    "utf-8": "utf8 u8 utf8sig utf cp65001",
    "utf-16le": "utf16 u16 utf16le",
    "utf-16be": "utf16be",
    "windows-1252": "ascii usascii 646 ansi cp1252 windows1252",
    shift_jis: "cp932 ms932 mskanji sjis shiftjis",
    "euc-jp": "eucjp ujis",
    "euc-kr": "cp949 949 ms949 uhc euckr",
    gbk: "cp936 936 ms936",
    gb18030: "gb180302000",
    big5: "cp950 950 big5hkscs",
    "koi8-r": "koi8r",
    "koi8-u": "koi8u",
    macintosh: "macroman mac",
    "x-mac-cyrillic": "maccyrillic",
    ibm866: "cp866 866",
  }).flatMap(([encoding, names]) => names.split(" ").map((name) => [name, encoding] as const)),
);

/**
 * TextDecoder's name of an encoding.
 *
 * @throws AttuneError where there is no such encoding
 */
export function encodingNamed(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const known = PYTHON.get(plain);
  const windows = /^cp(125\d|874)$/.exec(plain)?.[1];
  const candidates = [name, known, windows && `windows-${windows}`, plain];
  for (const candidate of candidates) {
    if (!candidate) continue;
    try {
      return new TextDecoder(candidate).encoding;
    } catch {
      // The next may be known.
    }
  }
  throw new AttuneError(
    "options/encoding",
    `there is no encoding ${JSON.stringify(name)}; common ones are utf-8, latin-1, utf-16le and windows-1252`,
  );
}
