/** When tests get Chromium's software Vulkan: on made-up machines, each a folder that stands for `/`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { softwareVulkan } from '../software-vulkan.mjs';

const driver = 'usr/lib/chromium/vk_swiftshader_icd.json';
const loader = 'usr/lib/x86_64-linux-gnu/libvulkan.so.1';
const ownLoader = 'usr/lib/chromium/libvulkan.so.1';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'software-vulkan-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function found(
  files: readonly string[],
  env: Readonly<Record<string, string>> = {},
  platform = 'linux',
): Record<string, string> {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return softwareVulkan(env, { root, platform, arch: 'x64' });
}

describe('softwareVulkan', () => {
  it('is Chromium’s driver where there is no other', () => {
    expect(found([driver, loader])).toEqual({ VK_ICD_FILENAMES: join(root, driver) });
  });

  it('is Chrome’s driver too', () => {
    const chrome = 'opt/google/chrome/vk_swiftshader_icd.json';
    expect(found([chrome, loader])).toEqual({ VK_ICD_FILENAMES: join(root, chrome) });
  });

  it('takes the browser’s loader where the system has none, after the folders that are searched already', () => {
    expect(found([driver, ownLoader], { LD_LIBRARY_PATH: '/mine' })).toEqual({
      VK_ICD_FILENAMES: join(root, driver),
      LD_LIBRARY_PATH: `/mine:${join(root, 'usr/lib/chromium')}`,
    });
  });

  it('is nothing without a browser, or without any loader', () => {
    expect(found([loader])).toEqual({});
    expect(found([driver])).not.toHaveProperty('LD_LIBRARY_PATH');
    rmSync(join(root, loader));
    expect(found([driver])).toEqual({});
  });

  it.each(['usr/share/vulkan/icd.d/nvidia_icd.json', 'etc/vulkan/icd.d/radeon_icd.x86_64.json'])(
    'is nothing where the driver %s is installed',
    (installed) => {
      expect(found([driver, loader, installed])).toEqual({});
    },
  );

  it('is nothing where the user has installed a driver', () => {
    const home = join(root, 'home');
    const installed = 'home/.local/share/vulkan/icd.d/mine.json';
    expect(found([driver, loader, installed], { HOME: home })).toEqual({});
  });

  it('is nothing where the environment chooses a driver', () => {
    for (const name of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'])
      expect(found([driver, loader], { [name]: '/some/icd.json' })).toEqual({});
  });

  it('is nothing on other systems', () => {
    expect(found([driver, loader], {}, 'darwin')).toEqual({});
  });
});
