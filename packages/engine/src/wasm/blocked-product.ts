/**
 * The loops around the packed product: blocks of k and of C's columns and rows, so that a packed block of A stays in the
 * second-level cache and a panel of B in the first, and a loop over a batch of products.
 */
import {
  type Code,
  add,
  below,
  bothTrue,
  call,
  choose,
  FunctionBuilder,
  get,
  i32,
  increase,
  multiply,
} from './assembler.js';
import { repeatWhile, sequence, set, smaller, subtract, when } from './assembler.js';
import { floatBytes, tileColumns, tileRows } from './panels.js';

/** Depth (k), rows of A and columns of B that are packed at a time. Measured: these matter little within a factor of 2. */
const blockDepth = 384;
const blockRows = 96;
const blockColumns = 1536;

// The workspace: zeros for rows that aren't there, one tile, a packed block of A, a packed block of B.
const zerosBytes = blockDepth * floatBytes;
const tileBytes = tileRows * tileColumns * floatBytes;
const aBytes = blockDepth * blockRows * floatBytes;
const bBytes = blockDepth * blockColumns * floatBytes;
/** Bytes that `gemm` needs as its workspace; the first `zerosBytes` of them must be zero, and stay so. */
export const workspaceBytes = zerosBytes + tileBytes + aBytes + bBytes;

/** The module's other functions, by index. */
export interface PackedFunctions {
  readonly multiply: number;
  readonly packAStraight: number;
  readonly packATransposed: number;
  readonly packBStraight: number;
  readonly packBTransposed: number;
}

/** The parameters of the exported `gemm`, in order. Addresses, strides and batch steps in bytes. */
export const gemmParameters = [
  'a',
  'b',
  'c',
  'workspace',
  'batches',
  'aStep',
  'bStep',
  'cStep',
  'rows',
  'columns',
  'depth',
  'aStride',
  'bStride',
  'cStride',
  'transposeA',
  'transposeB',
] as const;

/**
 * `gemm(...)`: for every product of a batch, C = op(A)·op(B), where op(A) is [rows, depth] and op(B) [depth, columns].
 * `aStride` and `bStride` are those of the operands as they are stored. A step of 0 uses one operand for all.
 * Every size must be at least 1.
 */
export function blockedProduct(functions: PackedFunctions) {
  const builder = new FunctionBuilder('gemm', gemmParameters.length);
  const [a, b, c, workspace, batches, aStep, bStep, cStep, rows, columns, depth, aStride, bStride, cStride] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] as const;
  const [transposeA, transposeB] = [14, 15] as const;
  const batch = builder.local('i32');
  const row = builder.local('i32');
  const column = builder.local('i32');
  const k = builder.local('i32');
  const rowCount = builder.local('i32');
  const columnCount = builder.local('i32');
  const kCount = builder.local('i32');

  const floats = (count: Code): Code => multiply(count, i32(floatBytes));
  const tile = add(get(workspace), i32(zerosBytes));
  const packedA = add(get(workspace), i32(zerosBytes + tileBytes));
  const packedB = add(get(workspace), i32(zerosBytes + tileBytes + aBytes));
  /** The address of an operand's element, given its indices along its stride and along its rows. */
  const element = (base: number, stride: number, outer: Code, inner: Code): Code =>
    add(add(get(base), multiply(outer, get(stride))), floats(inner));

  const packB = when(
    get(transposeB),
    call(
      functions.packBTransposed,
      ...[
        element(b, bStride, get(column), get(k)),
        packedB,
        get(columnCount),
        get(kCount),
        get(bStride),
        get(workspace),
      ],
    ),
    call(
      functions.packBStraight,
      ...[element(b, bStride, get(k), get(column)), packedB, get(columnCount), get(kCount), get(bStride)],
    ),
  );
  const packA = when(
    get(transposeA),
    call(
      functions.packAStraight,
      ...[element(a, aStride, get(k), get(row)), packedA, get(rowCount), get(kCount), get(aStride)],
    ),
    call(
      functions.packATransposed,
      ...[
        element(a, aStride, get(row), get(k)),
        packedA,
        get(rowCount),
        get(kCount),
        get(aStride),
        get(workspace),
      ],
    ),
  );
  const product = call(
    functions.multiply,
    ...[packedA, packedB, element(c, cStride, get(row), get(column)), tile],
    ...[get(rowCount), get(columnCount), get(kCount), get(cStride)],
    choose(get(k), i32(1), i32(0)),
  );

  const everyBlock = (index: number, size: number, count: number, block: number, body: Code): Code =>
    sequence(
      set(index, i32(0)),
      repeatWhile(
        sequence(
          set(count, smaller(subtract(get(size), get(index)), i32(block))),
          body,
          increase(index, i32(block)),
        ),
        below(get(index), get(size)),
      ),
    );

  const code = sequence(
    set(batch, i32(0)),
    repeatWhile(
      sequence(
        everyBlock(
          column,
          columns,
          columnCount,
          blockColumns,
          everyBlock(
            k,
            depth,
            kCount,
            blockDepth,
            // A batch that shares a B of one block needs it packed once
            sequence(
              when(packedAlready(), [], packB),
              everyBlock(row, rows, rowCount, blockRows, sequence(packA, product)),
            ),
          ),
        ),
        increase(a, get(aStep)),
        increase(b, get(bStep)),
        increase(c, get(cStep)),
        increase(batch, i32(1)),
      ),
      below(get(batch), get(batches)),
    ),
  );
  return { builder, code };

  function packedAlready(): Code {
    const shared = choose(get(bStep), i32(0), i32(1));
    const oneBlock = bothTrue(
      below(get(depth), i32(blockDepth + 1)),
      below(get(columns), i32(blockColumns + 1)),
    );
    return bothTrue(bothTrue(shared, oneBlock), choose(get(batch), i32(1), i32(0)));
  }
}
