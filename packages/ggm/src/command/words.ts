/** The answer's parts in words, for the report and the screen. */
import type { Edge } from '../reading/edges.js';
import type { Answer } from './answer.js';
import type { ChosenTau } from './fit-table.js';
import type { CriterionName } from './settings.js';

/** Names of the criteria for people. */
export const criterionTitles: Readonly<Record<CriterionName, string>> = {
  ebic: 'EBIC',
  bic: 'BIC',
  aic: 'AIC',
  cv: 'cross-validated likelihood',
  stars: 'StARS',
};

/** The model in words. */
export function describeModel({ settings: { structure, penalty, coupling, important } }: Answer): string {
  const target =
    structure === 'entries'
      ? 'every entry off the diagonal'
      : important.length > 0
        ? 'the columns’ entries in the rows of the important nodes'
        : 'the columns without their diagonal';
  const held = coupling === Infinity ? '' : `, coupling ${coupling}`;
  return `${penalty.name} on ${target}${held}`;
}

/** What τ was chosen by. */
export function describeCriterion({ settings: { tau } }: Answer): string {
  if (typeof tau === 'number') return 'the user';
  const gamma = tau.gamma === null ? '' : ` (γ = ${tau.gamma})`;
  return `${criterionTitles[tau.criterion]}${gamma}${tau.refit === true ? ' of the graphs refitted without the penalty' : ''}`;
}

/** How τ was chosen, and what to try where the best one lies at an end of those tried. */
export function describeChoice({ criterion, tau, index, scores, status, message }: ChosenTau): string {
  if (status !== 'path-end') return message;
  const place = `${criterionTitles[criterion]} chose tau ${tau.toPrecision(4)}, `;
  return index === 0
    ? `${place}the largest tried: by this criterion the data support nothing that is penalised.`
    : `${place}the smallest of the ${scores.length} tried: a smaller one may be better, lower --ratio.`;
}

/** `flavanoids – phenols +0.41`. */
export function describeEdge({ from, to, partialCorrelation }: Edge): string {
  return `${from} – ${to} ${partialCorrelation < 0 ? '−' : '+'}${Math.abs(partialCorrelation).toFixed(2)}`;
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
