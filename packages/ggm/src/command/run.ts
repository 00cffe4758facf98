/**
 * The command `ggm`, from its arguments to its exit code. Results go to stdout, progress and errors to stderr.
 *
 *   0  done (a fit that did not converge says so)    1  a defect of the program    2  bad input, nothing written
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { defaultGamma } from '../tuning/criteria.js';
import { answerFiles, fileDescriptions, fileNames, toJson } from './answer-files.js';
import { answerOf, type Answer } from './answer.js';
import { fitTable } from './fit-table.js';
import { requireFree, writeFolder } from './output-folder.js';
import { describeShapes, penaltyNames, USUAL_LEVEL } from './penalties.js';
import { pathProgress, type ProgressOutput } from './progress.js';
import { criterionTitles, describeChoice, describeEdge, describeModel, plural } from './words.js';
import {
  criteria,
  estimators,
  layouts,
  missingRules,
  readSettings,
  structures,
  type RawOptions,
} from './settings.js';
import { readTable } from './table.js';
import { UserError } from './user-error.js';

/** Where the command writes, and its clock. */
export interface CommandContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressOutput;
  /** Milliseconds. */
  readonly now: () => number;
  readonly version: string;
}

/** Runs the command; the exit code. `args` are those after the program's name. */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await program(context).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message; help and version come through here with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const known = error instanceof UserError;
    const text =
      error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    context.stderr.write(`ggm: ${text}\n`);
    return known ? 2 : 1;
  }
}

function program(context: CommandContext): Command {
  const output = {
    writeOut: (text: string) => context.stdout.write(text),
    writeErr: (text: string) => context.stderr.write(text),
  };
  const ggm = new Command('ggm')
    .description(
      'Sparse Gaussian graphical models: which columns of a table are connected, given all the others.',
    )
    .version(context.version)
    .exitOverride()
    .configureOutput(output);
  ggm
    .command('fit')
    .description(
      'fit a graph to a CSV file with a header, a row a sample, and write a folder with the answer',
    )
    .argument('<data.csv>', 'the file; separator comma, semicolon or tab, decimal points')
    .option('--out <folder>', 'folder to write', 'graph')
    .option('--penalty <name>', `${penaltyNames.join(', ')} (default: l1, the graphical lasso)`)
    .option('--p <value>', 'exponent of lp, in (0, 1] (default: 0.5)')
    .option('--shape <value>', `shape of the other penalties (defaults: ${describeShapes()})`)
    .option('--level <value>', `level of mcp and scad, which end at shape x level (default: ${USUAL_LEVEL})`)
    .option('--select <criterion>', `how tau is chosen: ${criteria.join(', ')} (default: ebic)`)
    .option('--tau <value>', 'the weight of the penalty itself, instead of --select')
    .option('--gamma <value>', `of ebic, 0..1; larger is sparser (default: ${defaultGamma})`)
    .option('--no-refit', 'of ebic, bic, aic: judge the penalised estimates, not the graphs refitted')
    .option('--taus <count>', 'values of tau to choose from (default: 30)')
    .option('--ratio <value>', 'the least of them over the largest (default: 0.01)')
    .option('--structure <kind>', `what is penalised: ${structures.join(', ')} (default: entries)`)
    .option('--important <names>', 'important columns, by name with commas: only their rows are penalised')
    .option(
      '--coupling <lambda>',
      'hold the precision matrix and its sparse copy together softly (default: as one)',
    )
    .option('--estimator <name>', `${estimators.join(', ')} (default: correlation)`)
    .option('--shrinkage <name>', 'none, ledoit-wolf (covariance), schaefer-strimmer or 0..1 (correlation)')
    .option('--missing <rule>', `empty values or NA: ${missingRules.join(', ')} (default: error)`)
    .option('--exclude <names>', 'columns to leave out, by name with commas')
    .option('--delimiter <name>', 'comma, semicolon, tab (default: found out)')
    .option('--layout <name>', `of the graph picture: ${layouts.join(', ')} (default: force)`)
    .option('--seed <n>', 'of cv and stars (default: 0)')
    .option('--tolerance <value>', 'stationarity to reach (default: 1e-5)')
    .option('--max-iterations <n>', 'of each fit (default: 2000)')
    .option('--overwrite', 'replace an earlier answer in the folder')
    .option('--json', 'print the answer as one line of JSON')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  ggm fit wine.csv --exclude cultivar --out graph',
        '  ggm fit wine.csv --exclude cultivar --penalty lp --p 0.5 --select ebic --out graph-lp',
        '  ggm fit wine.csv --exclude cultivar --important proline,alcohol --penalty mcp --out graph-important',
        '  ggm fit survey.csv --estimator kendall --select stars --seed 1 --out graph-ranks',
      ].join('\n'),
    )
    .action(async (file: string, options: RawOptions) => {
      await fit(file, options, context);
    });
  for (const command of ggm.commands) {
    command.exitOverride().configureOutput(output).allowExcessArguments(false);
  }
  return ggm;
}

async function fit(path: string, raw: RawOptions, { stdout, stderr, now }: CommandContext): Promise<void> {
  const settings = readSettings(raw);
  const out = typeof raw['out'] === 'string' ? raw['out'] : 'graph';
  const overwrite = raw['overwrite'] === true;
  requireFree(out, overwrite, fileNames);
  const file = basename(path);
  const { delimiter } = settings;
  const table = readTable(readText(path), {
    file,
    exclude: settings.exclude,
    allowMissing: settings.missing === 'pairwise',
    ...(delimiter === null ? {} : { delimiter }),
  });
  const progress = pathProgress(stderr, now);
  const result = fitTable(table, file, settings, (point, done) => {
    progress.report(point, done);
  });
  progress.end();
  const answer = answerOf(file, table, settings, result);
  writeFolder(out, await answerFiles(answer, table, result), overwrite);
  const worth = [
    ...(answer.status === 'converged' ? [] : [answer.message]),
    ...(answer.chosen?.status === 'path-end' ? [describeChoice(answer.chosen)] : []),
  ];
  for (const warning of worth) stderr.write(`ggm: ${warning}\n`);
  stdout.write(raw['json'] === true ? `${JSON.stringify(toJson(answer))}\n` : shortAnswer(answer, out));
}

/** The file's text; a byte-order mark stays for the CSV reader. */
function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserError(`${path}: must be UTF-8 text; save it as "CSV UTF-8"`);
  }
}

function shortAnswer(answer: Answer, out: string): string {
  const { file, rows, missingValues, matrix, tau, chosen, graph } = answer;
  const { nodes, edges, componentSizes, isolatedNodes, strongestEdges } = graph;
  const how =
    chosen === null
      ? 'as given'
      : `by ${criterionTitles[chosen.criterion]}, ${chosen.index + 1} of ${chosen.scores.length}`;
  const width = Math.max(...fileNames.map((name) => name.length));
  return [
    `Read    ${file}: ${rows} rows, ${nodes} columns${missingValues > 0 ? `, ${missingValues} missing values` : ''}; ${matrix}`,
    `Fitted  ${describeModel(answer)}; tau ${tau.toPrecision(4)} (${how})`,
    `Graph   ${plural(edges, 'edge')} between ${nodes} nodes; ${plural(componentSizes.length, 'component')}, ${plural(isolatedNodes.length, 'node')} without an edge`,
    ...(strongestEdges.length > 0
      ? [`        strongest partial correlations: ${strongestEdges.slice(0, 3).map(describeEdge).join(', ')}`]
      : []),
    `Saved   ${join(out, '/')}`,
    ...Object.entries(fileDescriptions)
      .filter(([, description]) => description !== '')
      .map(([name, description]) => `        ${name.padEnd(width)}  ${description}`),
    '',
  ].join('\n');
}
