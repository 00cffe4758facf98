/** Copies rows so that four of them lie interleaved: entry l of rows 4 g, …, 4 g + 3, then entry l + 1 of them, … */

/** Packs `rows` rows of `depth` entries; where the last group has fewer than four, the other places are left as is. */
export function packRows(a: usize, lda: usize, rows: usize, depth: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 4 <= rows; i += 4) {
    packFour(a, lda << 3, depth, to);
    a += lda << 5;
    to += depth << 5;
  }
  for (let r: usize = 0; r < rows - i; r++) {
    const row = a + ((r * lda) << 3);
    for (let l: usize = 0; l < depth; l++) store<f64>(to + (l << 5) + (r << 3), load<f64>(row + (l << 3)));
  }
}

/** A whole group, two entries of each row at a time. */
export function packFour(a: usize, row: usize, depth: usize, to: usize): void {
  let b = a + row;
  let c = b + row;
  let d = c + row;
  for (const end = a + ((depth & ~1) << 3); a < end;) {
    const p = v128.load(a);
    const q = v128.load(b);
    const r = v128.load(c);
    const s = v128.load(d);
    v128.store(to, i64x2.shuffle(p, q, 0, 2));
    v128.store(to, i64x2.shuffle(r, s, 0, 2), 16);
    v128.store(to, i64x2.shuffle(p, q, 1, 3), 32);
    v128.store(to, i64x2.shuffle(r, s, 1, 3), 48);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    to += 64;
  }
  if ((depth & 1) === 1) {
    store<f64>(to, load<f64>(a));
    store<f64>(to, load<f64>(b), 8);
    store<f64>(to, load<f64>(c), 16);
    store<f64>(to, load<f64>(d), 24);
  }
}
