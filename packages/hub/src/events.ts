/** What a caller hears while a model or data set comes in. Sizes are in bytes. */

export type HubEvent =
  /** It is known what is needed and what of it has to be downloaded. */
  | {
      readonly type: 'resolved';
      readonly id: string;
      readonly commit: string;
      /** Where the files lie, or will. */
      readonly folder: string;
      readonly files: number;
      readonly size: number;
      /** Of these, what is not in the cache. */
      readonly missing: { readonly files: number; readonly size: number };
    }
  /** Another process downloads this file; it is waited for. */
  | { readonly type: 'waiting'; readonly path: string }
  /** A download begins, with what an earlier one left behind. */
  | { readonly type: 'file'; readonly path: string; readonly size: number; readonly resumed: number }
  | { readonly type: 'received'; readonly path: string; readonly size: number; readonly received: number }
  /** The file is complete and equals what the hub says; `transferred` came over the network. */
  | { readonly type: 'verified'; readonly path: string; readonly size: number; readonly transferred: number }
  /** A request failed and will be made again. */
  | { readonly type: 'retry'; readonly reason: string; readonly seconds: number };
