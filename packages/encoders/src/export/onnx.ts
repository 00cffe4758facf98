/**
 * A fine-tuned model for ONNX runtimes, adapters merged, in the layout that transformers.js reads: `onnx/model.onnx` with
 * `config.json` and the tokenizer above it (`tokenizer_config.json` completed with what transformers.js does not know by
 * itself). See `onnxGraph` for the graph's inputs and output.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mergedParameters, writeNewFolder } from '@ggm-peft/adapters';

import type { EncoderForSequenceClassification } from '../transformer/sequence-classifier.js';
import { copyTokenizer, requireLabels, writeConfig } from './model-files.js';
import type { ExportOptions } from './model-files.js';
import { onnxGraph } from './onnx-graph.js';
import { completeTokenizerConfig } from './transformers-js-tokenizer.js';

/**
 * Writes the folder, which must not exist yet or be empty; it appears whole or not at all. The model is left as it is.
 * transformers.js needs a `tokenizer.json`, which the base model's folder may lack.
 * @returns the names of the files written
 * @throws when the labels do not fit the head, the base model's `config.json` cannot be read, the model takes more than the
 *   2 GiB that an ONNX file can hold, or the folder cannot be made
 */
export async function exportOnnx(
  folder: string,
  model: EncoderForSequenceClassification,
  options: ExportOptions,
): Promise<readonly string[]> {
  requireLabels('exportOnnx', model, options.labels);
  return writeNewFolder(folder, async (draft) => {
    await writeConfig(draft, model.config, options);
    const tokenizer = new Set(await copyTokenizer(options.base, draft));
    await completeTokenizerConfig(draft, options.base, model.config);
    tokenizer.add('tokenizer_config.json');
    await mkdir(join(draft, 'onnx'));
    await writeFile(
      join(draft, 'onnx', 'model.onnx'),
      onnxGraph(model.config, model.pooling, await mergedParameters(model)),
    );
    return ['config.json', 'onnx/model.onnx', ...tokenizer];
  });
}
