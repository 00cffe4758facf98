/** Which tfjs op is running, for messages: read from the scopes that tfjs opens around every op. */
import * as tf from '@tensorflow/tfjs';

/** What tfjs appends to the name of an op's scope. */
const suffix = '__op';

/** The names of the tfjs ops that are running, outermost first. */
export function runningOperations(): string[] {
  return tf
    .engine()
    .state.scopeStack.map(({ name }) => name)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));
}

/** The outermost op: the one that the user's code called. Gradients run inside tfjs's own ops. */
export function currentOperation(): string {
  return runningOperations()[0] ?? 'tensor';
}
