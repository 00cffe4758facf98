/** The options of a run's method, out of its settings. */
import type { MethodName, MethodOptions } from '@ggm-peft/adapters';

import type { Settings } from './settings.js';

/** @param onSite called after each site's decomposition, for progress */
export function methodOptions(
  { method, rank, sites, targetNodes, importantNodes }: Settings,
  onSite?: (done: number, total: number) => void,
): MethodOptions[MethodName] {
  if (method !== 'apca') return {};
  return { rank, sites, targetNodes, importantNodes, ...(onSite === undefined ? {} : { onSite }) };
}
