/**
 * A Vulkan driver in software for tests: SwiftShader, which Chromium and Chrome bring along. With it the WebGPU engines
 * are tested on machines without a GPU. For tests only: what runs there is some hundred times slower than on the CPU.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const driverFile = 'vk_swiftshader_icd.json';
const loaderFile = 'libvulkan.so.1';

/** Where Vulkan's loader looks for drivers besides the user's own folders. */
const driverFolders = [
  'etc/vulkan/icd.d',
  'usr/share/vulkan/icd.d',
  'usr/local/etc/vulkan/icd.d',
  'usr/local/share/vulkan/icd.d',
];

/** Where Linux distributions put Chromium, and Google Chrome. */
const browserFolders = [
  'usr/lib/chromium',
  'usr/lib/chromium-browser',
  'usr/lib64/chromium-browser',
  'opt/google/chrome',
  'opt/google/chrome-beta',
  'opt/google/chrome-unstable',
];

const libraryFolders = ['usr/lib', 'usr/lib64', 'usr/local/lib', 'lib', 'lib64'];
const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

const hasDriver = (folder) =>
  existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'));

/**
 * @param {Readonly<Record<string, string | undefined>>} env the environment of the tests
 * @param {{ root?: string, platform?: string, arch?: string }} [machine] default: this one
 * @returns {Record<string, string>} what to add to the environment: nothing where a Vulkan driver is installed or
 *   chosen, or where there is no software one
 */
export function softwareVulkan(env, { root = '/', platform = process.platform, arch = process.arch } = {}) {
  if (platform !== 'linux') return {};
  if (['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'].some((name) => env[name])) return {};
  const home = env.HOME;
  const own = [
    env.XDG_DATA_HOME ?? (home && join(home, '.local/share')),
    env.XDG_CONFIG_HOME ?? (home && join(home, '.config')),
  ]
    .filter(Boolean)
    .map((folder) => join(folder, 'vulkan/icd.d'));
  if ([...driverFolders.map((folder) => join(root, folder)), ...own].some(hasDriver)) return {};
  const browser = browserFolders
    .map((folder) => join(root, folder))
    .find((folder) => existsSync(join(folder, driverFile)));
  if (browser === undefined) return {};
  const driver = { VK_ICD_FILENAMES: join(browser, driverFile) };
  const hasLoader = libraryFolders.some((folder) =>
    [loaderFile, join(triplets[arch] ?? '', loaderFile)].some((file) => existsSync(join(root, folder, file))),
  );
  if (hasLoader) return driver;
  if (!existsSync(join(browser, loaderFile))) return {};
  const paths = [env.LD_LIBRARY_PATH, browser].filter(Boolean);
  return { ...driver, LD_LIBRARY_PATH: paths.join(':') };
}
