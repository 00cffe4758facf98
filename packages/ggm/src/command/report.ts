/** The answer in words and tables: report.md. */
import type { Answer } from './answer.js';
import type { CriterionName } from './settings.js';
import { describeChoice, describeCriterion, describeModel, plural } from './words.js';

/** What the scores of each criterion are. */
const scoreTitles: Readonly<Record<CriterionName, string>> = {
  ebic: 'EBIC',
  bic: 'BIC',
  aic: 'AIC',
  cv: 'minus held-out log-likelihood of a row',
  stars: 'instability',
};

/** Markdown text. */
export function reportOf(answer: Answer): string {
  const { file, rows, missingValues, matrix, notes, settings, tau, chosen, graph, nodes } = answer;
  const { nodes: count, edges, density, positiveEdges, negativeEdges, componentSizes, isolatedNodes } = graph;
  const scope = settings.important.length > 0 ? ' with an end at an important node' : '';
  const largest = componentSizes[0] ?? 0;
  return [
    `# Graph of ${escaped(file)}\n`,
    ...(answer.status === 'converged' ? [] : [`**${answer.message}** The numbers below are provisional.\n`]),
    `${count} nodes, ${edges} edges${scope} (${(100 * density).toFixed(1)} % of the possible ones): ` +
      `${positiveEdges} positive, ${negativeEdges} negative. ` +
      `${plural(componentSizes.length, 'connected component')}, the largest of ${plural(largest, 'node')}; ` +
      `${plural(isolatedNodes.length, 'node')} without an edge.\n`,
    'An edge joins two columns whose partial correlation, given all other columns, is not zero in the fitted model; ' +
      'columns without one are independent given the others. A partial correlation is not a cause.\n',
    '![Graph](graph.svg)\n',
    '![Partial correlations](heat-map.svg)\n',
    '## Strongest edges\n',
    table(
      ['from', 'to', 'partial correlation'],
      graph.strongestEdges.map(({ from, to, partialCorrelation }) => [
        from,
        to,
        partialCorrelation.toFixed(3),
      ]),
    ),
    '## Nodes\n',
    'By score: the ℓ2 norm of a node’s partial correlations with all others. Strength is their sum over its edges.\n',
    table(
      ['node', 'score', 'edges', 'strength', ...(settings.important.length > 0 ? ['important'] : [])],
      nodes
        .slice(0, 20)
        .map(({ name, score, degree, strength, important }) => [
          name,
          score.toFixed(3),
          String(degree),
          strength.toFixed(3),
          ...(settings.important.length > 0 ? [important ? 'yes' : ''] : []),
        ]),
    ),
    ...(nodes.length > 20 ? [`The 20 highest of ${nodes.length}; all are in fit.json.\n`] : []),
    '## How it was fitted\n',
    table(
      ['what', 'value'],
      [
        [
          'data',
          `${file}: ${rows} rows, ${count} columns${missingValues > 0 ? `, ${missingValues} missing values` : ''}`,
        ],
        ['matrix', matrix],
        ['penalty', describeModel(answer)],
        ['tau', String(tau)],
        ['chosen by', describeCriterion(answer)],
        ['objective', String(answer.objective)],
        ['stationarity', `${answer.stationarity.toExponential(2)}, tolerance ${settings.tolerance}`],
        ['iterations', String(answer.iterations)],
        ['seed', String(settings.seed)],
      ],
    ),
    ...notes.map((note) => `Note: ${escaped(note)}.\n`),
    ...(chosen === null
      ? []
      : [
          '## Choice of tau\n',
          `${escaped(describeChoice(chosen))}\n`,
          table(
            ['tau', 'edges', scoreTitles[chosen.criterion], ''],
            chosen.scores.map(({ tau: each, edges: size, value }, k) => [
              each.toPrecision(4),
              String(size),
              value === Infinity ? 'no maximum likelihood' : value.toPrecision(6),
              k === chosen.index ? 'chosen' : '',
            ]),
          ),
        ]),
  ].join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.\n';
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |\n`;
  return line(header) + `|${header.map(() => ' --- |').join('')}\n` + rows.map(line).join('');
}

/** Text that Markdown takes for nothing but text, on one line. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#&]/g, (character) => `\\${character}`);
}
