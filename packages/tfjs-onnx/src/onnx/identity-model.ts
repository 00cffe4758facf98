/** A model that copies an array of any length. */
import { modelMessage, valueInfo } from './messages.js';
import type { elementCodes } from './messages.js';
import { compiledVersions } from './model.js';
import { Message } from './protobuf.js';

/**
 * @param type of the array's elements
 * @param input name of the array, [n]
 * @param output name of its copy, [n]
 */
export function identityModel(type: keyof typeof elementCodes, input: string, output: string): Uint8Array {
  const array = { type, shape: ['n'] };
  const node = new Message().text(1, input).text(2, output).text(4, 'Identity');
  const graph = new Message()
    .message(1, node)
    .text(2, 'copy')
    .message(11, valueInfo(input, array))
    .message(12, valueInfo(output, array));
  return modelMessage(graph, compiledVersions).finish();
}
