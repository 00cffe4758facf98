/** Providers that this machine may lack: the function runs, or is refused with the provider's name. */
import { describe, expect, it } from '@jest/globals';
import { tryProvider, worked } from './try-provider.js';

describe.each(['webgpu', 'cuda', 'none-such'])('the provider %s', (provider) => {
  it('runs, or is refused with its name', () => {
    const { status, signal, stdout } = tryProvider(provider);
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    const refusal = `compile: ONNX Runtime made no session on the providers ["${provider}"]: `;
    const isRun = provider !== 'none-such' && worked({ stdout });
    expect({ stdout, isRun: isRun || stdout.includes(refusal) }).toEqual({ stdout, isRun: true });
  });
});
