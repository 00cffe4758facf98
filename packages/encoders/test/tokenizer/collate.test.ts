import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { collate } from '../../src/tokenizer/collate.js';

describe('collate', () => {
  it('pads on the right to the longest', () => {
    expect(
      collate(
        [
          [0, 5, 2],
          [0, 5, 6, 7, 2],
          [0, 2],
        ],
        1,
      ),
    ).toEqual({
      inputIds: Int32Array.of(0, 5, 2, 1, 1, 0, 5, 6, 7, 2, 0, 2, 1, 1, 1),
      attentionMask: Int32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0),
      tokenTypeIds: new Int32Array(15),
      batch: 3,
      length: 5,
    });
  });

  it('pads to a given length', () => {
    expect(collate([[0, 2]], 9, { padTo: 4 })).toEqual({
      inputIds: Int32Array.of(0, 2, 9, 9),
      attentionMask: Int32Array.of(1, 1, 0, 0),
      tokenTypeIds: new Int32Array(4),
      batch: 1,
      length: 4,
    });
  });

  it('gives padding the token type 0', () => {
    const pair = { ids: [2, 5, 3, 6, 3], typeIds: [0, 0, 0, 1, 1] };
    const { inputIds, tokenTypeIds } = collate([pair, [2, 3]], 0, { padTo: 6 });
    expect([...inputIds]).toEqual([2, 5, 3, 6, 3, 0, 2, 3, 0, 0, 0, 0]);
    expect([...tokenTypeIds]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('loses nothing: the mask cuts every list out again', () => {
    const lists = fc.array(fc.array(fc.nat(50_000), { maxLength: 9 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lists, fc.nat(4), (encodings, extra) => {
        const longest = Math.max(...encodings.map((ids) => ids.length));
        const { inputIds, attentionMask, batch, length } = collate(encodings, 1, { padTo: longest + extra });
        expect([batch, length]).toEqual([encodings.length, longest + extra]);
        const rows = encodings.map((_, row) =>
          [...inputIds.subarray(row * length, (row + 1) * length)].filter(
            (_id, column) => attentionMask[row * length + column] === 1,
          ),
        );
        expect(rows).toEqual(encodings);
      }),
    );
  });

  it.each([
    ['no encodings', [], {}, 'collate: encodings must hold at least one list of token ids; got none'],
    [
      'a length too short',
      [[0, 2]],
      { padTo: 1 },
      'collate: padTo must be an integer of at least 2, the longest encoding; got 1',
    ],
    ['a length that is no integer', [[0, 2]], { padTo: 2.5 }, 'padTo must be an integer of at least 2'],
  ])('refuses %s', (_, encodings, options, message) => {
    expect(() => collate(encodings, 1, options)).toThrow(message);
  });
});
