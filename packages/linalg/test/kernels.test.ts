import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeBase64 } from '../src/wasm/decode-base64.js';
import { kernelBytes } from '../src/wasm/kernel-bytes.js';
import { instantiateKernels } from '../src/wasm/kernels.js';
import { copyIn, copyOut, strideFor } from '../src/wasm/stride.js';
import { withKernels } from '../src/wasm/with-kernels.js';

const MEBIBYTE = 2 ** 20;

describe('the compiled kernels', () => {
  it('are what assembly/ compiles to: run scripts/build-kernels.mjs where this fails', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-kernels.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--stdout'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readFileSync(new URL('../src/wasm/kernel-bytes.ts', import.meta.url), 'utf8')).toBe(stdout);
  });

  it('run here, each instance with a memory of its own', () => {
    const first = instantiateKernels();
    const second = instantiateKernels();
    expect(first).toBeDefined();
    expect(second?.memory.buffer).not.toBe(first?.memory.buffer);
  });

  it('are small enough to be compiled synchronously', () => {
    expect(decodeBase64(kernelBytes).length).toBeLessThan(32 * 1024);
  });
});

describe('the product kernels', () => {
  it('write their result and nothing else', () => {
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.boolean(),
        (m, n, k, xT, yT) => {
          const ldc = n + 3;
          const found = withKernels(
            () => (m + n) * k + (m + 6) * ldc,
            (kernels, take) => {
              const x = take(m * k);
              const y = take(n * k);
              const c = take((m + 6) * ldc);
              x.data.fill(1);
              y.data.fill(2);
              c.data.fill(-1);
              const [ldx, ldy] = [xT ? m : k, yT ? n : k];
              kernels.product(x.pointer, ldx, xT, y.pointer, ldy, yT, c.pointer, ldc, m, n, k);
              return Array.from(c.data);
            },
          );
          const expected = Array.from({ length: (m + 6) * ldc }, (_, at) =>
            at < m * ldc && at % ldc < n ? 2 * k : -1,
          );
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('withKernels', () => {
  it('hands out regions that do not overlap, beyond the memory that the kernels use', () => {
    const spans = withKernels(
      () => 30,
      (kernels, take) => {
        const regions = [take(7), take(1), take(22)];
        expect(regions.every(({ pointer, data }) => pointer === data.byteOffset)).toBe(true);
        return [
          [0, kernels.firstFreeByte()],
          ...regions.map(({ pointer, data }) => [pointer, pointer + data.byteLength]),
        ];
      },
    );
    if (spans === undefined) throw new Error('no kernels');
    expect(spans.length).toBe(4);
    for (let i = 1; i < spans.length; i++) {
      expect(spans[i]?.[0]).toBeGreaterThanOrEqual(spans[i - 1]?.[1] ?? Infinity);
    }
  });

  it('keeps a small memory from call to call and gives a large one back', () => {
    const size = (doubles: number) =>
      withKernels(
        () => doubles,
        (kernels) => kernels.memory.buffer.byteLength,
      ) ?? 0;
    const grown = size(MEBIBYTE);
    expect(grown).toBeGreaterThan(8 * MEBIBYTE);
    expect(size(1)).toBe(grown);
    expect(size(10 * MEBIBYTE)).toBeGreaterThan(80 * MEBIBYTE);
    expect(size(1)).toBeLessThan(8 * MEBIBYTE);
  });

  it('is undefined, without calling, where the memory asked for cannot be had', () => {
    const never = (): number => {
      throw new Error('called');
    };
    expect(withKernels(() => 2 ** 29, never)).toBeUndefined();
    expect(
      withKernels(
        () => 8,
        (_, take) => take(8).data.length,
      ),
    ).toBe(8);
  });
});

describe('rows in the kernels’ memory', () => {
  it('come back as they went in', () => {
    const size = fc.integer({ min: 1, max: 130 });
    fc.assert(
      fc.property(size, size, (rows, cols) => {
        const stride = strideFor(cols);
        expect(stride).toBeGreaterThanOrEqual(cols);
        expect(stride % 2).toBe(0);
        expect(stride % 64).not.toBe(0);
        const given = Float64Array.from({ length: rows * cols }, (_, i) => i);
        const memory = new Float64Array(rows * stride).fill(-1);
        copyIn(given, rows, cols, memory, stride);
        expect(copyOut(memory, rows, cols, stride)).toEqual(given);
      }),
    );
  });

  it('decodeBase64 decodes what Node encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(Array.from(decodeBase64(Buffer.from(bytes).toString('base64')))).toEqual(Array.from(bytes));
      }),
    );
  });
});
