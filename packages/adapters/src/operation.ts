/**
 * Operations of one's own with gradients that are computed only where they are asked for. `tf.customGrad` computes the
 * gradients of all inputs, the frozen ones too; a kernel with a registered gradient does not. The kernel here is the same on
 * every backend, made of tfjs's ops, and registered for a backend when it is first used there.
 */
import * as tf from '@tensorflow/tfjs';

type Named<K extends string> = Readonly<Record<K, tf.Tensor>>;

export interface OperationDefinition<K extends string> {
  /** A name that no other kernel has. */
  readonly name: string;
  /** The inputs' names; the gradients are given all of them. */
  readonly inputs: readonly K[];
  readonly forward: (inputs: Named<K>) => tf.Tensor;
  /** One gradient an input, given ∂L/∂output; each is called only if its input's gradient is wanted. */
  readonly gradients: Readonly<Record<K, (dy: tf.Tensor, inputs: Named<K>) => tf.Tensor>>;
}

/** @returns a function that runs the operation on tfjs's current backend */
export function defineOperation<K extends string>(
  definition: OperationDefinition<K>,
): (inputs: Named<K>) => tf.Tensor {
  const { name, inputs: names, forward, gradients } = definition;
  const named = (tensorOf: (key: K, index: number) => tf.Tensor | undefined): Named<K> => {
    const found: Partial<Record<K, tf.Tensor>> = {};
    for (const [index, key] of names.entries()) {
      const tensor = tensorOf(key, index);
      if (!(tensor instanceof tf.Tensor)) throw new Error(`${name}: ${key} must be a tensor`);
      found[key] = tensor;
    }
    return found as Record<K, tf.Tensor>;
  };
  tf.registerGradient({
    kernelName: name,
    inputsToSave: [...names],
    gradFunc: (dy, saved) => {
      if (!(dy instanceof tf.Tensor)) throw new Error(`${name}: expected one gradient`);
      const inputs = named((_, index) => saved[index]);
      return Object.fromEntries(names.map((key) => [key, () => gradients[key](dy, inputs)]));
    },
  });
  const registered = new Set<string>();
  const registerFor = (backendName: string): void => {
    if (registered.has(backendName)) return;
    registered.add(backendName);
    tf.registerKernel({
      kernelName: name,
      backendName,
      // tfjs hands the tensors through that the operation was called with
      kernelFunc: ({ inputs }) => forward(named((key) => inputs[key] as tf.Tensor | undefined)),
    });
  };
  return (inputs) => {
    registerFor(tf.getBackend());
    return tf.engine().runKernel(name, { ...inputs });
  };
}
