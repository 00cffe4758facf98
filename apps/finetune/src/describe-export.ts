/** What was exported, where it lies, and how another program loads it: a few lines for the terminal. */
import { basename, dirname } from 'node:path';

import type { Exported } from './commands/export.js';

const contents: Readonly<Record<string, string>> = {
  'adapter_config.json': 'what PEFT builds the adapter from',
  'adapter_model.safetensors': 'low-rank products, biases and the head',
  'model.safetensors': 'all weights, the adapter merged',
  'onnx/model.onnx': 'the model with its weights, the adapter merged; any batch and length',
  'config.json': 'the model and the names of its classes',
};

export function describeExport(exported: Exported): string {
  const { out, files } = exported;
  const known = files.filter((name) => name in contents);
  const width = Math.max(...known.map((name) => name.length));
  const others = files.length - known.length;
  return [
    `Exported  ${out}`,
    ...known.map((name) => `          ${name.padEnd(width)}  ${contents[name] ?? ''}`),
    ...(others > 0 ? [`          and the tokenizer, ${others} files`] : []),
    '',
    ...usage(exported),
  ].join('\n');
}

function usage({ to, out, files, labels, baseModel }: Exported): string[] {
  switch (to) {
    case 'peft':
      return [
        'In Python:',
        '  from peft import PeftModel',
        '  from transformers import AutoModelForSequenceClassification',
        `  base = AutoModelForSequenceClassification.from_pretrained(${quoted(baseModel)}, num_labels=${labels?.length ?? 1})`,
        `  model = PeftModel.from_pretrained(base, ${quoted(out)})`,
      ];
    case 'huggingface':
      return [
        'In Python:',
        '  from transformers import pipeline',
        `  classify = pipeline("text-classification", ${quoted(out)})`,
      ];
    case 'onnx':
      return [
        'In JavaScript:',
        "  import { env, pipeline } from '@huggingface/transformers';",
        `  env.localModelPath = ${quoted(dirname(out))};`,
        `  const classify = await pipeline('text-classification', ${quoted(basename(out))}, { dtype: 'fp32' });`,
        ...(files.includes('tokenizer.json')
          ? []
          : ['which needs a tokenizer.json there too: save the base model’s fast tokenizer in Python']),
      ];
  }
}

/** A string literal of Python and of JavaScript. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
