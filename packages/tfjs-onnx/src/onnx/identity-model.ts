/** A model that copies an array of any length. */
import { elementCodes, modelMessage } from './model.js';
import { Message } from './protobuf.js';

/**
 * @param type of the array's elements
 * @param input name of the array, [n]
 * @param output name of its copy, [n]
 */
export function identityModel(type: keyof typeof elementCodes, input: string, output: string): Uint8Array {
  const length = new Message().message(1, new Message().text(2, 'n'));
  const tensorType = new Message().integer(1, elementCodes[type]).message(2, length);
  const info = (name: string): Message =>
    new Message().text(1, name).message(2, new Message().message(1, tensorType));
  const node = new Message().text(1, input).text(2, output).text(4, 'Identity');
  const graph = new Message()
    .message(1, node)
    .text(2, 'copy')
    .message(11, info(input))
    .message(12, info(output));
  return modelMessage(graph).finish();
}
