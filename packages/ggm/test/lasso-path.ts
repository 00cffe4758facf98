/** The samples, and the path over τ, of the scikit-learn golden (fixtures/graphical-lasso-path.py). */
import { l1Penalty } from '@ggm-peft/linalg';
import { correlation } from '../src/data/covariance.js';
import { golden } from './golden.js';

export const expected = golden('graphical-lasso-path.json');

export const samples = expected.matrix('samples'); // [40, 6]

export const covariance = correlation(samples).covariance;

export const places = Array.from({ length: expected.length('path') }, (_, k) => String(k));

export const taus = places.map((k) => expected.number('path', k, 'tau'));

export const lasso = { penalty: l1Penalty(), structure: 'entries' } as const;
