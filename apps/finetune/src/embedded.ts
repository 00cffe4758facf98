/** What the program brings along, so that it runs without a download: a small model and a task for it. */
import { join } from 'node:path';

const assets = join(import.meta.dirname, '..', 'assets');

/** A small RoBERTa, pre-trained on public-domain books. */
export const embeddedModel = join(assets, 'roberta-gutenberg-tiny');

/** One sentence a line, by Jane Austen (1) or Charles Dickens (0); the dev set's books are not in the training set. */
export const embeddedData = join(assets, 'austen-or-dickens');
