/**
 * How wide a text will be, without a font at hand: good to a tenth or so for sans-serif fonts, which is what leaving
 * room and placing labels need. East Asian characters and emoji count as one em.
 */

const NARROW = /[ijlI|.,:;'!()[\]{}ftr/\\ ]/;
const WIDE = /[mwMW@%]/;
const CAPITAL = /[\p{Lu}0-9&#+=<>~_]/u;
const FULL_WIDTH =
  /[\u{1100}-\u{115F}\u{2E80}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FF00}-\u{FF60}\u{1F000}-\u{3FFFF}]/u;

/** Width in pixels at a font size in pixels. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) ems += widthOf(character);
  return ems * fontSize;
}

/** The text, cut to a width in pixels and ended with an ellipsis where it is wider. */
export function truncate(text: string, fontSize: number, width: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (textWidth(`${kept}${character}…`, fontSize) > width) break;
    kept += character;
  }
  return `${kept}…`;
}

function widthOf(character: string): number {
  if (FULL_WIDTH.test(character)) return 1;
  if (NARROW.test(character)) return 0.32;
  if (WIDE.test(character)) return 0.88;
  return CAPITAL.test(character) ? 0.66 : 0.56;
}
