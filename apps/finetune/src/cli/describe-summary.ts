/** What a finished run says of itself on stdout. */
import type { RunSummary } from '../summary.js';

export function describeSummary({ metric, trainable, nodes, seconds, engine, out }: RunSummary): string {
  const show = (value: number | null): string => (value === null ? 'undefined' : String(value));
  const selected = nodes.total > 0 ? `${nodes.selected} of ${nodes.total} nodes, ` : '';
  return [
    '',
    `Result  dev ${metric.name} ${show(metric.last)} after the last epoch (best epoch: ${show(metric.best)})`,
    `        with ${selected}${trainable.adapter.toLocaleString('en-US')} values trained in the encoder and ` +
      `${trainable.head.toLocaleString('en-US')} in the head; ${seconds.toFixed(0)} s on ${engine}`,
    `Saved   ${out}`,
    '        report.md            the run in words and tables: read this first',
    '        adapter.safetensors  what changed in the encoder; head.safetensors: the task head',
    ...(nodes.total > 0 ? ['        nodes.json           which nodes were selected, and why'] : []),
    '        metrics.jsonl        loss of every step, metrics of every epoch',
    '        config.json          every setting, to repeat the run',
    `Again   npm run ggm-peft -- evaluate --run ${out}`,
  ].join('\n');
}
