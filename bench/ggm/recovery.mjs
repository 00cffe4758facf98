/**
 * Does the right graph come back? Edges and important nodes recovered from Gaussian samples, for every penalty.
 *
 *   node bench/ggm/recovery.mjs [entries] [columns] [seeds…] > bench/ggm/recovery.md     default seeds: 1 to 5; needs built packages
 *
 * Prints a Markdown report with its protocol; progress goes to stderr. A thread a core, a seed at a time.
 */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  cappedL1Penalty,
  bic,
  defaultGamma,
  ebic,
  etpPenalty,
  fitPath,
  gemanPenalty,
  l0Penalty,
  l1Penalty,
  laplacePenalty,
  logSumPenalty,
  lpPenalty,
  mcpPenalty,
  refit,
  scadPenalty,
  schaeferStrimmer,
  selectNodes,
} from '../../packages/ggm/dist/index.js';
import { gaussianSamples, graphs, randomModel } from './graphs.mjs';

const p = 50;
const conditionNumber = 10;
const ratios = [0.5, 1, 2, 5, 10];
const everyStructure = ['entries', 'columns'];
const words = isMainThread ? process.argv.slice(2) : workerData.words;
/** What is run: the structures named on the command line, or both. */
const named = everyStructure.filter((name) => words.includes(name));
const structures = named.length > 0 ? named : everyStructure;
const numbers = words.filter((word) => !everyStructure.includes(word));
const seeds = numbers.length > 0 ? numbers.map(Number) : [1, 2, 3, 4, 5];
if (!seeds.every(Number.isSafeInteger))
  throw new RangeError(`recovery: seeds must be integers; got ${seeds}`);
const path = { count: 20, tolerance: 1e-4 };
/** With few samples τ_max is noise already, S is singular, and small τ fit noise at length. */
const pathRatio = (n) => (n > p ? 0.05 : 0.2);
const shrinkage = (n) => (n > p ? 0 : 0.1);
/** A hub has this many neighbours or more, in the graph and in its estimate alike. */
const hubDegree = 5;
const importantCount = 2;
/** F1 by which a median may fall short of ℓ1's before it counts as a loss. */
const margin = 0.02;

const penalties = [
  l1Penalty(),
  lpPenalty(0.9),
  lpPenalty(0.5),
  mcpPenalty(3, 0.1),
  scadPenalty(3.7, 0.1),
  logSumPenalty(0.1),
  cappedL1Penalty(0.3),
  etpPenalty(5),
  laplacePenalty(0.2),
  gemanPenalty(0.2),
  l0Penalty(),
];

const median = (numbers) => {
  const sorted = numbers.toSorted((x, y) => x - y);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** 2 TP / (2 TP + FP + FN); 1 where there is nothing to find and nothing was found. */
function f1(found, truth) {
  if (found.size + truth.size === 0) return 1;
  return (2 * [...found].filter((item) => truth.has(item)).length) / (found.size + truth.size);
}

const pairKey = (i, j) => Math.min(i, j) * p + Math.max(i, j);

/** What is asked: what there is to find, what a fit says, and the ways to choose a fit. */
const questions = {
  edges: {
    title: 'Edges',
    structure: 'entries',
    ways: ['EBIC', 'BIC', 'penalised', 'best'],
    graphs: Object.keys(graphs),
    truth: ({ edges }) => new Set(edges.map(([i, j]) => pairKey(i, j))),
    found: ({ delta }) => new Set(edgesOf(delta).map(([i, j]) => pairKey(i, j))),
  },
  hubs: {
    title: `Hubs: nodes of degree ≥ ${hubDegree}`,
    structure: 'entries',
    ways: ['EBIC', 'BIC', 'penalised', 'best'],
    graphs: ['hub', 'scale-free'],
    truth: ({ edges }) => hubsOf(edges),
    found: ({ delta }) => hubsOf(edgesOf(delta)),
  },
  neighbours: {
    title: `Nodes tied to the important ones: j ∉ I with an edge to I, the ${importantCount} nodes of largest degree`,
    structure: 'columns',
    ways: ['K', 'BIC', 'best'],
    graphs: Object.keys(graphs),
    truth: ({ edges, degrees }) => {
      const important = importantOf(degrees);
      const ends = edges.filter((edge) => edge.some((node) => important.includes(node))).flat();
      return new Set(ends.filter((node) => !important.includes(node)));
    },
    found: ({ delta }, { degrees }) => {
      const important = importantOf(degrees);
      const others = degrees.map((_, node) => node).filter((node) => !important.includes(node));
      return new Set(others.filter((j) => important.some((i) => delta.get(i, j) !== 0)));
    },
  },
};

function edgesOf(delta) {
  const edges = [];
  for (let i = 0; i < p; i++) {
    for (let j = i + 1; j < p; j++) if (delta.get(i, j) !== 0 && delta.get(j, i) !== 0) edges.push([i, j]);
  }
  return edges;
}

function hubsOf(edges) {
  const degrees = new Array(p).fill(0);
  for (const node of edges.flat()) degrees[node]++;
  return new Set([...degrees.keys()].filter((node) => degrees[node] >= hubDegree));
}

function importantOf(degrees) {
  return [...degrees.keys()].sort((i, j) => degrees[j] - degrees[i] || i - j).slice(0, importantCount);
}

const leastPlace = (values) => values.indexOf(Math.min(...values));

/** The ways to choose from a path: its fits, what they found, their F1s → an F1. */
const ways = {
  EBIC: ({ refits, data, scores }) =>
    scores[leastPlace(refits.map((fit) => (fit ? ebic(fit, data) : Infinity)))],
  BIC: ({ refits, data, scores }) =>
    scores[leastPlace(refits.map((fit) => (fit ? bic(fit, data) : Infinity)))],
  penalised: ({ fits, data, scores }) => scores[leastPlace(fits.map((fit) => ebic(fit, data)))],
  best: ({ scores }) => Math.max(...scores),
  /** K columns are wanted: the K longest of the first fit that has as many. */
  K: ({ fits, found, truth, importantNodes }) => {
    const place = found.findIndex(({ size }) => size >= truth.size);
    const { omega, delta } = fits.at(place); // −1, the last, where no fit has as many
    const targetNodes = importantNodes.length + truth.size;
    const { selected } = selectNodes({ omega, delta, importantNodes, targetNodes, rankBy: 'delta' });
    return f1(new Set(selected.slice(importantNodes.length)), truth);
  },
};

/** `${question} ${graph} ${ratio} ${penalty}` → [{ EBIC: F1, … }], one a seed. */
const results = new Map();
const statuses = {};

const keyOf = (question, graph, ratio, penalty) => [question, graph, ratio, penalty.name].join(' ');

/** S for the fits and the criteria. */
function covarianceOf(structure, samples) {
  const intensity = structure === 'columns' ? {} : { intensity: shrinkage(samples.rows) };
  return schaeferStrimmer(samples, intensity).covariance;
}

/** The maximum likelihood with the fit's graph; null where it does not exist. */
function refitted(fit, covariance) {
  try {
    const again = refit(fit, covariance, { tolerance: path.tolerance, maxIterations: 100 });
    return again.status === 'converged' ? again : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // S is singular on a complete part of the graph
    throw error;
  }
}

/** One path, scored by every question of its structure: [key, { way: F1 }] a question, and how its fits ended. */
function measure(structure, graph, ratio, penalty, model, samples) {
  const records = [];
  const covariance = covarianceOf(structure, samples);
  const importantNodes = structure === 'columns' ? importantOf(model.degrees) : [];
  const points = fitPath(
    { covariance, penalty, structure, importantNodes },
    { ...path, ratio: pathRatio(samples.rows) },
  );
  const fits = points.map(({ fit }) => fit);
  const data = { covariance, sampleCount: samples.rows };
  const refits = fits.map((fit) => refitted(fit, covariance));
  for (const [name, question] of Object.entries(questions)) {
    if (question.structure !== structure || !question.graphs.includes(graph)) continue;
    const truth = question.truth(model);
    const found = fits.map((fit) => question.found(fit, model));
    const scores = found.map((one) => f1(one, truth));
    const choice = { fits, refits, data, found, scores, truth, importantNodes };
    const result = Object.fromEntries(question.ways.map((way) => [way, ways[way](choice)]));
    const key = keyOf(name, graph, ratio, penalty);
    records.push([key, result]);
  }
  return { records, ended: fits.map(({ status }) => status) };
}

/** All paths of a seed. */
function measureSeed(seed) {
  const measured = [];
  for (const graph of Object.keys(graphs)) {
    const model = randomModel(graph, p, conditionNumber, seed);
    for (const ratio of ratios) {
      const samples = gaussianSamples(model.sigma, ratio * p, seed);
      for (const penalty of penalties) {
        for (const structure of structures) {
          measured.push(measure(structure, graph, ratio, penalty, model, samples));
        }
      }
    }
  }
  return measured;
}

if (!isMainThread) {
  parentPort.on('message', (seed) => parentPort.postMessage(measureSeed(seed)));
  await new Promise(() => {});
}

const began = performance.now();
const waiting = [...seeds];
await Promise.all(
  Array.from({ length: Math.min(availableParallelism(), seeds.length) }, async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { words } });
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const measured = await new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.once('message', resolve);
        worker.postMessage(seed);
      });
      for (const { records, ended } of measured) {
        for (const status of ended) statuses[status] = (statuses[status] ?? 0) + 1;
        for (const [key, result] of records) results.set(key, [...(results.get(key) ?? []), result]);
      }
      process.stderr.write(`seed ${seed}: ${((performance.now() - began) / 1e3).toFixed(0)} s\n`);
    }
    await worker.terminate();
  }),
);

const medianOf = (question, graph, ratio, penalty, way) =>
  median(results.get(keyOf(question, graph, ratio, penalty)).map((result) => result[way]));

function table(question, graph) {
  const cell = (ratio, penalty) => {
    const medians = questions[question].ways.map((way) =>
      medianOf(question, graph, ratio, penalty, way).toFixed(2),
    );
    return `${medians.slice(0, -1).join(' · ')} (${medians.at(-1)})`;
  };
  const rows = [
    ['penalty', ...ratios.map((ratio) => `n/p = ${ratio}`)],
    ...penalties.map((penalty) => [penalty.name, ...ratios.map((ratio) => cell(ratio, penalty))]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`;
  return [line(rows[0]), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join(
    '\n',
  );
}

/** Where a non-convex penalty's median lies below ℓ1's by more than the margin at n/p ≥ 2: lines of a list. */
function losses(name, way) {
  const [l1, ...others] = penalties;
  return questions[name].graphs.flatMap((graph) =>
    ratios
      .filter((ratio) => ratio >= 2)
      .flatMap((ratio) => {
        const atL1 = medianOf(name, graph, ratio, l1, way);
        const behind = others
          .map((penalty) => [penalty.name, atL1 - medianOf(name, graph, ratio, penalty, way)])
          .filter(([, amount]) => Math.round(100 * amount) > 100 * margin)
          .map(([penalty, amount]) => `${penalty} by ${amount.toFixed(2)}`);
        return behind.length === 0 ? [] : [`- ${graph}, n/p = ${ratio}: ${behind.join(', ')}`];
      }),
  );
}

const asked = Object.entries(questions).filter(([, { structure }]) => structures.includes(structure));
const comparison = asked
  .map(([name, question]) => {
    const parts = question.ways.map((way) => {
      const items = losses(name, way);
      return items.length === 0 ? `${way}: none.` : `${way}:\n\n${items.join('\n')}`;
    });
    return `### ${name}\n\n${parts.join('\n\n')}`;
  })
  .join('\n\n');
const tables = asked
  .map(([name, { title, structure, ways: names, graphs: ofGraphs }]) => {
    const parts = ofGraphs.map((graph) => `### ${graph}\n\n${table(name, graph)}`);
    return `## ${title}\n\nPenalty on ${structure}; ${names.slice(0, -1).join(' · ')} (${names.at(-1)}).\n\n${parts.join('\n\n')}`;
  })
  .join('\n\n');
const fits = Object.entries(statuses)
  .map(([status, count]) => `${count} ${status}`)
  .join(', ');

process.stdout.write(`# Recovery of graphs by penalty

\`node bench/ggm/recovery.mjs ${[...structures, ...seeds].join(' ')}\`, ${new Date().toISOString().slice(0, 10)}, ${((performance.now() - began) / 60e3).toFixed(0)} minutes.

- Models: p = ${p}. A has weights uniform in ±[0.6, 1] on the edges; Θ = A + δI with condition number ${conditionNumber}; Σ = Θ⁻¹ scaled to
  unit variances. Graphs: hub (${p / 10} hubs with 9 spokes each), chain, scale-free (Barabási–Albert tree), random (Erdős–Rényi,
  mean degree 3).
- Samples: n Gaussian vectors. Entries are fitted to their correlation matrix, for n ≤ p shrunk towards the identity by ${shrinkage(p)};
  columns, whose model leaves most entries free, to the shrunk correlation matrix of Schäfer and Strimmer. For every penalty
  alike.
- Fits: Ω = Δ; ${path.count} values of τ from the least that gives the empty model down to ${pathRatio(Infinity)} of it (n ≤ p: ${pathRatio(p)}), as \`fitPath\`
  walks them; tolerance ${path.tolerance}. ${fits}.
- Numbers: F1, median over the seeds ${seeds.join(', ')}. EBIC: the fit that \`selectTau\` chooses by default, γ = ${defaultGamma} and each graph
  refitted without the penalty; BIC: the same with γ = 0; penalised: EBIC with \`refit: false\`, the likelihood of the shrunk
  estimate; K: the number of nodes to find is given, as in the allocation of components, and the longest columns are taken;
  best: the best fit on the path, which nobody can choose who does not know the graph: it tells a penalty's path from a
  criterion's choice.

${tables}

## Non-convex penalties behind ℓ1 at n/p ≥ 2

By more than ${margin}, in the median.

${comparison}
`);
