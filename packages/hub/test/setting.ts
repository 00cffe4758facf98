/** A hub with one model and an empty cache, for each test anew. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';

import type { HubEvent, HubOptions } from '../src/index.js';
import { FakeHub } from './fake-hub.js';

export const id = 'Example/tiny-roberta';

/** 300,000 bytes in no pattern of a power of two: a part in the wrong place is noticed. */
export const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251));

export const modelFiles = {
  'config.json': '{"model_type": "roberta"}\n',
  'model.safetensors': { content: weights, large: true },
  'vocab.json': '{"a": 0}',
  'merges.txt': '#version: 0.2\n',
  'README.md': '# a model',
  'pytorch_model.bin': { content: Buffer.from('a pickle'), large: true },
};

export interface Setting {
  readonly hub: FakeHub;
  /** A folder of the test's own. */
  readonly folder: string;
  readonly cache: string;
  /** The model's commit on main. */
  readonly commit: string;
  readonly events: HubEvent[];
  /** Nothing of this machine's own environment, no waiting between attempts. */
  readonly options: HubOptions;
}

/** Makes the setting before each test of the file; call it for the present one. */
export function setUp(): () => Setting {
  let setting: Setting | null = null;
  beforeEach(async () => {
    const hub = await FakeHub.start();
    const folder = await mkdtemp(join(tmpdir(), 'hub-'));
    const cache = join(folder, 'cache');
    const events: HubEvent[] = [];
    setting = {
      hub,
      folder,
      cache,
      commit: hub.commit(id, modelFiles),
      events,
      options: {
        endpoint: hub.endpoint,
        cache,
        token: null,
        environment: {},
        backoffSeconds: 0.001,
        onEvent: (event) => events.push(event),
      },
    };
  });
  afterEach(async () => {
    await setting?.hub.stop();
    if (setting !== null) await rm(setting.folder, { recursive: true, force: true });
  });
  return () => {
    if (setting === null) throw new Error('setting: only within a test');
    return setting;
  };
}
