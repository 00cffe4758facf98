/**
 * `npm start`: the main job on what the repository brings along. It is this one command, written out, so that every
 * setting can be seen and changed; options given after `npm start --` come last and win.
 */
process.argv.splice(2, 0, 'finetune', ...['--train-limit', '3000', '--epochs', '5']);
await import('./ggm-peft.mjs');
