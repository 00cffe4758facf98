import { describe, expect, it } from '@jest/globals';
import { isPenaltyName, makePenalty, penaltyNames } from '../src/command/penalties.js';
import { readSettings, type RawOptions } from '../src/command/settings.js';
import { UserError } from '../src/command/user-error.js';

describe('readSettings', () => {
  it('has the graphical lasso by EBIC on correlations as its default', () => {
    const { penalty, ...rest } = readSettings({});
    expect(penalty.name).toBe(makePenalty('l1', undefined, undefined).name);
    expect(rest).toEqual({
      tau: { criterion: 'ebic', gamma: 0.25, refit: true, count: 30, ratio: 0.01 },
      structure: 'entries',
      important: [],
      coupling: Infinity,
      estimator: 'correlation',
      shrinkage: 'none',
      missing: 'error',
      exclude: [],
      delimiter: null,
      seed: 0,
      tolerance: 1e-5,
      maxIterations: 2000,
      layout: 'force',
    });
  });

  it('reads what is given', () => {
    const settings = readSettings({
      penalty: 'lp',
      p: '0.7',
      tau: '0.25',
      important: 'a, b c',
      coupling: '5',
      estimator: 'covariance',
      shrinkage: 'ledoit-wolf',
      exclude: 'x',
      delimiter: 'tab',
      seed: '-3',
      tolerance: '1e-3',
      maxIterations: '7',
      layout: 'circle',
    });
    expect(settings).toMatchObject({
      tau: 0.25,
      structure: 'columns',
      important: ['a', 'b c'],
      coupling: 5,
      shrinkage: 'ledoit-wolf',
      exclude: ['x'],
      delimiter: '\t',
      seed: -3,
      tolerance: 1e-3,
      maxIterations: 7,
      layout: 'circle',
    });
    expect(settings.penalty.value(4)).toBeCloseTo(4 ** 0.7, 12);
    expect(readSettings({ shrinkage: '0.2' }).shrinkage).toBe(0.2);
    expect(readSettings({ select: 'bic', taus: '5' }).tau).toEqual({
      criterion: 'bic',
      gamma: null,
      refit: true,
      count: 5,
      ratio: 0.01,
    });
    expect(readSettings({ select: 'aic', refit: false }).tau).toMatchObject({ refit: false });
    expect(readSettings({ select: 'stars' }).tau).toMatchObject({ refit: null });
  });

  it.each<[RawOptions, string]>([
    [{ penalty: 'l2' }, '--penalty: there is no penalty "l2"'],
    [{ p: '0.5' }, '--p is the exponent of --penalty lp; got it with l1'],
    [{ penalty: 'lp', p: '2' }, 'lpPenalty'],
    [{ penalty: 'lp', p: '1', shape: '1' }, '--p and --shape are the same parameter of lp: give one of them'],
    [{ shape: '2' }, '--shape: the penalty l1 has no shape parameter; got 2'],
    [{ penalty: 'lp', level: '1' }, '--level: only mcp and scad have a level; got 1 with lp'],
    [{ tau: '-1' }, '--tau must be a number at least 0; got "-1"'],
    [{ tau: '' }, '--tau must be a number at least 0; got ""'],
    [
      { tau: '1', select: 'ebic' },
      '--tau gives the penalty weight and --select chooses it: give one of them',
    ],
    [{ select: 'best' }, '--select must be one of ebic, bic, aic, cv, stars; got "best"'],
    [{ select: 'cv', gamma: '0.5' }, '--gamma belongs to --select ebic; got it with cv'],
    [{ gamma: '2' }, '--gamma must be a number at least 0 and at most 1; got "2"'],
    [{ taus: '2.5' }, '--taus must be an integer at least 1; got "2.5"'],
    [{ ratio: '1' }, '--ratio must be a number above 0 and below 1; got "1"'],
    [{ structure: 'rows' }, '--structure must be one of entries, columns; got "rows"'],
    [{ structure: 'entries', important: 'a' }, '--important needs --structure columns'],
    [{ important: 'a,,b' }, '--important must list different column names with commas between; got "a,,b"'],
    [{ exclude: 'a,a' }, '--exclude must list different column names with commas between; got "a" twice'],
    [{ coupling: '0' }, '--coupling must be a number above 0; got "0"'],
    [
      { shrinkage: 'lots' },
      '--shrinkage must be none, ledoit-wolf, schaefer-strimmer or an intensity in 0..1',
    ],
    [
      { shrinkage: 'ledoit-wolf' },
      '--shrinkage ledoit-wolf goes with --estimator covariance; got correlation',
    ],
    [
      { shrinkage: '0.1', estimator: 'kendall' },
      '--shrinkage 0.1 goes with --estimator correlation; got kendall',
    ],
    [{ missing: 'pairwise', estimator: 'kendall' }, '--missing pairwise goes with --estimator covariance or'],
    [{ missing: 'pairwise', shrinkage: '0.1' }, '--missing pairwise goes with --estimator covariance or'],
    [{ delimiter: '|' }, '--delimiter must be comma, semicolon, tab or the character itself; got "|"'],
    [{ maxIterations: '0' }, '--max-iterations must be an integer at least 1; got "0"'],
    [{ layout: 'grid' }, '--layout must be one of force, circle; got "grid"'],
  ])('rejects %j', (raw, message) => {
    expect(() => readSettings(raw)).toThrow(message);
    expect(() => readSettings(raw)).toThrow(UserError);
  });

  it('has every penalty under its name, with usual parameters', () => {
    expect(penaltyNames).toHaveLength(10);
    for (const name of penaltyNames) {
      if (!isPenaltyName(name)) throw new Error(`${name} is listed but not known`);
      const penalty = makePenalty(name, undefined, undefined);
      expect(penalty.value(0)).toBe(0);
      expect(penalty.value(1)).toBeGreaterThan(0);
      expect(penalty.name.startsWith(name)).toBe(true);
    }
    expect(isPenaltyName('toString')).toBe(false);
  });

  it('hands shape and level on', () => {
    expect(makePenalty('mcp', 2, 0.25).value(10)).toBeCloseTo(0.25, 12); // knee / 2 = 2 · 0.25 / 2
    expect(makePenalty('capped-l1', 0.2, undefined).value(10)).toBe(0.2);
  });
});
