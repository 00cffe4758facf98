/**
 * Where the hub is, where its cache lies and who asks: options first, then the environment variables of Hugging Face's
 * Python client, then its defaults (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables).
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { hasCode, HubError, reasonOf } from './error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HubSettings {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  /** The cache's folder. */
  readonly cache: string;
  /** Access token, or null to ask as anybody. */
  readonly token: string | null;
  /** Whether only the cache may be used. */
  readonly offline: boolean;
}

export interface SettingsOptions {
  /** Address of the hub. Default: `HF_ENDPOINT`, else https://huggingface.co. */
  readonly endpoint?: string;
  /** The cache's folder. Default: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else ~/.cache/huggingface/hub. */
  readonly cache?: string;
  /**
   * Access token; null for none. Default: `HF_TOKEN`, else the file that `hf auth login` writes (`HF_TOKEN_PATH`, else
   * `token` in `HF_HOME`). It is sent to the endpoint only.
   */
  readonly token?: string | null;
  /** Use the cache only and make no request. Default: whether `HF_HUB_OFFLINE` is 1, on, yes or true. */
  readonly offline?: boolean;
}

const publicHub = 'https://huggingface.co';

/** @throws HubError for an endpoint that is no address, and a token's file that cannot be read */
export async function readSettings(options: SettingsOptions, environment: Environment): Promise<HubSettings> {
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const cacheHome = variable('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  const home = expand(variable('HF_HOME') ?? join(cacheHome, 'huggingface'), environment);
  const cache = variable('HF_HUB_CACHE') ?? variable('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub');
  const tokenFile = expand(variable('HF_TOKEN_PATH') ?? join(home, 'token'), environment);
  return {
    endpoint: checkEndpoint(options.endpoint ?? variable('HF_ENDPOINT') ?? publicHub),
    cache: resolve(options.cache ?? expand(cache, environment)),
    token: options.token === undefined ? await findToken(variable, tokenFile) : options.token,
    offline: options.offline ?? isTrue(variable('HF_HUB_OFFLINE') ?? variable('TRANSFORMERS_OFFLINE')),
  };
}

async function findToken(
  variable: (name: string) => string | undefined,
  file: string,
): Promise<string | null> {
  if (isTrue(variable('HF_HUB_DISABLE_IMPLICIT_TOKEN'))) return null;
  const given = (variable('HF_TOKEN') ?? variable('HUGGING_FACE_HUB_TOKEN'))?.trim();
  if (given) return given;
  try {
    return (await readFile(file, 'utf8')).trim() || null;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw new HubError(`${file}: cannot read the access token: ${reasonOf(error)}`, { cause: error });
  }
}

function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new HubError(`endpoint (HF_ENDPOINT) must be an address such as ${publicHub}; got ${text}`);
  }
  return text.replace(/\/+$/, '');
}

/** `~` and `$NAME` or `${NAME}` at the places where Python's `expanduser` and `expandvars` take them. */
function expand(path: string, environment: Environment): string {
  return path
    .replace(/^~(?=$|[/\\])/, homedir())
    .replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, braced?: string, bare?: string) => environment[braced ?? bare ?? ''] ?? whole,
    );
}

function isTrue(value: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? '');
}
