/** The files of the answer's folder. */
import { matrixToCsv } from '../export/matrix-to-csv.js';
import { toEdgeCsv } from '../export/to-edge-csv.js';
import { toGraphMl } from '../export/to-graph-ml.js';
import { graphSvg, heatMapSvg } from '../pictures/index.js';
import { connectedComponents } from '../reading/connected-components.js';
import { shownEdges, sparsePartialCorrelations, type Answer } from './answer.js';
import type { TableFit } from './fit-table.js';
import type { Files } from './output-folder.js';
import { reportOf } from './report.js';
import type { Table } from './table.js';

/** What each file is, in the order in which they are listed. */
export const fileDescriptions = {
  'report.md': 'the answer in words and tables: read this first',
  'graph.svg': 'the graph; heat-map.svg: the partial correlations',
  'heat-map.svg': '',
  'edges.csv': 'one line an edge, strongest first',
  'graph.graphml': 'the same for Gephi, Cytoscape, igraph, networkx',
  'partial-correlations.csv': 'matrix, 0 where there is no edge; precision.csv: the precision matrix',
  'precision.csv': '',
  'fit.json': 'settings, choice of tau, convergence, scores of the nodes',
} as const;

/** Their names. */
export const fileNames: readonly string[] = Object.keys(fileDescriptions);

/** Their texts. */
export async function answerFiles(answer: Answer, table: Table, result: TableFit): Promise<Files> {
  const { fit, importantNodes } = result;
  const { names: nodeNames } = table;
  const shown = shownEdges(table, result);
  const partial = sparsePartialCorrelations(result);
  const files: Record<keyof typeof fileDescriptions, string> = {
    'report.md': reportOf(answer),
    'graph.svg': await graphSvg(fit, { ...shown, importantNodes, layout: answer.settings.layout }),
    'heat-map.svg': await heatMapSvg(partial, {
      nodeNames,
      legend: 'partial correlation',
      // Components one after the other, so that blocks are seen.
      order: connectedComponents(partial).flat(),
    }),
    'edges.csv': toEdgeCsv(fit, shown),
    'graph.graphml': toGraphMl(fit, { ...shown, importantNodes }),
    'partial-correlations.csv': matrixToCsv(partial, { nodeNames }),
    'precision.csv': matrixToCsv(fit.omega, { nodeNames }),
    'fit.json': `${JSON.stringify(toJson(answer), null, 2)}\n`,
  };
  return files;
}

/** The answer as JSON can hold it: the penalty by its name; JSON itself writes an infinite coupling as null. */
export function toJson(answer: Answer): unknown {
  const { settings, ...rest } = answer;
  const { penalty, ...others } = settings;
  return {
    ...rest,
    settings: { penalty: penalty.name, ...others },
  };
}
