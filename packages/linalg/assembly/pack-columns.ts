/** What pack-rows does, for rows that lie as the columns of a matrix: four of them are side by side already. */

/** Packs `rows` rows of `depth` entries, entry l of row i at a + l · lda + i. */
export function packColumns(a: usize, lda: usize, rows: usize, depth: usize, to: usize): void {
  for (let l: usize = 0; l < depth; l++) {
    packEntries(a + ((l * lda) << 3), rows, to + (l << 5), depth << 5);
  }
}

/** One entry of every row: groups of four lie `step` bytes apart. */
export function packEntries(from: usize, rows: usize, to: usize, step: usize): void {
  for (const end = from + ((rows & ~3) << 3); from < end; from += 32) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    to += step;
  }
  memory.copy(to, from, (rows & 3) << 3);
}
