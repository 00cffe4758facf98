/**
 * Whether memory stays flat: 2,000 training steps at varying shapes on the engine onnx, the main job's method on the
 * embedded model, selection included. Prints the resident set every 100 steps, and its slope over the last half.
 *
 *   node bench/engine/soak.mjs [steps, default 2000] [engine, default onnx]
 */
import { attachMethod } from '@ggm-peft/adapters';
import { collate, encoderInputs, loadRoberta } from '@ggm-peft/encoders';
import { startEngine } from '@ggm-peft/engine';
import { seededGenerator } from '@ggm-peft/random';
import { train } from '@ggm-peft/training';

const [steps, engineName] = [Number(process.argv[2] ?? 2000), process.argv[3] ?? 'onnx'];
const epochs = 5;
const batchSize = 8;
const printEvery = steps / 20;
const [shortest, longest, vocabulary] = [4, 128, 8000];

const generator = seededGenerator(0);
/** Mostly short, some long, so that the longest of a batch differs from batch to batch. */
const textLength = () => {
  const fraction = (generator.below(1000) / 1000) ** 6;
  return Math.round(shortest + fraction * (longest - shortest));
};
const texts = Array.from({ length: (steps / epochs) * batchSize }, () =>
  Array.from({ length: textLength() }, () => 3 + generator.below(vocabulary)),
);
const padTokenId = 1;
const shapes = new Set();
const source = {
  size: texts.length,
  length: (index) => texts[index].length,
  batch: (indices, padTo) => {
    const tokens = collate(
      indices.map((index) => texts[index]),
      padTokenId,
      { padTo },
    );
    shapes.add(`${tokens.batch} × ${tokens.length}`);
    return {
      inputs: encoderInputs(tokens, padTokenId),
      labels: Float32Array.from(indices, (index) => texts[index][0] % 2),
    };
  },
};

const megabytes = () => process.memoryUsage().rss / 2 ** 20;

/** Least squares: MB a step. */
function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(({ step }) => step), mean(({ rss }) => rss)];
  const covariance = mean(({ step, rss }) => (step - x) * (rss - y));
  return covariance / mean(({ step }) => (step - x) ** 2);
}

const engine = await startEngine(engineName);
const model = await loadRoberta('apps/finetune/assets/roberta-gutenberg-tiny', { outputs: 2 });
const method = await attachMethod(model, 'apca');
const points = [];
const began = performance.now();
await train({
  engine,
  model,
  method,
  objective: 'classification',
  train: source,
  epochs,
  batchSize,
  learningRates: { encoder: 1e-4, head: 1e-4 },
  onEvent: (event) => {
    if (event.type === 'allocation') console.log('       the selection');
    if (event.type !== 'step') return;
    points.push({ step: event.globalStep, rss: megabytes() });
    if (event.globalStep % printEvery === 0) {
      console.log(
        `${String(event.globalStep).padStart(6)} steps  ${megabytes().toFixed(0).padStart(5)} MB  ${shapes.size} shapes`,
      );
    }
  },
});
const seconds = (performance.now() - began) / 1000;
await engine.dispose();
const perStep = slope(points.slice(points.length / 2));
console.log(
  `${engineName}: ${points.length} steps in ${seconds.toFixed(0)} s; over the last half ${(perStep * 1024).toFixed(2)} kB a step, ` +
    `${((perStep * points.length) / 2).toFixed(1)} MB in all`,
);
