/** Which architecture a configuration is of. */
import { bertArchitecture } from './bert/architecture.js';
import type { ModelType } from './config/encoder-config.js';
import { distilBertArchitecture } from './distilbert/architecture.js';
import { robertaArchitecture } from './roberta/architecture.js';
import type { Architecture } from './transformer/architecture.js';

const architectures: Readonly<Record<ModelType, Architecture>> = {
  roberta: robertaArchitecture,
  'xlm-roberta': robertaArchitecture,
  bert: bertArchitecture,
  distilbert: distilBertArchitecture,
};

export function architectureOf({ modelType }: { readonly modelType: ModelType }): Architecture {
  return architectures[modelType];
}
