/** A tokenizer of fixtures/tokenizers as its family's repositories have it: SentencePiece's files with their character map. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
let normalizerSpec: Buffer | undefined;

/** Writes the files of a kind into a new folder, and returns it. */
export function tokenizerFolder(kind: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const from = join(fixtures, "tokenizers", kind);
  for (const name of readdirSync(from).filter((file) => file !== "expected.json")) {
    const bytes = readFileSync(join(from, name));
    writeFileSync(join(folder, name), name.endsWith(".model") ? Buffer.concat([bytes, charsmapField()]) : bytes);
  }
  return folder;
}

/** Field 3 of a SentencePiece model, with its own field 2 alone. */
function charsmapField(): Buffer {
  if (normalizerSpec) return normalizerSpec;
  const { charsmap } = JSON.parse(gunzipSync(readFileSync(join(fixtures, "charsmap.json.gz"))).toString());
  const map = Buffer.from(charsmap, "base64");
  const inner = Buffer.concat([field(2, map.length), map]);
  normalizerSpec = Buffer.concat([field(3, inner.length), inner]);
  return normalizerSpec;
}

/** Tag and length of a field of bytes. */
function field(id: number, length: number): Buffer {
  const bytes = [(id << 3) | 2];
  let rest = length;
  for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
