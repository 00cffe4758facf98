import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { Matrix } from '@ggm-peft/linalg';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { matrixToCsv } from '../src/export/matrix-to-csv.js';
import { toEdgeCsv } from '../src/export/to-edge-csv.js';
import { toGraphMl } from '../src/export/to-graph-ml.js';

const omega = Matrix.from([
  [4, -1, 0, 0.1 + 0.2],
  [-1, 1, 1e-7, 0],
  [0, 1e-7, 1, 0],
  [0.1 + 0.2, 0, 0, 1],
]);

/** What breaks naive writers. */
const awkward = ['a,b "quoted"', 'x < y & z > "w"', ' line\nbreak\r ', "ä 変数 🍷 'q' ]]>"];

/** Names that are neither empty nor equal, of characters that XML can hold. */
const names = fc.uniqueArray(
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter((text) => Array.from(text).every((character) => (character.codePointAt(0) ?? 0) >= 32))
    .filter((text) => !/[\uD800-\uDFFF\uFFFE\uFFFF]/u.test(text)),
  { minLength: 4, maxLength: 4 },
);

function rowsOf(csv: string): string[][] {
  const rows: unknown = parse(csv);
  if (!Array.isArray(rows)) throw new Error('not a table');
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) throw new Error('not a row');
    return row.map(String);
  });
}

describe('matrixToCsv', () => {
  it('writes names along both sides and numbers in full', () => {
    expect(
      matrixToCsv(
        Matrix.from([
          [1, 0.1 + 0.2],
          [-1e-300, 2],
        ]),
        { nodeNames: ['a', 'b,c'] },
      ),
    ).toBe(',a,"b,c"\na,1,0.30000000000000004\n"b,c",-1e-300,2\n');
  });

  it('reads back to the same names and bits', () => {
    fc.assert(
      fc.property(
        names,
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 16, maxLength: 16 }),
        (nodeNames, entries) => {
          const matrix = new Matrix(4, 4, Float64Array.from(entries));
          const [header = [], ...rows] = rowsOf(matrixToCsv(matrix, { nodeNames }));
          expect(header).toEqual(['', ...nodeNames]);
          expect(rows.map(([name]) => name)).toEqual(nodeNames);
          // String(−0) is "0": the one value that is not kept.
          const numbers = rows.flatMap((row) => row.slice(1).map(Number));
          expect(numbers).toEqual(entries.map((value) => (value === 0 ? 0 : value)));
        },
      ),
    );
  });

  it('wants a square matrix', () => {
    expect(() => matrixToCsv(Matrix.zeros(2, 3))).toThrow('matrixToCsv: matrix must be square; got 2 x 3');
  });
});

describe('toEdgeCsv', () => {
  it('has a line an edge, strongest first', () => {
    expect(rowsOf(toEdgeCsv(omega, { nodeNames: awkward }))).toEqual([
      ['from', 'to', 'partial_correlation', 'precision'],
      [awkward[0], awkward[1], '0.5', '-1'],
      [awkward[0], awkward[3], String(-(0.1 + 0.2) / 2), '0.30000000000000004'],
      [awkward[1], awkward[2], '-1e-7', '1e-7'],
    ]);
  });

  it('keeps the header when there is no edge', () => {
    expect(toEdgeCsv(Matrix.identity(2))).toBe('from,to,partial_correlation,precision\n');
  });
});

const python = ['python3', 'python'].find((name) => {
  const { status } = spawnSync(name, ['-c', 'import xml.etree.ElementTree'], { stdio: 'ignore' });
  return status === 0;
});
const withPython = python === undefined ? it.skip : it;

/** Prints, as JSON, what a strict XML parser finds in each of the GraphML texts of a JSON list on stdin. */
const READ_GRAPHML = `
import json, sys, xml.etree.ElementTree as ET
ns = '{http://graphml.graphdrawing.org/xmlns}'
types = {'string': str, 'double': float, 'boolean': lambda text: {'true': True, 'false': False}[text]}
def read(text):
    root = ET.fromstring(text.encode('utf8'))
    keys = {k.get('id'): (k.get('for'), k.get('attr.name'), k.get('attr.type')) for k in root.findall(ns + 'key')}
    def data(element, kind):
        found = {}
        for d in element.findall(ns + 'data'):
            assert keys[d.get('key')][0] == kind
            found[keys[d.get('key')][1]] = types[keys[d.get('key')][2]](d.text)
        return found
    graph = root.find(ns + 'graph')
    return {
        'directed': graph.get('edgedefault'),
        'nodes': [[n.get('id'), data(n, 'node')] for n in graph.findall(ns + 'node')],
        'edges': [[e.get('source'), e.get('target'), data(e, 'edge')] for e in graph.findall(ns + 'edge')],
    }
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

function readGraphMl(texts: readonly string[]): unknown {
  const input = JSON.stringify(texts);
  return JSON.parse(execFileSync(python ?? 'python3', ['-c', READ_GRAPHML], { input, encoding: 'utf8' }));
}

describe('toGraphMl', () => {
  it('declares every key once with its type, and uses no other', () => {
    const text = toGraphMl(omega);
    const declared = [
      ...text.matchAll(/<key id="([^"]+)" for="(node|edge)" attr.name="\w+" attr.type="\w+"\/>/g),
    ];
    const ids = declared.map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const used = new Set([...text.matchAll(/<data key="([^"]+)">/g)].map(([, id]) => id));
    expect([...used].sort()).toEqual(ids.toSorted());
  });

  withPython(
    `is read by an XML parser with all names and numbers${python === undefined ? ' (skipped: no python3 here)' : ''}`,
    () => {
      expect(readGraphMl([toGraphMl(omega, { nodeNames: awkward, importantNodes: [1] })])).toEqual([
        {
          directed: 'undirected',
          nodes: awkward.map((label, i) => [
            `n${i}`,
            { label, important: i === 1, strength: expect.any(Number) },
          ]),
          edges: [
            ['n0', 'n1', { weight: 0.5, partialCorrelation: 0.5, precision: -1 }],
            [
              'n0',
              'n3',
              { weight: (0.1 + 0.2) / 2, partialCorrelation: -(0.1 + 0.2) / 2, precision: 0.1 + 0.2 },
            ],
            ['n1', 'n2', { weight: 1e-7, partialCorrelation: -1e-7, precision: 1e-7 }],
          ],
        },
      ]);
    },
  );

  withPython(
    `keeps any name that XML can hold${python === undefined ? ' (skipped: no python3 here)' : ''}`,
    () => {
      const samples = fc.sample(names, { numRuns: 200, seed: 3 });
      const graphs = samples.map((nodeNames) => toGraphMl(omega, { nodeNames }));
      expect(readGraphMl(graphs)).toMatchObject(
        samples.map((nodeNames) => ({ nodes: nodeNames.map((label, i) => [`n${i}`, { label }]) })),
      );
    },
  );

  it.each([
    ['\u0000', 'U+0000'],
    ['\u001b', 'U+001B'],
    ['\ud800', 'U+D800'],
    ['\uffff', 'U+FFFF'],
  ])('refuses a name with %j', (character, code) => {
    expect(() => toGraphMl(omega, { nodeNames: ['a', 'b', `c${character}`, 'd'] })).toThrow(
      `toGraphMl: nodeNames[2] must hold characters that XML allows; got ${code}`,
    );
  });

  it('rejects important nodes that there are not', () => {
    expect(() => toGraphMl(omega, { importantNodes: [4] })).toThrow(
      'toGraphMl: importantNodes must hold integers in 0..3; got 4',
    );
  });
});
