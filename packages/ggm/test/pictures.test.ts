import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { seededGenerator } from '@ggm-peft/random';
import { graphSvg, heatMapSvg } from '../src/pictures/index.js';
import { placeLabels } from '../src/pictures/place-labels.js';
import { shortNumber } from '../src/pictures/short-number.js';
import { textWidth, truncate } from '../src/pictures/text-width.js';
import { edges } from '../src/reading/edges.js';

/** A matrix with a unit diagonal and about `share` of its pairs non-zero. */
function sparse(p: number, share: number, seed = 1): Matrix {
  const random = seededGenerator(seed);
  const matrix = Matrix.identity(p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < i; j++) {
      if (random.uniform() > share) continue;
      const value = 0.9 * (random.uniform() - 0.5);
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}

interface Shape {
  readonly x: number;
  readonly y: number;
  readonly fill: string;
}

/** The unit squares of a heat map's layer of cells, the first layer. */
function cellsOf(svg: string): Shape[] {
  const layer = /mark-rect role-mark.*?<\/g>/s.exec(svg)?.[0] ?? '';
  return [...layer.matchAll(/d="M([\d.]+),([\d.]+)h[^"]*" fill="([^"]+)"/g)].map(([, x, y, fill = '']) => ({
    x: Number(x),
    y: Number(y),
    fill,
  }));
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
  return { width: Number(width), height: Number(height) };
}

const python = ['python3', 'python'].find(
  (name) => spawnSync(name, ['-c', 'import xml.etree.ElementTree'], { stdio: 'ignore' }).status === 0,
);
const withPython = python === undefined ? it.skip : it;

/** What a strict XML parser reads in the text elements. */
function parsedTexts(svg: string): unknown {
  const program =
    'import json,sys,xml.etree.ElementTree as E;' +
    'r=E.fromstring(sys.stdin.buffer.read());' +
    'print(json.dumps([t.text for t in r.iter("{http://www.w3.org/2000/svg}text")]))';
  return JSON.parse(execFileSync(python ?? 'python3', ['-c', program], { input: svg, encoding: 'utf8' }));
}

describe('heatMapSvg', () => {
  it('gives the same bytes for the same input, also at the same time', async () => {
    const draw = async (): Promise<string> => heatMapSvg(sparse(20, 0.3), { title: 'T', legend: 'r' });
    const [first, second] = await Promise.all([draw(), draw()]);
    expect(second).toBe(first);
    expect(await draw()).toBe(first);
  });

  it('paints one cell for every non-zero entry, blue above 0, red below, in its place', async () => {
    const matrix = Matrix.from([
      [1, 0.4, 0],
      [-0.4, 1, 0.1],
      [0, -0.1, 1],
    ]);
    const cells = cellsOf(await heatMapSvg(matrix));
    expect(cells).toHaveLength(4);
    const [a, b, c, d] = cells.map(({ fill }) =>
      (/\d+, \d+, \d+/.exec(fill)?.[0] ?? '').split(', ').map(Number),
    );
    for (const blue of [a, c]) expect((blue?.[2] ?? 0) - (blue?.[0] ?? 0)).toBeGreaterThan(10);
    for (const red of [b, d]) expect((red?.[0] ?? 0) - (red?.[2] ?? 0)).toBeGreaterThan(10);
    // The stronger the darker.
    expect(a?.[0] ?? 0).toBeLessThan(c?.[0] ?? 0);
    expect(b?.[2] ?? 0).toBeLessThan(d?.[2] ?? 0);
    // Row 0 above row 1, column 1 right of column 0.
    expect(cells[0]?.y).toBeLessThan(cells[1]?.y ?? 0);
    expect(cells[0]?.x).toBeGreaterThan(cells[1]?.x ?? 0);
  });

  it('has 0 in the middle of the colours whatever the values', async () => {
    const all = Matrix.from([
      [0, 5, 5],
      [5, 0, 4],
      [5, 4, 0],
    ]);
    const numbers = textsOf(await heatMapSvg(all)).filter((text) => /^−?[\d.]+$/.test(text));
    expect(numbers.slice(-5)).toEqual(['5', '2.5', '0', '−2.5', '−5']);
    const [, ...rest] = textsOf(await heatMapSvg(all, { limit: 8, nodeNames: ['a', 'b', 'c'] })).filter(
      (text) => /^−?[\d.]+$/.test(text),
    );
    expect(rest).toEqual(['4', '0', '−4', '−8']);
  });

  it('leaves the diagonal out unless asked', async () => {
    expect(cellsOf(await heatMapSvg(Matrix.identity(4)))).not.toContainEqual(
      expect.objectContaining({ fill: expect.stringContaining('rgb') }),
    );
    expect(cellsOf(await heatMapSvg(Matrix.identity(4), { diagonal: true }))).toHaveLength(4);
  });

  it('reorders rows and columns together', async () => {
    const matrix = Matrix.identity(3);
    matrix.set(0, 1, 1);
    const nodeNames = ['a', 'b', 'c'];
    const [before] = cellsOf(await heatMapSvg(matrix, { nodeNames }));
    const svg = await heatMapSvg(matrix, { nodeNames, order: [2, 1, 0] });
    const [after] = cellsOf(svg);
    expect(textsOf(svg).slice(0, 3)).toEqual(['c', 'b', 'a']);
    expect(after?.x).toBe(before?.x); // column 1 stays in the middle
    expect(after?.y).toBeGreaterThan(before?.y ?? Infinity); // row 0 is now the last
  });

  it.each([
    [60, 60],
    [61, 31],
    [150, 50],
    [440, 55],
  ])('shows %i nodes with %i names along a side', async (p, labels) => {
    const nodeNames = Array.from({ length: p }, (_, i) => `name ${i}`);
    const texts = textsOf(await heatMapSvg(sparse(p, 0.02), { nodeNames }));
    expect(texts.filter((text) => text.startsWith('name'))).toHaveLength(2 * labels);
    expect(texts.some((text) => text.includes('shown'))).toBe(labels < p);
  });

  it('keeps a lone strong entry of a large matrix', async () => {
    const matrix = Matrix.identity(1000);
    matrix.set(700, 20, -0.5);
    matrix.set(701, 21, 0.1); // of the same block
    const svg = await heatMapSvg(matrix);
    const cells = cellsOf(svg);
    expect(cells).toHaveLength(1);
    expect(textsOf(svg).some((text) => text.startsWith('each cell: the strongest of 5 x 5 entries'))).toBe(
      true,
    );
    expect(textsOf(svg)).toContain('−0.5');
  });

  withPython(
    `is XML that keeps awkward names${python === undefined ? ' (skipped: no python3 here)' : ''}`,
    async () => {
      const nodeNames = ['a<b & "c"', "変数 '1'", ']]>'];
      const texts = parsedTexts(await heatMapSvg(sparse(3, 1), { nodeNames, title: '<&> "T"' }));
      expect(texts).toEqual(expect.arrayContaining([...nodeNames, '<&> "T"']));
    },
  );

  it.each([
    [Matrix.zeros(2, 3), {}, 'heatMapSvg: matrix must be square; got 2 x 3'],
    [Matrix.identity(2), { limit: 0 }, 'heatMapSvg: limit must be positive and finite; got 0'],
    [Matrix.identity(2), { order: [0] }, 'heatMapSvg: order must hold 2 nodes; got 1'],
    [Matrix.identity(2), { order: [0, 0] }, 'heatMapSvg: order must be distinct; got 0 twice'],
    [Matrix.identity(2), { nodeNames: ['a', '\u0001'] }, 'must hold characters that XML allows; got U+0001'],
  ])('rejects bad input %#', async (matrix, options, message) => {
    await expect(heatMapSvg(matrix, options)).rejects.toThrow(message);
  });
});

/** Lines of the edges: those before the legend's six. */
function linesOf(svg: string): number {
  return [...svg.matchAll(/<line /g)].length - 6;
}

describe('graphSvg', () => {
  it('gives the same bytes for the same input, also at the same time', async () => {
    const draw = async (): Promise<string> => graphSvg(sparse(30, 0.1), { title: 'T', importantNodes: [2] });
    const [first, second] = await Promise.all([draw(), draw()]);
    expect(second).toBe(first);
    expect(await draw()).toBe(first);
  });

  it.each(['force', 'circle'] as const)('draws every edge and names every node (%s)', async (layout) => {
    for (const [p, share] of [
      [2, 1],
      [13, 0.4],
      [60, 0.06],
    ] as const) {
      const matrix = sparse(p, share);
      const nodeNames = Array.from({ length: p }, (_, i) => `node ${i}!`);
      const svg = await graphSvg(matrix, { nodeNames, layout });
      expect(linesOf(svg)).toBe(edges(matrix).length);
      const named = new Set(textsOf(svg).filter((text) => text.endsWith('!')));
      expect(named.size).toBe(p);
    }
  });

  it('colours the signs and widens the strong edges', async () => {
    const matrix = Matrix.from([
      [1, -0.4, 0],
      [-0.4, 1, 0.1],
      [0, 0.1, 1],
    ]);
    const lines = [
      ...(await graphSvg(matrix)).matchAll(/<line [^>]*stroke="([^"]+)"[^>]*stroke-width="([^"]+)"/g),
    ];
    const [weak, strong] = lines.map(([, colour, width]) => ({ colour, width: Number(width) }));
    expect(strong?.colour).toBe('#2166ac'); // ω < 0: positive partial correlation
    expect(weak?.colour).toBe('#b2182b');
    expect(strong?.width).toBeGreaterThan(2 * (weak?.width ?? Infinity));
  });

  it('marks important nodes, and explains the mark only where there are some', async () => {
    const plain = await graphSvg(sparse(10, 0.4));
    const marked = await graphSvg(sparse(10, 0.4), { importantNodes: [3, 4] });
    const marks = (svg: string): number => [...svg.matchAll(/fill="#f0a30a"/g)].length;
    expect(marks(plain)).toBe(0);
    expect(textsOf(plain)).not.toContain('important node');
    expect(marks(marked)).toBe(3); // and one in the legend
    expect(textsOf(marked)).toContain('important node');
  });

  it('lists nodes without an edge below, all of them when there is no edge', async () => {
    const matrix = Matrix.identity(4);
    matrix.set(0, 1, 0.3);
    matrix.set(1, 0, 0.3);
    const nodeNames = ['a', 'b', 'c', 'd'];
    expect(textsOf(await graphSvg(matrix, { nodeNames }))).toEqual(
      expect.arrayContaining(['2 nodes without an edge', ...nodeNames]),
    );
    const empty = await graphSvg(Matrix.identity(4), { nodeNames });
    expect(textsOf(empty)).toEqual(['4 nodes without an edge', ...nodeNames]);
    expect(empty).not.toContain('NaN');
  });

  it('draws the strongest edges of a large graph and says so', async () => {
    const svg = await graphSvg(sparse(100, 0.2), { maxEdges: 50 });
    expect(linesOf(svg)).toBe(50);
    expect(textsOf(svg)).toContain(`the strongest 50 of ${edges(sparse(100, 0.2)).length} edges are drawn`);
  });

  it('keeps all marks inside the picture', async () => {
    for (const [p, share] of [
      [5, 0.8],
      [60, 0.06],
      [150, 0.02],
    ] as const) {
      const nodeNames = Array.from({ length: p }, (_, i) => `a rather long name ${i}`);
      for (const layout of ['force', 'circle'] as const) {
        const svg = await graphSvg(sparse(p, share), { nodeNames, layout });
        const { width, height } = sizeOf(svg);
        for (const [, x, y] of svg.matchAll(
          /<(?:text|path|line)[^>]* transform="translate\(([-\d.]+),([-\d.]+)\)/g,
        )) {
          expect(Number(x)).toBeGreaterThanOrEqual(0);
          expect(Number(y)).toBeGreaterThanOrEqual(0);
          expect(Number(x)).toBeLessThanOrEqual(width);
          expect(Number(y)).toBeLessThanOrEqual(height);
        }
        expect(svg).not.toContain('NaN');
      }
    }
  });

  it.each([
    [{ maxEdges: 0 }, 'graphSvg: maxEdges must be a positive integer; got 0'],
    [{ importantNodes: [9] }, 'graphSvg: importantNodes must hold integers in 0..2; got 9'],
  ])('rejects %j', async (options, message) => {
    await expect(graphSvg(Matrix.identity(3), options)).rejects.toThrow(message);
  });
});

it('both pictures name the option that was meant', async () => {
  const misspelt = { title: 'T', nodeName: ['a', 'b'] };
  const hint = 'unknown option "nodeName"; did you mean "nodeNames"?';
  await expect(heatMapSvg(Matrix.identity(2), misspelt)).rejects.toThrow(`heatMapSvg: ${hint}`);
  await expect(graphSvg(Matrix.identity(2), misspelt)).rejects.toThrow(`graphSvg: ${hint}`);
});

describe('placeLabels', () => {
  const frame = { x: 0, y: 0, width: 200, height: 100 };

  it('leaves labels apart from each other and from nodes, and inside', () => {
    const random = seededGenerator(5);
    const nodes = Array.from({ length: 40 }, (_, i) => ({
      x: 200 * random.uniform(),
      y: 100 * random.uniform(),
      text: `n${i}`,
      radius: 3,
      always: false,
    }));
    const labels = placeLabels(nodes, [], frame, 10);
    expect(labels.length).toBeGreaterThan(15);
    expect(labels.length).toBeLessThan(40);
    const boxes = labels.map(({ x, y, text }) => ({
      left: x,
      right: x + textWidth(text, 10),
      top: y - 5,
      bottom: y + 5,
    }));
    boxes.forEach((box, k) => {
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(200.01);
      for (const other of boxes.slice(0, k)) {
        const apart =
          box.left >= other.right - 0.02 ||
          other.left >= box.right - 0.02 ||
          box.top >= other.bottom - 0.02 ||
          other.top >= box.bottom - 0.02;
        expect(apart).toBe(true);
      }
    });
  });

  it('finds a place for a node that must have a label, and none for another in a crowd', () => {
    const small = { x: 0, y: 0, width: 100, height: 100 };
    const node = (text: string, always: boolean) => ({ x: 50, y: 50, radius: 45, text, always });
    const labels = placeLabels([node('m', true), node('n', false)], [], small, 10);
    expect(labels.map(({ text }) => text)).toEqual(['m']);
  });

  it('avoids edges', () => {
    const node = { x: 100, y: 50, radius: 3, text: 'name', always: true };
    const toTheRight = { from: node, to: { x: 200, y: 50 } };
    const [free] = placeLabels([node], [], frame, 10);
    const [moved] = placeLabels([node], [toTheRight], frame, 10);
    expect(free?.x).toBeGreaterThan(100);
    expect(moved?.x).toBeLessThan(100);
  });
});

describe('texts', () => {
  it('truncates to a width', () => {
    expect(truncate('short', 10, 100)).toBe('short');
    const cut = truncate('a very long name indeed', 10, 60);
    expect(cut).toMatch(/^a ver.*…$/);
    expect(textWidth(cut, 10)).toBeLessThanOrEqual(60);
    // Never half a character.
    expect(truncate('🍷🍷🍷🍷', 10, 25)).toBe('🍷…');
  });

  it.each([
    [0, '0'],
    [0.12345, '0.123'],
    [-0.5, '−0.5'],
    [1234.5, '1230'],
    [1e6, '1.0e+6'],
    [-0.00001, '−1.0e-5'],
  ])('writes %d as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });
});
