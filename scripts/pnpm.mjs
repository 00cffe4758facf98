/** `npm run pnpm -- <command>`: the pnpm that package.json pins, installed or not. */
import { pnpm } from './steps.mjs';

pnpm(process.argv.slice(2), { interactive: true });
