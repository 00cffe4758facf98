/** From flags to the methods' options. */
import { methodNames, methodOptionNames } from '@ggm-peft/adapters';
import { describe, expect, it } from '@jest/globals';

import { methodOptions } from '../src/method-options.js';
import { readLayers, readRankRules } from '../src/method-settings.js';
import { readSettings, readStoredSettings } from '../src/settings.js';
import { TrainingPhases } from '../src/training-phases.js';

const common = { excludeSites: [], ranks: [] };

describe('methodOptions', () => {
  it.each([
    [{}, { ...common, rank: 10, selection: 'ggm', targetNodes: 60, importantNodes: 30, encoderBiases: true }],
    [
      { selection: 'random', targetNodes: '20', seed: '5', biases: false },
      { ...common, rank: 10, selection: 'random', targetNodes: 20, seed: 5, encoderBiases: false },
    ],
    [
      { method: 'pissa', sites: 'lin1', layers: '2-', excludeSites: 'layer.3.**' },
      {
        ...common,
        sites: ['lin1'],
        excludeSites: ['layer.3.**'],
        layers: { from: 2 },
        rank: 10,
        encoderBiases: false,
      },
    ],
    [
      { method: 'lora', rslora: true, alpha: '16', loraDropout: '0.1', ranks: 'value=4', biases: true },
      {
        ...common,
        ranks: [{ pattern: 'value', rank: 4 }],
        rank: 8,
        alpha: 16,
        dropout: 0.1,
        rankStabilised: true,
        encoderBiases: true,
        seed: 0,
      },
    ],
    [
      { method: 'adalora', rank: '4', initialRank: '6' },
      { ...common, targetRank: 4, initialRank: 6, alpha: 8, dropout: 0, encoderBiases: false, seed: 0 },
    ],
    [{ method: 'head' }, {}],
  ])('of %j', (raw, options) => {
    expect(methodOptions(readSettings(raw))).toEqual(options);
  });

  it.each(methodNames)('gives %s no option that it does not know', (method) => {
    const names = Object.keys(methodOptions(readSettings({ method }), () => undefined));
    expect(methodOptionNames(method)).toEqual(expect.arrayContaining(names));
  });

  it.each(methodNames)('comes back from the settings that a run of %s stores', (method) => {
    const settings = readSettings({ method });
    const stored = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
    expect(readStoredSettings(stored, 'config.json')).toEqual(settings);
  });
});

describe('readMethodSettings', () => {
  it.each([
    [
      { method: 'head', biases: false },
      '--biases is for apca, pissa, lora, adalora; --method head has no use for it',
    ],
    [{ alpha: '4' }, '--alpha is for lora, adalora; --method apca has no use for it'],
    [{ method: 'adalora', rslora: true }, '--rslora is for lora; --method adalora has no use for it'],
    [
      { selection: 'random', importantNodes: '3' },
      '--important-nodes is for --selection ggm; random has no important nodes',
    ],
    [{ selection: 'rand' }, '--selection must be one of ggm, ggm-no-important, importance, singular-value,'],
    [{ targetNodes: '4', importantNodes: '5' }, '--important-nodes must not exceed --target-nodes (4)'],
    [{ method: 'lora', loraDropout: '-1' }, '--lora-dropout must be a number of at least 0; got -1'],
  ])('refuses %j', (raw, message) => {
    expect(() => readSettings(raw)).toThrow(message);
  });
});

describe('readLayers', () => {
  it.each([
    ['6-11', { from: 6, to: 11 }],
    ['6-', { from: 6 }],
    ['-5', { to: 5 }],
    ['3', { from: 3, to: 3 }],
  ])('%s', (text, range) => {
    expect(readLayers(text)).toEqual(range);
  });

  it.each(['', '-', 'a', '1-2-3'])('refuses "%s"', (text) => {
    expect(() => readLayers(text)).toThrow('--layers must be a range');
  });
});

describe('readRankRules', () => {
  it.each(['value:4', '=4', 'value=', 'value=1.5'])('refuses %s', (rule) => {
    expect(() => readRankRules([rule])).toThrow('--ranks must be pattern=rank pairs such as value=4');
  });

  it('takes patterns with signs of equality in them', () => {
    expect(readRankRules(['a=b=3', 'layer.*.**=2'])).toEqual([
      { pattern: 'a=b', rank: 3 },
      { pattern: 'layer.*.**', rank: 2 },
    ]);
  });
});

describe('TrainingPhases', () => {
  const counts = (adapter: number) => ({ adapter, head: 2, total: adapter + 2 });

  it('has the median step and the most memory of each phase', () => {
    let time = 0;
    let memory = 0;
    const phases = new TrainingPhases(
      [],
      () => time,
      () => memory,
    );
    const step = (milliseconds: number, bytes: number): void => {
      time += milliseconds;
      memory = bytes;
      phases.endStep();
    };
    phases.beginEpoch('all nodes', counts(100));
    step(100, 5);
    step(400, 9);
    time += 5000; // evaluation belongs to no step
    phases.beginEpoch('all nodes', counts(100));
    step(200, 7);
    phases.beginEpoch('selected nodes', counts(10));
    step(30, 4);
    step(50, 3);
    expect(phases.records).toEqual([
      { name: 'all nodes', trainable: counts(100), steps: 3, stepSeconds: 0.2, memory: 9 },
      { name: 'selected nodes', trainable: counts(10), steps: 2, stepSeconds: 0.04, memory: 4 },
    ]);
  });

  it('refuses a step before the first epoch', () => {
    expect(() => {
      new TrainingPhases().endStep();
    }).toThrow('endStep must come after beginEpoch');
  });
});
