import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { findSites, listNodes } from '../src/index.js';
import type { NamePattern, SiteOptions } from '../src/index.js';
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

  it('understands dotted suffixes and regular expressions', () => {
    expect(names(['0.key'])).toEqual(['key']);
    expect(names([/layer\.0\.(query|value)$/g])).toEqual(['query', 'value']);
  });

  it('matches whole parts of a name, never the head', () => {
    expect(() => names(['ery'])).toThrow(
      'findSites: sites: pattern ery matches none of the 3 layers that it may choose from; near names: query, key, value',
    );
    expect(() => names(['query', 'classifier'])).toThrow('pattern classifier matches none');
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
