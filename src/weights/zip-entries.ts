/** The entries of a zip archive that holds its files as they are (stored, zip64 too): where each one's bytes lie. */
import type { Fail } from "./safetensors-header.ts";

/** Where an entry's bytes begin in the archive, and how many there are. */
export interface ZipEntry {
  readonly begin: number;
  readonly bytes: number;
}

/** Reads bytes of the archive. */
export type ReadAt = (position: number, bytes: number) => DataView;

const MAX_DIRECTORY_BYTES = 100_000_000;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;

/** All entries by name; an archive with compressed or encrypted entries, or whose places lie outside it, is refused. */
export function zipEntries(read: ReadAt, fileBytes: number, fail: Fail): Map<string, ZipEntry> {
  const { begin, bytes } = directoryPlace(read, fileBytes, fail);
  if (begin + bytes > fileBytes || bytes > MAX_DIRECTORY_BYTES) fail("the list of its entries is damaged");
  const directory = read(begin, bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < bytes; ) {
    if (at + 46 > bytes || directory.getUint32(at, true) !== 0x02014b50) fail("the list of its entries is damaged");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const next = at + 46 + nameBytes! + extraBytes! + commentBytes!;
    if (next > bytes) fail("the list of its entries is damaged");
    const name = new TextDecoder().decode(bytesOf(directory, at + 46, nameBytes!));
    if (directory.getUint16(at + 10, true) !== 0 || directory.getUint16(at + 8, true) & 1)
      fail(`its entry ${JSON.stringify(name)} is compressed or encrypted`);
    const size = wideFields(directory, at, nameBytes!, extraBytes!, fail);
    if (entries.has(name)) fail(`it has two entries ${JSON.stringify(name)}`);
    // An entry's own header repeats the name, with extra fields of another length in front of the bytes.
    if (size.header + 30 > fileBytes) fail(`its entry ${JSON.stringify(name)} lies outside the file`);
    const header = read(size.header, 30);
    if (header.getUint32(0, true) !== 0x04034b50) fail(`the header of its entry ${JSON.stringify(name)} is damaged`);
    const from = size.header + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    if (from + size.bytes > fileBytes) fail(`its entry ${JSON.stringify(name)} is cut off`);
    entries.set(name, { begin: from, bytes: size.bytes });
    at = next;
  }
  return entries;
}

const bytesOf = (view: DataView, at: number, count: number) => new Uint8Array(view.buffer, view.byteOffset + at, count);

/** The list of entries is found from the end of the file, where a comment of any length may follow. */
function directoryPlace(read: ReadAt, fileBytes: number, fail: Fail): ZipEntry {
  const tailBytes = Math.min(fileBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = read(fileBytes - tailBytes, tailBytes);
  let end = tailBytes - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return fail("its end is missing, so it is cut off");
  const place = { bytes: tail.getUint32(end + 12, true), begin: tail.getUint32(end + 16, true) };
  const isWide = place.bytes === 0xffffffff || place.begin === 0xffffffff || tail.getUint16(end + 10, true) === 0xffff;
  if (!isWide) return place;
  if (end < 20 || tail.getUint32(end - 20, true) !== 0x07064b50) return fail("the list of its entries is damaged");
  const at = wide(tail, end - 12);
  if (at + 56 > fileBytes) return fail("the list of its entries is damaged");
  const record = read(at, 56);
  if (record.getUint32(0, true) !== 0x06064b50) return fail("the list of its entries is damaged");
  return { bytes: wide(record, 40), begin: wide(record, 48) };
}

/** Size and place of the entry at `at`; those that need more than 32 bits stand in an extra field, in this order. */
function wideFields(view: DataView, at: number, nameBytes: number, extraBytes: number, fail: Fail) {
  let bytes = view.getUint32(at + 24, true);
  let header = view.getUint32(at + 42, true);
  let stored = view.getUint32(at + 20, true);
  const end = at + 46 + nameBytes + extraBytes;
  for (let field = at + 46 + nameBytes; field + 4 <= end; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    const stop = field + 4 + view.getUint16(field + 2, true);
    if (stop > end) fail("the list of its entries is damaged");
    let next = field + 4;
    const take = (value: number) => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > stop) fail("the list of its entries is damaged");
      next += 8;
      return wide(view, next - 8);
    };
    bytes = take(bytes);
    stored = take(stored);
    header = take(header);
  }
  if (stored !== bytes) fail("the list of its entries is damaged");
  return { bytes, header };
}

const wide = (view: DataView, at: number) => Number(view.getBigUint64(at, true));
