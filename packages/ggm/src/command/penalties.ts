/** The penalties by the names that the command line has for them. */
import {
  cappedL1Penalty,
  etpPenalty,
  gemanPenalty,
  l0Penalty,
  l1Penalty,
  laplacePenalty,
  logSumPenalty,
  lpPenalty,
  mcpPenalty,
  scadPenalty,
  type Penalty,
} from '@ggm-peft/linalg';

/** A penalty's parameters on the command line. */
interface PenaltyEntry {
  /** What its shape parameter is, for the help; none without one. */
  readonly shape?: { readonly symbol: string; readonly usual: number };
  /** Whether it has a level, as MCP and SCAD do. */
  readonly levelled: boolean;
  make(shape: number, level: number): Penalty;
}

const plain = (make: () => Penalty): PenaltyEntry => ({ levelled: false, make });
const shaped = (symbol: string, usual: number, make: (shape: number) => Penalty): PenaltyEntry => ({
  shape: { symbol, usual },
  levelled: false,
  make,
});
const levelled = (
  symbol: string,
  usual: number,
  make: (shape: number, level: number) => Penalty,
): PenaltyEntry => ({ shape: { symbol, usual }, levelled: true, make });

/** The usual values suit correlation matrices, whose precision entries of interest are about 0.1 to 1. */
const PENALTIES = {
  l1: plain(l1Penalty),
  lp: shaped('p', 0.5, lpPenalty),
  mcp: levelled('gamma', 3, mcpPenalty),
  scad: levelled('a', 3.7, scadPenalty),
  'log-sum': shaped('epsilon', 0.1, logSumPenalty),
  'capped-l1': shaped('theta', 0.3, cappedL1Penalty),
  etp: shaped('gamma', 5, etpPenalty),
  laplace: shaped('gamma', 0.2, laplacePenalty),
  geman: shaped('gamma', 0.2, gemanPenalty),
  l0: plain(l0Penalty),
} as const satisfies Readonly<Record<string, PenaltyEntry>>;

/** A penalty's name. */
export type PenaltyName = keyof typeof PENALTIES;

/** Where MCP and SCAD begin to level off, unless told otherwise. */
export const USUAL_LEVEL = 0.1;

/** All names. */
export const penaltyNames: readonly string[] = Object.keys(PENALTIES);

/** The shape parameters and their defaults, for the help. */
export function describeShapes(): string {
  return Object.entries<PenaltyEntry>(PENALTIES)
    .flatMap(([name, { shape }]) => (shape === undefined ? [] : [`${name} ${shape.symbol}=${shape.usual}`]))
    .join(', ');
}

/** Whether a text names a penalty. */
export function isPenaltyName(name: string): name is PenaltyName {
  return Object.hasOwn(PENALTIES, name);
}

/**
 * The penalty of a name.
 *
 * @param shape its shape parameter; default the usual one.
 * @param level of MCP and SCAD; default {@link USUAL_LEVEL}.
 * @throws RangeError where it has no such parameter or its value is out of range.
 */
export function makePenalty(
  name: PenaltyName,
  shape: number | undefined,
  level: number | undefined,
): Penalty {
  const entry: PenaltyEntry = PENALTIES[name];
  if (shape !== undefined && entry.shape === undefined) {
    throw new RangeError(`--shape: the penalty ${name} has no shape parameter; got ${shape}`);
  }
  if (level !== undefined && !entry.levelled) {
    throw new RangeError(`--level: only mcp and scad have a level; got ${level} with ${name}`);
  }
  return entry.make(shape ?? entry.shape?.usual ?? 0, level ?? USUAL_LEVEL);
}
