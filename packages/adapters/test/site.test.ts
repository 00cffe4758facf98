import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { findSites, Linear, listNodes, rankSites } from '../src/index.js';
import type { AdaptableModel, NamePattern, Parameter, SiteOptions } from '../src/index.js';
import { ToyModel } from './toy-model.js';

let model: ToyModel;
beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});
beforeEach(() => {
  model = new ToyModel();
});
afterEach(() => {
  model.dispose();
});

const names = (sites?: readonly NamePattern[], options: SiteOptions = {}): string[] =>
  findSites(model, { ...options, ...(sites === undefined ? {} : { sites }) }).map(({ name }) =>
    name.replace('encoder.layer.0.', ''),
  );

describe('findSites', () => {
  it('takes query, key and value by default, in the order of the model', () => {
    expect(names()).toEqual(['query', 'key', 'value']);
    expect(names(['value', 'query'])).toEqual(['query', 'value']);
  });

  it("takes the model's own default in its place, where it has one", () => {
    const own = { layers: model.layers, parameters: model.parameters, defaultSites: ['value'] };
    expect(findSites(own).map(({ name }) => name)).toEqual(['encoder.layer.0.value']);
    expect(findSites(own, { sites: ['key'] }).map(({ name }) => name)).toEqual(['encoder.layer.0.key']);
    expect(() => findSites({ ...own, defaultSites: ['v_lin'] })).toThrow('pattern v_lin matches none');
  });

  it('understands dotted suffixes and regular expressions', () => {
    expect(names(['0.key'])).toEqual(['key']);
    expect(names([/layer\.0\.(query|value)$/g])).toEqual(['query', 'value']);
  });

  it('takes a list of patterns, and no text alone', () => {
    const alone: object = { sites: 'query' };
    expect(() => findSites(model, alone)).toThrow(
      "findSites: sites must be an array of names or regular expressions; got query; write ['query']",
    );
  });

  it('matches whole parts of a name, never the head', () => {
    expect(() => names(['ery'])).toThrow(
      'findSites: sites: pattern ery matches none of the 3 layers that it may choose from; near names: query, key, value',
    );
    expect(() => names(['query', 'classifier'])).toThrow('pattern classifier matches none');
  });
});

describe('sites of a deeper model', () => {
  let deep: AdaptableModel;
  const parts = ['attention.self.query', 'attention.output.dense', 'output.dense'];
  beforeEach(() => {
    const names = [
      'words',
      ...[0, 1, 2, 10].flatMap((layer) => parts.map((part) => `layer.${layer}.${part}`)),
    ];
    const parameters = names.map((name): Parameter => ({
      name: `${name}.weight`,
      variable: tf.variable(tf.zeros(name === 'words' ? [9, 4] : [5, 4])),
      role: 'encoder',
    }));
    deep = {
      parameters,
      layers: parameters.map((weight) => new Linear(weight.name.slice(0, -7), weight, null)),
    };
  });
  afterEach(() => {
    for (const { variable } of deep.parameters) variable.dispose();
  });
  const found = (options: SiteOptions): string[] => findSites(deep, options).map(({ name }) => name);

  it.each([
    ['dense', 8],
    ['output.dense', 8],
    ['attention.output.dense', 4],
    ['attention.**', 8],
    ['layer.1.**', 3],
    ['layer.1*.output.dense', 2],
    ['layer.*.output.dense', 4],
    ['layer.**.dense', 8],
    ['que*', 4],
    ['**', 13],
    ['words', 1],
  ])('%s matches %d layers', (pattern, count) => {
    expect(found({ sites: [pattern] })).toHaveLength(count);
  });

  it('takes a text as it stands, whatever it means in expressions', () => {
    for (const pattern of ['outputxdense', 'layer.+.query', 'layer.(1|2).**']) {
      expect(() => found({ sites: [pattern] })).toThrow(`pattern ${pattern} matches none of the 13 layers`);
    }
  });

  it('stays within a range of layers, and out of what is excluded', () => {
    expect(found({ sites: ['query'], layers: { from: 1, to: 2 } })).toEqual([
      'layer.1.attention.self.query',
      'layer.2.attention.self.query',
    ]);
    expect(found({ sites: ['**'], layers: { from: 10 } })).toHaveLength(3);
    expect(found({ sites: ['**'], layers: { to: 0 } })).toHaveLength(3);
    expect(found({ sites: ['dense'], excludeSites: ['attention.**', 'layer.10.**'] })).toEqual([
      'layer.0.output.dense',
      'layer.1.output.dense',
      'layer.2.output.dense',
    ]);
  });

  it.each([
    [{ sites: ['words'], layers: { from: 0 } }, 'sites: pattern words matches none of the 12 layers'],
    [
      { sites: ['query'], excludeSites: ['dense'] },
      'excludeSites: pattern dense matches none of the 4 layers',
    ],
    [
      { sites: ['quer'] },
      'pattern quer matches none of the 13 layers that it may choose from; near names: query, words, dense',
    ],
    [{ sites: ['output.dens'] }, 'near names: output.dense'],
    [{ sites: ['query'], excludeSites: ['**'] }, 'sites and excludeSites must leave at least one layer'],
    [{ sites: ['query'], layers: { from: 2, to: 1 } }, 'layers must be a range within 0..10; got 2..1'],
    [{ sites: ['query'], layers: { from: 11 } }, 'layers must be a range within 0..10; got 11..10'],
    [{ sites: ['query'], layers: { to: 1.5 } }, 'layers must be a range within 0..10; got 0..1.5'],
  ])('refuses %j', (options, message) => {
    expect(() => found(options)).toThrow(message);
  });

  it('gives sites ranks by the last rule that matches', () => {
    const ranks = [
      { pattern: 'dense', rank: 2 },
      { pattern: 'layer.10.**', rank: 4 },
    ];
    const ranked = rankSites('test', deep, { sites: ['query', 'dense'], layers: { from: 2 }, ranks }, 3);
    expect(ranked.map(({ layer, rank }) => [layer.name.replace(/^layer\./, ''), rank])).toEqual([
      ['2.attention.self.query', 3],
      ['2.attention.output.dense', 2],
      ['2.output.dense', 2],
      ['10.attention.self.query', 4],
      ['10.attention.output.dense', 4],
      ['10.output.dense', 4],
    ]);
    expect(() => rankSites('test', deep, { sites: ['query'], ranks }, 3)).toThrow(
      'test: ranks: pattern dense matches none of the 4 layers',
    );
    expect(() =>
      rankSites('test', deep, { sites: ['**'], ranks: [{ pattern: 'query', rank: 5 }] }, 3),
    ).toThrow(
      'test: ranks must be an integer in 1..4, the smaller side of layer.0.attention.self.query [5, 4]; got 5',
    );
  });
});

describe('listNodes', () => {
  it('lists components, then the bias, layer by layer', () => {
    const nodes = listNodes(model.layers, {
      ranks: new Map([['encoder.layer.0.key', 2]]),
      encoderBiases: true,
      headBiases: false,
    });
    expect(nodes.map(({ name, size }) => [name.replace('encoder.layer.0.', ''), size])).toEqual([
      ['query.bias', 12],
      ['key.component.0', 24],
      ['key.component.1', 24],
      ['key.bias', 12],
      ['value.bias', 8],
    ]);
    expect(nodes.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts head biases as nodes when asked to', () => {
    const nodes = listNodes(model.layers, { ranks: new Map(), encoderBiases: false, headBiases: true });
    expect(nodes.map(({ name }) => name)).toEqual(['classifier.bias']);
  });
});
