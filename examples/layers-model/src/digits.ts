/** Pictures of digits, drawn here: 8 × 8 pixels, moved about, with noise. Upright or turned by a quarter, to the left. */
import { normals, seededGenerator } from '@ggm-peft/random';

/** Pixels of a side. */
export const side = 8;
export const classes = 10;

/** Six rows of four pixels a digit. */
const glyphs = [
  '.##. #..# #..# #..# #..# .##.',
  '..#. .##. ..#. ..#. ..#. .###',
  '.##. #..# ...# ..#. .#.. ####',
  '###. ...# .##. ...# ...# ###.',
  '#..# #..# #..# #### ...# ...#',
  '#### #... ###. ...# #..# .##.',
  '.##. #... ###. #..# #..# .##.',
  '#### ...# ..#. ..#. .#.. .#..',
  '.##. #..# .##. #..# #..# .##.',
  '.##. #..# #..# .### ...# .##.',
].map((glyph) => glyph.split(' '));

export interface Digits {
  /** Brightness, about 0 to 1 [size, 64]. */
  readonly pixels: Float32Array;
  /** 0 to 9 [size]. */
  readonly labels: readonly number[];
}

/** @param noise standard deviation of what is added to every pixel */
export function drawDigits(size: number, seed: number, turned: boolean, noise = 0.25): Digits {
  const generator = seededGenerator(seed);
  const normal = normals(generator);
  const pixels = Float32Array.from({ length: size * side * side }, () => noise * normal());
  const labels = Array.from({ length: size }, () => generator.below(classes));
  for (const [index, label] of labels.entries()) {
    const glyph = glyphs[label] ?? [];
    const [top, left] = [generator.below(3), 1 + generator.below(3)];
    for (const [row, line] of glyph.entries()) {
      for (let column = 0; column < line.length; column++) {
        if (line[column] !== '#') continue;
        const [y, x] = [top + row, left + column];
        const place = turned ? (side - 1 - x) * side + y : y * side + x;
        pixels[index * side * side + place] = 1 + noise * normal();
      }
    }
  }
  return { pixels, labels };
}
