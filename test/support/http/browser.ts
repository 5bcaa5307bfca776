import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { debianPrograms } from '../process/debian.js';
import { Guardian } from '../process/guardian.js';

/** A headless browser with a new, empty profile. */
export interface RunningBrowser {
  readonly context: BrowserContext;
  stop(): Promise<void>;
}

/**
 * Chromium cannot use its sandbox if it runs as root. Without background requests, it loads only the pages of the
 * tests.
 */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Debian's Chromium, a browser. @throws as `debianPrograms` */
export async function startBrowser(): Promise<RunningBrowser> {
  const programs = await debianPrograms('Chromium');
  const profile = await mkdtemp(join(tmpdir(), 'browser-'));
  // Chromium exits when this process exits, but does not remove its profile. The guardian removes it.
  const guardian = new Guardian(profile);
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: programs.chromium,
      args: ARGUMENTS,
    });
    return {
      context,
      async stop() {
        await context.close();
        await guardian.end();
      },
    };
  } catch (error) {
    await guardian.end();
    throw error;
  }
}
