/** Examples that all have the same shape, in arrays: features, images, token ids of one length. */
import type { BatchSource, InputArray } from './batches.js';

/**
 * @param inputs by name, each [examples, ...shape of one]
 * @param labels class indices or scores [examples]
 * @throws when an input does not hold as many examples as there are labels
 */
export function arraySource(
  inputs: Readonly<Record<string, InputArray>>,
  labels: ArrayLike<number>,
): BatchSource {
  const size = labels.length;
  const rows = Object.entries(inputs).map(([name, input]) => [name, exampleRows(name, input, size)] as const);
  return {
    size,
    length: () => 1,
    batch: (indices) => ({
      inputs: Object.fromEntries(
        rows.map(([name, { data, shape, width }]) => [
          name,
          { data: takeRows(data, width, indices), shape: [indices.length, ...shape] },
        ]),
      ),
      labels: Float32Array.from(indices, (index) => labels[index] ?? NaN),
    }),
  };
}

interface Rows {
  readonly data: InputArray['data'];
  /** One example's. */
  readonly shape: readonly number[];
  /** Values of one example. */
  readonly width: number;
}

function exampleRows(name: string, { data, shape }: InputArray, size: number): Rows {
  const [examples, ...one] = shape;
  const width = one.reduce((product, side) => product * side, 1);
  if (examples !== size || data.length !== size * width) {
    throw new Error(
      `arraySource: ${name} must hold ${size} examples, as many as labels, in a shape [${size}, ...]; ` +
        `got ${data.length} values as [${shape.join(', ')}]`,
    );
  }
  return { data, shape: one, width };
}

function takeRows(data: InputArray['data'], width: number, indices: readonly number[]): InputArray['data'] {
  const rows =
    data instanceof Float32Array
      ? new Float32Array(indices.length * width)
      : new Int32Array(indices.length * width);
  indices.forEach((index, row) => {
    rows.set(data.subarray(index * width, (index + 1) * width), row * width);
  });
  return rows;
}
