/**
 * Requests to the hub about one repository: with the token, which goes to the endpoint alone, tried again while that can
 * help, and with errors that say what to do.
 */
import { HubError, HubUnavailableError, isObject, reasonOf } from './error.js';
import type { HubEvent } from './events.js';
import { pause } from './pause.js';
import type { Repo } from './repo.js';
import type { HubSettings } from './settings.js';

export interface ClientOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: HubEvent) => void;
  /** Attempts in a row that may fail before a request is given up. */
  readonly attempts: number;
  /** Seconds before the second attempt; doubled before each further one, unless the hub says how long. */
  readonly backoffSeconds: number;
  /** Seconds without a byte after which an attempt has failed. */
  readonly stallSeconds: number;
  /** Makes a request, like the global `fetch`. */
  readonly fetch: typeof fetch;
}

/** A failure that may pass: the network, a busy or broken hub. */
export class PassingFailure extends Error {
  constructor(
    message: string,
    /** Seconds that the hub asks to wait, null if it does not say. */
    readonly waitSeconds: number | null = null,
  ) {
    super(message);
  }
}

/** A hub that asks to wait longer than this is not waited for. */
const longestWaitSeconds = 120;

const passingStatus = new Set([408, 425, 429, 500, 502, 503, 504]);

export class HubClient {
  constructor(
    readonly repo: Repo,
    readonly settings: HubSettings,
    readonly options: ClientOptions,
  ) {}

  /** Address of a file's content. */
  contentUrl(commit: string, path: string): string {
    const { type, id } = this.repo;
    const place = path.split('/').map(encodeURIComponent).join('/');
    return `${this.settings.endpoint}/${type === 'dataset' ? 'datasets/' : ''}${id}/resolve/${commit}/${place}`;
  }

  /** A `fetch` for small answers: whole, after as many attempts as it takes. */
  readonly fetchWhole: typeof fetch = async (input, init) =>
    this.persist(async () =>
      this.send(input, init, async (response) => {
        const body = await response.arrayBuffer();
        return new Response(body, { status: response.status, headers: response.headers });
      }),
    );

  /**
   * Makes one request and has `read` take its answer.
   * @param read calls `alive` whenever something came; what it throws counts as the network's, unless it is one of ours
   * @throws PassingFailure, or HubError when another attempt cannot help
   */
  async send<T>(
    input: string | URL | Request,
    init: RequestInit | undefined,
    read: (response: Response, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const { signal, stallSeconds } = this.options;
    const headers = new Headers(init?.headers);
    const address = typeof input === 'object' && 'url' in input ? input.url : String(input);
    const { token, endpoint } = this.settings;
    if (token !== null && new URL(address).origin === new URL(endpoint).origin) {
      headers.set('Authorization', `Bearer ${token}`);
    }
    const stalled = new AbortController();
    const timer = setTimeout(() => {
      stalled.abort(new PassingFailure(`nothing came for ${stallSeconds} s`));
    }, stallSeconds * 1000);
    const signals = signal === undefined ? [stalled.signal] : [stalled.signal, signal];
    try {
      const response = await this.options.fetch(input, {
        ...init,
        headers,
        signal: AbortSignal.any(signals),
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw this.#refusal(response);
      }
      return await read(response, () => timer.refresh());
    } catch (error) {
      signal?.throwIfAborted();
      stalled.signal.throwIfAborted();
      if (error instanceof HubError || error instanceof PassingFailure) throw error;
      throw new PassingFailure(networkReason(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Does `work` again while it fails for reasons that may pass.
   * @param progress how far it got; only failures in a row that got no further than ever before count
   * @throws HubUnavailableError when there were too many
   */
  async persist<T>(work: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    const { attempts, backoffSeconds, signal, onEvent } = this.options;
    let failures = 0;
    let reached = progress();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        failures = progress() > reached ? 1 : failures + 1;
        reached = Math.max(reached, progress());
        const seconds = error.waitSeconds ?? backoffSeconds * 2 ** (failures - 1);
        if (failures >= attempts || seconds > longestWaitSeconds) throw this.#giveUp(error, failures);
        onEvent({ type: 'retry', reason: error.message, seconds });
        await pause(seconds, signal);
      }
    }
  }

  #giveUp({ message, waitSeconds }: PassingFailure, failures: number): HubUnavailableError {
    const { endpoint } = this.settings;
    const wait = waitSeconds === null ? '' : `; it asks to wait ${waitSeconds.toFixed(0)} s`;
    return new HubUnavailableError(
      `${this.repo.id}: cannot be had from ${endpoint} (attempts: ${failures}): ${message}${wait}. ` +
        'Without a network, HF_HUB_OFFLINE=1 takes what was downloaded before, and a folder of your own needs no hub',
    );
  }

  /** What a status other than success means. */
  #refusal(response: Response): Error {
    const { type, id, revision } = this.repo;
    const { endpoint, token } = this.settings;
    const { status } = response;
    const code = response.headers.get('X-Error-Code');
    const page = `${endpoint}/${type === 'dataset' ? 'datasets/' : ''}${id}`;
    if (passingStatus.has(status)) {
      const what = status === 429 ? 'too many requests (429)' : `the hub fails (status ${status})`;
      return new PassingFailure(what, waitOf(response.headers.get('Retry-After')));
    }
    if (code === 'GatedRepo' || (status === 403 && code !== 'RepoNotFound')) {
      return new HubError(
        `${id}: access is restricted (${status}): accept the terms on ${page}, and ` +
          (token === null
            ? "give that account's access token in HF_TOKEN"
            : 'see that the access token belongs to that account and may read this repository'),
      );
    }
    if (code === 'RevisionNotFound') {
      return new HubError(`${id}: has no revision ${revision}; ${page}/tree/main shows branches and tags`);
    }
    if (status === 401) {
      // The hub answers so for private and for missing repositories alike.
      return new HubError(
        token === null
          ? `${id}: no such ${type} on ${endpoint}, or not for everybody (401): check the name; for a private or restricted one, give an access token in HF_TOKEN`
          : `${id}: no such ${type} on ${endpoint}, or the access token (HF_TOKEN, or from hf auth login) is not valid for it (401)`,
      );
    }
    if (status === 404) {
      return new HubError(
        `${id}: no such ${type} on ${endpoint} (404), and no folder of that name: check the name` +
          (token === null ? '; for a private one, give an access token in HF_TOKEN' : ''),
      );
    }
    return new HubError(
      `${id}: ${endpoint} answers with status ${status} (${new URL(response.url).pathname})`,
    );
  }
}

/** Why a request got no answer; `fetch` hides it one level down. */
function networkReason(error: unknown): string {
  const cause = isObject(error) && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? reasonOf(error) : reasonOf(cause) || reasonOf(error);
}

/** Seconds of a `Retry-After` header: a number, or a date. */
function waitOf(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}
