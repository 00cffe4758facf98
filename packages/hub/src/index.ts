export { HubError, HubUnavailableError } from './error.js';
export type { HubEvent } from './events.js';
export { downloadModel, isOwnFolder, resolveDataset, resolveModel } from './resolve.js';
export type { DatasetOptions, HubOptions, HubSource, Resolved } from './resolve.js';
export type { Environment, SettingsOptions } from './settings.js';
