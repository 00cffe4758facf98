/**
 * SentencePiece's normalisation of characters, from the table that a `tokenizer.json` holds (`precompiled_charsmap`): for XLM-R
 * NFKC with some rules of its own (`nmt_nfkc`).
 *
 * The table is, in base64: the byte length of a trie (uint32, little endian), the trie (a Darts double array of uint32 units
 * whose values are offsets into what follows), then the replacements, each ended by a zero byte. As in Hugging Face's code, a
 * grapheme of at most 5 bytes is looked up as a whole before its characters are, and of several matches the shortest counts.
 */

/** Graphemes of this many bytes or more are only looked up character by character. */
const longGrapheme = 6;

const utf8 = new TextEncoder();
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * @param base64 `precompiled_charsmap`
 * @param source the file, for messages
 * @returns the normalisation
 * @throws Error unless the table is whole
 */
export function charsmapNormalizer(base64: string, source: string): (text: string) => string {
  const { units, replacements } = readTable(base64, source);
  const lookUp = (text: string): string | null => {
    const offset = firstMatch(units, utf8.encode(text));
    return offset === null ? null : replacementAt(replacements, offset);
  };
  return (text) => {
    let normalised = '';
    for (const { segment } of graphemes.segment(text)) {
      const whole = utf8.encode(segment).length < longGrapheme ? lookUp(segment) : null;
      normalised += whole ?? Array.from(segment, (character) => lookUp(character) ?? character).join('');
    }
    return normalised;
  };
}

interface Table {
  readonly units: Uint32Array;
  readonly replacements: Uint8Array;
}

function readTable(base64: string, source: string): Table {
  const bytes = Buffer.from(base64, 'base64');
  const trieBytes = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (trieBytes === 0 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) {
    throw new Error(
      `${source}: expected precompiled_charsmap to hold a trie of whole units and its replacements; ` +
        `got ${bytes.length} bytes, of which the trie should take ${trieBytes}`,
    );
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  return { units, replacements: bytes.subarray(4 + trieBytes) };
}

/**
 * The value of the shortest key that `key` begins with. A unit holds the label of the byte that leads to it (bits 0..7, with
 * bit 31 set in a unit that holds a value instead), whether a key ends there (bit 8), and the distance to its children (bits
 * 10..30, in steps of 256 if bit 9 is set); unit i's child by byte b is unit i ^ distance ^ b.
 */
function firstMatch(units: Uint32Array, key: Uint8Array): number | null {
  let position = distanceOf(units[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return null;
    position ^= byte;
    const unit = units[position];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return null;
    position ^= distanceOf(unit);
    if (((unit >>> 8) & 1) === 1) return (units[position] ?? 0) & 0x7fffffff;
  }
  return null;
}

function distanceOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function replacementAt(replacements: Uint8Array, offset: number): string {
  const end = replacements.indexOf(0, offset);
  const bytes = replacements.subarray(offset, end === -1 ? replacements.length : end);
  return new TextDecoder().decode(bytes);
}
