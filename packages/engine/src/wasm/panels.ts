/**
 * The layout of packed operands. A panel of A is [k][tileRows], one of B is [k][tileColumns]; the last panel is filled up
 * with zeros. Panels follow one another without gaps.
 */

/** Rows of a tile of C, the width of a panel of A. A multiple of 4. */
export const tileRows = 4;
/** Columns of a tile of C, the width of a panel of B. A multiple of 4. */
export const tileColumns = 8;

/** Floats in a vector register. */
export const lanes = 4;
export const floatBytes = 4;
export const vectorBytes = lanes * floatBytes;

/** 0, 1, …, count − 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
